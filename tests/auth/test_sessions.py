from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from secrets import token_hex

import pytest

from app.auth import sessions

NOWHERE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def later(monkeypatch):
    """`later(seconds=11)`: sessions see this much later a clock from now on."""
    now = sessions.now
    return lambda **time: monkeypatch.setattr(sessions, "now", lambda: now() + timedelta(**time))


def refresh(client, token=None, **more):
    return client.post("/auth/refresh", headers={"Authorization": f"Bearer {token or client.refresh_token}"}, **more)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_refresh_token_gives_a_new_pair(client):
    pair = refresh(client).json

    assert pair["refresh_token"] != client.refresh_token
    assert client.get("/me", headers=bearer(pair["access_token"])).status_code == 200
    assert refresh(client, pair["refresh_token"]).status_code == 200


def test_parallel_tabs_may_use_one_refresh_token_within_ten_seconds(client):
    first = refresh(client).json

    second = refresh(client)

    assert second.status_code == 200
    assert refresh(client, first["refresh_token"]).status_code == 200
    assert refresh(client, second.json["refresh_token"]).status_code == 200


def test_tabs_that_refresh_in_the_same_moment_all_stay_logged_in(client, make_client):
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda tab: refresh(tab, client.refresh_token), [make_client() for _ in range(4)]))

    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(refresh(client, answer.json["refresh_token"]).status_code == 200 for answer in answers)


def test_a_refresh_token_that_comes_back_later_ends_its_session(client, later):
    pair = refresh(client).json
    later(seconds=11)

    assert refresh(client).status_code == 401
    assert refresh(client, pair["refresh_token"]).status_code == 401
    assert client.get("/me", headers=bearer(pair["access_token"])).status_code == 401


def test_the_theft_is_noticed_also_under_an_idempotency_key(client, later):
    pair = refresh(client).json
    later(seconds=11)

    refresh(client, idempotency_key=token_hex())

    assert refresh(client, pair["refresh_token"]).status_code == 401


def test_a_grandparent_of_the_current_token_is_a_theft_as_well(client, later):
    pair = refresh(client).json
    later(seconds=11)
    pair = refresh(client, pair["refresh_token"]).json

    assert refresh(client).status_code == 401
    assert refresh(client, pair["refresh_token"]).status_code == 401


def test_a_session_lasts_thirty_days_after_its_last_use(client, later):
    later(days=30, seconds=1)

    assert refresh(client).status_code == 401


def test_a_refresh_takes_over_the_role_of_today(client, account, admin):
    admin.patch(f"/users/{account.id}", {"role": "viewer"})

    assert refresh(client).json["user"]["role"] == "viewer"


def test_an_access_token_does_not_refresh(client):
    assert refresh(client, client.token).status_code == 401


def test_a_refresh_token_opens_nothing_else(client):
    assert client.get("/me", headers=bearer(client.refresh_token)).status_code == 401
    assert client.post("/auth/logout", headers=bearer(client.refresh_token)).status_code == 401


def test_logging_out_ends_both_tokens(client):
    assert client.post("/auth/logout").status_code == 204

    assert client.get("/me").status_code == 401
    assert refresh(client).status_code == 401


def test_logging_out_leaves_other_sessions_alone(client, make_client, account):
    other = make_client(account)

    client.post("/auth/logout")

    assert other.get("/me").status_code == 200


def test_sessions_are_listed_with_their_device(client, make_client, account):
    make_client(account)

    listed = client.get("/auth/sessions?count=true")

    assert listed.headers["X-Total-Count"] == "2"
    assert [session["current"] for session in listed.json["data"]] == [True, False]
    assert listed.json["data"][0].keys() == {"id", "user_agent", "ip_address", "created_at", "last_used_at", "expires_at", "current"}
    assert listed.json["data"][0]["user_agent"] == "tests"


def test_a_login_notes_where_it_came_from(anonymous, client, account):
    body = {"email": account.email, "password": "correct horse battery"}
    anonymous.post("/auth/login", body, headers={"User-Agent": "Curl " + "x" * 300})

    newest = client.get("/auth/sessions").json["data"][-1]

    assert newest["user_agent"] == ("Curl " + "x" * 300)[:200]
    assert newest["ip_address"] == "127.0.0.1"


def test_a_refresh_moves_the_last_use(client):
    before = client.get("/auth/sessions").json["data"][0]

    refresh(client)

    assert client.get("/auth/sessions").json["data"][0]["last_used_at"] > before["last_used_at"]


def test_one_session_can_be_ended(client, make_client, account):
    other = make_client(account)
    session_id = other.get("/auth/sessions").json["data"][-1]["id"]

    assert client.delete(f"/auth/sessions/{session_id}").status_code == 204
    assert other.get("/me").status_code == 401
    assert refresh(other).status_code == 401
    assert client.delete(f"/auth/sessions/{session_id}").status_code == 404


def test_all_other_sessions_can_be_ended(client, make_client, account):
    others = [make_client(account), make_client(account)]

    assert client.delete("/auth/sessions").status_code == 204

    assert [other.get("/me").status_code for other in others] == [401, 401]
    assert client.get("/me").status_code == 200


def test_the_sessions_of_others_do_not_exist(client, stranger):
    session_id = client.get("/auth/sessions").json["data"][0]["id"]

    answer = stranger.delete(f"/auth/sessions/{session_id}")

    assert answer.status_code == 404
    assert answer.json["detail"] == f"Session {session_id} doesn't exist"
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize("session_id", [NOWHERE, "nonsense"])
def test_what_is_no_session_is_not_found(client, session_id):
    assert client.delete(f"/auth/sessions/{session_id}").json["detail"] == f"Session {session_id} doesn't exist"

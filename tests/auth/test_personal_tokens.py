import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from app.auth import authentication, personal_tokens
from app.auth.models import PersonalToken
from app.core.database import fetch_one

NOWHERE = "01890000-0000-7000-8000-000000000000"

SESSION_ONLY = [
    ("PATCH", "/me", {"name": "x"}),
    ("PATCH", "/me", {"email": "x@example.com", "current_password": "correct horse battery"}),
    ("DELETE", "/me", {"current_password": "correct horse battery"}),
    ("POST", "/auth/register", {"email": "x@example.com", "password": "violet kettle 71"}),
    ("POST", "/auth/login", {"email": "x@example.com", "password": "violet kettle 71"}),
    ("POST", "/auth/password-reset", {"email": "x@example.com"}),
    ("POST", "/auth/password-reset/confirm", {"token": "x", "password": "violet kettle 71"}),
    ("POST", "/auth/verify-email", {"token": "x"}),
    ("POST", "/auth/refresh", None),
    ("POST", "/auth/logout", None),
    ("POST", "/auth/password", {"current_password": "correct horse battery", "new_password": "violet kettle 71"}),
    ("GET", "/auth/sessions", None),
    ("DELETE", "/auth/sessions", None),
    ("DELETE", f"/auth/sessions/{NOWHERE}", None),
    ("GET", "/auth/tokens", None),
    ("POST", "/auth/tokens", {"name": "more", "scopes": ["todos:read"]}),
    ("GET", f"/auth/tokens/{NOWHERE}", None),
    ("DELETE", f"/auth/tokens/{NOWHERE}", None),
]


def make(client, **fields):
    return client.post("/auth/tokens", {"name": "ci", "scopes": ["todos:read", "lists:read"]} | fields)


def using(token):
    return {"headers": {"Authorization": f"Bearer {token}"}}


def in_an_hour():
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.fixture
def later(monkeypatch):
    """`later(seconds)`: the memory of verified tokens, and their expiry, see this much later a clock."""
    real, now = time.time, personal_tokens.now

    def move(seconds):
        monkeypatch.setattr(authentication, "time", SimpleNamespace(time=lambda: real() + seconds))
        monkeypatch.setattr(personal_tokens, "now", lambda: now() + timedelta(seconds=seconds))

    return move


def test_a_token_is_shown_once(client):
    made = make(client)

    assert made.status_code == 201
    assert made.json.keys() == {"id", "name", "scopes", "expires_at", "created_at", "token"}
    assert made.json["token"].startswith("tbx_")
    assert made.headers["Location"] == f"/api/v1/auth/tokens/{made.json['id']}"
    assert [token.keys() for token in client.get("/auth/tokens").json["data"]] == [{"id", "name", "scopes", "expires_at", "created_at"}]


def test_a_token_is_found_again_where_it_was_made_but_for_what_is_shown_once(client):
    made = make(client)

    found = client.get(made.headers["Location"])

    assert found.json == {name: value for name, value in made.json.items() if name != "token"}


def test_a_token_is_not_kept(app, client):
    made = make(client).json

    with app.app_context():
        row = fetch_one(select(PersonalToken).where(PersonalToken.id == made["id"]))
    assert made["token"] not in map(str, row)


def test_a_token_reads_the_profile(client, anonymous, account):
    token = make(client).json["token"]

    assert anonymous.get("/me", **using(token)).json["id"] == account.id


@pytest.mark.parametrize(("method", "path", "body"), SESSION_ONLY)
def test_a_token_never_reaches_logins_and_the_profile(client, anonymous, method, path, body):
    token = make(client, scopes=["todos:read", "todos:write", "users:write"]).json["token"]
    more = {"json": body} if body else {}

    answer = anonymous.open(path, method=method, **more, **using(token))

    assert answer.status_code == 403


def test_a_token_can_do_no_more_than_its_scopes(admin, anonymous):
    token = make(admin, scopes=["todos:read"]).json["token"]

    answer = anonymous.get("/users", **using(token))

    assert answer.status_code == 403
    assert answer.json["missing"] == "users:read"


def test_a_token_can_do_no_more_than_its_owner(client, anonymous):
    token = make(client, scopes=["users:read"]).json["token"]

    assert anonymous.get("/users", **using(token)).status_code == 403


def test_a_token_can_do_what_scope_and_role_allow(admin, anonymous):
    token = make(admin, scopes=["users:read"]).json["token"]

    assert anonymous.get("/users?limit=1", **using(token)).status_code == 200


def test_a_token_loses_what_its_owner_loses(user, make_client, admin, anonymous):
    owner = make_client(user(role="admin"))
    token = make(owner, scopes=["users:read"]).json["token"]
    anonymous.get("/users?limit=1", **using(token))

    admin.patch(f"/users/{owner.account.id}", {"role": "member"})

    assert anonymous.get("/users", **using(token)).status_code == 403


def test_a_deleted_token_stops_working(client, anonymous):
    made = make(client).json
    anonymous.get("/me", **using(made["token"]))

    assert client.delete(f"/auth/tokens/{made['id']}").status_code == 204

    assert anonymous.get("/me", **using(made["token"])).status_code == 401
    assert client.delete(f"/auth/tokens/{made['id']}").status_code == 404


def test_an_expired_token_stops_working(client, anonymous, later):
    token = make(client, expires_at=in_an_hour()).json["token"]
    assert anonymous.get("/me", **using(token)).status_code == 200
    later(3601)

    assert anonymous.get("/me", **using(token)).status_code == 401


def test_the_token_of_a_disabled_account_works_again_with_the_account(client, account, admin, anonymous):
    token = make(client).json["token"]
    statuses = []
    for active in (False, True):
        admin.patch(f"/users/{account.id}", {"active": active})
        statuses.append(anonymous.get("/me", **using(token)).status_code)

    assert statuses == [401, 200]


def test_a_verified_token_is_remembered_for_a_minute(client, anonymous, statements, later):
    token = make(client).json["token"]
    counts = []
    for seconds in (0, 59, 61):
        later(seconds)
        with statements() as seen:
            anonymous.get("/me", **using(token))
        counts.append(len(seen))

    assert counts == [2, 1, 2]


def test_a_token_is_no_cookie(client, anonymous):
    token = make(client).json["token"]
    anonymous.get("/me", **using(token))

    assert anonymous.get("/me", headers={"Cookie": f"access_token_cookie={token}"}).status_code == 401


def test_what_is_kept_of_a_token_is_no_token(client, anonymous):
    token = make(client).json["token"]
    anonymous.get("/me", **using(token))

    assert anonymous.get("/me", **using(personal_tokens._digest(token))).status_code == 401


def test_the_tokens_of_others_do_not_exist(client, stranger, anonymous):
    made = make(client).json

    assert stranger.delete(f"/auth/tokens/{made['id']}").json["detail"] == f"Token {made['id']} doesn't exist"
    assert stranger.get("/auth/tokens").json["data"] == []
    assert anonymous.get("/me", **using(made["token"])).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("name", None),
        ("scopes", []),
        ("scopes", None),
        ("scopes", "todos:read"),
        ("scopes", ["todos:read", "all"]),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "2099-01-01T00:00:00"),
        ("token", "tbx_mine"),
        ("user_id", NOWHERE),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(client, field, value):
    answer = make(client, **{field: value})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_scopes_are_a_set(client):
    assert make(client, scopes=["todos:write", "lists:read", "todos:write"]).json["scopes"] == ["lists:read", "todos:write"]


def test_an_expiry_may_be_null(client):
    assert make(client, expires_at=None).json["expires_at"] is None

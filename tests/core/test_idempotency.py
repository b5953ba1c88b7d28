from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from secrets import token_hex
from threading import Barrier, Event

import pytest
from sqlalchemy import delete, func, insert, select, update

from app.core.database import execute, fetch_all
from app.core.idempotency import IdempotentAnswer
from app.core.types import new_id, now
from app.lists import service as lists
from tests.arrange import find, make_list, make_todo, tasks
from tests.factories import PASSWORD

KEPT = ("ETag", "Location", "Content-Type")


@pytest.fixture
def key():
    return token_hex(8)


def test_the_same_request_is_answered_again_and_not_done_again(client, key):
    first = client.post("/todos", {"task": "once"}, idempotency_key=key)

    again = client.post("/todos", {"task": "once"}, idempotency_key=key)

    assert again.status_code == 201
    assert again.data == first.data
    assert [again.headers[name] for name in KEPT] == [first.headers[name] for name in KEPT]
    assert tasks(client) == ["once"]


def test_only_a_replay_says_that_it_is_one(client, key):
    first = client.post("/todos", {"task": "once"}, idempotency_key=key)
    again = client.post("/todos", {"task": "once"}, idempotency_key=key)

    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_replay_has_a_request_id_of_its_own(client, key):
    client.post("/todos", {"task": "once"}, idempotency_key=key, headers={"X-Request-ID": "first"})

    again = client.post("/todos", {"task": "once"}, idempotency_key=key, headers={"X-Request-ID": "second"})

    assert again.headers.getlist("X-Request-ID") == ["second"]


def test_a_replay_shows_what_was_answered_not_what_is_now(client, key):
    todo = client.post("/todos", {"task": "once"}, idempotency_key=key).json
    client.patch(f"/todos/{todo['id']}", {"task": "changed"})

    assert client.post("/todos", {"task": "once"}, idempotency_key=key).json == todo


def test_without_a_key_it_is_done_again(client):
    client.post("/todos", {"task": "twice"})
    client.post("/todos", {"task": "twice"})

    assert tasks(client) == ["twice", "twice"]


def test_the_same_key_with_another_body_is_refused(client, key):
    client.post("/todos", {"task": "once"}, idempotency_key=key)

    answer = client.post("/todos", {"task": "twice"}, idempotency_key=key)

    assert answer.status_code == 422
    assert answer.json["code"] == "idempotency_mismatch"
    assert tasks(client) == ["once"]


def test_a_refused_body_leaves_the_first_answer(client, key):
    first = client.post("/todos", {"task": "once"}, idempotency_key=key)
    client.post("/todos", {"task": "twice"}, idempotency_key=key)

    assert client.post("/todos", {"task": "once"}, idempotency_key=key).data == first.data


def test_the_same_key_does_not_log_another_session_out_only_in_words(client, make_client, account, key):
    other = make_client(account)
    client.post("/auth/logout", idempotency_key=key)

    answer = other.post("/auth/logout", idempotency_key=key)

    assert answer.status_code == 422
    assert answer.json["code"] == "idempotency_mismatch"


def test_a_replay_of_nothing_has_no_type(client, key):
    change = {"current_password": PASSWORD, "new_password": "violet kettle 71"}
    client.post("/auth/password", change, idempotency_key=key)

    again = client.post("/auth/password", change, idempotency_key=key)

    assert again.status_code == 204
    assert "Content-Type" not in again.headers


def test_another_address_is_another_request(client, key):
    client.post("/todos", {"task": "once"}, idempotency_key=key)

    assert client.post("/lists", {"name": "once"}, idempotency_key=key).status_code == 201


def test_another_account_is_another_request(client, stranger, key):
    client.post("/todos", {"task": "once"}, idempotency_key=key)

    answer = stranger.post("/todos", {"task": "once"}, idempotency_key=key)

    assert "Idempotency-Replayed" not in answer.headers
    assert tasks(stranger) == ["once"]


def test_a_refusal_is_replayed_too(client, key):
    first = client.post("/todos", {"task": ""}, idempotency_key=key)

    again = client.post("/todos", {"task": ""}, idempotency_key=key)

    assert (first.status_code, again.status_code) == (422, 422)
    assert again.data == first.data
    assert again.headers["Content-Type"] == "application/problem+json"
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_refusal_is_replayed_although_it_would_pass_by_now(client, stranger, key):
    made = make_list(stranger)
    client.post("/todos", {"task": "x", "list_id": made["id"]}, idempotency_key=key)
    stranger.post(f"/lists/{made['id']}/members", {"email": client.account.email, "role": "editor"})

    assert client.post("/todos", {"task": "x", "list_id": made["id"]}, idempotency_key=key).status_code == 404


def test_a_failure_of_the_service_is_not_kept(client, key, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(lists, "create", lambda values: 1 / 0)
        failed = client.post("/lists", {"name": "Plans"}, idempotency_key=key)

    again = client.post("/lists", {"name": "Plans"}, idempotency_key=key)

    assert (failed.status_code, again.status_code) == (500, 201)
    assert "Idempotency-Replayed" not in again.headers


def test_a_refused_request_leaves_nothing_half_done(client, key):
    operations = [{"op": "create", "todo": {"task": "one"}}, {"op": "delete", "id": make_todo(client, "mine")["list_id"]}]

    client.post("/todos/batch", {"operations": operations}, idempotency_key=key)

    assert tasks(client) == ["mine"]


@pytest.mark.parametrize("key", ["k", "~!@#$%^&*()", "k" * 255])
def test_a_key_is_any_visible_ascii(client, key):
    assert client.post("/todos", {"task": "x"}, idempotency_key=key).status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 256, "with space", "caf\u00e9", "tab\there"])
def test_another_key_is_refused(client, key):
    answer = client.post("/todos", {"task": "x"}, idempotency_key=key)

    assert answer.status_code == 422
    assert answer.json["errors"] == {"Idempotency-Key": ["Must be 1 to 255 visible ASCII characters."]}
    assert find(client) == []


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_key_means_nothing_to_other_methods(client, key, method):
    todo = make_todo(client)
    client.open(f"/todos/{todo['id']}", {"task": "x"}, method=method, idempotency_key=key)

    assert client.open(f"/todos/{todo['id']}", {"task": "x"}, method=method, idempotency_key=key).json["version"] == 3


def test_who_may_not_is_told_so_whatever_the_key(client, anonymous, key):
    client.post("/todos", {"task": "x"}, idempotency_key=key)

    assert anonymous.post("/todos", {"task": "x"}, idempotency_key=key).status_code == 401


def test_after_a_day_the_key_is_free_again(app, client, key):
    client.post("/todos", {"task": "x"}, idempotency_key=key)
    with app.app_context():
        execute(update(IdempotentAnswer).values(created_at=now() - timedelta(hours=24, minutes=1)))

    answer = client.post("/todos", {"task": "y"}, idempotency_key=key)

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_what_is_kept_cannot_be_read_in_the_database(app, client, key):
    client.post("/todos", {"task": "a very private thing"}, idempotency_key=key)

    with app.app_context():
        rows = fetch_all(select(IdempotentAnswer))

    assert rows
    assert all(b"private" not in row.answer and key not in row.digest for row in rows)


def test_of_the_same_request_many_times_at_once_one_is_done(client, make_client, account, key):
    clients = [make_client(account) for _ in range(6)]
    barrier = Barrier(6)

    def send(each):
        barrier.wait(10)
        return each.post("/todos", {"task": "once"}, idempotency_key=key)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, clients))

    assert tasks(client) == ["once"]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.data for answer in answers if answer.status_code == 201}) == 1


@pytest.mark.postgresql
def test_while_the_first_is_running_the_second_is_told_to_wait(client, make_client, account, key, monkeypatch):
    create, begun, answered = lists.create, Event(), Event()

    def create_slowly(values):
        begun.set()
        assert answered.wait(10)
        return create(values)

    monkeypatch.setattr(lists, "create", create_slowly)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(client.post, "/lists", {"name": "once"}, idempotency_key=key)
        assert begun.wait(10)
        second = make_client(account).post("/lists", {"name": "once"}, idempotency_key=key)
        answered.set()

    assert first.result().status_code == 201
    assert (second.status_code, second.json["code"], second.headers["Retry-After"]) == (409, "conflict", "1")


def test_old_answers_make_room_for_new_ones(app, client):
    with app.app_context():
        old = now() - timedelta(hours=25)
        execute(delete(IdempotentAnswer))  # those of other tests, as each new answer sweeps but a few
        row = {"body_hash": "0" * 64, "answer": b"", "created_at": old}
        execute(insert(IdempotentAnswer), [{"digest": f"{new_id():-<64}", **row} for _ in range(3)])

        client.post("/todos", {"task": "sweep"}, idempotency_key="sweep")

        assert execute(select(func.count()).where(IdempotentAnswer.created_at <= old)).scalar_one() == 0

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import update

from app.core.database import execute
from app.core.types import now
from app.todos import service
from app.todos.models import Todo
from tests import factories
from tests.arrange import find, make_chain, make_list, make_todo, make_todos, share, tasks, unknown


@pytest.fixture
def chain(client):
    """A todo with a subtask that has one itself."""
    return make_chain(client, 2)


def trash(client):
    return sorted(tasks(client, trashed="true"))


def test_a_deleted_todo_lies_in_the_trash(client):
    todo = make_todo(client)

    answer = client.delete(f"/todos/{todo['id']}")

    assert (answer.status_code, answer.data) == (204, b"")
    assert tasks(client) == []
    (gone,) = find(client, trashed="true")
    assert gone == {**todo, "version": 2, "deleted_at": gone["deleted_at"], "updated_at": gone["deleted_at"]}


def test_a_todo_is_deleted_once(client):
    todo = make_todo(client)

    assert [client.delete(f"/todos/{todo['id']}").status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize(
    ("method", "where", "body"), [("get", "", {}), ("patch", "", {"done": True}), ("put", "", {"task": "x"}), ("post", "/move", None)]
)
def test_what_lies_in_the_trash_is_out_of_reach(client, method, where, body):
    todo, other = make_todos(client, "gone", "other")
    client.delete(f"/todos/{todo['id']}")

    answer = client.open(f"/todos/{todo['id']}{where}", {"after": other["id"]} if body is None else body, method=method)

    assert answer.status_code == 404


def test_subtasks_go_along(client, chain):
    client.delete(f"/todos/{chain[0]['id']}")

    assert tasks(client) == []
    assert trash(client) == ["level 0", "level 1", "level 2"]


def test_what_is_above_stays(client, chain):
    client.delete(f"/todos/{chain[1]['id']}")

    assert tasks(client) == ["level 0"]


def test_what_comes_back_is_as_it_was(client):
    todo = make_todo(client, tags=["x"], due_on="2026-11-22")
    client.delete(f"/todos/{todo['id']}")

    answer = client.post(f"/todos/{todo['id']}/restore")

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"3"'
    assert answer.json == {**todo, "version": 3, "updated_at": answer.json["updated_at"]}


def test_the_subtasks_that_went_along_come_back(client, chain):
    client.delete(f"/todos/{chain[0]['id']}")

    client.post(f"/todos/{chain[0]['id']}/restore")

    assert {todo["id"]: todo["parent_id"] for todo in find(client)} == {todo["id"]: todo["parent_id"] for todo in chain}
    assert trash(client) == []


def test_a_subtask_that_went_before_stays_in_the_trash(client, chain):
    client.delete(f"/todos/{chain[2]['id']}")
    client.delete(f"/todos/{chain[0]['id']}")

    client.post(f"/todos/{chain[0]['id']}/restore")

    assert sorted(tasks(client)) == ["level 0", "level 1"]
    assert trash(client) == ["level 2"]


def test_a_subtask_comes_back_alone_to_the_top(client, chain):
    client.delete(f"/todos/{chain[0]['id']}")

    back = client.post(f"/todos/{chain[1]['id']}/restore").json

    assert back["parent_id"] is None
    assert sorted(tasks(client)) == ["level 1", "level 2"]
    assert trash(client) == ["level 0"]


def test_a_subtask_that_went_alone_comes_back_to_its_parent(client, chain):
    client.delete(f"/todos/{chain[1]['id']}")

    assert client.post(f"/todos/{chain[1]['id']}/restore").json["parent_id"] == chain[0]["id"]


def test_after_a_subtask_came_back_alone_the_rest_comes_back_without_it(client, chain):
    client.delete(f"/todos/{chain[0]['id']}")
    client.post(f"/todos/{chain[1]['id']}/restore")

    client.post(f"/todos/{chain[0]['id']}/restore")

    assert {todo["task"]: todo["parent_id"] for todo in find(client)} == {"level 0": None, "level 1": None, "level 2": chain[1]["id"]}


def test_what_is_not_in_the_trash_stays_as_it_is(client):
    todo = make_todo(client)

    answer = client.post(f"/todos/{todo['id']}/restore")

    assert (answer.status_code, answer.json) == (200, todo)


def test_what_is_not_there_cannot_come_back(client):
    missing = unknown()

    assert client.post(f"/todos/{missing}/restore").json["detail"] == f"Todo {missing} doesn't exist"


@pytest.mark.parametrize("first", [True, False])
def test_a_todo_may_be_removed_for_good_at_once_or_from_the_trash(client, first):
    todo = make_todo(client)
    if first:
        client.delete(f"/todos/{todo['id']}")

    answer = client.delete(f"/todos/{todo['id']}?permanent=true")

    assert answer.status_code == 204
    assert trash(client) == []
    assert client.post(f"/todos/{todo['id']}/restore").status_code == 404


def test_what_is_removed_for_good_is_removed_once(client):
    todo = make_todo(client)

    assert [client.delete(f"/todos/{todo['id']}?permanent=true").status_code for _ in range(2)] == [204, 404]


def test_subtasks_are_removed_for_good_too(client, chain):
    client.delete(f"/todos/{chain[1]['id']}?permanent=true")

    assert tasks(client) == ["level 0"]
    assert trash(client) == []


def test_permanent_may_be_false(client):
    todo = make_todo(client)

    client.delete(f"/todos/{todo['id']}?permanent=false")

    assert trash(client) == ["build an API"]


@pytest.mark.parametrize("query", ["", "?permanent=true"])
def test_a_stale_version_deletes_nothing(client, query):
    todo = make_todo(client)

    answer = client.delete(f"/todos/{todo['id']}{query}", if_match=2)

    assert answer.status_code == 412
    assert answer.json["current"] == todo


def test_a_todo_is_removed_from_the_trash_at_the_version_that_it_has_there(client):
    todo = make_todo(client)
    client.delete(f"/todos/{todo['id']}", if_match=1)

    assert client.delete(f"/todos/{todo['id']}?permanent=true", if_match=1).status_code == 412
    assert client.delete(f"/todos/{todo['id']}?permanent=true", if_match=2).status_code == 204


def test_the_trash_is_filtered_and_sorted_like_the_rest(client):
    for todo in make_todos(client, {"task": "b", "tags": ["x"]}, {"task": "a", "tags": ["x"]}, "c"):
        client.delete(f"/todos/{todo['id']}")

    assert tasks(client, trashed="true", tag="x", sort="task") == ["a", "b"]
    assert tasks(client, trashed="true", q="c") == ["c"]


def test_everyone_who_shares_the_list_sees_its_trash(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger, "viewer")
    todo = make_todo(client, list_id=shared["id"])

    client.delete(f"/todos/{todo['id']}")

    assert trash(stranger) == ["build an API"]


def test_the_trash_is_private(client, stranger):
    todo = make_todo(client)
    client.delete(f"/todos/{todo['id']}")

    assert trash(stranger) == []
    assert stranger.post(f"/todos/{todo['id']}/restore").status_code == 404


def test_what_has_been_in_the_trash_for_longer_is_removed_for_good(app, client):
    old, new, _ = make_todos(client, "old", "new", "kept")
    for todo in (old, new):
        client.delete(f"/todos/{todo['id']}")
    with app.app_context():
        execute(update(Todo).where(Todo.id == old["id"]).values(deleted_at=now() - timedelta(days=30, minutes=1)))

        service.purge()

    assert trash(client) == ["new"]
    assert tasks(client) == ["kept"]


def test_old_trash_is_removed_a_piece_at_a_time(lone_app):
    client = factories.client(lone_app, factories.user(lone_app))
    for todo in make_todos(client, *"abcde"):
        client.delete(f"/todos/{todo['id']}")

    with lone_app.app_context():
        gone = [service.purge(timedelta(), most=2) for _ in range(4)]

    assert gone == [2, 2, 1, 0]


def test_subtasks_are_removed_with_their_parent(lone_app):
    client = factories.client(lone_app, factories.user(lone_app))
    client.delete(f"/todos/{make_chain(client, 3)[0]['id']}")

    with lone_app.app_context():
        while service.purge(timedelta()):
            pass

    assert trash(client) == []


@pytest.mark.postgresql
def test_what_comes_back_while_the_trash_is_emptied_stays(lone_app):
    client = factories.client(lone_app, factories.user(lone_app))
    todo = make_todo(client)
    client.delete(f"/todos/{todo['id']}")

    def purge():
        with lone_app.app_context():
            return service.purge(timedelta())

    with psycopg.connect(lone_app.config["DATABASE_URL"].replace("+psycopg", "")) as restoring, ThreadPoolExecutor(1) as threads:
        restoring.execute("UPDATE todos SET deleted_at = NULL, deleted_with = NULL WHERE id = %s", [todo["id"]])
        purging = threads.submit(purge)
        wait([purging], 0.5)
        restoring.commit()

        assert purging.result() == 0
    assert tasks(client) == [todo["task"]]

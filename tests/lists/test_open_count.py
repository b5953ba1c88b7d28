"""A list says how many of its todos are neither done nor in the trash, whatever happens to them."""

import pytest

from tests.arrange import make_chain, make_list, make_todo, make_todos, open_count, walk


@pytest.fixture
def here(client):
    """The id of a list with two open todos and a done one. Whatever a test does, all totals hold in the end."""
    made = make_list(client)
    for done in (False, False, True):
        make_todo(client, list_id=made["id"], done=done)
    yield made["id"]
    for query in ({}, {"done": "true"}, {"done": "false"}, {"list_id": made["id"]}):
        told = client.get("/todos", query_string={**query, "count": "true"}).headers["X-Total-Count"]
        assert int(told) == len(walk(client, **query)), query


@pytest.fixture
def todo(client, here):
    """An open todo more: they are three now."""
    return make_todo(client, list_id=here)


def test_open_todos_count(client, here, todo):
    assert open_count(client, here) == 3


@pytest.mark.parametrize("method", ["patch", "put"])
def test_a_todo_that_is_done_counts_no_more(client, here, todo, method):
    client.open(f"/todos/{todo['id']}", {"task": "x", "list_id": here, "done": True}, method=method)

    assert open_count(client, here) == 2


def test_a_todo_that_is_done_twice_counts_once(client, here, todo):
    client.patch(f"/todos/{todo['id']}", {"done": True})
    client.patch(f"/todos/{todo['id']}", {"done": True})

    assert open_count(client, here) == 2


def test_a_todo_that_is_open_again_counts_again(client, here, todo):
    client.patch(f"/todos/{todo['id']}", {"done": True})
    client.patch(f"/todos/{todo['id']}", {"done": False})

    assert open_count(client, here) == 3


def test_the_trash_does_not_count(client, here, todo):
    client.delete(f"/todos/{todo['id']}")

    assert open_count(client, here) == 2


def test_what_comes_back_counts_again(client, here, todo):
    client.delete(f"/todos/{todo['id']}")
    client.post(f"/todos/{todo['id']}/restore")

    assert open_count(client, here) == 3


def test_a_done_todo_that_comes_back_does_not_count(client, here, todo):
    client.patch(f"/todos/{todo['id']}", {"done": True})
    client.delete(f"/todos/{todo['id']}")
    client.post(f"/todos/{todo['id']}/restore")

    assert open_count(client, here) == 2


def test_what_is_removed_for_good_does_not_count(client, here, todo):
    client.delete(f"/todos/{todo['id']}?permanent=true")

    assert open_count(client, here) == 2


def test_what_is_removed_from_the_trash_is_not_taken_off_twice(client, here, todo):
    client.delete(f"/todos/{todo['id']}")
    client.delete(f"/todos/{todo['id']}?permanent=true")

    assert open_count(client, here) == 2


@pytest.mark.parametrize("query", ["", "?permanent=true"])
def test_subtasks_that_go_along_do_not_count(client, here, todo, query):
    top = make_chain(client, 3, list_id=here)[0]

    client.delete(f"/todos/{top['id']}{query}")

    assert open_count(client, here) == 3


def test_subtasks_that_come_back_count_again(client, here, todo):
    top = make_chain(client, 3, list_id=here)[0]
    client.delete(f"/todos/{top['id']}")
    client.post(f"/todos/{top['id']}/restore")

    assert open_count(client, here) == 7


def test_a_todo_counts_where_it_is_moved_to(client, account, here, todo):
    client.patch(f"/todos/{todo['id']}", {"list_id": account.inbox_id})

    assert (open_count(client, here), open_count(client, account.inbox_id)) == (2, 1)


def test_subtasks_count_where_they_are_moved_to(client, account, here):
    chain = make_chain(client, 2, list_id=here)
    client.patch(f"/todos/{chain[1]['id']}", {"done": True})

    client.patch(f"/todos/{chain[0]['id']}", {"list_id": account.inbox_id})

    assert (open_count(client, here), open_count(client, account.inbox_id)) == (2, 2)


def test_a_todo_that_is_done_while_it_moves_counts_nowhere(client, account, here, todo):
    client.patch(f"/todos/{todo['id']}", {"list_id": account.inbox_id, "done": True})

    assert (open_count(client, here), open_count(client, account.inbox_id)) == (2, 0)


def test_a_batch_counts_all_that_it_does(client, account, here, todo):
    other, moved, trashed = make_todos(client, *[{"task": "x", "list_id": here}] * 3)
    operations = [
        {"op": "create", "todo": {"task": "open", "list_id": here}},
        {"op": "create", "todo": {"task": "done", "list_id": here, "done": True}},
        {"op": "update", "id": other["id"], "todo": {"done": True}},
        {"op": "update", "id": moved["id"], "todo": {"list_id": account.inbox_id}},
        {"op": "delete", "id": trashed["id"]},
    ]

    assert client.post("/todos/batch", {"operations": operations}).status_code == 200

    assert (open_count(client, here), open_count(client, account.inbox_id)) == (4, 1)


def test_a_batch_that_fails_counts_nothing(client, here, todo):
    operations = [{"op": "create", "todo": {"task": "x", "list_id": here}}, {"op": "delete", "id": here}]

    assert client.post("/todos/batch", {"operations": operations}).status_code == 404

    assert open_count(client, here) == 3


@pytest.mark.parametrize("change", [{"done": True}, {"list_id": "INBOX"}])
def test_a_list_with_another_count_has_another_version(client, account, here, todo, change):
    before = client.get(f"/lists/{here}")

    client.patch(f"/todos/{todo['id']}", {name: account.inbox_id if value == "INBOX" else value for name, value in change.items()})

    assert client.get(f"/lists/{here}", headers={"If-None-Match": before.headers["ETag"]}).status_code == 200


def test_a_done_todo_that_goes_for_good_changes_nothing_of_its_list(client, here):
    before = client.get(f"/lists/{here}")
    made = make_todo(client, list_id=here, done=True)

    client.delete(f"/todos/{made['id']}")
    client.delete(f"/todos/{made['id']}?permanent=true")

    assert client.get(f"/lists/{here}", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304


def test_a_change_that_does_not_touch_the_count_leaves_the_version(client, here, todo):
    before = client.get(f"/lists/{here}")

    client.patch(f"/todos/{todo['id']}", {"task": "renamed", "priority": "high"})

    assert client.get(f"/lists/{here}", headers={"If-None-Match": before.headers["ETag"]}).status_code == 304

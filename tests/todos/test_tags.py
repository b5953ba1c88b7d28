from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask_migrate import downgrade, upgrade

from tests import factories
from tests.arrange import make_chain, make_list, make_todo, make_todos, share
from tests.system.migrating import MIGRATIONS


def tags(client):
    return {tag["name"]: (tag["open_count"], tag["count"]) for tag in client.get("/tags").json["data"]}


def test_without_todos_there_are_no_tags(client):
    assert client.get("/tags").json == {"data": [], "next_cursor": None}


def test_tags_are_counted(client):
    make_todo(client, tags=["home", "work"])
    make_todo(client, tags=["home"], done=True)

    assert client.get("/tags").json["data"] == [
        {"name": "home", "open_count": 1, "count": 2},
        {"name": "work", "open_count": 1, "count": 1},
    ]


def test_who_walks_through_pages_meets_all_tags_on_the_first_and_only_one(client):
    make_todos(client, *({"task": "x", "tags": [f"tag {n}-{m}" for m in range(20)]} for n in range(11)))

    answer = client.get("/tags")

    assert (len(answer.json["data"]), answer.json["next_cursor"], "Link" in answer.headers) == (220, None, False)


def test_spellings_of_one_tag_are_one(client):
    for spelling in ("Home", "home", "HOME"):
        make_todo(client, tags=[spelling])

    assert tags(client) == {"HOME": (3, 3)}


def test_tags_are_sorted_without_regard_to_case(client):
    make_todo(client, tags=["b", "A", "C", "éclair"])

    assert list(tags(client)) == ["A", "b", "C", "éclair"]


def test_the_trash_has_no_tags(client):
    client.delete(f"/todos/{make_todo(client, tags=['x'])['id']}")

    assert tags(client) == {}


def test_tags_of_shared_lists_are_seen(client, stranger):
    shared = make_list(client)
    make_todo(client, tags=["ours"], list_id=shared["id"])

    share(client, shared, stranger, "viewer")

    assert tags(stranger) == {"ours": (1, 1)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"done": True}, {"x": (0, 1), "y": (0, 1)}),
        ({"tags": ["y", "z"]}, {"y": (1, 1), "z": (1, 1)}),
        ({"tags": []}, {}),
        ({"tags": ["z"], "done": True}, {"z": (0, 1)}),
        ({"task": "renamed"}, {"x": (1, 1), "y": (1, 1)}),
    ],
)
def test_what_changes_is_counted_anew(client, change, expected):
    todo = make_todo(client, tags=["x", "y"])

    client.patch(f"/todos/{todo['id']}", change)

    assert tags(client) == expected


def test_a_todo_that_is_open_again_counts_as_open_again(client):
    todo = make_todo(client, tags=["x"], done=True)

    client.patch(f"/todos/{todo['id']}", {"done": False})

    assert tags(client) == {"x": (1, 1)}


def test_what_comes_back_has_its_tags_again(client):
    chain = make_chain(client, 2, tags=["x"])
    client.delete(f"/todos/{chain[0]['id']}")
    client.post(f"/todos/{chain[0]['id']}/restore")

    assert tags(client) == {"x": (3, 3)}


def test_what_is_removed_for_good_has_no_tags(client):
    chain = make_chain(client, 2, tags=["x"])
    make_todo(client, tags=["x"])

    client.delete(f"/todos/{chain[0]['id']}?permanent=true")

    assert tags(client) == {"x": (1, 1)}


def test_what_is_removed_from_the_trash_is_not_taken_off_twice(client):
    todo = make_todo(client, tags=["x"])
    make_todo(client, tags=["x"])
    client.delete(f"/todos/{todo['id']}")

    client.delete(f"/todos/{todo['id']}?permanent=true")

    assert tags(client) == {"x": (1, 1)}


def test_tags_go_along_to_another_list(client, stranger):
    ours, mine = make_list(client), make_list(client)
    share(client, ours, stranger)
    chain = make_chain(client, 1, list_id=ours["id"], tags=["x"])

    client.patch(f"/todos/{chain[0]['id']}", {"list_id": mine["id"]})

    assert (tags(client), tags(stranger)) == ({"x": (2, 2)}, {})


def test_archived_lists_have_no_tags_until_they_are_back(client):
    here = make_list(client)
    make_todo(client, tags=["x"], list_id=here["id"])

    client.patch(f"/lists/{here['id']}", {"archived": True})
    archived = tags(client)
    client.patch(f"/lists/{here['id']}", {"archived": False})

    assert (archived, tags(client)) == ({}, {"x": (1, 1)})


def test_a_list_that_is_deleted_takes_its_tags_along(client):
    here = make_list(client)
    make_todo(client, tags=["x"], list_id=here["id"])
    make_todo(client, tags=["x"])

    client.delete(f"/lists/{here['id']}")

    assert tags(client) == {"x": (1, 1)}


def test_a_batch_counts_all_that_it_does(client):
    changed, trashed = make_todos(client, {"task": "x", "tags": ["a", "b"]}, {"task": "x", "tags": ["b"]})
    operations = [
        {"op": "create", "todo": {"task": "x", "tags": ["a"]}},
        {"op": "update", "id": changed["id"], "todo": {"tags": ["b", "c"], "done": True}},
        {"op": "delete", "id": trashed["id"]},
    ]

    client.post("/todos/batch", {"operations": operations})

    assert tags(client) == {"a": (1, 1), "b": (0, 1), "c": (0, 1)}


def test_tags_that_were_there_before_they_were_counted_are_counted_by_the_migration(lone_app):
    client = factories.client(lone_app, factories.user(lone_app))
    make_todos(client, {"task": "x", "tags": ["a", "B"]}, {"task": "x", "tags": ["b"], "done": True}, "without")
    client.delete(f"/todos/{make_todo(client, tags=['a'])['id']}")
    with lone_app.app_context():
        downgrade(MIGRATIONS, "0003")
        upgrade(MIGRATIONS)

    assert {name.casefold(): counts for name, counts in tags(client).items()} == {"a": (1, 1), "b": (1, 2)}


def test_writers_who_name_the_same_tags_in_another_order_do_not_wait_for_each_other(client):
    todos = make_todos(client, *[{"task": str(number), "tags": ["a", "b", "c"]} for number in range(8)])
    orders = [["c", "a"], ["a", "b"], ["b", "c", "d"], ["d", "a"]]

    def change(number):
        other = factories.client(client.application, client.account)
        return [other.patch(f"/todos/{todos[number]['id']}", {"tags": orders[(number + turn) % 4]}).status_code for turn in range(8)]

    with ThreadPoolExecutor(8) as pool:
        assert {status for statuses in pool.map(change, range(8)) for status in statuses} == {200}

    expected = Counter(tag for number in range(8) for tag in orders[(number + 7) % 4])
    assert tags(client) == {tag: (count, count) for tag, count in sorted(expected.items())}

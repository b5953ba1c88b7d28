"""Subtasks, and what becomes of them when their parent goes elsewhere."""

import pytest

from tests.arrange import find, make_chain, make_list, make_todo, share, tasks, unknown

SAME_LIST = ["Must be a todo of the same list."]
CIRCLE = ["A todo cannot be a part of itself."]
TOO_DEEP = ["Subtasks can be nested 5 levels deep."]


def parents(client):
    """The parent of each todo, by task."""
    by_id = {todo["id"]: todo for todo in find(client, limit=200)}
    return {todo["task"]: by_id[todo["parent_id"]]["task"] if todo["parent_id"] else None for todo in by_id.values()}


def test_a_todo_may_be_a_part_of_another(client):
    parent = make_todo(client)

    assert make_todo(client, parent_id=parent["id"])["parent_id"] == parent["id"]


def test_a_todo_becomes_a_part_of_another(client):
    parent, part = make_todo(client), make_todo(client)

    assert client.patch(f"/todos/{part['id']}", {"parent_id": parent["id"]}).json["parent_id"] == parent["id"]


def test_a_part_becomes_a_todo_of_its_own(client):
    part = make_chain(client, 1)[1]

    assert client.patch(f"/todos/{part['id']}", {"parent_id": None}).json["parent_id"] is None


def test_todos_nest_five_levels_below_the_top(client):
    chain = make_chain(client, 5)

    assert len(chain) == 6


def test_a_sixth_level_is_refused(client):
    bottom = make_chain(client, 5)[-1]

    answer = client.post("/todos", {"task": "x", "parent_id": bottom["id"]})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"parent_id": TOO_DEEP}


def test_subtasks_that_come_along_count_as_levels(client):
    bottom, top = make_chain(client, 3)[-1], make_chain(client, 2)[0]

    answer = client.patch(f"/todos/{top['id']}", {"parent_id": bottom["id"]})

    assert answer.json["errors"] == {"parent_id": TOO_DEEP}


def test_subtasks_may_come_along_to_the_deepest_level(client):
    bottom, top = make_chain(client, 2)[-1], make_chain(client, 2)[0]

    assert client.patch(f"/todos/{top['id']}", {"parent_id": bottom["id"]}).status_code == 200


def test_subtasks_in_the_trash_count_as_levels_as_they_may_come_back(client):
    bottom, chain = make_chain(client, 3)[-1], make_chain(client, 2)
    client.delete(f"/todos/{chain[2]['id']}")

    answer = client.patch(f"/todos/{chain[0]['id']}", {"parent_id": bottom["id"]})

    assert answer.json["errors"] == {"parent_id": TOO_DEEP}


@pytest.mark.parametrize("level", [0, 1, 3])
def test_a_todo_cannot_be_a_part_of_itself_or_its_parts(client, level):
    chain = make_chain(client, 3)

    answer = client.patch(f"/todos/{chain[0]['id']}", {"parent_id": chain[level]["id"]})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"parent_id": CIRCLE}


def test_a_todo_cannot_be_a_part_of_what_is_not_there(client):
    assert client.post("/todos", {"task": "x", "parent_id": unknown()}).json["errors"] == {"parent_id": SAME_LIST}


def test_a_todo_cannot_be_a_part_of_what_is_in_the_trash(client):
    parent = make_todo(client)
    client.delete(f"/todos/{parent['id']}")

    assert client.post("/todos", {"task": "x", "parent_id": parent["id"]}).json["errors"] == {"parent_id": SAME_LIST}


def test_a_todo_cannot_be_a_part_of_one_in_another_list(client):
    parent = make_todo(client, list_id=make_list(client)["id"])

    assert client.post("/todos", {"task": "x", "parent_id": parent["id"]}).json["errors"] == {"parent_id": SAME_LIST}


def test_a_parent_of_a_stranger_looks_like_one_that_is_not_there(client, stranger):
    parent = make_todo(stranger)

    assert client.post("/todos", {"task": "x", "parent_id": parent["id"]}).json["errors"] == {"parent_id": SAME_LIST}


def test_a_todo_takes_its_subtasks_along_to_another_list(client):
    made = make_list(client)
    chain = make_chain(client, 3)

    moved = client.patch(f"/todos/{chain[1]['id']}", {"list_id": made["id"]}).json

    assert (moved["list_id"], moved["parent_id"], moved["version"]) == (made["id"], None, 2)
    assert sorted(tasks(client, list_id=made["id"])) == ["level 1", "level 2", "level 3"]
    assert parents(client) == {"level 0": None, "level 1": None, "level 2": "level 1", "level 3": "level 2"}


def test_subtasks_that_are_taken_along_have_another_version(client):
    made = make_list(client)
    top, part = make_chain(client, 1)

    client.patch(f"/todos/{top['id']}", {"list_id": made["id"]})

    now = client.get(f"/todos/{part['id']}").json
    assert (now["version"], now["list_id"]) == (2, made["id"])
    assert now["updated_at"] > part["updated_at"]


def test_subtasks_in_the_trash_are_taken_along(client):
    made = make_list(client)
    top, part = make_chain(client, 1)
    client.delete(f"/todos/{part['id']}")

    client.patch(f"/todos/{top['id']}", {"list_id": made["id"]})

    assert client.post(f"/todos/{part['id']}/restore").json["list_id"] == made["id"]


def test_a_todo_goes_last_in_another_list(client):
    made = make_list(client)
    make_todo(client, list_id=made["id"], position=7)
    todo = make_todo(client)

    assert client.patch(f"/todos/{todo['id']}", {"list_id": made["id"]}).json["position"] == 8


def test_a_todo_may_name_its_place_in_another_list(client):
    made = make_list(client)
    todo = make_todo(client)

    assert client.patch(f"/todos/{todo['id']}", {"list_id": made["id"], "position": -3}).json["position"] == -3


def test_a_todo_finds_a_parent_in_another_list(client):
    made = make_list(client)
    parent, todo = make_todo(client, list_id=made["id"]), make_todo(client)

    moved = client.patch(f"/todos/{todo['id']}", {"list_id": made["id"], "parent_id": parent["id"]}).json

    assert (moved["list_id"], moved["parent_id"]) == (made["id"], parent["id"])


def test_a_part_cannot_keep_its_parent_in_another_list(client):
    made = make_list(client)
    top, part = make_chain(client, 1)

    answer = client.patch(f"/todos/{part['id']}", {"list_id": made["id"], "parent_id": top["id"]})

    assert answer.json["errors"] == {"parent_id": SAME_LIST}
    assert client.get(f"/todos/{part['id']}").json == part


def test_who_is_no_member_of_the_other_list_is_assigned_no_more(client, account, stranger):
    ours, mine = make_list(client), make_list(client)
    share(client, ours, stranger)
    top = make_todo(client, list_id=ours["id"], assignee_id=stranger.account.id)
    part = make_todo(client, list_id=ours["id"], parent_id=top["id"], assignee_id=stranger.account.id)
    kept = make_todo(client, list_id=ours["id"], parent_id=top["id"], assignee_id=account.id)

    client.patch(f"/todos/{top['id']}", {"list_id": mine["id"]})

    assigned = [client.get(f"/todos/{each['id']}").json["assignee_id"] for each in (top, part, kept)]
    assert assigned == [None, None, account.id]


def test_an_assignee_may_be_named_for_the_other_list(client, stranger):
    ours = make_list(client)
    share(client, ours, stranger)
    todo = make_todo(client)

    moved = client.patch(f"/todos/{todo['id']}", {"list_id": ours["id"], "assignee_id": stranger.account.id}).json

    assert moved["assignee_id"] == stranger.account.id


def test_moving_takes_an_editor_there(client, stranger):
    theirs = make_list(stranger)
    share(stranger, theirs, client, "viewer")
    todo = make_todo(client)

    answer = client.patch(f"/todos/{todo['id']}", {"list_id": theirs["id"]})

    assert (answer.status_code, answer.json["missing"]) == (403, "editor")


def test_moving_takes_an_editor_here(client, account, stranger):
    theirs = make_list(stranger)
    share(stranger, theirs, client, "viewer")
    todo = make_todo(stranger, list_id=theirs["id"])

    answer = client.patch(f"/todos/{todo['id']}", {"list_id": account.inbox_id})

    assert (answer.status_code, answer.json["missing"]) == (403, "editor")


def test_a_stale_version_moves_nothing(client):
    made = make_list(client)
    todo = make_todo(client)

    assert client.patch(f"/todos/{todo['id']}", {"list_id": made["id"]}, if_match=2).status_code == 412
    assert tasks(client, list_id=made["id"]) == []


def test_a_parent_that_is_done_leaves_its_parts_open(client):
    top, part = make_chain(client, 1)

    client.patch(f"/todos/{top['id']}", {"done": True})

    assert client.get(f"/todos/{part['id']}").json == part

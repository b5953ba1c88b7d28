"""The order that people give to the todos of a list."""

import random

import pytest

from app.core.problems import Overtaken
from app.todos import service
from tests.arrange import find, make_list, make_todo, make_todos, share, tasks, unknown


@pytest.fixture
def abc(client):
    """Todos a, b and c, in this order."""
    return {todo["task"]: todo for todo in make_todos(client, "a", "b", "c")}


def order(client, **query):
    return tasks(client, sort="position", limit=200, **query)


def move(client, todo, **place):
    return client.post(f"/todos/{todo['id']}/move", {side: other["id"] for side, other in place.items()})


@pytest.mark.parametrize(
    ("moved", "side", "other", "expected"),
    [
        ("c", "before", "a", "cab"),
        ("c", "before", "b", "acb"),
        ("c", "after", "a", "acb"),
        ("a", "after", "c", "bca"),
        ("a", "after", "b", "bac"),
        ("b", "before", "a", "bac"),
        ("b", "after", "a", "abc"),
        ("b", "before", "c", "abc"),
    ],
)
def test_a_todo_is_put_before_or_after_another(client, abc, moved, side, other, expected):
    answer = move(client, abc[moved], **{side: abc[other]})

    assert answer.status_code == 200
    assert "".join(order(client)) == expected


def test_only_the_todo_that_moves_changes(client, abc):
    moved = move(client, abc["c"], after=abc["a"]).json

    assert moved == {**abc["c"], "position": 1.5, "version": 2, "updated_at": moved["updated_at"]}
    assert [client.get(f"/todos/{abc[task]['id']}").json for task in "ab"] == [abc["a"], abc["b"]]


def test_todos_at_the_same_place_are_told_apart(client):
    a, _, c = make_todos(client, *({"task": task, "position": 1} for task in "abc"))

    move(client, c, after=a)

    assert order(client) == ["a", "c", "b"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_gap_takes_as_many_todos_as_one_likes(client, abc, side):
    todos = [abc["a"], abc["c"]]
    anchor = abc["b"]
    for number in range(70):
        move(client, todos[number % 2], **{side: anchor})

    last, other = ("c", "a")
    assert order(client) == ([other, last, "b"] if side == "before" else ["b", last, other])


def test_a_gap_that_is_used_up_is_made_anew(client, abc):
    make_todos(client, *(str(number) for number in range(70)))
    for _ in range(35):
        for task in "cb":
            move(client, abc[task], after=abc["a"])

    rows = find(client, sort="position", limit=200)
    assert [row["task"] for row in rows] == ["a", "b", "c", *(str(number) for number in range(70))]
    assert len({row["position"] for row in rows}) == 73


def test_any_moves_give_the_order_that_they_say(client):
    chance = random.Random(7)
    todos = {todo["task"]: todo for todo in make_todos(client, *"abcdefgh")}
    expected = list("abcdefgh")
    for _ in range(60):
        moved, anchor = chance.sample(expected, 2)
        side = chance.choice(["before", "after"])
        expected.remove(moved)
        expected.insert(expected.index(anchor) + (side == "after"), moved)
        move(client, todos[moved], **{side: todos[anchor]})

    assert order(client) == expected


def test_a_todo_is_put_beside_one_of_another_list(client, account, abc):
    made = make_list(client)
    x, _ = (make_todo(client, task, list_id=made["id"]) for task in "xy")

    answer = client.post(f"/todos/{abc['a']['id']}/move", {"after": x["id"], "list_id": made["id"]})

    assert (answer.status_code, answer.json["list_id"]) == (200, made["id"])
    assert order(client, list_id=made["id"]) == ["x", "a", "y"]
    assert order(client, list_id=account.inbox_id) == ["b", "c"]


def test_its_subtasks_come_along(client):
    made = make_list(client)
    anchor = make_todo(client, "x", list_id=made["id"])
    top = make_todo(client, "top")
    make_todo(client, "part", parent_id=top["id"])

    client.post(f"/todos/{top['id']}/move", {"before": anchor["id"], "list_id": made["id"]})

    assert sorted(tasks(client, list_id=made["id"])) == ["part", "top", "x"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_todo_of_another_list_is_no_place(client, abc, side):
    other = make_todo(client, list_id=make_list(client)["id"])

    answer = move(client, abc["a"], **{side: other})

    assert answer.status_code == 422
    assert answer.json["errors"] == {side: ["Must be another todo of the list."]}


@pytest.mark.parametrize("which", ["itself", "trashed", "missing", "a stranger's"])
def test_what_is_not_another_todo_of_the_list_is_no_place(client, stranger, abc, which):
    client.delete(f"/todos/{abc['c']['id']}")
    anchors = {"itself": abc["a"], "trashed": abc["c"], "missing": {"id": unknown()}, "a stranger's": make_todo(stranger)}

    answer = move(client, abc["a"], before=anchors[which])

    assert answer.json["errors"] == {"before": ["Must be another todo of the list."]}
    assert client.get(f"/todos/{abc['a']['id']}").json == abc["a"]


def test_a_place_that_does_not_fit_moves_nothing_to_another_list(client, abc):
    made = make_list(client)

    answer = client.post(f"/todos/{abc['a']['id']}/move", {"after": abc["b"]["id"], "list_id": made["id"]})

    assert answer.status_code == 422
    assert client.get(f"/todos/{abc['a']['id']}").json == abc["a"]


@pytest.mark.parametrize("body", [{}, {"before": "BOTH", "after": "BOTH"}])
def test_a_place_is_either_before_or_after(client, abc, body):
    answer = client.post(f"/todos/{abc['a']['id']}/move", dict.fromkeys(body, abc["b"]["id"]))

    assert answer.status_code == 422
    assert answer.json["errors"] == {"_schema": ["Send either before or after."]}


@pytest.mark.parametrize("value", [None, "x", 1])
def test_a_place_is_an_id(client, abc, value):
    answer = client.post(f"/todos/{abc['a']['id']}/move", {"before": value})

    assert answer.status_code == 422
    assert answer.json["errors"].keys() >= {"before"}


def test_a_list_that_the_caller_cannot_see_is_not_there(client, stranger, abc):
    theirs = make_list(stranger)["id"]

    answer = client.post(f"/todos/{abc['a']['id']}/move", {"after": abc["b"]["id"], "list_id": theirs})

    assert answer.status_code == 404
    assert answer.json["detail"] == f"List {theirs} doesn't exist"


def test_moving_to_a_list_takes_an_editor_there(client, stranger, abc):
    theirs = make_list(stranger)
    anchor = make_todo(stranger, list_id=theirs["id"])
    share(stranger, theirs, client, "viewer")

    answer = client.post(f"/todos/{abc['a']['id']}/move", {"after": anchor["id"], "list_id": theirs["id"]})

    assert (answer.status_code, answer.json["missing"]) == (403, "editor")


def test_a_position_of_minus_zero_is_zero(client):
    assert str(make_todo(client, position=-0.0)["position"]) == "0.0"


def test_a_position_may_be_set_by_hand(client, abc):
    client.patch(f"/todos/{abc['c']['id']}", {"position": 0})

    assert order(client) == ["c", "a", "b"]


@pytest.fixture
def overtaken(monkeypatch):
    """`overtaken(3)`: so many times a todo has gone to another list by the time that it is locked."""

    def times(number):
        left = [None] * number
        claim = service.claim

        def claimed(*args, **more):
            if left:
                left.pop()
                raise Overtaken()
            return claim(*args, **more)

        monkeypatch.setattr(service, "claim", claimed)

    return times


def test_a_change_that_another_move_overtakes_is_done_again(client, overtaken):
    first, second = make_todos(client, "a", "b")
    overtaken(3)

    answer = client.post(f"/todos/{second['id']}/move", {"before": first["id"]}, idempotency_key="once")

    assert answer.status_code == 200
    assert answer.json["position"] < first["position"]


def test_a_change_that_is_overtaken_on_and_on_is_a_conflict_for_now(client, overtaken):
    first, second = make_todos(client, "a", "b")
    overtaken(8)

    assert client.post(f"/todos/{second['id']}/move", {"before": first["id"]}, idempotency_key="again").status_code == 409
    assert client.post(f"/todos/{second['id']}/move", {"before": first["id"]}, idempotency_key="again").status_code == 200

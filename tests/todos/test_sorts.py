import pytest

from app.todos import listing
from tests.arrange import find, make_list, make_todo, make_todos, tasks, walk

SORTS = ["created_at", "updated_at", "due", "priority", "position", "task"]


def test_the_newest_todo_comes_first(client):
    make_todos(client, "a", "b", "c")

    assert tasks(client) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created_at", "abcde"),
        ("-created_at", "edcba"),
        ("due", "cabde"),
        ("-due", "baced"),
        ("priority", "ecbad"),
        ("-priority", "dabce"),
        ("position", "edcba"),
        ("-position", "abcde"),
        ("task", "abcde"),
        ("-task", "edcba"),
    ],
)
def test_todos_are_sorted_and_without_a_due_they_come_last_either_way(client, sort, expected):
    make_todos(
        client,
        {"task": "a", "priority": "high", "position": 5, "due_at": "2026-11-22T09:30:00Z"},
        {"task": "b", "priority": "medium", "position": 4, "due_on": "2026-11-23"},
        {"task": "c", "priority": "low", "position": 3, "due_on": "2026-11-22"},
        {"task": "d", "priority": "urgent", "position": 2},
        {"task": "e", "priority": "none", "position": 1},
    )

    assert "".join(tasks(client, sort=sort)) == expected


def test_the_last_changed_todo_comes_last_or_first(client):
    a, b, c = make_todos(client, "a", "b", "c")
    for todo in (b, c, a):
        client.patch(f"/todos/{todo['id']}", {"notes": "x"})

    assert tasks(client, sort="updated_at") == ["b", "c", "a"]
    assert tasks(client, sort="-updated_at") == ["a", "c", "b"]


def test_tasks_are_sorted_without_regard_to_case_and_accents(client):
    make_todos(client, "b", "Éclair", "a", "C", "eclaire", "ecla", "Zoë", "zoe b")

    assert tasks(client, sort="task") == ["a", "b", "C", "ecla", "Éclair", "eclaire", "Zoë", "zoe b"]


def test_what_is_equal_is_sorted_by_age(client):
    make_todos(client, *({"task": "x", "notes": str(number)} for number in range(3)))

    assert [todo["notes"] for todo in find(client, sort="task")] == ["0", "1", "2"]
    assert [todo["notes"] for todo in find(client, sort="-task")] == ["2", "1", "0"]


def test_todos_of_several_lists_are_sorted_together(client):
    other = make_list(client)["id"]
    make_todos(client, "a", {"task": "b", "list_id": other}, "c", {"task": "d", "list_id": other})

    assert tasks(client, sort="task") == ["a", "b", "c", "d"]
    assert [todo["task"] for todo in walk(client, sort="-task", limit=1)] == ["d", "c", "b", "a"]


@pytest.fixture
def many(client):
    """Thirteen todos of which many are equal under each sort, in two lists."""
    other = make_list(client)["id"]
    todos = []
    for number in range(13):
        todo = {
            "task": "abc"[number % 3],
            "priority": ["none", "low", "urgent"][number % 3],
            "position": number % 4,
            "notes": "word " * (number % 2),
        }
        if number % 3:
            todo["due_on" if number % 2 else "due_at"] = "2026-11-22" if number % 2 else "2026-11-22T00:00:00Z"
        if number % 2:
            todo["list_id"] = other
        todos.append(todo)
    return {todo["id"] for todo in make_todos(client, *todos)}


@pytest.mark.parametrize("limit", [1, 4])
@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_walking_gives_every_todo_once_and_in_order(client, many, sort, limit):
    walked = [todo["id"] for todo in walk(client, sort=sort, limit=limit)]

    assert walked == [todo["id"] for todo in find(client, sort=sort, limit=200)]
    assert set(walked) == many
    assert len(walked) == 13


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_walking_gives_every_todo_once_while_others_write(client, many, sort):
    doomed = [todo["id"] for todo in make_todos(client, *({"task": task, "priority": "low", "position": 2} for task in "abbc"))]
    new = iter([{"task": "a", "due_on": "2026-11-21"}, {"task": "b", "position": 2}, {"task": "c", "priority": "urgent"}] * 9)

    def others_write():
        make_todo(client, **next(new))
        if doomed:
            client.delete(f"/todos/{doomed.pop()}")

    walked = [todo["id"] for todo in walk(client, between=others_write, sort=sort, limit=2)]

    assert len(walked) == len(set(walked))
    assert many <= set(walked)


def test_walking_the_best_matches_gives_every_todo_once_while_others_write(client):
    found = {todo["id"] for todo in make_todos(client, *(["tea", "teapot", {"task": "x", "notes": "tea"}] * 3))}

    walked = [todo["id"] for todo in walk(client, between=lambda: make_todo(client, "tea"), q="tea", limit=2)]

    assert len(walked) == len(set(walked))
    assert found <= set(walked)


def test_a_todo_that_changes_elsewhere_is_not_lost(client, many):
    def others_write():
        for todo in find(client, limit=3):
            client.patch(f"/todos/{todo['id']}", {"notes": "changed"})

    walked = [todo["id"] for todo in walk(client, between=others_write, sort="task", limit=2)]

    assert sorted(walked) == sorted(many)


def test_instants_within_one_millisecond_are_told_apart(client):
    make_todos(client, *({"task": task, "due_at": f"2026-11-22T09:30:00.00000{micro}Z"} for micro, task in enumerate("abc")))

    assert [todo["task"] for todo in walk(client, sort="due", limit=1)] == ["a", "b", "c"]
    assert [todo["task"] for todo in walk(client, sort="-due", limit=1)] == ["c", "b", "a"]


@pytest.mark.parametrize("lists", [2, 20])
@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_a_tag_gives_the_todos_of_all_lists_in_the_order_that_they_have_without_it(client, sort, lists):
    for number in range(lists):
        home = make_list(client)["id"]
        due = {"due_on": f"2026-11-{number % 9 + 10}"} if number % 2 else {}
        make_todos(client, *({"task": f"{number % 5}", "tags": tags, "list_id": home, **due} for tags in (["x"], ["y"], ["x", "y"])))

    walked = [todo["id"] for todo in walk(client, sort=sort, limit=7, tag="x")]

    assert walked == [todo["id"] for todo in find(client, sort=sort, limit=200) if "x" in todo["tags"]]
    assert len(walked) == 2 * lists


@pytest.mark.postgresql
def test_a_list_that_the_caller_has_just_left_shows_no_tagged_todos(client, stranger, monkeypatch):
    theirs = make_list(stranger)["id"]
    make_todo(stranger, list_id=theirs, tags=["x"])
    monkeypatch.setattr(listing.TodoListing, "_lists", lambda _: [theirs])

    assert find(client, tag="x") == []

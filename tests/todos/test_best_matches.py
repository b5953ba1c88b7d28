"""A search gives all that match, the best first and of equals the newest, however it is cut into pages."""

import random

import pytest

from tests.arrange import make_list, make_todos, share, walk

WORDS = ("tea", "teapot", "team", "milk", "milky")
SEARCHES = ("tea", "te", "teapot", "tea milk", "te mil", "team tea", "milky")
FILTERS = ({}, {"done": "false"}, {"tag": "x"}, {"priority": "high"}, {"parent_id": "none"}, {"tag": ["x", "y"], "done": "true"})


def rank(todo, q):
    """2 where each word stands in the task, 1 where it begins a word of it, 0 of it or the notes, None where it begins none."""
    words, task, both = q.split(), todo["task"].split(), f"{todo['task']} {todo['notes'] or ''}".split()
    if all(word in task for word in words):
        return 2
    if all(any(each.startswith(word) for each in task) for word in words):
        return 1
    return 0 if all(any(each.startswith(word) for each in both) for word in words) else None


def sorted_plainly(todos, q):
    """The ids of those that match in order, by a look at each."""
    ranked = [(rank(todo, q), todo["id"]) for todo in todos]
    return [todo_id for _, todo_id in sorted((each for each in ranked if each[0] is not None), reverse=True)]


@pytest.fixture
def todos(client):
    """Todos of few words, in three lists."""
    chance = random.Random(5)
    lists = [None, *(make_list(client)["id"] for _ in range(2))]
    return make_todos(client, *(_todo(chance, lists) for _ in range(90)))


def _todo(chance, lists):
    chosen = {
        "task": " ".join(chance.choices((*WORDS, "x", "y", "z"), k=2)),
        "notes": " ".join(chance.choices((*WORDS, "x", "y", "z"), k=2)),
        "done": chance.random() < 0.3,
        "tags": [tag for tag in "xy" if chance.random() < 0.5],
        "priority": chance.choice(("none", "high")),
    }
    place = chance.choice(lists)
    return chosen if place is None else chosen | {"list_id": place}


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
@pytest.mark.parametrize("q", SEARCHES)
def test_all_pages_together_are_what_a_plain_sort_gives(client, todos, q, limit):
    assert [todo["id"] for todo in walk(client, q=q, limit=limit)] == sorted_plainly(todos, q)


@pytest.mark.parametrize("given", FILTERS, ids=str)
def test_filters_only_leave_out(client, todos, given):
    kept = {todo["id"] for todo in walk(client, limit=200, **given)}

    for q in SEARCHES:
        expected = [todo_id for todo_id in sorted_plainly(todos, q) if todo_id in kept]
        assert [todo["id"] for todo in walk(client, q=q, limit=4, **given)] == expected


def test_lists_that_are_named_are_searched_alone(client, todos):
    places = sorted({todo["list_id"] for todo in todos})

    for chosen in (places[:1], places[1:]):
        expected = sorted_plainly([todo for todo in todos if todo["list_id"] in chosen], "te")
        assert [todo["id"] for todo in walk(client, q="te", limit=4, list_id=chosen)] == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_go_over_from_good_to_fair_to_poor_matches_of_all_lists(client, limit):
    other = make_list(client)["id"]
    made = [("tea", ""), ("x", "tea"), ("teapot", ""), ("a tea", ""), ("team", ""), ("y", "teapot")]
    make_todos(client, *({"task": task, "notes": notes, **place} for task, notes in made for place in ({}, {"list_id": other})))

    found = [todo["task"] for todo in walk(client, q="tea", limit=limit)]

    assert found == [task for task in ("a tea", "tea", "team", "teapot", "y", "x") for _ in range(2)]


def test_what_changes_its_rank_between_two_pages_neither_doubles_nor_hides_others(client):
    todos = make_todos(client, "tea 1", "tea 2", "teapot 3", "teapot 4", {"task": "5", "notes": "tea"})
    first = client.get("/todos?q=tea&limit=2").json

    client.patch(f"/todos/{todos[2]['id']}", {"task": "tea 3"})
    rest = walk(client, q="tea", limit=2, cursor=first["next_cursor"])

    assert [todo["task"] for todo in first["data"]] == ["tea 2", "tea 1"]
    assert [todo["task"] for todo in rest] == ["teapot 4", "5"]


def test_the_best_matches_of_the_trash_come_first_too(client, todos):
    for todo in todos[::2]:
        client.delete(f"/todos/{todo['id']}")

    assert [todo["id"] for todo in walk(client, q="te", limit=4, trashed="true")] == sorted_plainly(todos[::2], "te")
    assert [todo["id"] for todo in walk(client, q="te", limit=4)] == sorted_plainly(todos[1::2], "te")


def test_a_search_counts_all_that_match(client, todos):
    answer = client.get("/todos?q=te&limit=2&count=true")

    assert answer.headers["X-Total-Count"] == str(len(sorted_plainly(todos, "te")))


def test_matches_of_an_archived_list_are_found_where_it_is_named_alone(client, todos):
    archived = next(todo["list_id"] for todo in todos if todo["list_id"] != client.account.inbox_id)
    client.patch(f"/lists/{archived}", {"archived": True})

    in_it = [todo for todo in todos if todo["list_id"] == archived]
    assert [todo["id"] for todo in walk(client, q="te", limit=4, list_id=archived)] == sorted_plainly(in_it, "te")
    assert [todo["id"] for todo in walk(client, q="te", limit=4)] == sorted_plainly([todo for todo in todos if todo not in in_it], "te")


def test_each_member_sees_the_same_matches_of_a_shared_list(client, stranger):
    shared = make_list(client)
    made = make_todos(client, *({"task": task, "notes": "tea", "list_id": shared["id"]} for task in ("tea", "x", "teapot")))
    share(client, shared, stranger)

    assert [todo["id"] for todo in walk(stranger, q="tea", limit=1)] == sorted_plainly(made, "tea")

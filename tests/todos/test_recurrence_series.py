"""What becomes of a todo that recurs when it is completed."""

import pytest

from tests import factories
from tests.arrange import find, make_list, make_todo, open_count, share
from tests.todos.test_batch import run, update


@pytest.fixture
def todo(client):
    return make_todo(client, "water the plants", due_on="2026-11-30", recurrence="FREQ=DAILY")


def change(client, todo, **fields):
    answer = client.patch(f"/todos/{todo['id']}", fields)
    assert answer.status_code == 200, answer.json
    return answer.json


def complete(client, todo):
    return change(client, todo, done=True)


def replace(client, todo, **fields):
    sent = {name: todo[name] for name in ("task", "list_id", "due_on", "recurrence")}
    answer = client.put(f"/todos/{todo['id']}", sent | fields)
    assert answer.status_code == 200, answer.json
    return answer.json


def in_a_batch(client, todo):
    answer = run(client, update(todo, done=True))
    assert answer.status_code == 200, answer.json
    return answer.json["results"][0]["todo"]


WAYS = {"patch": complete, "put": lambda client, todo: replace(client, todo, done=True), "batch": in_a_batch,
        "patch of more": lambda client, todo: change(client, todo, done=True, notes=None)}  # fmt: skip


def followers(client, todo, **query):
    """The other todos of its list, by the order in which they were made."""
    return [each for each in find(client, list_id=todo["list_id"], sort="created_at", **query) if each["id"] != todo["id"]]


def follower(client, todo):
    [only] = followers(client, todo)
    return only


def dues(client, todo):
    """The dues of the series from here on, as completing one after the other makes them."""
    made = []
    while len(made) < 20:
        complete(client, todo)
        newest = find(client, list_id=todo["list_id"], sort="-created_at", limit=1)[0]
        if newest["id"] == todo["id"]:
            break
        todo = newest
        made.append(todo["due_on"] or todo["due_at"])
    return made


@pytest.mark.parametrize("way", WAYS)
def test_a_completed_todo_is_followed_by_the_next_one(client, todo, way):
    completed = WAYS[way](client, todo)

    assert (completed["done"], completed["due_on"], completed["recurrence"]) == (True, "2026-11-30", "FREQ=DAILY")
    following = follower(client, todo)
    assert (following["done"], following["completed_at"], following["due_on"]) == (False, None, "2026-12-01")
    assert (following["version"], following["recurrence"]) == (1, "FREQ=DAILY")
    assert following["id"] > todo["id"]


@pytest.mark.parametrize("way", WAYS)
def test_both_share_the_id_of_the_first_as_their_series(client, todo, way):
    completed = WAYS[way](client, todo)

    assert completed["series_id"] == follower(client, todo)["series_id"] == todo["id"]
    assert client.get(f"/todos/{todo['id']}").json == completed


@pytest.mark.parametrize("way", WAYS)
def test_the_completion_is_one_change(client, todo, way):
    assert WAYS[way](client, todo)["version"] == 2


@pytest.mark.parametrize("way", ["patch", "batch"])
def test_the_next_one_is_like_the_completed_one(client, stranger, way):
    shared = make_list(client)
    share(client, shared, stranger)
    parent = make_todo(client, "parent", list_id=shared["id"])
    fields = {"notes": "with *care*", "priority": "high", "tags": ["home"], "parent_id": parent["id"], "assignee_id": stranger.account.id}
    todo = make_todo(client, list_id=shared["id"], due_at="2026-11-30T09:00:00Z", recurrence="FREQ=DAILY", **fields)

    WAYS[way](stranger, todo)

    following = next(each for each in followers(client, todo) if each["id"] != parent["id"])
    own = {"id", "series_id", "due_at", "position", "created_at", "updated_at"}
    assert {name: following[name] for name in following.keys() - own} == {name: todo[name] for name in todo.keys() - own}
    assert following["created_by"] == client.account.id


def test_the_next_one_goes_last_in_its_list(client, todo):
    make_todo(client, "another")

    complete(client, todo)

    assert find(client, sort="-position")[0]["due_on"] == "2026-12-01"


def test_several_of_a_batch_go_last_one_after_the_other(client):
    todos = [make_todo(client, name, due_on="2026-11-30", recurrence="FREQ=DAILY") for name in ("a", "b")]

    run(client, *[update(todo, done=True) for todo in todos])

    assert [each["position"] for each in find(client, done="false", sort="position")] == [3, 4]


def test_the_list_counts_the_next_one(client, account, todo):
    complete(client, todo)

    assert open_count(client, account.inbox_id) == 1


def test_the_next_one_is_found(client):
    todo = make_todo(client, "zebra", due_on="2026-11-30", recurrence="FREQ=DAILY")
    complete(client, todo)

    assert len(find(client, q="zebra")) == 2
    assert [each["due_on"] for each in find(client, sort="due")] == ["2026-11-30", "2026-12-01"]


@pytest.mark.parametrize(
    "fields",
    [{"due_on": "2026-11-30"}, {"due_on": "2026-11-30", "recurrence": "FREQ=DAILY;COUNT=1"}, {"due_on": "2026-11-30", "recurrence": "FREQ=DAILY;UNTIL=20261130"}],
)  # fmt: skip
def test_without_a_next_due_none_follows(client, fields):
    todo = make_todo(client, **fields)

    completed = complete(client, todo)

    assert followers(client, todo) == []
    assert (completed["series_id"], completed["version"]) == (None, 2)


def test_a_todo_that_is_done_from_the_start_is_not_followed(client):
    todo = make_todo(client, due_on="2026-11-30", recurrence="FREQ=DAILY", done=True)

    assert followers(client, todo) == []


@pytest.mark.parametrize("way", WAYS)
def test_what_is_done_already_is_not_followed_again(client, todo, way):
    complete(client, todo)
    WAYS[way](client, todo)

    assert len(followers(client, todo)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_what_is_reopened_and_completed_again_is_not_followed_again(client, todo, way):
    complete(client, todo)
    change(client, todo, done=False)
    WAYS[way](client, todo)

    assert len(followers(client, todo)) == 1


def test_one_that_has_its_follower_in_the_trash_is_not_followed_again(client, todo):
    complete(client, todo)
    client.delete(f"/todos/{follower(client, todo)['id']}")
    change(client, todo, done=False)
    complete(client, todo)

    assert followers(client, todo) == []


def test_reopened_and_completed_within_one_batch_it_is_followed_once(client, todo):
    run(client, update(todo, done=True), update(todo, done=False), update(todo, done=True))

    assert len(followers(client, todo)) == 1


def test_a_batch_that_fails_leaves_no_next_one(client, todo):
    answer = run(client, update(todo, done=True), update(todo, task=" "), update(todo, parent_id=todo["id"]))

    assert answer.status_code == 422
    assert followers(client, todo) == []


def test_a_stale_version_leaves_no_next_one(client, todo):
    change(client, todo, notes="newer")

    assert client.patch(f"/todos/{todo['id']}", {"done": True}, if_match=1).status_code == 412
    assert followers(client, todo) == []
    assert client.patch(f"/todos/{todo['id']}", {"done": True}, if_match=2).status_code == 200
    assert len(followers(client, todo)) == 1


def test_who_may_only_look_completes_nothing(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger, "viewer")
    todo = make_todo(client, list_id=shared["id"], due_on="2026-11-30", recurrence="FREQ=DAILY")

    assert stranger.patch(f"/todos/{todo['id']}", {"done": True}).status_code == 403
    assert followers(client, todo) == []


def test_it_is_followed_by_what_it_was_made_with_its_completion(client, todo):
    change(client, todo, done=True, task="water the garden", due_on="2026-12-24", recurrence="FREQ=WEEKLY")

    following = follower(client, todo)
    assert (following["task"], following["due_on"], following["recurrence"]) == ("water the garden", "2026-12-31", "FREQ=WEEKLY")


def test_without_its_recurrence_it_is_not_followed(client, todo):
    replace(client, todo, done=True, recurrence=None)

    assert followers(client, todo) == []


@pytest.mark.parametrize("way", ["patch", "batch"])
def test_completed_and_moved_at_once_it_is_followed_in_the_other_list(client, stranger, way):
    shared, other = make_list(client), make_list(client, "Other")
    share(client, shared, stranger)
    fields = {"assignee_id": stranger.account.id, "due_on": "2026-11-30", "recurrence": "FREQ=DAILY"}
    todo = make_todo(client, list_id=shared["id"], parent_id=make_todo(client, list_id=shared["id"])["id"], **fields)

    moved = {"list_id": other["id"], "done": True}
    change(client, todo, **moved) if way == "patch" else run(client, update(todo, **moved))

    following = follower(client, {**todo, "list_id": other["id"]})
    assert (following["due_on"], following["assignee_id"], following["parent_id"]) == ("2026-12-01", None, None)


def test_an_assignee_who_has_left_is_not_assigned(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger)
    todo = make_todo(client, list_id=shared["id"], assignee_id=stranger.account.id, due_on="2026-11-30", recurrence="FREQ=DAILY")
    client.delete(f"/lists/{shared['id']}/members/{stranger.account.id}")

    complete(client, todo)

    assert follower(client, todo)["assignee_id"] is None


def test_a_parent_that_is_gone_is_no_parent(client):
    parent = make_todo(client, "parent")
    todo = make_todo(client, parent_id=parent["id"], due_on="2026-11-30", recurrence="FREQ=DAILY")
    client.delete(f"/todos/{parent['id']}")
    client.post(f"/todos/{todo['id']}/restore")

    complete(client, todo)

    assert follower(client, todo)["parent_id"] is None


def test_where_its_creator_is_gone_the_zone_is_the_callers(client, make_client, user):
    shared = make_list(client)
    creator, other = make_client(user(time_zone="Asia/Tokyo")), make_client(user(time_zone="Europe/Berlin"))
    share(client, shared, creator)
    share(client, shared, other)
    todo = make_todo(creator, list_id=shared["id"], due_at="2027-03-27T08:00:00Z", recurrence="FREQ=DAILY")
    creator.delete("/me", {"current_password": factories.PASSWORD})

    complete(other, todo)

    following = follower(client, todo)
    assert (following["due_at"], following["created_by"]) == ("2027-03-28T07:00:00Z", None)


def test_a_series_ends_with_its_count(client):
    todo = make_todo(client, due_on="2026-11-30", recurrence="FREQ=DAILY;COUNT=3")

    assert dues(client, todo) == ["2026-12-01", "2026-12-02"]


def test_a_series_keeps_its_time_through_a_skipped_hour(make_client, user):
    client = make_client(user(time_zone="Europe/Berlin"))
    todo = make_todo(client, due_at="2027-03-27T01:30:00Z", recurrence="FREQ=DAILY;COUNT=4")

    assert dues(client, todo) == ["2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"]


def test_a_series_keeps_to_its_day_of_the_month(client):
    todo = make_todo(client, due_on="2027-01-31", recurrence="FREQ=MONTHLY;COUNT=4")

    assert dues(client, todo) == ["2027-03-31", "2027-05-31", "2027-07-31"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"due_on": "2026-12-24"}, ["2026-12-25", "2026-12-26"]),
        ({"recurrence": "FREQ=WEEKLY;COUNT=3"}, ["2026-12-09", "2026-12-16"]),
        ({"due_on": "2026-12-02", "recurrence": "FREQ=DAILY;COUNT=3", "task": "x"}, []),
        ({"task": "x"}, []),
    ],
)
def test_another_due_or_rule_counts_from_anew(client, changes, expected):
    first = make_todo(client, due_on="2026-11-30", recurrence="FREQ=DAILY;COUNT=3")
    complete(client, first)
    complete(client, follower(client, first))
    last = find(client, done="false")[0]

    change(client, last, **changes)

    assert last["due_on"] == "2026-12-02"
    assert dues(client, last) == expected


def test_a_due_that_was_missed_is_followed_by_the_next_one_all_the_same(client):
    todo = make_todo(client, due_on="2020-01-01", recurrence="FREQ=DAILY")

    complete(client, todo)

    assert follower(client, todo)["due_on"] == "2020-01-02"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"due_at": "2027-03-27T08:00:00Z", "remind_at": "2027-03-27T07:30:00Z"}, "2027-03-28T06:30:00Z"),
        ({"due_at": "2027-03-27T08:00:00Z", "remind_at": "2027-03-26T20:00:00Z"}, "2027-03-27T20:00:00Z"),
        ({"due_at": "2027-03-27T08:00:00Z", "remind_at": "2027-03-27T09:00:00Z"}, "2027-03-28T08:00:00Z"),
        ({"due_on": "2027-03-27", "remind_at": "2027-03-27T08:00:00Z"}, "2027-03-28T07:00:00Z"),
        ({"due_on": "2027-03-27", "remind_at": "2027-03-26T17:00:00Z"}, "2027-03-27T17:00:00Z"),
        ({"due_on": "2027-03-27", "remind_at": None}, None),
        ({"due_on": "2027-03-27", "remind_at": "9999-12-31T22:59:00Z"}, None),
    ],
)
def test_the_reminder_keeps_its_distance_on_the_wall(make_client, user, fields, expected):
    client = make_client(user(time_zone="Europe/Berlin"))
    todo = make_todo(client, recurrence="FREQ=DAILY", **fields)

    complete(client, todo)

    assert follower(client, todo)["remind_at"] == expected


def test_what_was_foreseen_comes(client):
    todo = make_todo(client, due_on="2027-01-29", recurrence="FREQ=MONTHLY;BYDAY=-1FR,2MO;COUNT=9")
    foreseen = client.get(f"/todos/{todo['id']}/occurrences").json["data"]

    assert dues(client, todo) == [each["due_on"] for each in foreseen]
    assert len(foreseen) == 8


def test_a_series_goes_on_from_its_newest_todo(client, todo):
    complete(client, todo)
    second = follower(client, todo)
    complete(client, second)

    assert {each["series_id"] for each in find(client)} == {todo["id"]}
    assert sorted(each["due_on"] for each in find(client)) == ["2026-11-30", "2026-12-01", "2026-12-02"]

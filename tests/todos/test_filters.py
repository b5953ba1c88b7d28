from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.arrange import find, make_chain, make_list, make_todo, make_todos, share, tasks, unknown


def names(client, **query):
    """The tasks that are found, as one sorted word."""
    return "".join(sorted(tasks(client, **query)))


def instant(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("lists", "expected"), [([0], "a"), ([1], "b"), ([0, 1], "ab"), ([0, 0], "a")])
def test_todos_of_a_list_or_of_any_of_several(client, lists, expected):
    made = [make_list(client)["id"] for _ in range(2)]
    for task, list_id in zip("ab", made, strict=True):
        make_todo(client, task, list_id=list_id)
    make_todo(client, "c")

    assert names(client, list_id=[made[number] for number in lists]) == expected


def test_an_unknown_list_has_no_todos(client):
    make_todo(client)

    assert find(client, list_id=unknown()) == []


@pytest.mark.parametrize(("done", "expected"), [("true", "b"), ("false", "a")])
def test_todos_that_are_done_or_not(client, done, expected):
    make_todos(client, "a", {"task": "b", "done": True})

    assert names(client, done=done) == expected


@pytest.mark.parametrize(("priority", "expected"), [("none", "a"), ("high", "b"), (["none", "urgent"], "ac")])
def test_todos_of_a_priority_or_of_any_of_several(client, priority, expected):
    make_todos(client, "a", {"task": "b", "priority": "high"}, {"task": "c", "priority": "urgent"})

    assert names(client, priority=priority) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("home", "ab"),
        ("HOME", "ab"),
        (" home ", "ab"),
        (["home", "work"], "b"),
        (["home", "home"], "ab"),
        ("ho", ""),
        ("", ""),
        ("a,b", "c"),
    ],
)
def test_todos_with_a_tag_or_with_all_of_several(client, tag, expected):
    make_todos(client, {"task": "a", "tags": ["Home"]}, {"task": "b", "tags": ["home", "work"]}, {"task": "c", "tags": ["a,b"]})

    assert names(client, tag=tag) == expected


@pytest.mark.parametrize(
    "tag",
    ["straße", "ΑΣ", "it's", 'a"b', "x:*", "a & b", "back\\slash", "-1", "%", "_", "#", "(", "é", "\u200b", "🛒", "漢" * 50, "ΐ" * 50],
)
def test_any_tag_is_found_again(client, tag):
    make_todos(client, {"task": "a", "tags": [tag]}, "b")

    assert names(client, tag=tag) == "a"


def test_a_tag_is_told_from_a_similar_one(client):
    make_todos(client, {"task": "a", "tags": ["cafe"]}, {"task": "b", "tags": ["café"]})

    assert (names(client, tag="cafe"), names(client, tag="café")) == ("a", "b")


def test_a_tag_longer_than_any_is_on_no_todo(client):
    make_todo(client, tags=["漢" * 50])

    assert find(client, tag="漢" * 500) == []


def test_todos_of_an_assignee(client, account, stranger):
    shared = make_list(client)
    share(client, shared, stranger)
    make_todo(client, "a", list_id=shared["id"], assignee_id=account.id)
    make_todo(client, "b", list_id=shared["id"], assignee_id=stranger.account.id)
    make_todo(client, "c")

    found = [names(client, assignee_id=who) for who in ("me", account.id, stranger.account.id, unknown())]

    assert found == ["a", "a", "b", ""]
    assert names(stranger, assignee_id="me") == "b"


def test_subtasks_of_a_todo_or_the_top_level(client):
    chain = make_chain(client, 2)

    assert tasks(client, parent_id=chain[0]["id"]) == ["level 1"]
    assert tasks(client, parent_id="none") == ["level 0"]
    assert tasks(client, parent_id=unknown()) == []


DUES = (
    {"task": "a", "due_on": "2026-11-21"},
    {"task": "b", "due_on": "2026-11-22"},
    {"task": "c", "due_on": "2026-11-23"},
    {"task": "m", "due_at": "2026-11-21T23:59:59Z"},
    {"task": "n", "due_at": "2026-11-22T00:00:00Z"},
    {"task": "o", "due_at": "2026-11-22T12:00:00Z"},
    {"task": "p", "due_at": "2026-11-22T23:59:59Z"},
    {"task": "q", "due_at": "2026-11-23T00:00:00Z"},
    {"task": "z"},
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"due_before": "2026-11-22"}, "am"),
        ({"due_before": "2026-11-23"}, "abmnop"),
        ({"due_before": "2026-11-22T12:00:00Z"}, "abmn"),
        ({"due_before": "2026-11-22T12:00:01Z"}, "abmno"),
        ({"due_before": "2026-11-22T00:00:00Z"}, "am"),
        ({"due_after": "2026-11-22"}, "cq"),
        ({"due_after": "2026-11-21"}, "bcnopq"),
        ({"due_after": "2026-11-22T12:00:00Z"}, "cpq"),
        ({"due_after": "2026-11-22T11:59:59Z"}, "copq"),
        ({"due_after": "2026-11-21", "due_before": "2026-11-23"}, "bnop"),
        ({"due_before": "2026-11-22T13:00:00+01:00"}, "abmn"),
        ({"due_before": "1000-01-01"}, ""),
        ({"due_after": "3000-01-01"}, ""),
    ],
)
def test_todos_due_before_or_after(client, query, expected):
    make_todos(client, *DUES)

    assert names(client, **query) == expected


@pytest.mark.parametrize(
    ("zone", "query", "expected"),
    [
        ("Asia/Tokyo", {"due_before": "2026-11-22"}, "a"),
        ("Asia/Tokyo", {"due_before": "2026-11-23"}, "abmno"),
        ("Asia/Tokyo", {"due_after": "2026-11-22"}, "cpq"),
        ("America/New_York", {"due_before": "2026-11-22"}, "amn"),
        ("America/New_York", {"due_after": "2026-11-21"}, "bcopq"),
        ("Asia/Tokyo", {"due_before": "2026-11-22T00:00:00+09:00"}, "a"),
        ("America/New_York", {"due_after": "2026-11-22T02:00:00Z"}, "bcopq"),
    ],
)
def test_a_day_is_a_day_where_the_caller_lives(make_client, user, zone, query, expected):
    client = make_client(user(time_zone=zone))
    make_todos(client, *DUES)

    assert names(client, **query) == expected


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
@pytest.mark.parametrize("name", ["due_before", "due_after"])
@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_time_are_moments_too(make_client, user, zone, name, moment):
    client = make_client(user(time_zone=zone))
    make_todo(client, "now", due_on="2026-11-22")

    expected = ["now"] if (name == "due_before") == (moment > "2026") else []

    assert tasks(client, **{name: moment}) == expected


@pytest.mark.parametrize("moment", ["9999-12-31", "9999-12-31T23:59:59.999999Z"])
def test_nothing_is_due_after_the_end_of_time(client, moment):
    make_todos(client, {"task": "a", "due_on": "9999-12-31"}, {"task": "b", "due_at": "9999-12-31T23:59:59.999999Z"})

    assert tasks(client, due_after=moment) == []


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_todo_is_overdue_once_its_due_is_past_where_the_caller_lives(make_client, user, zone):
    client = make_client(user(time_zone=zone))
    now = datetime.now(ZoneInfo(zone))
    today = now.date()
    make_todos(
        client,
        {"task": "a", "due_on": str(today - timedelta(days=1))},
        {"task": "b", "due_on": str(today)},
        {"task": "c", "due_on": str(today - timedelta(days=1)), "done": True},
        {"task": "d", "due_at": instant(now - timedelta(minutes=1))},
        {"task": "e", "due_at": instant(now + timedelta(hours=1))},
        {"task": "f"},
    )

    assert names(client, overdue="true") == "ad"
    assert names(client, overdue="false") == "bcef"


def test_todos_changed_since_an_instant(client):
    old, new = make_todos(client, "a", "b")
    changed = client.patch(f"/todos/{old['id']}", {"notes": "x"}).json

    assert names(client, updated_since=changed["updated_at"]) == "a"
    assert names(client, updated_since=new["updated_at"]) == "ab"
    assert names(client, updated_since="2999-01-01T00:00:00Z") == ""


def test_filters_are_all_met(client):
    make_todos(
        client,
        {"task": "a", "priority": "high", "tags": ["x"]},
        {"task": "b", "priority": "high"},
        {"task": "c", "tags": ["x"]},
        {"task": "d", "priority": "high", "tags": ["x"], "done": True},
    )

    assert names(client, priority="high", tag="x", done="false") == "a"


@pytest.mark.parametrize("trashed", ["false", None])
def test_the_trash_shows_on_demand_alone(client, trashed):
    todo = make_todo(client)
    client.delete(f"/todos/{todo['id']}")

    assert find(client, **({"trashed": trashed} if trashed else {})) == []


def test_some_fields_are_given_on_demand(client):
    todo = make_todo(client, tags=["x"], priority="low")

    assert find(client, fields="id,task, priority") == [{"id": todo["id"], "task": "build an API", "priority": "low"}]


def test_a_field_that_is_asked_for_twice_is_given_once(client):
    make_todo(client)

    assert find(client, fields="task,task") == [{"task": "build an API"}]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("x", "Unknown field: x."),
        ("id,search", "Unknown field: search."),
        ("", "Unknown field: ."),
        ("id,", "Unknown field: ."),
        ("ID", "Unknown field: ID."),
    ],
)
def test_a_field_that_there_is_not_is_refused(client, fields, message):
    answer = client.get("/todos", query_string={"fields": fields})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"fields": [message]}

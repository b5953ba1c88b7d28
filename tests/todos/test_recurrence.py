"""Which recurrence rules a todo takes."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.todos import occurrences
from app.todos.occurrences import problem_of
from app.todos.recurrence import local_times
from app.todos.schemas import MOST_OPERATIONS
from tests.arrange import make_todo

HOURS = ",".join(map(str, range(24)))
EVERY_DAY = "BYDAY=MO,TU,WE,TH,FR,SA,SU"
POSITIONS = "BYSETPOS=2,3,4,5,6"
NEVER = "The rule gives no date within 50 years after the due."


def create(client, rule, **due):
    return client.post("/todos", {"task": "water the plants", "recurrence": rule, **(due or {"due_on": "2026-11-30"})})


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;BYDAY=MO", "freq=daily;count=3", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;UNTIL=20301231T000000Z"]
)
def test_a_rule_of_rfc_5545_is_taken_as_it_is(client, rule):
    answer = create(client, rule)

    assert (answer.status_code, answer.json["recurrence"]) == (201, rule)


@pytest.mark.parametrize(
    ("padded", "plain"),
    [
        ("FREQ=YEARLY;INTERVAL=01;BYMONTH=03;BYDAY=-01SU", "FREQ=YEARLY;INTERVAL=1;BYMONTH=3;BYDAY=-1SU"),
        ("FREQ=DAILY;COUNT=007;BYHOUR=09;BYMINUTE=00,05;BYSECOND=07", "FREQ=DAILY;COUNT=7;BYHOUR=9;BYMINUTE=0,5;BYSECOND=7"),
        ("FREQ=DAILY;INTERVAL=01;BYMONTH=02;BYMONTHDAY=01,-02", "FREQ=DAILY;INTERVAL=1;BYMONTH=2;BYMONTHDAY=1,-2"),
        ("FREQ=YEARLY;BYYEARDAY=001,-010;BYSETPOS=02", "FREQ=YEARLY;BYYEARDAY=1,-10;BYSETPOS=2"),
        ("FREQ=YEARLY;BYWEEKNO=02;BYDAY=MO", "FREQ=YEARLY;BYWEEKNO=2;BYDAY=MO"),
    ],
)
def test_numbers_may_have_leading_zeros(client, padded, plain):
    todos = [create(client, rule, due_at="2026-11-30T09:00:00Z").json for rule in (padded, plain)]

    assert todos[0].get("recurrence") == padded, todos[0]
    coming = [client.get(f"/todos/{todo['id']}/occurrences?limit=20").json["data"] for todo in todos]
    assert coming[0] == coming[1] != []


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=HOURLY;COUNT=2", "BYDAY=MO", "FREQ=DAILY;BYMONTH=99", "FREQ=DAILY;BYMONTH=00", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=00", "FREQ=DAILY;COUNT=10000",
     "FREQ=YEARLY;BYEASTER=1", "FREQ=DAILY;UNTIL=20261331", "FREQ=DAILY;COUNT=2;UNTIL=20260101", "FREQ=DAILY;UNTIL=00000101", "FREQ=DAILY;UNTIL=20261130T240000Z", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;", "every day"],
)  # fmt: skip
def test_a_rule_that_is_none_or_a_bomb_is_refused(client, rule):
    answer = create(client, rule)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["recurrence"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("FREQ=MONTHLY;BYWEEKNO=20", "BYWEEKNO goes with FREQ=YEARLY only."),
        ("FREQ=DAILY;BYYEARDAY=100", "BYYEARDAY goes with FREQ=YEARLY only."),
        ("FREQ=WEEKLY;BYMONTHDAY=13", "BYMONTHDAY goes with FREQ=DAILY or MONTHLY or YEARLY only."),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY takes numbers with FREQ=MONTHLY or YEARLY only, and not with BYWEEKNO."),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "BYDAY takes numbers with FREQ=MONTHLY or YEARLY only, and not with BYWEEKNO."),
        ("FREQ=MONTHLY;BYDAY=6MO", "No day of the week comes more than 5 times in a month."),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=53SU", "No day of the week comes more than 5 times in a month."),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS needs another BY part to choose from."),
        (f"FREQ=YEARLY;{EVERY_DAY};{POSITIONS},7", "BYSETPOS takes up to 5 positions."),
    ],
)
def test_parts_that_do_not_go_together_are_refused(client, rule, message):
    assert create(client, rule).json["errors"] == {"recurrence": [message]}


def test_a_recurrence_needs_a_due(client):
    answer = client.post("/todos", {"task": "water the plants", "recurrence": "FREQ=DAILY"})

    assert answer.json["errors"] == {"recurrence": ["A recurrence needs due_on or due_at."]}


def test_the_due_of_a_recurring_todo_cannot_be_taken_away(client):
    todo = create(client, "FREQ=DAILY").json

    answer = client.patch(f"/todos/{todo['id']}", {"due_on": None})

    assert answer.status_code == 422
    assert client.get(f"/todos/{todo['id']}").json["due_on"] == "2026-11-30"


@pytest.mark.parametrize("part", ["BYHOUR=9", "BYMINUTE=30", "BYSECOND=15"])
def test_a_day_has_no_times(client, part):
    answer = create(client, f"FREQ=DAILY;{part}")

    assert answer.json["errors"] == {"recurrence": ["BYHOUR, BYMINUTE, BYSECOND go with due_at only: a day has no times."]}
    assert create(client, f"FREQ=DAILY;{part}", due_at="2026-11-30T09:00:00Z").status_code == 201


def test_a_rule_with_times_cannot_get_a_day(client):
    todo = create(client, "FREQ=DAILY;BYHOUR=9", due_at="2026-11-30T09:00:00Z").json

    assert client.patch(f"/todos/{todo['id']}", {"due_on": "2026-11-30"}).status_code == 422


@pytest.mark.parametrize(("parts", "status"), [(f"BYHOUR={HOURS}", 201), (f"BYHOUR={HOURS};BYMINUTE=0,30", 422), (f"BYMINUTE={HOURS};BYSECOND={HOURS}", 422)])  # fmt: skip
def test_a_todo_is_due_up_to_24_times_a_day(client, parts, status):
    answer = create(client, f"FREQ=DAILY;{parts}", due_at="2026-11-30T09:00:00Z")

    assert answer.status_code == status
    assert status == 201 or answer.json["errors"] == {"recurrence": ["A todo can be due up to 24 times a day."]}


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        f"FREQ=DAILY;{EVERY_DAY};{POSITIONS}",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        f"FREQ=MONTHLY;{EVERY_DAY};BYSETPOS=32,33,34,35,36",
        "FREQ=YEARLY;BYYEARDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19;BYSETPOS=20,21,22,23,24",
        "FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1",
        "FREQ=YEARLY;INTERVAL=51",
    ],
)
def test_a_rule_that_never_comes_is_refused_in_no_time(client, rule):
    begin = time.process_time()
    answer = create(client, rule)
    spent = time.process_time() - begin

    assert answer.json["errors"] == {"recurrence": [NEVER]}
    assert spent < 0.5  # 0.08 s at the most when nothing else runs


@pytest.mark.parametrize("freq", ["DAILY", "DAILY;INTERVAL=1", "DAILY;BYSETPOS=1", "MONTHLY", "YEARLY"])
def test_a_rule_that_comes_once_in_decades_is_taken(client, freq):
    todo = create(client, f"FREQ={freq};BYMONTH=2;BYMONTHDAY=29;BYDAY=SU", due_on="2088-03-01")

    assert todo.status_code == 201
    assert client.get(f"/todos/{todo.json['id']}/occurrences").json == {
        "data": [{"due_on": "2128-02-29", "due_at": None}],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    "rule",
    [
        f"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU;BYSETPOS=1,2,3,4,5;BYHOUR={HOURS}",
        f"FREQ=DAILY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=25,26,27,28,29;BYHOUR={HOURS}",
        f"FREQ=WEEKLY;{EVERY_DAY};BYSETPOS=362,363,364,365,366",
        f"FREQ=MONTHLY;{EVERY_DAY};BYSETPOS=362,363,364,365,366",
        f"FREQ=YEARLY;BYYEARDAY=366;BYMONTHDAY=1;{EVERY_DAY},1MO;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;{POSITIONS}",
    ],
)
def test_a_rule_is_followed_for_milliseconds_however_it_is_made(rule):
    begin = time.process_time()
    for day in range(50):
        due = datetime(2088, 3, 1, tzinfo=UTC) + timedelta(days=day)
        problem_of({"due_on": None, "due_key": due, "recurrence": rule}, ZoneInfo("UTC"))

    assert time.process_time() - begin < 0.6  # 0.2 s when nothing else runs, 2 s for a whole batch


def test_alike_rules_are_followed_once(client, monkeypatch):
    followed = []
    monkeypatch.setattr(occurrences, "local_times", lambda rule, start: followed.append(rule) or local_times(rule, start))
    todo = {"task": "x", "due_at": "2088-03-01T00:00:00Z", "recurrence": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU"}

    answer = client.post("/todos/batch", {"operations": [{"op": "create", "todo": todo}] * MOST_OPERATIONS})

    assert answer.status_code == 200
    assert len(followed) == 1


def test_alike_rules_are_followed_in_each_time_zone(make_client, user):
    due = {"due_at": "2027-11-29T20:00:00Z"}  # a Monday in London, a Tuesday in Tokyo

    london, tokyo = (make_client(user(time_zone=zone)) for zone in ("Europe/London", "Asia/Tokyo"))

    assert create(london, "FREQ=DAILY;INTERVAL=7;BYDAY=MO", **due).status_code == 201
    assert create(tokyo, "FREQ=DAILY;INTERVAL=7;BYDAY=MO", **due).status_code == 422


def test_a_rule_that_never_comes_is_refused_in_a_batch(client):
    operations = [{"op": "create", "todo": {"task": "x", "due_on": "2026-12-01", "recurrence": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}}]
    answer = client.post("/todos/batch", {"operations": operations * MOST_OPERATIONS})

    assert answer.json["errors"] == {"operations": {"0": {"todo": {"recurrence": [NEVER]}}}}


def test_a_due_from_which_the_rule_never_comes_is_refused(client):
    todo = create(client, "FREQ=DAILY;INTERVAL=7;BYDAY=MO").json

    answer = client.patch(f"/todos/{todo['id']}", {"due_on": "2026-12-01"})

    assert answer.json["errors"] == {"recurrence": [NEVER]}


def test_the_day_of_the_week_is_the_one_where_the_creator_lives(make_client, user):
    early_on_monday = "2026-11-29T20:00:00Z"

    assert create(make_client(user(time_zone="Asia/Tokyo")), "FREQ=DAILY;INTERVAL=7;BYDAY=MO", due_at=early_on_monday).status_code == 201
    assert create(make_client(user(time_zone="UTC")), "FREQ=DAILY;INTERVAL=7;BYDAY=MO", due_at=early_on_monday).status_code == 422


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=1", "FREQ=DAILY;UNTIL=20200101"])
def test_a_rule_that_is_used_up_already_is_taken(client, rule):
    assert create(client, rule).status_code == 201


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("due", [{"due_on": "9999-12-31"}, {"due_at": "9999-12-31T23:59:59Z"}, {"due_at": "0001-01-01T00:00:00Z"}])
@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU;BYSETPOS=1;WKST=SU", "FREQ=YEARLY;UNTIL=99991231"])
def test_the_ends_of_the_calendar_are_no_error_of_the_service(make_client, user, zone, due, rule):
    answer = create(make_client(user(time_zone=zone)), rule, **due)

    assert answer.status_code in (201, 422)
    assert answer.status_code == 422 or answer.json["due_at"].startswith("0001")


def test_another_change_of_a_todo_does_not_ask_for_more(client):
    todo = make_todo(client, due_on="2026-11-30", recurrence="FREQ=DAILY;COUNT=1")

    assert client.patch(f"/todos/{todo['id']}", {"task": "x", "due_on": "2026-11-30"}).status_code == 200

"""The numbers: exact, of the caller's own days, and of what the caller sees."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reports import numbers
from app.todos.rules import PRIORITIES
from tests import factories
from tests.arrange import make_list, make_todo, share
from tests.reports.planting import at, count, plant

BERLIN = "Europe/Berlin"


def by_day(report, name):
    return [day[name] for day in report["days"]]


def test_a_day_is_the_callers_and_may_have_23_hours(app, user):
    account = user(time_zone=BERLIN)  # goes from UTC+1 to UTC+2 on 2026-03-29
    plant(
        app,
        account.inbox_id,
        {"created_at": at("2026-03-27 22:59:59.999999"), "completed_at": at("2026-03-28 23:00")},
        {"created_at": at("2026-03-27 23:00"), "completed_at": at("2026-03-28 22:59:59.999999")},
        {"created_at": at("2026-03-28 22:59:59.999999")},
        {"created_at": at("2026-03-28 23:00"), "completed_at": at("2026-03-29 21:59:59.999999")},
        {"created_at": at("2026-03-29 21:59:59.999999"), "completed_at": at("2026-03-29 22:00")},
        {"created_at": at("2026-03-29 22:00")},
        {"created_at": at("2026-03-30 22:00")},
    )

    report = count(app, account, date(2026, 3, 28), date(2026, 3, 30))

    assert by_day(report, "created") == [2, 2, 1]
    assert by_day(report, "completed") == [1, 2, 1]
    assert by_day(report, "open") == [2, 2, 2]
    assert (report["created"], report["completed"], report["open"]) == (5, 4, 3)


def test_a_day_may_have_25_hours(app, user):
    account = user(time_zone=BERLIN)  # comes back to UTC+1 on 2026-10-25
    plant(app, account.inbox_id, {"created_at": at("2026-10-24 22:00")}, {"created_at": at("2026-10-25 22:59")})

    assert by_day(count(app, account, date(2026, 10, 24), date(2026, 10, 26)), "created") == [0, 2, 0]


def test_a_day_may_begin_without_a_midnight_or_not_be_there_at_all(app, user):
    chile, samoa = user(time_zone="America/Santiago"), user(time_zone="Pacific/Apia")
    plant(app, chile.inbox_id, {"created_at": at("2026-09-06 03:59:59")}, {"created_at": at("2026-09-06 04:00")})
    plant(app, samoa.inbox_id, {"created_at": at("2011-12-30 09:59:59")}, {"created_at": at("2011-12-30 10:00")})

    assert by_day(count(app, chile, date(2026, 9, 5), date(2026, 9, 6)), "created") == [1, 1]
    assert by_day(count(app, samoa, date(2011, 12, 29), date(2011, 12, 31)), "created") == [1, 0, 1]


def test_the_burn_down_begins_with_what_was_open_before(app, account):
    before = [{"created_at": at("2026-01-01 12:00")}] * 3
    plant(app, account.inbox_id, *before, {"created_at": at("2026-01-01 12:00"), "completed_at": at("2026-02-02 12:00")})

    assert by_day(count(app, account, date(2026, 2, 1), date(2026, 2, 3)), "open") == [4, 3, 3]


def test_a_day_to_come_shows_what_is_open_now(app, client, account):
    make_todo(client)
    today = datetime.now(UTC).date()

    assert by_day(count(app, account, today, today + timedelta(days=2)), "open") == [1, 1, 1]


@pytest.mark.parametrize(("hours", "expected"), [([], None), ([5], 5), ([1, 9], 5), ([1, 2, 30], 2), ([1, 2, 4, 100], 3)])
def test_the_median_is_of_what_was_completed_in_these_days(app, account, hours, expected):
    end = at("2026-02-01 12:00")
    done = [{"created_at": end - timedelta(hours=each), "completed_at": end} for each in hours]
    plant(app, account.inbox_id, *done, {"created_at": at("2026-01-01 00:00"), "completed_at": at("2026-02-03 00:00")}, {})

    seconds = count(app, account, date(2026, 2, 1), date(2026, 2, 1))["median_completion_seconds"]

    assert seconds == (None if expected is None else expected * 3600)


def test_it_is_exact_to_the_microsecond(app, account):
    plant(app, account.inbox_id, {"created_at": at("2026-02-01 12:00:00.999999"), "completed_at": at("2026-02-01 12:00:01")})

    assert count(app, account, date(2026, 2, 1), date(2026, 2, 1))["median_completion_seconds"] == 0.000001


def test_what_was_imported_as_completed_before_its_creation_was_never_open(app, account):
    plant(app, account.inbox_id, {"created_at": at("2026-02-02 12:00"), "completed_at": at("2026-02-01 12:00")})

    report = count(app, account, date(2026, 2, 1), date(2026, 2, 3))

    assert (by_day(report, "created"), by_day(report, "completed"), by_day(report, "open")) == ([0, 1, 0], [1, 0, 0], [0, 0, 0])
    assert report["median_completion_seconds"] == 0


def test_overdue_is_what_the_filter_says(app, client, user, make_client):
    account = user(time_zone="Pacific/Kiritimati")
    client = make_client(account)
    today = datetime.now(ZoneInfo(account.time_zone)).date()
    make_todo(client, due_on=today.isoformat())
    make_todo(client, due_on=(today - timedelta(days=1)).isoformat())
    make_todo(client, due_at="2020-01-01T00:00:00Z")
    make_todo(client, due_at="2990-01-01T00:00:00Z")
    make_todo(client, due_on="2020-01-01", done=True)

    overdue = count(app, account, today, today)["overdue"]

    assert overdue == 2
    assert len(client.get("/todos?overdue=true").json["data"]) == overdue


def test_open_todos_are_counted_by_priority_and_tag(app, account):
    plant(
        app,
        account.inbox_id,
        {"priority": 4, "tags": ["home", "Straße"]},
        {"priority": 4, "tags": ["HOME"]},
        {"priority": 1, "tags": ["home", "STRASSE"]},
        {"priority": 2, "tags": ["home"], "completed_at": at("2026-02-01 00:00")},
    )

    report = count(app, account, date(2026, 2, 1), date(2026, 2, 1))

    assert report["open_by_priority"] == {"none": 0, "low": 1, "medium": 0, "high": 0, "urgent": 2}
    assert report["open_by_tag"] == [{"tag": "home", "count": 3}, {"tag": "STRASSE", "count": 2}]


def test_the_ten_most_frequent_tags_are_named(app, account):
    plant(app, account.inbox_id, *({"tags": [f"tag {number:02}" for number in range(each)]} for each in range(1, 14)))

    report = count(app, account, date(2026, 2, 1), date(2026, 2, 1))

    assert report["open_by_tag"] == [{"tag": f"tag {number:02}", "count": 13 - number} for number in range(10)]
    assert report["open_by_other_tags"] == 3 + 2 + 1


def test_of_spellings_that_are_as_frequent_capitals_are_named(app, account):
    plant(app, account.inbox_id, {"tags": ["home"]}, {"tags": ["HOME"]}, {"tags": ["Home"]})

    assert count(app, account, date(2026, 2, 1), date(2026, 2, 1))["open_by_tag"] == [{"tag": "HOME", "count": 3}]


def test_an_empty_account_has_zeros(app, account):
    report = count(app, account, date(2026, 2, 1), date(2026, 2, 2))

    assert report == {
        "created": 0,
        "completed": 0,
        "open": 0,
        "overdue": 0,
        "median_completion_seconds": None,
        "days": [{"date": date(2026, 2, day), "created": 0, "completed": 0, "open": 0} for day in (1, 2)],
        "open_by_priority": dict.fromkeys(PRIORITIES, 0),
        "open_by_tag": [],
        "open_by_other_tags": 0,
    }


def test_what_others_have_counts_only_where_it_is_shared(app, client, stranger):
    shared, secret = make_list(stranger, "Shared"), make_list(stranger, "Secret")
    share(stranger, shared, client, "viewer")
    for each in (shared, secret):
        make_todo(stranger, list_id=each["id"], tags=[each["name"]])
    today = datetime.now(UTC).date()

    report = count(app, client.account, today, today)

    assert (report["created"], report["open"], report["open_by_tag"]) == (1, 1, [{"tag": "Shared", "count": 1}])
    assert count(app, client.account, today, today, secret["id"])["created"] == 0


def test_archived_lists_count_only_where_they_are_asked_for_and_the_trash_never_does(app, client, account):
    archived = make_list(client, "Old", archived=True)
    make_todo(client, list_id=archived["id"])
    client.delete(f"/todos/{make_todo(client)['id']}")
    make_todo(client)
    today = datetime.now(UTC).date()

    assert count(app, account, today, today)["created"] == 1
    assert count(app, account, today, today, archived["id"])["created"] == 1


@pytest.mark.parametrize("rows", [2, 200])
def test_the_numbers_take_one_statement(app, account, statements, rows):
    plant(app, account.inbox_id, *[{"tags": [f"{number}"]} for number in range(rows)])
    with statements() as seen:
        count(app, account, date(2026, 1, 1), date(2026, 12, 31))

    assert len(seen) == 1


def naive(todos, span):
    """The same numbers, the slow way."""
    begins = [datetime.combine(day, time(), span.zone).astimezone(UTC) for day in [*span.days, span.last + timedelta(days=1)]]
    left = [todo for todo in todos if todo["completed_at"] is None]
    taken = [todo for todo in todos if todo["completed_at"] and begins[0] <= todo["completed_at"] < begins[-1]]
    tags = Counter(tag for todo in left for tag in todo["tags"])
    today = span.now.astimezone(span.zone).date()
    days = [
        {
            "date": day,
            "created": sum(begin <= todo["created_at"] < end for todo in todos),
            "completed": sum(begin <= todo["completed_at"] < end for todo in todos if todo["completed_at"]),
            "open": sum(todo["created_at"] < end and not (todo["completed_at"] and todo["completed_at"] < end) for todo in todos),
        }
        for day, begin, end in zip(span.days, begins, begins[1:], strict=False)
    ]
    seconds = [max((todo["completed_at"] - todo["created_at"]).total_seconds(), 0) for todo in taken]
    return {
        "created": sum(day["created"] for day in days),
        "completed": sum(day["completed"] for day in days),
        "open": len(left),
        "overdue": sum(
            bool((todo["due_on"] and todo["due_on"] < today) or (todo["due_at"] and todo["due_at"] < span.now)) for todo in left
        ),
        "median_completion_seconds": pytest.approx(median(seconds), abs=1e-6) if seconds else None,
        "days": days,
        "open_by_priority": {word: sum(todo["priority"] == number for todo in left) for number, word in enumerate(PRIORITIES)},
        "open_by_tag": [{"tag": tag, "count": amount} for tag, amount in sorted(tags.items(), key=lambda item: (-item[1], item[0]))],
        "open_by_other_tags": 0,
    }


NOW = at("2026-03-30 12:00")
instants = st.datetimes(datetime(2026, 3, 24), datetime(2026, 4, 3), timezones=st.just(UTC))
dues = st.one_of(
    st.just({"due_on": None, "due_at": None}),
    st.fixed_dictionaries({"due_on": st.dates(date(2026, 3, 28), date(2026, 4, 1)), "due_at": st.none()}),
    st.fixed_dictionaries({"due_on": st.none(), "due_at": instants}),
)
columns = {
    "created_at": instants,
    "completed_at": st.none() | instants,
    "priority": st.integers(0, 4),
    "tags": st.lists(st.sampled_from(["a", "b", "ü"]), unique=True),
}
todos_of_any_kind = st.lists(st.builds(lambda todo, due: todo | due, st.fixed_dictionaries(columns), dues), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    todos=todos_of_any_kind,
    zone=st.sampled_from(["UTC", BERLIN, "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati"]),
    first=st.dates(date(2026, 3, 22), date(2026, 4, 4)),
    length=st.integers(0, 12),
)
def test_the_database_counts_as_python_would(app, todos, zone, first, length):
    account = factories.user(app, time_zone=zone)
    if todos:
        plant(app, account.inbox_id, *todos)
    last = first + timedelta(days=length)

    report = count(app, account, first, last, moment=NOW)

    assert report == naive(todos, numbers.Span(first, last, ZoneInfo(zone), NOW))

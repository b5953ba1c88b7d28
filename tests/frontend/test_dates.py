"""Days and instants on the calendar of the person's time zone."""

from __future__ import annotations

from functools import partial

import pytest

BERLIN, NEW_YORK, KOLKATA, AUCKLAND = "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"
THURSDAY = {"instant": "2026-11-26T09:00:00Z"}


@pytest.fixture
def dates(modules):
    """`dates(name, *calls, locale="de-DE")` calls a function of core/dates.js, see Modules."""
    return partial(modules.call, "core/dates.js")


def test_today_is_what_the_calendar_of_the_zone_shows(dates):
    evening = {"instant": "2026-11-26T23:30:00Z"}
    days = dates("today", *[[zone, evening] for zone in (NEW_YORK, "UTC", BERLIN, KOLKATA, AUCKLAND)])
    assert days == ["2026-11-26", "2026-11-26", "2026-11-27", "2026-11-27", "2026-11-27"]


def test_days_are_counted_over_the_ends_of_months_and_years_and_through_a_change_of_the_clocks(dates):
    days = dates("plusDays", ["2026-12-31", 1], ["2028-02-28", 1], ["2026-03-28", 2], ["2026-01-01", -1])
    assert days == ["2027-01-01", "2028-02-29", "2026-03-30", "2025-12-31"]


@pytest.mark.parametrize(
    ("zone", "day", "time", "instant"),
    [
        (BERLIN, "2026-12-24", "17:00", "2026-12-24T16:00:00Z"),
        (BERLIN, "2026-07-01", "00:00", "2026-06-30T22:00:00Z"),
        (KOLKATA, "2026-12-24", "05:00", "2026-12-23T23:30:00Z"),
        (AUCKLAND, "2026-12-24", "09:00", "2026-12-23T20:00:00Z"),
        (NEW_YORK, "2026-03-08", "01:59", "2026-03-08T06:59:00Z"),
        (NEW_YORK, "2026-03-08", "03:00", "2026-03-08T07:00:00Z"),
    ],
)
def test_a_local_time_is_an_instant(dates, zone, day, time, instant):
    assert dates("instantOf", [day, time, zone]) == [instant]


def test_a_time_that_the_clocks_skip_is_moved_on(dates):
    instants = dates("instantOf", ["2026-03-29", "02:30", BERLIN], ["2026-03-08", "02:30", NEW_YORK], ["2026-09-27", "02:15", AUCKLAND])
    assert instants == ["2026-03-29T01:30:00Z", "2026-03-08T07:30:00Z", "2026-09-26T14:15:00Z"]


def test_of_a_time_that_comes_twice_the_first_is_meant(dates):
    instants = dates("instantOf", ["2026-10-25", "02:30", BERLIN], ["2026-11-01", "01:30", NEW_YORK], ["2026-04-05", "02:30", AUCKLAND])
    assert instants == ["2026-10-25T00:30:00Z", "2026-11-01T05:30:00Z", "2026-04-04T13:30:00Z"]


def test_an_instant_is_a_day_and_a_time_in_each_zone(dates):
    instant = "2026-11-26T23:30:00.123456Z"
    found = dates("dayAndTime", *[[instant, zone] for zone in (BERLIN, NEW_YORK, KOLKATA, AUCKLAND)])
    assert [f"{one['day']} {one['time']}" for one in found] == [
        "2026-11-27 00:30",
        "2026-11-26 18:30",
        "2026-11-27 05:00",
        "2026-11-27 12:30",
    ]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-GB", ["yesterday", "today", "tomorrow", "Saturday", "Wednesday", "Dec 3", "Nov 24", "Jan 2, 2027"]),
        ("de-DE", ["gestern", "heute", "morgen", "Samstag", "Mittwoch", "3. Dez.", "24. Nov.", "2. Jan. 2027"]),
    ],
)
def test_a_day_is_named_as_near_to_today_as_it_is(dates, locale, words):
    days = ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-12-02", "2026-12-03", "2026-11-24", "2027-01-02"]
    assert dates("dayText", *[[day, BERLIN, THURSDAY] for day in days], locale=locale) == words


def test_a_due_is_said_with_its_time_if_it_has_one(dates):
    todos = [{"due_on": "2026-11-27", "due_at": None}, {"due_on": None, "due_at": "2026-11-27T16:00:00Z"}, {"due_on": None, "due_at": None}]
    assert dates("dueText", *[[todo, BERLIN, THURSDAY] for todo in todos]) == ["tomorrow", "tomorrow 17:00", ""]


def test_the_ends_of_the_calendar_are_said_too(dates):
    todos = [{"due_on": "0001-01-01"}, {"due_on": "9999-12-31"}, {"due_at": "9999-12-31T23:30:00Z"}, {"due_at": "0001-01-01T00:00:00Z"}]
    said = dates("dueText", *[[todo, BERLIN, THURSDAY] for todo in todos])
    assert said[:3] == ["Jan 1, 1", "Dec 31, 9999", "Jan 1, 10000 00:30"]
    assert said[3].startswith("Jan 1, 1 ")


def test_an_open_todo_is_overdue_once_its_day_or_instant_has_passed(dates):
    todos = {
        "yesterday": {"due_on": "2026-11-25"},
        "today": {"due_on": "2026-11-26"},
        "an hour ago": {"due_at": "2026-11-26T08:00:00Z"},
        "in an hour": {"due_at": "2026-11-26T10:00:00Z"},
        "done in time": {"due_on": "2026-11-25", "done": True},
        "whenever": {},
    }
    overdue = dates("isOverdue", *[[todo, BERLIN, THURSDAY] for todo in todos.values()])
    assert [name for name, is_so in zip(todos, overdue, strict=True) if is_so] == ["yesterday", "an hour ago"]


@pytest.mark.parametrize(("locale", "words"), [("en-GB", "Dec 24, 2026, 17:00"), ("de-DE", "24. Dez. 2026, 17:00")])
def test_a_moment_is_said_with_date_and_time(dates, locale, words):
    assert dates("momentText", ["2026-12-24T16:00:00Z", BERLIN], locale=locale) == [words]


def test_a_zone_that_the_browser_does_not_know_is_taken_for_its_own(dates):
    found = dates("dayAndTime", ["2026-11-26T12:00:00Z", "Mars/Olympus"], timezone_id=KOLKATA)
    assert found == [{"day": "2026-11-26", "time": "17:30"}]

"""Any rule on any day: the next dues are those that RFC 5545 says, by a reading of it that looks at each day in turn."""

import os
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.todos.occurrences import dues
from app.todos.recurrence import check_rule
from app.todos.rules import due_key, next_todo

IN_CI = os.environ.get("CI") == "true" and os.environ.get("HYPOTHESIS_PROFILE") != "thorough"
PROFILE = settings(max_examples=100, deadline=None, derandomize=IN_CI, database=None)
LOOKED_AT = timedelta(days=366 * 9)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "America/Havana"]
STEPS = {
    "DAILY": lambda day, first: day.toordinal(),
    "WEEKLY": lambda day, first: (day.toordinal() - 1 - first) // 7,
    "MONTHLY": lambda day, first: day.year * 12 + day.month,
    "YEARLY": lambda day, first: day.year,
}


def numbers(*choices, most):
    return st.lists(st.sampled_from([number for choice in choices for number in choice]), min_size=1, max_size=most, unique=True)


@st.composite
def rules(draw, times=True):
    """A rule as its parts, with lists of numbers where the RFC has lists."""
    freq = draw(st.sampled_from(list(STEPS)))
    choices = {
        "INTERVAL": st.integers(2, 12),
        "WKST": st.sampled_from(DAYS),
        "COUNT": st.integers(1, 12),
        "BYMONTH": numbers(range(1, 13), most=4),
        "BYSETPOS": numbers(range(1, 5), range(-4, 0), most=2),
    }
    if freq != "WEEKLY":
        choices["BYMONTHDAY"] = numbers(range(1, 32), range(-31, 0), most=5)
    if freq == "YEARLY":
        choices["BYYEARDAY"] = numbers(range(1, 367), range(-366, 0), most=20)
        # dateutil does not see all days of the 53rd week, and of those that are so when counted from the end.
        choices["BYWEEKNO"] = numbers(range(1, 53), range(-51, 0), most=4)
    if times:
        choices |= {"BYHOUR": numbers(range(24), most=3), "BYMINUTE": numbers(range(60), most=2)}
    parts = {"FREQ": freq, **draw(st.fixed_dictionaries({}, optional=choices))}
    if draw(st.booleans()):
        most = 5 if freq == "MONTHLY" or "BYMONTH" in parts else 53
        numbered = freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in parts
        day = st.tuples(st.integers(-most, most) if numbered else st.just(0), st.sampled_from(DAYS))
        parts["BYDAY"] = draw(st.lists(day, min_size=1, max_size=4))
    assume("BYSETPOS" not in parts or any(name.startswith("BY") and name != "BYSETPOS" for name in parts))
    return parts


def written(parts):
    """The rule as it is sent."""

    def text(value):
        if isinstance(value, list):
            return ",".join(f"{item[0] or ''}{item[1]}" if isinstance(item, tuple) else str(item) for item in value)
        return str(value)

    return ";".join(f"{name}={text(value)}" for name, value in parts.items())


def nth(place, length):
    """The numbers by which the place of a day is named, from the begin and from the end."""
    return {place, place - length - 1}


def week_of(day, first):
    """The number of the week (which begins with the day `first`) of its year, and how many weeks that year has."""
    middle = day - timedelta(days=(day.weekday() - first) % 7 - 3)
    new_year = date(middle.year, 1, 1)
    last = date(middle.year, 12, 31)
    last_middle = last - timedelta(days=(last.weekday() - first) % 7 - 3)
    if last_middle.year != middle.year:
        last_middle -= timedelta(days=7)
    return (middle - new_year).days // 7 + 1, (last_middle - new_year).days // 7 + 1


def is_named(day, parts, first):
    """Whether all parts that are there name the day."""
    month_days = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    year_days = date(day.year, 12, 31).timetuple().tm_yday
    year_day = day.timetuple().tm_yday
    place, length = (day.day, month_days) if parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts else (year_day, year_days)
    weekday_numbers = {0, (place - 1) // 7 + 1, -((length - place) // 7 + 1)}
    return (
        day.month in parts.get("BYMONTH", [day.month])
        and nth(day.day, month_days) & set(parts.get("BYMONTHDAY", [day.day]))
        and nth(year_day, year_days) & set(parts.get("BYYEARDAY", [year_day]))
        and nth(*week_of(day, first)) & set(parts.get("BYWEEKNO", [week_of(day, first)[0]]))
        and any(
            DAYS[day.weekday()] == name and number in weekday_numbers for number, name in parts.get("BYDAY", [(0, DAYS[day.weekday()])])
        )
    )


def with_what_start_says(parts, start):
    """The rule with the day that it leaves open: that of its start."""
    freq = parts["FREQ"]
    if freq == "DAILY" or parts.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}:
        return parts
    if freq == "WEEKLY":
        return parts | {"BYDAY": [(0, DAYS[start.weekday()])]}
    return parts | {"BYMONTHDAY": [start.day]} | ({"BYMONTH": parts.get("BYMONTH", [start.month])} if freq == "YEARLY" else {})


def local_times(parts, start):
    """All local times of the rule, its start first, as far as is looked at."""
    first = DAYS.index(parts.get("WKST", "MO"))
    parts = with_what_start_says(parts, start)
    times = sorted(time(hour, minute) for hour in parts.get("BYHOUR", [start.hour]) for minute in parts.get("BYMINUTE", [start.minute]))
    step = STEPS[parts["FREQ"]]
    periods = defaultdict(list)
    for number in range(-366, LOOKED_AT.days):
        day = start.date() + timedelta(days=number)
        period = step(day, first) - step(start.date(), first)
        if period >= 0 and period % parts.get("INTERVAL", 1) == 0 and is_named(day, parts, first):
            periods[period] += [datetime.combine(day, moment) for moment in times]
    chosen = [
        moment
        for found in periods.values()
        for place, moment in enumerate(found, 1)
        if nth(place, len(found)) & set(parts.get("BYSETPOS", [place])) and moment > start
    ]
    return [start, *chosen][: parts.get("COUNT")]


def instant_of(local, zone):
    """The first instant at which the clocks show it; where they never do, by the offset before."""
    before, after = (zone.utcoffset(local + timedelta(days=days)) for days in (-1, 1))
    candidates = sorted((local - offset).replace(tzinfo=UTC) for offset in {before, after})
    shown = [each for each in candidates if each.astimezone(zone).replace(tzinfo=None) == local]
    return shown[0] if shown else (local - before).replace(tzinfo=UTC)


def todo_of(parts, **due):
    row = {"id": "first", "due_on": None, "due_at": None, "series_id": None, "series_start": None, "remind_at": None, "created_by": None}
    inherited = {"list_id": "", "parent_id": None, "assignee_id": None, "task": "x", "notes": None, "priority": 0, "tags": []}
    row |= inherited | due | {"recurrence": written(parts)}
    return row | {"due_key": due_key(row["due_on"], row["due_at"])}


@PROFILE
@given(parts=rules(times=False), due=st.dates(date(2019, 1, 1), date(2030, 1, 1)))
def test_days_follow_as_the_rfc_says(parts, due):
    check_rule(written(parts))
    expected = [moment.date() for moment in local_times(parts, datetime.combine(due, time()))[1:]]

    found = [each["due_on"] for each in islice(dues(todo_of(parts, due_on=due), ZoneInfo("UTC")), 20)]

    assert [day for day in found if day < due + LOOKED_AT - timedelta(days=367)] == [
        day for day in expected if day < due + LOOKED_AT - timedelta(days=367)
    ][:20]


@PROFILE
@given(parts=rules(), local=st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1)), name=st.sampled_from(ZONES))
def test_instants_follow_as_the_rfc_says(parts, local, name):
    zone = ZoneInfo(name)
    due = instant_of(local.replace(second=0, microsecond=0), zone)
    start = due.astimezone(zone).replace(tzinfo=None)
    end = due + LOOKED_AT - timedelta(days=367)
    expected = []
    for moment in local_times(parts, start):
        if instant_of(moment, zone) > max(expected, default=due):
            expected.append(instant_of(moment, zone))

    found = [each["due_at"] for each in islice(dues(todo_of(parts, due_at=due), zone), 20)]

    assert [moment for moment in found if moment < end] == [moment for moment in expected if moment < end][:20]


@PROFILE
@given(parts=rules(), due=st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1)), name=st.sampled_from(ZONES))
def test_a_series_comes_as_foreseen(parts, due, name):
    todo, zone = todo_of(parts, due_at=due.replace(tzinfo=UTC)), ZoneInfo(name)
    foreseen = [each["due_at"] for each in islice(dues(todo, zone), 10)]

    come = []
    while len(come) < 10 and (todo := next_todo(todo, zone)):
        come.append(todo["due_at"])

    assert come == foreseen

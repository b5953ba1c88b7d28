"""Recurrence rules: RRULE of RFC 5545, section 3.3.10, as far as todos repeat.

A rule knows local times alone; what they are in a time zone, and when a todo is due next, is for `todos.occurrences` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime, timedelta
from itertools import chain, islice
from math import prod
from types import FunctionType, SimpleNamespace

from dateutil import rrule as library
from dateutil.rrule import rrule, rrulestr
from marshmallow import ValidationError

HORIZON_YEARS = 50
"""How far a rule is followed. Nobody plans further, and it bounds the time that a rule which never matches takes."""
MOST_TIMES = 24  # a day
MOST_POSITIONS = 5  # dateutil looks through the days of a period once for each
_PATIENCE = {"DAILY": 4, "WEEKLY": 6, "MONTHLY": 40, "YEARLY": 50}
"""How many years without a date a rule is followed, for each step of its INTERVAL: about 4 ms. A Sunday is a February 29 within 40."""

_FREQUENCIES = "DAILY|WEEKLY|MONTHLY|YEARLY"  # nobody does a todo every second, and a server should not either
_DAY = "[+-]?(?:0?[1-9]|[1-4][0-9]|5[0-3])?(?:MO|TU|WE|TH|FR|SA|SU)"
_YEAR_DAY = "[+-]?(?:0{0,2}[1-9]|0?[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"


def _numbers(pattern: str) -> str:
    return f"{pattern}(?:,{pattern})*"


_PARTS = {
    "FREQ": _FREQUENCIES,
    "INTERVAL": "0*[1-9][0-9]{0,3}",
    "COUNT": "0*[1-9][0-9]{0,3}",
    "UNTIL": "[0-9]{8}(?:T[0-9]{6}Z?)?",
    "WKST": "MO|TU|WE|TH|FR|SA|SU",
    "BYDAY": _numbers(_DAY),
    "BYMONTH": _numbers("(?:0?[1-9]|1[0-2])"),
    "BYMONTHDAY": _numbers("[+-]?(?:0?[1-9]|[12][0-9]|3[01])"),
    "BYYEARDAY": _numbers(_YEAR_DAY),
    "BYWEEKNO": _numbers("[+-]?(?:0?[1-9]|[1-4][0-9]|5[0-3])"),
    "BYSETPOS": _numbers(_YEAR_DAY),
    "BYHOUR": _numbers("(?:[01]?[0-9]|2[0-3])"),
    "BYMINUTE": _numbers("[0-5]?[0-9]"),
    "BYSECOND": _numbers("[0-5]?[0-9]"),
}
TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ONLY_WITH = {"BYWEEKNO": ("YEARLY",), "BYYEARDAY": ("YEARLY",), "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY")}


def check_rule(rule: str) -> None:
    """Let pass a rule that repeats daily or more rarely, with INTERVAL and COUNT up to 9999 and up to 24 times a day.

    Raises ValidationError, also for what RFC 5545 forbids and dateutil takes: parts that do not go with the FREQ.
    """
    pairs = [part.partition("=") for part in rule.upper().split(";")]
    if not any(name == "FREQ" and re.fullmatch(_FREQUENCIES, value) for name, _, value in pairs):
        raise ValidationError(f"Must have FREQ={', '.join(_FREQUENCIES.split('|'))}.")
    if any(name not in _PARTS or not re.fullmatch(_PARTS[name], value) for name, _, value in pairs):
        raise _invalid()
    parts = parts_of(rule)
    if len(parts) < len(pairs) or {"COUNT", "UNTIL"} <= parts.keys():
        raise _invalid()
    _check_combination(parts)
    try:
        rrulestr(rule.upper(), ignoretz=True)
        datetime.fromisoformat(parts.get("UNTIL", "20261130"))  # of dates that are none dateutil makes others
    except ValueError:
        raise _invalid() from None


def parts_of(rule: str) -> dict[str, str]:
    """The parts of a rule by name, in upper case."""
    return dict(part.split("=", 1) for part in rule.upper().split(";"))


def local_times(rule: str, start: datetime) -> Iterator[datetime]:
    """`start`, which always counts as the first one, and the later local times that a rule gives from there, in order.

    They end after COUNT or with the 50th year after `start`, whichever comes first, or where too long a time gives none. UNTIL is
    not heeded: it is an instant.
    """
    parts = parts_of(rule)
    parts.pop("UNTIL", None)
    count = parts.pop("COUNT", None)
    yield start
    yield from islice(_expanded(parts, start), int(count) - 1 if count else None)


def _expanded(parts: dict[str, str], start: datetime) -> Iterator[datetime]:
    """The local times after `start`, without end but for the horizon."""
    whole = start.replace(microsecond=0)
    places = parts.pop("BYSETPOS", None) if parts["FREQ"] == "DAILY" else None
    if parts["FREQ"] == "DAILY" and int(parts.get("INTERVAL", 1)) == 1 and parts.keys() & {"BYMONTH", "BYMONTHDAY"}:
        # The same days, and dateutil finds them ten times as fast as when it takes each day for a period.
        parts = {"BYDAY": ",".join(_DAYS)} | parts | {"FREQ": "YEARLY"}
    elif parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts and "BYDAY" in parts:
        # dateutil would take the first week for one that begins on the day of `start`, and count its positions from there.
        whole = _begin_of_week(whole, parts.get("WKST", "MO"))
    patience = _patience(parts)
    if re.search("[0-9]", parts.get("BYDAY", "")):
        parts = parts | {"BYDAY": _numbered(parts["BYDAY"], most=5 if _in_months(parts) else 53)}
    parsed = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=whole)
    assert isinstance(parsed, rrule), "one rule is no set of rules"
    if places:
        _choose_times(parsed, {int(place) for place in places.split(",")})
    for found in _bounded(parsed, min(start.year + HORIZON_YEARS, MAXYEAR), patience):
        exact = found.replace(microsecond=start.microsecond)
        if exact > start:
            yield exact


def _patience(parts: dict[str, str]) -> int:
    """How many years without a date a rule is followed. The more it names, the sooner it comes, and the dearer is each period."""
    more = sum(value.count(",") for name, value in parts.items() if name not in TIMES)
    return 1 + int(_PATIENCE[parts["FREQ"]] * int(parts.get("INTERVAL", 1)) / (1 + more / 6))


def _choose_times(rule: rrule, places: set[int]) -> None:
    """Do what BYSETPOS says where a period is a day: each has the same times, so they can be chosen once."""
    times = rule._timeset  # type: ignore[attr-defined]  # private
    chosen = [time for place, time in enumerate(times) if {place + 1, place - len(times)} & places]
    rule._timeset = tuple(chosen)  # type: ignore[attr-defined]


def _numbered(days: str, most: int) -> str:
    """BYDAY with a number on every day: of MO,2SU dateutil would take only the second Sundays that are Mondays, too."""
    each = [[day] if len(day) > 2 else [f"{number}{day}" for number in range(1, most + 1)] for day in days.split(",")]
    return ",".join(chain.from_iterable(each))


def _in_months(parts: dict[str, str]) -> bool:
    """Whether the numbers of BYDAY count within months, not years."""
    return parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts


def _begin_of_week(moment: datetime, first: str) -> datetime:
    return moment - timedelta(days=(moment.weekday() - _DAYS.index(first)) % 7)


def _bounded(rule: rrule, last_year: int, patience: int) -> Iterator[datetime]:
    """What a rule of dateutil gives up to the end of a year, or until `patience` years give nothing.

    dateutil's own loop ends in the year 9999, and for a rule that never matches it does not come back before: that takes up
    to 3 s. Here the same loop runs with a calendar of its own, whose last year is another; the library stays as it is.
    """
    first_year = rule._dtstart.year  # type: ignore[attr-defined]  # private
    calendar = SimpleNamespace(date=date, datetime=datetime, MAXYEAR=min(last_year, first_year + patience))
    loop = FunctionType(rrule._iter.__code__, {**vars(library), "datetime": calendar})  # type: ignore[attr-defined]  # private
    for found in loop(rule):
        yield found
        calendar.MAXYEAR = min(last_year, found.year + patience)


def _check_combination(parts: dict[str, str]) -> None:
    """Let pass parts that RFC 5545 allows together, and that are no bomb. Raises ValidationError."""
    freq = parts["FREQ"]
    for name, allowed in _ONLY_WITH.items():
        if name in parts and freq not in allowed:
            raise ValidationError(f"{name} goes with FREQ={' or '.join(allowed)} only.")
    if re.search("[0-9]", parts.get("BYDAY", "")):
        if freq not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts:
            raise ValidationError("BYDAY takes numbers with FREQ=MONTHLY or YEARLY only, and not with BYWEEKNO.")
        if _in_months(parts) and any(int(number) > 5 for number in re.findall("[0-9]+", parts["BYDAY"])):
            raise ValidationError("No day of the week comes more than 5 times in a month.")
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise ValidationError("BYSETPOS needs another BY part to choose from.")
    if len(parts.get("BYSETPOS", "").split(",")) > MOST_POSITIONS:
        raise ValidationError(f"BYSETPOS takes up to {MOST_POSITIONS} positions.")
    if prod(len(set(parts.get(name, "").split(","))) for name in TIMES) > MOST_TIMES:
        raise ValidationError(f"A todo can be due up to {MOST_TIMES} times a day.")


def _invalid() -> ValidationError:
    return ValidationError("Not a valid recurrence rule; use one of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO.")

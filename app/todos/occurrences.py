"""When a todo is due next: its recurrence on the calendar of a time zone.

Days are plain dates. An instant is a local time of the zone: 09:00 stays 09:00 when the clocks change. A local time that the
clocks skip is taken with the offset before (02:30 becomes 03:30), and of one that comes twice the first is meant (RFC 5545,
section 3.3.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, tzinfo
from functools import lru_cache
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from app.todos.recurrence import HORIZON_YEARS, TIMES, local_times, parts_of

NEVER = f"The rule gives no date within {HORIZON_YEARS} years after the due."


def dues(todo: Mapping[str, Any], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The dues that come after a todo's own, in order, as `due_on` and `due_at` of which one is None; none without a recurrence.

    They are counted from `series_start`, or from the due itself, and end with the rule's COUNT or UNTIL or the horizon.
    """
    if not todo["recurrence"]:
        return
    calendar = UTC if todo["due_on"] else zone
    last = todo["due_key"]
    try:
        until = _until(todo["recurrence"], calendar)
        for local in local_times(todo["recurrence"], to_local(todo["series_start"] or last, calendar)):
            key = to_instant(local, calendar)
            if until is not None and key > until:
                return
            if key > last:  # where the clocks skip an hour two local times can be one instant
                last = key
                yield {"due_on": key.date(), "due_at": None} if todo["due_on"] else {"due_on": None, "due_at": key}
    except OverflowError:  # the calendar ends
        return


def rule_from_here(todo: Mapping[str, Any], zone: ZoneInfo) -> str | None:
    """The recurrence as whoever knows nothing of the todos before has to follow it from the due: of its COUNT what is left."""
    rule: str | None = todo["recurrence"]
    if not rule or todo["series_start"] is None or "COUNT" not in parts_of(rule):
        return rule
    calendar = UTC if todo["due_on"] else zone
    try:
        times = local_times(rule, to_local(todo["series_start"], calendar))
        passed = sum(1 for _ in takewhile(lambda local: to_instant(local, calendar) < todo["due_key"], times))
    except OverflowError:  # the calendar ends
        return rule
    return re.sub("COUNT=([0-9]+)", lambda count: f"COUNT={max(int(count[1]) - passed, 1)}", rule, flags=re.IGNORECASE)


def reminder(todo: Mapping[str, Any], due: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    """`remind_at` for a later due: by the clock on the wall as long before it, or after it, as the todo's own."""
    if todo["remind_at"] is None:
        return None
    try:
        distance = to_local(todo["remind_at"], zone) - _local_due(todo, zone)
        return to_instant(_local_due(due, zone) + distance, zone)
    except OverflowError:
        return None


def problem_of(todo: Mapping[str, Any], zone: ZoneInfo) -> str | None:
    """What is wrong with the recurrence of a todo that is due then, in words; None where nothing is.

    A rule that its COUNT or UNTIL has used up is all right, one that never gives a date is not.
    """
    if todo["due_key"] is None:
        return "A recurrence needs due_on or due_at."
    parts = parts_of(todo["recurrence"])
    if todo["due_on"] and parts.keys() & set(TIMES):
        return f"{', '.join(TIMES)} go with due_at only: a day has no times."
    endless = ";".join(f"{name}={value}" for name, value in parts.items() if name not in ("COUNT", "UNTIL"))
    return None if _comes(endless, todo["due_key"], UTC if todo["due_on"] else zone) else NEVER


@lru_cache(maxsize=1024)  # many todos of a batch or an import have the same rule
def _comes(rule: str, due: datetime, calendar: tzinfo) -> bool:
    """Whether a rule gives another instant after a due."""
    try:
        return any(to_instant(local, calendar) > due for local in local_times(rule, to_local(due, calendar)))
    except OverflowError:  # the calendar ends
        return False


def to_local(instant: datetime, zone: tzinfo) -> datetime:
    """What calendar and clock on the wall show at an instant. Raises OverflowError at the ends of the calendar."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def to_instant(local: datetime, zone: tzinfo) -> datetime:
    """The instant of a local time, in UTC. Raises OverflowError at the ends of the calendar."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def _local_due(due: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    return datetime.combine(due["due_on"], time()) if due["due_on"] else to_local(due["due_at"], zone)


def _until(rule: str, calendar: tzinfo) -> datetime | None:
    """The last instant of a rule: its UNTIL as it is with a Z, else by the clock on the wall; a date lasts all day."""
    text = parts_of(rule).get("UNTIL")
    if text is None:
        return None
    limit = datetime.fromisoformat(text)
    if limit.tzinfo is not None:
        return limit
    last = limit if "T" in text else datetime.combine(limit, time.max)
    try:
        return to_instant(last, calendar)
    except OverflowError:  # the calendar ends, and so far off hours make no difference
        return last.replace(tzinfo=UTC)

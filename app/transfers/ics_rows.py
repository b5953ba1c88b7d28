"""iCalendar (RFC 5545): a VTODO a todo, read and written one component at a time.

The lines are taken apart here, and not by the icalendar package, which makes a backslash before an n a line break and takes half a
millisecond a component; instants, time zones and durations are read by it. What RFC 5545 cannot say stands in X-TICKBOX
properties; X-TICKBOX-EXACT holds, as JSON, the values of which it says less: fractions of seconds, and control characters.

There is no LAST-MODIFIED, as it would be another after each import, and DTSTAMP is that of the creation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.core.types import to_text
from app.todos.occurrences import to_instant, to_local
from app.transfers.ics_values import Component, values_of
from app.transfers.ics_zones import Zones, definition
from app.transfers.rows import LONGEST_LINE, NAMES, SKIPPED, Row, Unreadable, Wrong, decoded, raw_lines

_HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Tickbox//Tickbox//EN\r\n"
_IN_ZONE = ";TZID="
_FOOT = "END:VCALENDAR\r\n"
_PRIORITIES = {"urgent": "1", "high": "3", "medium": "5", "low": "7"}
_COUNTED = ("VEVENT", "VJOURNAL", "VFREEBUSY")
_LONGEST = 75  # bytes of a line
_UNSAYABLE = re.compile(r"\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def write(todos: Iterable[dict[str, Any]], file: BinaryIO, zone: ZoneInfo) -> None:
    """Write todos as a calendar."""
    file.write(_HEAD.encode())
    is_defined = False
    for todo in todos:
        due = _due(todo, zone)
        if due[0].startswith(_IN_ZONE) and not is_defined:
            file.write(definition(zone))
            is_defined = True
        file.write(b"".join(_folded(f"{name}:{value}") for name, value in _properties(todo, due)))
    file.write(_FOOT.encode())


def read(file: BinaryIO, zone: ZoneInfo) -> Iterator[Row]:
    """The components of the calendar. Raises Unreadable."""
    number = 0
    open_names: list[str] = []
    zones = Zones()
    component = Component()
    source = zones.noting(_unfolded(raw_lines(file)))
    while (line := _next(source, number)) is not None:
        name = line[4:].strip().upper() if line[:4].upper() == "END:" else line[6:].strip().upper()
        if line[:6].upper() == "BEGIN:":
            open_names.append(name)
            if len(open_names) > 8 or (len(open_names) == 1 and name != "VCALENDAR"):
                raise Unreadable(number + 1, "This is not a calendar.")
            component = Component(zones.by_name) if name == "VTODO" else component
            if name == "VALARM":
                component.begin_alarm()
        elif line[:4].upper() == "END:":
            if not open_names or open_names.pop() != name:
                raise Unreadable(number + 1, f"END:{name[:50]} does not end what was begun last.")
            number += name == "VTODO" or name in _COUNTED
            if name in _COUNTED:
                yield number, SKIPPED
            elif name == "VTODO":
                yield number, _row(component, zone)
        elif not open_names:
            if line.strip():
                raise Unreadable(number + 1, "This is not a calendar.")
        elif "VTODO" in open_names:
            component.add(line, alarm=open_names[-1] == "VALARM")
    if open_names:
        raise Unreadable(number + 1, f"The {open_names[-1][:50]} has no end.")


def _next(source: Iterator[str], number: int) -> str | None:
    try:
        return next(source, None)
    except Unreadable as error:
        raise Unreadable(number + 1, error.message) from None


def _row(component: Component, zone: ZoneInfo) -> dict[str, Any] | Wrong:
    try:
        return values_of(component, zone)
    except ValueError as error:
        return Wrong(str(error)[:300])
    except OverflowError:
        return Wrong("An instant lies beyond the calendar.")


def _unfolded(source: Iterator[bytes]) -> Iterator[str]:
    """The lines as they were before they were folded, which may have cut a character in two (section 3.1). Raises Unreadable."""
    parts: list[bytes] = []
    size = begin = 0
    for number, line in enumerate(source, 1):
        text = line.rstrip(b"\r\n") if line[-2:] == b"\r\n" else line.removesuffix(b"\n")
        if text[:1] in (b" ", b"\t") and parts:
            parts.append(text[1:])
            size += len(text)
            if size > LONGEST_LINE:
                raise Unreadable(number, f"Line {number} goes on for more than {LONGEST_LINE} bytes.")
            continue
        if parts:
            yield decoded(b"".join(parts), begin)
        parts, size, begin = [text], len(text), number
    if parts:
        yield decoded(b"".join(parts), begin)


def _properties(todo: dict[str, Any], due: tuple[str, str]) -> Iterator[tuple[str, str]]:
    created = _instant(todo["created_at"])
    yield from (("BEGIN", "VTODO"), ("UID", todo["id"]), ("DTSTAMP", created), ("CREATED", created), ("SUMMARY", _text(todo["task"])))
    if todo["notes"] is not None:
        yield "DESCRIPTION", _text(todo["notes"])
    yield "STATUS", "COMPLETED" if todo["done"] else "NEEDS-ACTION"
    if todo["completed_at"]:
        yield "COMPLETED", _instant(todo["completed_at"])
    if todo["priority"] in _PRIORITIES:
        yield "PRIORITY", _PRIORITIES[todo["priority"]]
    if todo["due_on"] or todo["due_at"]:
        for name in ("DTSTART", "DUE") if todo["recurrence"] else ("DUE",):  # other programs let nothing recur that has no start
            yield f"{name}{due[0]}", due[1]
    if todo["recurrence"]:
        yield "RRULE", todo["recurrence"]
    if todo["tags"]:
        yield "CATEGORIES", ",".join(map(_text, todo["tags"]))
    if todo["parent_id"]:
        yield "RELATED-TO", todo["parent_id"]
    yield from _extensions(todo)
    if todo["remind_at"]:
        yield from (("BEGIN", "VALARM"), ("ACTION", "DISPLAY"), ("DESCRIPTION", "Reminder"))
        yield from (("TRIGGER;VALUE=DATE-TIME", _instant(todo["remind_at"])), ("END", "VALARM"))
    yield "END", "VTODO"


def _due(todo: dict[str, Any], zone: ZoneInfo) -> tuple[str, str]:
    """The parameters and the value of the due, if there is one. What recurs does so by the clocks of the zone, which UTC does not know."""
    if todo["due_on"]:
        return ";VALUE=DATE", _day(todo["due_on"])
    if todo["due_at"] is None:
        return "", ""
    if todo["recurrence"] and zone.key != "UTC":
        with suppress(OverflowError):  # at the ends of the calendar
            local = to_local(todo["due_at"], zone)
            if to_instant(local, zone) == todo["due_at"]:  # and is not the second one that clocks show so, when they are put back
                return f"{_IN_ZONE}{zone.key}", f"{_day(local)}T{local:%H%M%S}"
    return "", _instant(todo["due_at"])


def _extensions(todo: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What RFC 5545 has no words for."""
    yield "X-TICKBOX-POSITION", str(todo["position"])
    for name in ("list", "assignee_id", "series_id"):
        if todo[name]:
            yield f"X-TICKBOX-{name.removesuffix('_id').upper()}", _text(todo[name])
    if todo["deleted_at"]:
        yield "X-TICKBOX-DELETED", _instant(todo["deleted_at"])
    exact = {name: todo[name] for name in NAMES if _unsayable(todo[name])}
    if exact:
        yield "X-TICKBOX-EXACT", _text(json.dumps(exact, default=to_text))


def _unsayable(value: Any) -> bool:
    if isinstance(value, str):
        return _UNSAYABLE.search(value) is not None
    if isinstance(value, list):
        return any(map(_unsayable, value))
    return isinstance(value, datetime) and value.microsecond != 0


def _text(text: str) -> str:
    """A text as section 3.3.11 escapes it."""
    plain = text if text.isprintable() else _UNSAYABLE.sub(lambda match: "\n" if match[0][0] == "\r" else "", text)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _instant(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{_day(utc)}T{utc:%H%M%S}Z"


def _day(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"


def _folded(line: str) -> bytes:
    """A line with its end, folded so that none is longer than 75 bytes, and no character is cut."""
    data = line.encode()
    if len(data) <= _LONGEST:
        return data + b"\r\n"
    parts, start, room = [], 0, _LONGEST
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(data[start:end])
        start, room = end, _LONGEST - 1
    return b"\r\n ".join(parts) + b"\r\n"

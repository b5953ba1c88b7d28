"""What a VTODO of RFC 5545 says about a todo."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from app.core.types import to_text
from app.transfers.rows import LONGEST_LINE

_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[^=:;"]+=(?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';([^=:;"]+)=("[^"]*"|[^":;]*)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BETWEEN = re.compile(r"((?:[^\\,]|\\.)*+\\?)(?:,|\Z)", re.DOTALL)
_UTC_INSTANT = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_EXTENSIONS = {"X-TICKBOX-LIST": "list", "X-TICKBOX-ASSIGNEE": "assignee_id", "X-TICKBOX-SERIES": "series_id"}
_MOST_LINES = 2000
_LONGEST = 4 * LONGEST_LINE  # characters of all lines together

Property = tuple[dict[str, str], str]


@dataclass
class Component:
    """The properties of a VTODO and of its first alarm that is heard; of those that may stand there once, the first one counts."""

    zones: Mapping[str, tzinfo] = field(default_factory=dict)  # that the calendar defines
    properties: dict[str, Property] = field(default_factory=dict)
    alarm: dict[str, Property] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    wrong: str | None = None
    lines: int = 0
    size: int = 0

    def begin_alarm(self) -> None:
        """Let the next alarm count where the one before is none."""
        self.alarm = {} if self.is_silent else self.alarm

    @property
    def is_silent(self) -> bool:
        """Whether the alarm only says that there is to be none, as Apple's programs do, which let it go off in 1976."""
        return "ACTION" in self.alarm and self.alarm["ACTION"][1].upper() == "NONE"

    def add(self, line: str, *, alarm: bool = False) -> None:
        """Take in a line."""
        self.lines += 1
        self.size += len(line)
        if self.lines > _MOST_LINES or self.size > _LONGEST:
            self.wrong = self.wrong or ("It has too many lines." if self.lines > _MOST_LINES else "It is too long.")
            return
        match = _LINE.fullmatch(line)
        if match is None:
            self.wrong = self.wrong or f"Not a line of iCalendar: {line[:50]}"
            return
        name, parameters, value = match[1].upper(), match[2], match[3]
        read = {key.upper(): text.strip('"') for key, text in _PARAMETER.findall(parameters)} if parameters else {}
        if name == "CATEGORIES" and not alarm:
            self.categories += [text for tag in _BETWEEN.findall(value) if (text := unescaped(tag)).strip()]
        elif name != "RELATED-TO" or read.get("RELTYPE", "PARENT").upper() == "PARENT":
            (self.alarm if alarm else self.properties).setdefault(name, (read, value))

    def text(self, name: str) -> str | None:
        """The value of a text, or None."""
        found = self.properties.get(name)
        return None if found is None else unescaped(found[1])

    def moment(self, name: str, zone: ZoneInfo) -> date | datetime | timedelta | None:
        """The value of a day, an instant or a duration; a time without a zone is one of `zone`. Raises ValueError."""
        found = self.properties.get(name)
        return None if found is None else _moment(found, zone, self.zones)


def values_of(component: Component, zone: ZoneInfo) -> dict[str, Any]:
    """The fields of the todo, as the API takes them. Raises ValueError."""
    if component.wrong:
        raise ValueError(component.wrong)
    status = (component.text("STATUS") or "").upper()
    done = status in ("COMPLETED", "CANCELLED") or "COMPLETED" in component.properties or component.text("PERCENT-COMPLETE") == "100"
    due = _due(component, zone)
    values: dict[str, Any] = {
        "task": component.text("SUMMARY"),
        "notes": component.text("DESCRIPTION"),
        "done": done,
        "priority": _priority(component.text("PRIORITY") or "0"),
        "due_on": None if due is None or isinstance(due, datetime) else due.isoformat(),
        "due_at": _instant(due) if isinstance(due, datetime) else None,
        "remind_at": _instant(_reminder(component, due, zone)),
        "recurrence": component.properties["RRULE"][1] if "RRULE" in component.properties and due else None,
        "tags": component.categories,
        "parent_id": component.text("RELATED-TO"),
        "deleted_at": _instant(component.moment("X-TICKBOX-DELETED", zone)),
    }
    for name, key in (("CREATED", "created_at"), ("COMPLETED", "completed_at")):
        moment = component.moment(name, zone)
        if isinstance(moment, timedelta):
            raise ValueError(f"{name} is neither a day nor an instant.")
        values |= {} if moment is None else {key: _instant(moment if isinstance(moment, datetime) else _midnight(moment, zone))}
    values |= {key: text for name, key in _EXTENSIONS.items() if (text := component.text(name)) is not None}
    if component.text("UID"):  # an occurrence that differs has the one of its series, and is told apart by its day (section 3.8.4.4)
        values["id"] = " ".join(text for name in ("UID", "RECURRENCE-ID") if (text := component.text(name)))
    if "X-TICKBOX-POSITION" in component.properties:
        values["position"] = float(component.properties["X-TICKBOX-POSITION"][1])
    return values | _exact(component.text("X-TICKBOX-EXACT"), values)


def unescaped(text: str) -> str:
    """A text as it was before section 3.3.11 escaped it."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text) if "\\" in text else text


def _exact(text: str | None, values: dict[str, Any]) -> dict[str, Any]:
    """The exact values of those that are still what they were; another program may have changed them."""
    if text is None:
        return {}
    try:
        exact = json.loads(text)
        told = exact.items() if isinstance(exact, dict) else ()
        return {name: value for name, value in told if name in values and _coarse(value) == _coarse(values[name])}
    except (ValueError, RecursionError):
        return {}


def _coarse(value: Any) -> Any:
    if isinstance(value, list):
        return [each for each in map(_coarse, value) if not isinstance(each, str) or each.strip()]
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return value[:19]
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", re.sub(r"\r\n?", "\n", value))


def _due(component: Component, zone: ZoneInfo) -> date | datetime | None:
    due, start = component.moment("DUE", zone), component.moment("DTSTART", zone)
    lasting = component.moment("DURATION", zone)
    if due is None and isinstance(start, datetime | date) and (isinstance(lasting, timedelta) or "RRULE" in component.properties):
        due = _later(start, lasting) if isinstance(lasting, timedelta) else start
    if isinstance(due, timedelta):
        raise ValueError("DUE is neither a day nor an instant.")
    return due


def _reminder(component: Component, due: date | datetime | None, zone: ZoneInfo) -> Any:
    """When the alarm goes off: an instant, or so long before or after the due."""
    found = component.alarm.get("TRIGGER")
    if found is None or component.is_silent:
        return None
    moment = _moment(found, zone, component.zones)
    if not isinstance(moment, timedelta):
        return moment if isinstance(moment, datetime) else None
    base = component.moment("DTSTART", zone) if found[0].get("RELATED", "START").upper() == "START" else None
    base = due if base is None or isinstance(base, timedelta) else base
    if base is None:
        return None
    return _later(base if isinstance(base, datetime) else _midnight(base, zone), moment)


def _later(start: date | datetime, lasting: timedelta) -> date | datetime:
    """The moment so much later, or earlier: days by the calendar, hours and less by the clock (section 3.3.6)."""
    if not isinstance(start, datetime) or not lasting.seconds:
        return start + lasting
    days = timedelta(abs(lasting).days) * (1 if lasting > timedelta() else -1)
    return (start + days).astimezone(UTC) + (lasting - days)


def _moment(found: Property, zone: ZoneInfo, zones: Mapping[str, tzinfo]) -> date | datetime | timedelta | None:
    from icalendar.prop import vDDDTypes  # noqa: PLC0415  # a 25th of the time to start; no request needs it

    parameters, value = found
    if _UTC_INSTANT.fullmatch(value):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    name = parameters.get("TZID") if "T" in value else None  # with a zone, a day would be its begin
    try:
        read: Any = vDDDTypes.from_ical(value, name)
    except OSError:  # zones are looked up in files, and some names are none that a file can have
        raise ValueError(f"Not a time zone: {parameters['TZID'][:50]}") from None
    if isinstance(read, datetime):
        return read if read.tzinfo else read.replace(tzinfo=zones.get(name, zone) if name else zone)
    if isinstance(read, date | timedelta):
        return read
    raise ValueError(f"Neither a day nor an instant nor a duration: {value[:50]}")


def _midnight(day: Any, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _instant(moment: Any) -> str | None:
    if not isinstance(moment, datetime):
        return None
    try:
        return to_text(moment)
    except OverflowError:
        raise ValueError("An instant lies beyond the calendar.") from None


def _priority(text: str) -> str:
    number = int(text) if re.fullmatch(r"\d", text, re.ASCII) else 0
    return ("none", "urgent", "high", "high", "high", "medium", "low", "low", "low", "low")[number]

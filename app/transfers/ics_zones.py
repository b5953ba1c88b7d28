"""The time zones that a calendar defines (RFC 5545, section 3.6.5); some have names of which nobody else knows what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from io import StringIO
from zoneinfo import ZoneInfo

from dateutil.tz import tzical

MOST_LINES = 4000  # of all zones of a calendar
MOST_RULES = 100  # each takes up to a second where it never gives a date
_END = ";UNTIL=21001231T235959"  # of rules without one: all that they give until then is looked through for each moment
_MOMENT = r"\d{8}T\d{6}Z?"
_OFFSET = r"[+-](?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?"
_PART = "|".join([
    "FREQ=YEARLY", "INTERVAL=1", r"COUNT=\d{1,4}", rf"UNTIL=(?:{_MOMENT}|\d{{8}})", "WKST=[A-Z]{2}",
    "BYMONTH=(?:0?[1-9]|1[0-2])", r"BYDAY=[+-]?\d?[A-Z]{2}", r"BYMONTHDAY=-?\d{1,2}(?:,-?\d{1,2}){0,7}",
])  # fmt: skip
_FORMS = {
    "DTSTART": _MOMENT,
    "RDATE": f"{_MOMENT}(?:,{_MOMENT})*",
    # As clocks change, which is once a year by each rule: a rule that gives much more would take long to follow.
    "RRULE": f"(?=.*FREQ=)(?=.*BYMONTH=|(?!.*BY))(?:{_PART})(?:;(?:{_PART}))*",
    "TZOFFSETFROM": _OFFSET,
    "TZOFFSETTO": _OFFSET,
}


class Zones:
    """The time zones of a calendar by their names, as far as it was read."""

    def __init__(self) -> None:
        self.by_name: dict[str, tzinfo] = {}
        self._name = ""
        self._kept: list[str] = []
        self._lines = self._rules = 0

    def noting(self, source: Iterable[str]) -> Iterator[str]:
        """The lines of the calendar as they are; what they say of zones is known when the next one is asked for."""
        inside = False
        for line in source:
            if inside or line[:6].upper() == "BEGIN:":
                text = line.strip().upper()
                if text == "BEGIN:VTIMEZONE":
                    inside, self._name, self._kept = True, "", []
                elif text == "END:VTIMEZONE":
                    inside = False
                    self._end()
                elif inside:
                    self._add(line)
            yield line

    def _add(self, line: str) -> None:
        self._lines += 1
        head, _, value = line.partition(":")
        name = head.partition(";")[0].upper()
        if name == "TZID":
            self._name = value
        elif (name in ("BEGIN", "END") or name in _FORMS) and self._lines <= MOST_LINES:
            self._rules += name == "RRULE"
            value = value.strip().upper()
            is_endless = name == "RRULE" and "UNTIL" not in value and "COUNT" not in value
            self._kept.append(f"{name}:{value}{_END if is_endless else ''}")

    def _end(self) -> None:
        zone = _zone(self._kept) if self._rules <= MOST_RULES and self._lines <= MOST_LINES else None
        if zone is not None:
            self.by_name[re.sub(r"\\(.)", r"\1", self._name)] = zone


def definition(zone: ZoneInfo) -> bytes:
    """The VTIMEZONE of a zone, for programs that do not know its name."""
    from icalendar.cal import Timezone  # noqa: PLC0415  # as in ics_values

    return bytes(Timezone.from_tzinfo(zone, zone.key).to_ical())


def _zone(kept: list[str]) -> tzinfo | None:
    for line in kept:
        name, _, value = line.partition(":")
        if name in _FORMS and not re.fullmatch(_FORMS[name], value, re.ASCII):
            return None
    if "BEGIN:STANDARD" not in kept:  # which tzical fails without, before the clocks first change; it makes no other difference
        kept = [line.replace("DAYLIGHT", "STANDARD") for line in kept]
    try:
        return tzical(StringIO("\n".join(["BEGIN:VTIMEZONE", "TZID:-", *kept, "END:VTIMEZONE"]))).get()
    except ValueError:
        return None

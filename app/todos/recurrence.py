"""Recurrence rules: RRULE of RFC 5545, section 3.3.10, as far as todos repeat."""

from __future__ import annotations

import re

from dateutil.rrule import rrulestr
from marshmallow import ValidationError

_FREQUENCIES = "DAILY|WEEKLY|MONTHLY|YEARLY"  # nobody does a todo every second, and a server should not either
_DAY = "[+-]?(?:[1-9]|[1-4][0-9]|5[0-3])?(?:MO|TU|WE|TH|FR|SA|SU)"


def _numbers(pattern: str) -> str:
    return f"{pattern}(?:,{pattern})*"


_PARTS = {
    "FREQ": _FREQUENCIES,
    "INTERVAL": "[1-9][0-9]{0,3}",
    "COUNT": "[1-9][0-9]{0,3}",
    "UNTIL": "[0-9]{8}(?:T[0-9]{6}Z?)?",
    "WKST": "MO|TU|WE|TH|FR|SA|SU",
    "BYDAY": _numbers(_DAY),
    "BYMONTH": _numbers("(?:[1-9]|1[0-2])"),
    "BYMONTHDAY": _numbers("[+-]?(?:[1-9]|[12][0-9]|3[01])"),
    "BYYEARDAY": _numbers("[+-]?(?:[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"),
    "BYWEEKNO": _numbers("[+-]?(?:[1-9]|[1-4][0-9]|5[0-3])"),
    "BYSETPOS": _numbers("[+-]?(?:[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"),
    "BYHOUR": _numbers("(?:[0-9]|1[0-9]|2[0-3])"),
    "BYMINUTE": _numbers("[1-5]?[0-9]"),
    "BYSECOND": _numbers("[1-5]?[0-9]"),
}


def check_rule(rule: str) -> None:
    """Let pass a rule that repeats daily or more rarely, with INTERVAL and COUNT up to 9999. Raises ValidationError."""
    parts = [part.partition("=") for part in rule.upper().split(";")]
    names = [name for name, _, _ in parts]
    if not any(name == "FREQ" and re.fullmatch(_FREQUENCIES, value) for name, _, value in parts):
        raise ValidationError(f"Must have FREQ={', '.join(_FREQUENCIES.split('|'))}.")
    if any(name not in _PARTS or not re.fullmatch(_PARTS[name], value) for name, _, value in parts):
        raise _invalid()
    if len(set(names)) < len(names) or {"COUNT", "UNTIL"} <= set(names):
        raise _invalid()
    try:
        rrulestr(rule.upper(), ignoretz=True)
    except ValueError:
        raise _invalid() from None


def _invalid() -> ValidationError:
    return ValidationError("Not a valid recurrence rule; use one of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO.")

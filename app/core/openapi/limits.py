"""How long and how large what the document describes can be, said where a schema by itself does not say it.

Programs that check messages, or make room for them, want a bound of everything (OWASP API4:2023, unrestricted resource consumption).
What a request may hold is bounded where the service refuses more; what an answer holds, by what the service can have stored.
"""

from __future__ import annotations

from typing import Any

from app.core.fields import LONGEST_INSTANT
from app.core.openapi.shared import Json

LARGEST_INTEGER = 2**31 - 1
"""Versions, counts and the like are kept in 32 bits. The fields that can hold more say so themselves."""
LONGEST_TEXT = 65_536
"""Characters; the longest text that is stored, the notes of a todo, has 20,000."""
_LONGEST = {"uuid": 36, "date": 10, "date-time": LONGEST_INSTANT, "email": 254, "uri-reference": 2048}
WITHOUT_NUL = r"^[^\u0000]*$"


def limited(schema: Json, *, answered: bool = True) -> Json:
    """The schema with bounds for all within it; with `answered` also bounds of what only answers hold. References stay as they are."""
    found = {name: _limited_part(name, value, answered=answered) for name, value in schema.items()}
    kinds = schema.get("type", ())
    if "integer" in kinds:
        return _integer(found, answered=answered)
    if "string" in kinds and not {"enum", "const"} & schema.keys() and schema.get("format") != "binary":
        return _string(found, answered=answered)
    return found


def _limited_part(name: str, value: Any, *, answered: bool) -> Any:
    match name:
        case "properties":
            return {key: limited(part, answered=answered) for key, part in value.items()}
        case "anyOf" | "oneOf":
            return [limited(part, answered=answered) for part in value]
        case "items":
            return limited(value, answered=answered)
    return value


def _integer(schema: Json, *, answered: bool) -> Json:
    bounds = {"minimum": 0 if answered else -LARGEST_INTEGER, "maximum": LARGEST_INTEGER}
    fits = schema.get("maximum", LARGEST_INTEGER) <= LARGEST_INTEGER
    return {**bounds, "format": "int32" if fits else "int64", **schema}


def _string(schema: Json, *, answered: bool) -> Json:
    kind = schema.get("format")
    if kind in _LONGEST:
        return {"maxLength": _LONGEST[kind], **schema}
    if not answered:
        return schema
    return {"maxLength": LONGEST_TEXT, **({} if kind else {"pattern": WITHOUT_NUL}), **schema}

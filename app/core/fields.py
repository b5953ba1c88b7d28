"""Marshmallow fields with the API's meaning of text, instants and dates, and the base of every schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from app.core.loading import NotRight, Plan
from app.core.types import is_id, to_text

LONGEST_INSTANT = 40
MOST_UNKNOWN = 20
"""How many unknown fields of an object are told; a body has room for 100,000, which took a second and an answer larger than itself."""
MOST_WRONG = 100
"""How many wrong items of a list are told."""
LARGEST_SIZE = 2**53 - 1
"""In bytes: the largest number that every reader of JSON understands exactly (RFC 8259, section 6)."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class ObjectSchema(Schema):
    """Base of every schema: an unknown or read-only field is refused, never ignored."""

    class Meta:
        unknown = RAISE

    def load(self, data: Any, *, many: bool | None = None, partial: Any = None, unknown: Any = None) -> Any:
        """The data as marshmallow loads it; see `core.loading`. Raises ValidationError."""
        if many is None and partial is None and unknown is None:
            with suppress(NotRight):
                return self._plan.load(data)
        return super().load(self._with_few_unknown(data), many=many, partial=partial, unknown=unknown)

    @cached_property
    def _plan(self) -> Plan:
        return Plan(self)

    def _with_few_unknown(self, data: Any) -> Any:
        """The data without the unknown fields that are too many to tell: it is refused for the others."""
        if not isinstance(data, dict) or len(data) <= len(self.fields) + MOST_UNKNOWN:
            return data
        unknown = islice((name for name in data if name not in self.fields), MOST_UNKNOWN)
        return {name: data[name] for name in (*filter(data.__contains__, self.fields), *unknown)}


class Word(fields.Field[Any]):
    """One of a few words, kept in the database as its number in their order."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        self.words = words
        super().__init__(validate=validate.Range(0, len(words) - 1), **kwargs)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else self.words[value]

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value not in self.words:
            raise ValidationError(f"Must be one of: {', '.join(self.words)}.")
        return self.words.index(value)


class Text(fields.String):
    """Text as sent: nothing escaped, nothing trimmed. NUL is refused, as PostgreSQL cannot hold it.

    `blank` is the message for a text that is missing, empty or white space; without it such a text is allowed. `check` raises
    ValidationError for a text that is not right in other ways.
    """

    def __init__(self, *, shortest: int = 0, longest: int, **kwargs: Any) -> None:
        self.blank: str | None = kwargs.pop("blank", None)
        pattern: validate.Regexp | None = kwargs.pop("pattern", None)
        self.check: Callable[[str], None] | None = kwargs.pop("check", None)
        checks: list[validate.Validator] = [validate.Length(min=shortest or None, max=longest)]
        if self.blank:
            kwargs.setdefault("error_messages", {"required": self.blank, "null": self.blank})
        super().__init__(validate=[*checks, pattern] if pattern else checks, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if "\0" in text:
            raise ValidationError("NUL characters are not allowed.")
        if self.blank and not text.strip():
            raise ValidationError(self.blank)
        if self.check:
            self.check(text)
        return text


class Line(Text):
    """One line of text: white space around it is trimmed."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return super()._deserialize(value.strip() if isinstance(value, str) else value, attr, data, **kwargs)


class Few(fields.List[Any]):
    """A list of few items. Not every item of one that is far too long or wrong throughout gets a message: it would be a large answer.

    `most_sent` is how many may be sent where `collect` leaves fewer of them.
    """

    def __init__(self, inner: fields.Field[Any], *, fewest: int | None = None, most: int, most_sent: int = 0, **kwargs: Any) -> None:
        self.length = validate.Length(min=fewest, max=most)
        self.most_sent = most_sent or most
        super().__init__(inner, validate=self.length, **kwargs)

    def collect(self, items: list[Any]) -> list[Any]:
        """What becomes of the items that were sent."""
        return items

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) > self.most_sent:
            self.length(value)
        items: list[Any] = []
        errors: dict[int, Any] = {}
        for index, item in enumerate(value):
            try:
                items.append(self.inner.deserialize(item, **kwargs))
            except ValidationError as error:
                errors[index] = error.messages
            if len(errors) == MOST_WRONG:
                break
        if errors:
            raise ValidationError(errors)
        return self.collect(items)


class Tagged(fields.Field[dict[str, Any]]):
    """An object of one of several schemas, which the value of its field `tag` chooses."""

    def __init__(self, tag: str, schemas: dict[str, Schema], **kwargs: Any) -> None:
        self.tag = tag
        self.schemas = schemas
        super().__init__(**kwargs)

    def schema_for(self, value: Any) -> Schema:
        """The schema that the value chooses. Raises ValidationError."""
        if not isinstance(value, dict):
            raise ValidationError("Must be an object.")
        schema = self.schemas.get(str(value.get(self.tag)))
        if schema is None:
            raise ValidationError({self.tag: [f"Must be one of: {', '.join(self.schemas)}."]})
        return schema

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dict[str, Any]:
        loaded: dict[str, Any] = self.schema_for(value).load(value)
        return loaded


class AnyOf(fields.Dict):
    """An object of one of several schemas, given as it is. `schemas` is asked when the document is written, not before."""

    def __init__(self, schemas: Callable[[], Iterable[Schema]], **kwargs: Any) -> None:
        self.schemas = schemas
        super().__init__(dump_only=True, allow_none=True, **kwargs)


class Flag(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class UploadField(fields.Field[Any]):
    """The file of a multipart form: a `core.uploads.Incoming`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not hasattr(value, "sha256"):
            raise ValidationError("Must be a file.")
        return value


class Reference(fields.String):
    """The id of another object."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_id(text.lower()):
            raise ValidationError("Not a valid id.")
        return text.lower()


class InstantField(fields.Field[datetime]):
    """An instant: RFC 3339 with an offset, given back in UTC with a trailing Z."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else to_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        return parse_instant(value)


class DayField(fields.Field[date]):
    """A date: YYYY-MM-DD."""

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        return parse_day(value)


def parse_instant(value: Any) -> datetime:
    """The instant that an RFC 3339 text names, in UTC. Raises ValidationError, also where it has no offset."""
    try:
        if not isinstance(value, str) or len(value) > LONGEST_INSTANT or not _INSTANT.fullmatch(value):
            raise ValueError
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationError("Not a valid instant; use RFC 3339 with an offset, such as 2026-11-22T09:30:00Z.") from None


def parse_day(value: Any) -> date:
    """The date that a text such as 2026-11-22 names. Raises ValidationError."""
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValidationError("Not a valid date; use YYYY-MM-DD.") from None

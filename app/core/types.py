"""Column types that mean the same on both databases, and the makers of their values."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import uuid_utils
from sqlalchemy import CHAR, DateTime, Dialect
from sqlalchemy.types import TypeDecorator, UserDefinedType

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class _NativeId(UserDefinedType[str]):
    """PostgreSQL's uuid, read and written as text: no UUID object is made for each value (4 µs saved a row of todos)."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: Any) -> str:
        return "UUID"


class _SqliteInstant(TypeDecorator[datetime]):
    """SQLite has no time zones: instants are kept in UTC and come back aware."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Id = CHAR(36).with_variant(_NativeId(), "postgresql")
Instant = DateTime(timezone=True).with_variant(_SqliteInstant(), "sqlite")


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562): ids of one process sort by the time they were made, to the millisecond and within it."""
    return str(uuid_utils.uuid7())


def id_time(uuid: str) -> datetime:
    """The instant, in whole milliseconds, that a UUIDv7 carries; rows take it as `created_at`, so both sort alike."""
    return datetime.fromtimestamp(int(uuid[:8] + uuid[9:13], 16) / 1000, UTC)


def to_text(instant: datetime) -> str:
    """An instant as the API and its files write it: RFC 3339, in UTC, with a trailing Z. Raises OverflowError at the ends of the calendar."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def is_id(text: str) -> bool:
    """Whether the text is a UUID in its canonical form (lower case, with dashes)."""
    return _UUID.fullmatch(text) is not None


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)

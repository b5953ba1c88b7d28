"""The formats of imports and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.transfers import csv_rows, ics_rows, json_rows, todotxt_rows
from app.transfers.rows import Row


@dataclass(frozen=True)
class Format:
    """How todos are read from a file and written to one. With `unique_ids` an id names the same todo in every file."""

    read: Callable[[BinaryIO, ZoneInfo], Iterator[Row]]
    write: Callable[[Iterable[dict[str, Any]], BinaryIO, ZoneInfo], None]
    filename: str
    content_type: str
    unique_ids: bool = False


FORMATS = {
    "csv": Format(csv_rows.read, csv_rows.write, "todos.csv", "text/csv; charset=utf-8"),
    "json": Format(json_rows.read, json_rows.write, "todos.json", "application/json"),
    "todotxt": Format(todotxt_rows.read, todotxt_rows.write, "todo.txt", "text/plain; charset=utf-8"),
    "ics": Format(ics_rows.read, ics_rows.write, "todos.ics", "text/calendar; charset=utf-8", unique_ids=True),
}

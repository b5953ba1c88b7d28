"""CSV (RFC 4180): a header, then a todo a row, in UTF-8. Semicolons or tabs may stand for the commas of what is read.

A cell that a spreadsheet would run as a formula gets a leading apostrophe, and loses it when it comes back. So does a cell that
begins with an apostrophe itself, and a text that is empty where an empty cell means that there is none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import chain
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.core.types import to_text
from app.transfers.rows import KNOWN, LONGEST_LINE, NAMES, Row, Unreadable, Wrong, lines

_RUN = ("=", "+", "-", "@", "\t", "\r")
_MARKED = ("'", *_RUN)
_ABSENT_WHERE_EMPTY = frozenset({"id", "list", "list_id", "done", "priority", "position"})


def write(todos: Iterable[dict[str, Any]], file: BinaryIO, zone: ZoneInfo) -> None:
    """Write todos as CSV."""
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(NAMES)
    writer.writerows([_cell(todo[name]) for name in NAMES] for todo in todos)
    text.detach()


def read(file: BinaryIO, zone: ZoneInfo) -> Iterator[Row]:
    """The rows of a CSV file. Raises Unreadable."""
    source = _Source(file)
    reader = csv.reader(source, delimiter=source.delimiter(), strict=True)
    number = 0
    names: list[str] = []
    while (cells := _next(reader, source, number)) is not None:
        if not names:
            names = _header(cells)
            continue
        number += 1
        if not any(cells):
            continue
        if len(cells) != len(names):
            yield number, Wrong(f"It has {len(cells)} cells, but the header has {len(names)}.")
            continue
        yield number, _values(names, cells)


class _Source:
    """The lines of the file, and how much of them the record that is being read took."""

    def __init__(self, file: BinaryIO) -> None:
        self.lines = lines(file)
        self.taken = 0

    def delimiter(self) -> str:
        """What stands between the names of the columns: a comma, or what spreadsheets write where it belongs to numbers."""
        header = next(self.lines, "")
        self.lines = chain([header], self.lines)
        return next((mark for mark in ",;\t" if mark in header), ",")

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.taken += len(line)
        if self.taken > LONGEST_LINE:
            raise csv.Error("it is too long; is a quotation mark missing?")
        return line


def _next(reader: Any, source: _Source, number: int) -> list[str] | None:
    source.taken = 0
    try:
        cells: list[str] | None = next(reader, None)
    except csv.Error as error:
        raise Unreadable(number + 1, f"Not valid CSV: {error}.") from None
    except Unreadable as error:
        raise Unreadable(number + 1, error.message) from None
    return cells


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        shown = ", ".join(name[:50] for name in unknown[:5]) + (" ..." if len(unknown) > 5 else "")
        raise Unreadable(0, f"Unknown columns: {shown}. Known are {', '.join((*NAMES, 'list_id'))}.")
    if len(set(names)) < len(names):
        raise Unreadable(0, "The header names a column twice.")
    return names


def _values(names: list[str], cells: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if not cell and name in _ABSENT_WHERE_EMPTY:
            continue
        text = cell[1:] if cell == "'" or (cell[:1] == "'" and cell[1:2] in _MARKED) else cell
        convert = _FROM_TEXT.get(name)
        values[name] = convert(text) if convert else (text if cell or name == "task" else None)
    return values


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return _defused(_tags_cell(value)) if value else ""
    text = str(value)
    return _defused(text) if text else "'"


def _defused(text: str) -> str:
    return "'" + text if text.startswith(_MARKED) else text


def _tags_cell(tags: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(tags)
    return line.getvalue().removesuffix("\r\n")


def _tags(text: str) -> Any:
    if '"' not in text:
        return [tag for tag in text.split(",") if tag.strip()]
    try:
        return [tag for cells in csv.reader(io.StringIO(text, newline=""), strict=True) for tag in cells]
    except csv.Error:
        return text


def _flag(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), text)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


_FROM_TEXT: dict[str, Callable[[str], Any]] = {"tags": _tags, "done": _flag, "position": _number, "priority": str.lower}

"""What a row of a file may hold, whatever the format: a todo as the API takes it, and what of it only an export has.

Every format has the same two functions: `write(todos, file, zone)`, and `read(file, zone)`, which gives the number of each
row, counted from 1 as a person would, and what stands there. CSV counts the rows below the header, JSON the objects, todo.txt
the lines, and iCalendar the components.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from marshmallow import ValidationError

from app.core.fields import InstantField, Line, Reference, Text
from app.todos.schemas import TodoSchema

LONGEST_LINE = 1024 * 1024
LONGEST_REFERENCE = 500
NAMES = (
    "id", "list", "parent_id", "task", "notes", "done", "completed_at", "priority", "due_on", "due_at", "remind_at", "recurrence",
    "series_id", "tags", "assignee_id", "position", "created_at", "deleted_at",
)  # fmt: skip
"""What an export holds of a todo, in order."""
IGNORED = ("version", "created_by", "updated_at")
"""What the API shows of a todo beside it, and no file can change."""
KNOWN = frozenset({*NAMES, *IGNORED, "list_id"})


@dataclass(frozen=True)
class Wrong:
    """A row that cannot be read, and why."""

    message: str


SKIPPED = None
"""What stands for a row that is no todo, such as an event of a calendar."""
Row = tuple[int, dict[str, Any] | Wrong | None]


class Unreadable(Exception):
    """Nothing can be read from this row on, or from this line on where rows are not counted yet."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.message = message


class RowSchema(TodoSchema):
    """A row: what TodoSchema allows, and what an earlier export says beside. Rows refer to each other by whatever ids they have."""

    id = Text(longest=LONGEST_REFERENCE, allow_none=True)  # type: ignore[assignment]  # any text, where the API takes ids alone
    parent_id = Text(longest=LONGEST_REFERENCE, allow_none=True)  # type: ignore[assignment]  # see above
    list = Line(longest=LONGEST_REFERENCE, allow_none=True)
    list_id = Reference(allow_none=True)
    series_id = Reference(allow_none=True)
    created_at = InstantField(allow_none=True)
    completed_at = InstantField(allow_none=True)
    deleted_at = InstantField(allow_none=True)


class Counting(io.RawIOBase):
    """A file that knows how much of it was read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.count = 0

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is next into the buffer."""
        data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a text in UTF-8, with their ends. Raises Unreadable for one that is too long, and for other encodings."""
    return (decoded(line, number) for number, line in enumerate(raw_lines(file), 1))


def raw_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, with their ends. Raises Unreadable for one that is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise Unreadable(number, f"Line {number} is longer than {LONGEST_LINE} bytes.")
        yield line


def decoded(line: bytes, number: int) -> str:
    """The text of a line. Raises Unreadable for other encodings than UTF-8."""
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise Unreadable(number, f"Line {number} is not text in UTF-8.") from None


def told(error: ValidationError) -> str:
    """What is wrong with a row, in one line."""
    return " ".join(f"{name}: {_text(messages)}" for name, messages in error.normalized_messages().items())[:500]


def _text(messages: Any) -> str:
    if isinstance(messages, dict):
        return " ".join(_text(each) for each in messages.values())
    return " ".join(map(str, messages))

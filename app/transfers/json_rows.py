"""JSON: an array of objects, or one object after the other (JSON Lines). Read as a stream, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import ijson
import orjson

from app.transfers.rows import LONGEST_LINE, NAMES, Row, Unreadable, Wrong

_BOM = b"\xef\xbb\xbf"
_MOST_VALUES = 1000  # of one object
_DEEPEST = 4
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_OPTIONS = orjson.OPT_UTC_Z


def write(todos: Iterable[dict[str, Any]], file: BinaryIO, zone: ZoneInfo) -> None:
    """Write todos as an array, one a line."""
    separator = b"[\n"
    for todo in todos:
        file.write(separator + orjson.dumps({name: todo[name] for name in NAMES}, option=_OPTIONS))
        separator = b",\n"
    file.write(b"\n]\n" if separator == b",\n" else b"[]\n")


def read(file: BinaryIO, zone: ZoneInfo) -> Iterator[Row]:
    """The objects of the file. Raises Unreadable."""
    number = 0
    try:
        for value in _items(ijson.basic_parse(_Guarded(file), use_float=True, multiple_values=True)):
            number += 1
            yield number, value if isinstance(value, dict) else Wrong("It is not an object.")
    except ijson.JSONError as error:
        raise Unreadable(number + 1, f"Not valid JSON in UTF-8: {_reason(error)}.") from None
    except UnicodeDecodeError:
        raise Unreadable(number + 1, "It has half of a pair of surrogates, which is no character.") from None
    except _TooLarge as error:
        raise Unreadable(number + 1, str(error)) from None


class _TooLarge(Exception):
    """More than a todo can be."""


class _Guarded:
    """The bytes of the file, as long as no text, no number and no white space in it goes on without end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.begun = False
        self.since_quote = 0
        self.escaping = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises _TooLarge."""
        data = self.file.read(size)
        if not self.begun and size > 0:
            self.begun = True
            data = data.removeprefix(_BOM) or self.file.read(size)
        self._check(data)
        return data

    def _check(self, data: bytes) -> None:
        plain = data[1:] if self.escaping else data
        if b"\\" in plain:
            plain = _ESCAPED.sub(b"..", plain)
        self.escaping = plain.endswith(b"\\")
        last = plain.rfind(b'"')
        self.since_quote = len(plain) - last if last >= 0 else self.since_quote + len(plain)
        if self.since_quote > LONGEST_LINE:
            raise _TooLarge(f"It has a part that is longer than {LONGEST_LINE} bytes.")


def _items(events: Iterable[tuple[str, Any]]) -> Iterator[Any]:
    """The values in the outermost array, or those that stand one after the other."""
    stack: list[Any] = []
    in_array, key, count = False, "", 0
    for event, value in events:
        if not stack and event in ("start_array", "end_array") and in_array == (event == "end_array"):
            in_array, count = event == "start_array", 0
            continue
        if event == "map_key":
            key = value
            continue
        count += 1
        if count > _MOST_VALUES or len(stack) > _DEEPEST:
            raise _TooLarge("It is larger, or nested deeper, than a todo can be.")
        if event in ("end_map", "end_array"):
            done, key = stack.pop()
            value = done  # noqa: PLW2901  # what ends here goes where it belongs
        elif event in ("start_map", "start_array"):
            stack.append(({} if event == "start_map" else [], key))
            continue
        if not stack:
            count = 0
            yield value
        elif isinstance(stack[-1][0], dict):
            stack[-1][0][key] = value
        else:
            stack[-1][0].append(value)


def _reason(error: Exception) -> str:
    """The first line of the parser's message; the rest quotes the file."""
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text.strip().split("\n")[0].rstrip(".")[:200] or "it ends too early"

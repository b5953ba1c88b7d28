"""todo.txt (https://github.com/todotxt/todo.txt): a todo a line.

Tags are contexts (`@home`), and projects (`+garden`) are read as tags too. What the format has no words for stands as
`key:value`: `due`, `due_at` (an instant on that day, with the offset where it was written), `rec` (as many programs write it, `2w`) or `rrule`, `list`, `parent`, `deleted` and `id`. It carries
no notes, reminders, assignees, series and positions, and of instants the day; importing leaves those of a known todo as they are.
A line that has an `id` of ours escapes with a backslash what would be read otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from app.core.types import is_id, to_text
from app.transfers.rows import Row, lines

_LETTERS = {"urgent": "A", "high": "B", "medium": "C", "low": "D"}
_WORDS = {letter: word for word, letter in _LETTERS.items()}
_DONE = re.compile(r"x (?:\((?P<priority>[A-Z])\) )?(?:(?P<first>\d{4}-\d\d-\d\d) )?(?:(?P<second>\d{4}-\d\d-\d\d) )?", re.ASCII)
_OPEN = re.compile(r"(?:\((?P<priority>[A-Z])\) )?(?:(?P<first>\d{4}-\d\d-\d\d) )?", re.ASCII)
_KEYS = ("due", "due_at", "rec", "rrule", "list", "parent", "deleted", "id", "pri")
_KEY = re.compile(rf"({'|'.join(_KEYS)}):(.+)", re.DOTALL)
_EVERY = re.compile(r"\+?([1-9]\d{0,3})([dwmy])", re.ASCII)
_FREQUENCIES = {"d": "DAILY", "w": "WEEKLY", "m": "MONTHLY", "y": "YEARLY"}
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", " ": "\\s"}
_UNESCAPES = {"n": "\n", "r": "\r", "s": " "}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def write(todos: Iterable[dict[str, Any]], file: BinaryIO, zone: ZoneInfo) -> None:
    """Write todos as lines."""
    for todo in todos:
        file.write((" ".join(_parts(todo, zone)) + "\n").encode())


def read(file: BinaryIO, zone: ZoneInfo) -> Iterator[Row]:
    """The lines of the file. Raises Unreadable."""
    for number, line in enumerate(lines(file), 1):
        text = line.rstrip("\r\n")
        if text.strip(" \t"):
            yield number, _values(text, zone)


def _parts(todo: dict[str, Any], zone: ZoneInfo) -> Iterator[str]:
    if todo["done"]:
        yield "x"
    if todo["priority"] in _LETTERS:
        yield f"({_LETTERS[todo['priority']]})"
    if todo["done"]:
        yield _day(todo["completed_at"], zone)
    yield _day(todo["created_at"], zone)
    yield _escaped_task(todo["task"])
    yield from (f"@{_escaped(tag)}" for tag in todo["tags"])
    if todo["due_on"]:
        yield f"due:{todo['due_on']}"
    if todo["due_at"]:
        yield f"due:{_day(todo['due_at'], zone)} due_at:{_instant_here(todo['due_at'], zone)}"
    if todo["recurrence"]:
        yield f"rrule:{_escaped(todo['recurrence'])}"
    if todo["list"]:
        yield f"list:{_escaped(todo['list'])}"
    if todo["parent_id"]:
        yield f"parent:{todo['parent_id']}"
    if todo["deleted_at"]:
        yield f"deleted:{to_text(todo['deleted_at'])}"
    yield f"id:{todo['id']}"


def _values(line: str, zone: ZoneInfo) -> dict[str, Any]:
    ours = any(is_id(word.removeprefix("id:").lower()) for word in line.split(" ") if word.startswith("id:"))
    done = line.startswith("x ")
    head = (_DONE if done else _OPEN).match(line)
    assert head is not None, "every part of it is optional"
    found = head.groupdict()
    created, completed = (found.get("second"), found["first"]) if done else (found["first"], None)
    task, tags, keys = _taken_apart(line[head.end() :], ours=ours)
    values: dict[str, Any] = {"task": task, "tags": tags, "done": done, **_due(keys, zone)}
    values["priority"] = _priority(found["priority"] or keys.get("pri", "").upper())
    values["recurrence"] = keys.get("rrule") or _rule(keys.get("rec", ""))
    values["parent_id"], values["deleted_at"] = keys.get("parent"), keys.get("deleted")
    values |= {name: keys[name] for name in ("id", "list") if name in keys}
    values |= {name: _midnight(day, zone) for name, day in (("created_at", created), ("completed_at", completed)) if day}
    return values


def _taken_apart(text: str, *, ours: bool) -> tuple[str, list[str], dict[str, str]]:
    """The task, the tags and the key:value pairs. A tag in the midst of the task stays there too, as it reads by it."""
    plain = _unescaped if ours else str
    kept: list[tuple[str, bool]] = []
    tags: list[str] = []
    keys: dict[str, str] = {}
    for word in text.split(" "):
        pair = _KEY.fullmatch(word)
        if pair and pair[1] not in keys and _fits(pair[1], pair[2]):
            keys[pair[1]] = plain(pair[2])
            continue
        is_tag = word[:1] in ("@", "+") and len(word) > 1
        if is_tag:
            tags.append(plain(word[1:]))
        kept.append((word, is_tag))
    while kept and kept[-1][1]:
        kept.pop()
    return plain(" ".join(word for word, _ in kept)), tags, keys


def _fits(key: str, value: str) -> bool:
    """Whether the value is one that the key may have; otherwise the word is one of the task's."""
    match key:
        case "due":
            return re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII) is not None
        case "rec":
            return _rule(value) is not None
        case "pri":
            return re.fullmatch("[A-Za-z]", value) is not None
    return True


def _due(keys: dict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    day, instant = keys.get("due"), keys.get("due_at")
    if instant:
        try:
            moment = datetime.fromisoformat(instant)
            same = day == (_day(moment, zone) if instant.endswith("Z") else moment.date().isoformat())
        except (ValueError, OverflowError):
            same = True
        if day is None or same:
            return {"due_on": None, "due_at": instant}
    return {"due_on": day, "due_at": None}


def _priority(letter: str) -> str:
    return _WORDS.get(letter, "low") if letter else "none"


def _rule(text: str) -> str | None:
    every = _EVERY.fullmatch(text)
    if every is None:
        return None
    return f"FREQ={_FREQUENCIES[every[2]]}" + ("" if every[1] == "1" else f";INTERVAL={every[1]}")


def _day(moment: datetime, zone: ZoneInfo) -> str:
    try:
        return moment.astimezone(zone).date().isoformat()
    except OverflowError:
        return moment.astimezone(UTC).date().isoformat()


def _midnight(day: str, zone: ZoneInfo) -> str:
    """The begin of the day where the caller lives; what is no day is told by the schema."""
    try:
        return to_text(datetime.combine(date.fromisoformat(day), time(), zone))
    except (ValueError, OverflowError):
        return f"{day}T00:00:00Z"


def _instant_here(moment: datetime, zone: ZoneInfo) -> str:
    """The instant as clocks there show it, so that its day is `_day` for whoever reads it, wherever they live."""
    try:
        here = moment.astimezone(zone)
    except OverflowError:
        return to_text(moment)
    offset = here.utcoffset()
    return here.isoformat() if offset is not None and offset.seconds % 60 == 0 else to_text(moment)


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _escaped_task(task: str) -> str:
    """The task, with a backslash before what would be read as a tag or a key."""
    plain = task.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    words = plain.split(" ")
    return " ".join(
        "\\" + word if word[:1] in ("@", "+") else word.replace(":", "\\:", 1) if _KEY.fullmatch(word) else word for word in words
    )


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _UNESCAPES.get(match[1], match[1]), text)

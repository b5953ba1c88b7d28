"""What Tickbox's table of todos wants derived from what a client sends, in plain functions: words, keys, ids and cursors.

It says the same as Tickbox's own `app/todos/search.py` and `app/todos/rules.py`, without Flask and without SQLAlchemy.
"""

import json
import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime, time
from uuid import UUID

from uuid_utils.compat import uuid7

PRIORITIES = ("none", "low", "medium", "high", "urgent")
MOST_TAGS, LONGEST_TAG = 20, 50
_WORD = re.compile(r"[^\W_]+")


def new_id() -> tuple[UUID, datetime]:
    """A fresh UUIDv7, and the instant in whole milliseconds that it carries."""
    fresh = uuid7()
    return fresh, datetime.fromtimestamp((fresh.int >> 80) / 1000, UTC)


def fold(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(character for character in apart if not unicodedata.combining(character))).casefold()


def words_of(text: str) -> list[str]:
    """The words of a text, folded."""
    return [word[:64] for word in _WORD.findall(fold(text))]


def document(task: str, notes: str | None, tags: list[str]) -> str:
    """A todo's words as a tsvector: weight A marks words of the task, B of the notes, C tags."""
    marked = [(set(words_of(task)), "A"), (set(words_of(notes or "")), "B"), ({_tag_word(tag) for tag in tags}, "C")]
    return " ".join(f"'{word}':1{weight}" for words, weight in marked for word in words)


def _tag_word(tag: str) -> str:
    return "#" + tag.casefold().encode().hex()[:2000]


def search_values(text: str) -> dict[str, str]:
    """The tsqueries of a search: todos that match, those whose task has each word whole, and those whose task begins each word."""
    words = words_of(text)
    return {
        "search": " & ".join(f"'{word}':*AB" for word in words),
        "whole": " & ".join(f"'{word}':A" for word in words),
        "begin": " & ".join(f"'{word}':*A" for word in words),
    }


def due_key(due_on: date | None, due_at: datetime | None) -> datetime | None:
    """What a todo is sorted by when sorted by due."""
    return datetime.combine(due_on, time(), UTC) if due_on else due_at


def unique_tags(tags: list[str]) -> list[str]:
    """The tags sorted without regard to case; of two spellings the first one stays."""
    spellings: dict[str, str] = {}
    for tag in tags:
        spellings.setdefault(tag.casefold(), tag)
    return [spellings[key] for key in sorted(spellings)]


def tag_set(tags: list[str]) -> list[str]:
    """The tags stripped, each once without regard to case, sorted. Raises ValueError."""
    stripped = [tag.strip() for tag in tags]
    if any(not 1 <= len(tag) <= LONGEST_TAG or "\0" in tag for tag in stripped):
        raise ValueError(f"a tag has 1 to {LONGEST_TAG} characters, without NUL")
    if len(tags) > MOST_TAGS:
        raise ValueError(f"at most {MOST_TAGS} tags")
    return unique_tags(stripped)


def write_cursor(key: datetime | int | None, row_id: UUID) -> str:
    """The opaque text of a place in a collection: sort key and id of the last row seen."""
    plain = key.isoformat() if isinstance(key, datetime) else key
    return urlsafe_b64encode(json.dumps([plain, str(row_id)]).encode()).decode()


def read_cursor(text: str) -> tuple[datetime | int | None, UUID]:
    """The sort key and the id that a cursor holds. Raises ValueError."""
    match json.loads(urlsafe_b64decode(text)):
        case [str(key), str(row_id)]:
            return datetime.fromisoformat(key), UUID(row_id)
        case [int(key) | (None as key), str(row_id)]:
            return key, UUID(row_id)
    raise ValueError("not a cursor")

"""Search: what of a todo is indexed, and how a search is asked.

Texts are taken apart and folded here, not in the database, so that both databases find the same: a word is a run of
letters and digits, without case (Unicode case folding) and accents (NFKD without combining marks). PostgreSQL keeps the
words as a tsvector whose weight A marks words of the task, B of the notes and C tags; SQLite's FTS5 gets them as text, words
of the task once more with a leading `_`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, and_, bindparam, case, cast, column, func, literal_column, not_, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.types import TypeDecorator, TypeEngine

RANKS = (2, 1, 0)
"""How well a todo can match, the best first: every word stands in the task, or begins a word of it, or of the notes."""
OF_TASK = "ts_filter(search, '{a}')"
"""What of a tsvector is in the task. PostgreSQL indexes it besides: the index of a whole tsvector does not know where a word stands."""
LONGEST_WORD = 64
LONGEST_TAG_WORD = 2000  # more than any tag takes, and less than the 2,046 bytes that PostgreSQL takes
_WORD = re.compile(r"[^\W_]+")
_INDEX = table("todo_search", column("id"), column("words"))


@dataclass(frozen=True)
class SearchText:
    """What the index knows of one todo."""

    task: frozenset[str]
    notes: frozenset[str]
    tags: frozenset[str]


class SearchDocument(TypeDecorator[SearchText]):
    """The column of the index: a tsvector on PostgreSQL, text for FTS5 on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the column."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: SearchText | None, dialect: Dialect) -> str | None:
        """The words, marked by where they stand."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            marked = [*((word, "A") for word in value.task), *((word, "B") for word in value.notes), *((tag, "C") for tag in value.tags)]
            return " ".join(f"'{word}':1{weight}" for word, weight in marked)
        return " ".join([*(f"_{word}" for word in value.task), *(value.task | value.notes), *value.tags])

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """What the database holds, as it is: nobody reads it."""
        return value


def fold(text: str) -> str:
    """The text without case and accents, as it is compared and sorted."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(character for character in apart if not unicodedata.combining(character))).casefold()


def words_of(text: str) -> list[str]:
    """The words of a text, folded; of very long ones the begin."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def tag_word(tag: str) -> str:
    """A tag as a word of the index, compared without case; in hexadecimal, as tags may hold any character."""
    return "#" + tag.casefold().encode().hex()[:LONGEST_TAG_WORD]


def document(task: str, notes: str | None, tags: list[str]) -> SearchText:
    """What the index is to know of a todo."""
    return SearchText(frozenset(words_of(task)), frozenset(words_of(notes or "")), frozenset(map(tag_word, tags)))


def query_value(words: list[str], tags: list[str], *, sqlite: bool) -> str:
    """The query for todos that have, for each of `words`, a word beginning with it, and each of `tags`."""
    if sqlite:
        return "words : (" + " AND ".join([*(f'"{word}" *' for word in words), *(f'"{tag}"' for tag in tags)]) + ")"
    return " & ".join([*(f"'{word}':*" for word in words), *(f"'{tag}'" for tag in tags)])  # without weights, which no index knows


def rank_values(words: list[str], *, sqlite: bool) -> dict[str, str]:
    """The queries that tell a good match from a fair one, for `rank` and `of_rank`."""
    if sqlite:
        return {
            "whole": "words : (" + " AND ".join(f'"_{word}"' for word in words) + ")",
            "begin": "words : (" + " AND ".join(f'"_{word}" *' for word in words) + ")",
        }
    return {"whole": " & ".join(f"'{word}'" for word in words), "begin": " & ".join(f"'{word}':*" for word in words)}


def matches(document_column: ColumnElement[Any], id_column: ColumnElement[Any], name: str, *, sqlite: bool) -> ColumnElement[bool]:
    """The condition that a todo meets the query bound to `name`."""
    if sqlite:
        hit = literal_column("todo_search").op("MATCH")(bindparam(name, type_=Text))
        return id_column.in_(select(_INDEX.c.id).where(hit))
    return _meets(document_column, name)


def rank(document_column: ColumnElement[Any], id_column: ColumnElement[Any], *, sqlite: bool) -> ColumnElement[int]:
    """How well a match fits, as one of RANKS.

    It depends on the todo alone, so a page of results stays where it is while others write.
    """
    task = document_column if sqlite else _of_task(document_column)
    whole, begin = (matches(task, id_column, name, sqlite=sqlite) for name in ("whole", "begin"))
    return case((whole, 2), (begin, 1), else_=0)


def of_rank(value: int, document_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition, on PostgreSQL, that a todo matches and has this rank."""
    whole, begin = (_meets(_of_task(document_column), name) for name in ("whole", "begin"))
    if value == 2:
        return whole
    return and_(begin, not_(whole)) if value == 1 else and_(_meets(document_column, "words"), not_(begin))


def _meets(document: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return document.op("@@", is_comparison=True)(cast(bindparam(name, type_=Text), TSQUERY))


def _of_task(document: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.ts_filter(document, literal_column("'{a}'"), type_=TSVECTOR)

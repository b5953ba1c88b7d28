"""Keyset pagination: a page costs the same wherever it lies, and writers meanwhile neither double nor hide a row.

A cursor holds the sort key and id of the last row seen and a fingerprint of sort and filters, signed, so that a forged
one, or one used under another sort or filter, is refused before it reaches the database.
"""

from __future__ import annotations

import hashlib
import hmac
import operator
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import current_app, request
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database import execute, fetch_all
from app.core.dumping import to_json
from app.core.problems import Invalid
from app.core.query import Argument, Query, flag, whole

LARGEST_PAGE = 200
DEFAULT_LIMIT = 50
LONGEST_CURSOR = 4200  # a task of 500 characters, the longest key, takes up to 4,099: JSON writes a control character as six


def cursor(text: str) -> str:
    """A cursor, which `read_cursor` checks."""
    if len(text) > LONGEST_CURSOR:
        raise ValueError("Not a valid cursor.")
    return text


PAGE = Query(
    Argument("limit", type=whole(1, LARGEST_PAGE), help="How many objects a page holds, 50 by default."),
    Argument("cursor", type=cursor, help="`next_cursor` of the page before."),
    Argument("count", type=flag, help="Whether to add X-Total-Count."),
)
_SIGNATURE_BYTES = 12
Place = tuple[Any, str]
"""The sort key and the id of a row."""


Sortable = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Order:
    """What a page is sorted by: a key, then the id. `nullable` keys come last in both directions."""

    key: Sortable
    id: Sortable
    descending: bool = False
    nullable: bool = False

    @property
    def by_id_alone(self) -> bool:
        """Whether the key is the id itself."""
        return self.key is self.id

    def clauses(self) -> list[ColumnElement[Any]]:
        """For ORDER BY."""
        turned: list[ColumnElement[Any]] = [
            column.desc() if self.descending else column.asc() for column in ([self.id] if self.by_id_alone else [self.key, self.id])
        ]
        if self.nullable:
            turned[0] = turned[0].nulls_last()
        return turned

    def after(self, key: Any, row_id: Any) -> ColumnElement[bool]:
        """The condition that a row comes after the one with this key and id."""
        beyond: Callable[[Any, Any], ColumnElement[bool]] = operator.lt if self.descending else operator.gt
        if self.by_id_alone:
            return beyond(self.id, row_id)
        if key is None:
            return and_(self.key.is_(None), beyond(self.id, row_id))
        # As one pair: an index of both is entered there. Of `key < ... OR key = ... AND id < ...` it would be read from its begin.
        there = tuple_(*[_bound(value, column) for value, column in ((key, self.key), (row_id, self.id))])
        later = beyond(tuple_(self.key, self.id), there)
        return or_(later, self.key.is_(None)) if self.nullable else later


def _bound(value: Any, column: Sortable) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else bindparam(None, value, type_=column.type)


@dataclass(frozen=True)
class Page:
    """One page of rows, and how to get the next. `fields` are the ones to show; None shows all."""

    rows: Sequence[Any]
    next_cursor: str | None = None
    total: int | None = None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Listing:
    """A collection before it is cut into pages: a select of it, its order, and what tells it from other listings.

    The select holds a column labelled `page_key` where the order's key is not the id.
    """

    statement: Select[*tuple[Any, ...]]
    order: Order
    identity: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def fetch(self, after: Place | None, limit: int) -> Sequence[Any]:
        """The first `limit` rows, or those that come after a place."""
        statement = self.statement if after is None else self.statement.where(self.order.after(*after))
        return fetch_all(statement.order_by(*self.order.clauses()).limit(limit), self.values)

    def total(self) -> int:
        """How many rows there are on all pages."""
        return count(self.statement, self.values)


def page_of(listing: Listing, params: dict[str, Any]) -> Page:
    """The page of `listing` that `limit`, `cursor` and `count` ask for. Raises Invalid for a cursor that does not fit."""
    limit = params.get("limit", DEFAULT_LIMIT)
    after = read_cursor(params["cursor"], listing.identity) if "cursor" in params else None
    rows = listing.fetch(after, limit + 1)
    total = listing.total() if params.get("count") else None
    if len(rows) <= limit:
        return Page(rows, None, total)
    last = rows[limit - 1]
    key = None if listing.order.by_id_alone else last.page_key
    return Page(rows[:limit], write_cursor(key, last.id, listing.identity), total)


def count(statement: Select[*tuple[Any, ...]], values: dict[str, Any]) -> int:
    """How many rows the statement gives."""
    return int(execute(select(func.count()).select_from(statement.order_by(None).subquery()), values).scalar_one())


def next_url(cursor: str) -> str:
    """The absolute address of the page after this one."""
    return f"{request.scheme}://{request.host}{request.path}?{_kept(request.query_string)}cursor={cursor}"


@lru_cache(maxsize=256)
def _kept(query_string: bytes) -> str:
    """The parameters of a page that the next one has as well, ready to be followed by another one."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{urlencode(kept)}&" if kept else ""


def write_cursor(key: Any, row_id: str, identity: dict[str, Any]) -> str:
    """The opaque text of a place in a listing."""
    body = to_json([_fingerprint(identity), _to_plain(key), row_id])
    return _to_text(_signature(body) + body)


def read_cursor(text: str, identity: dict[str, Any]) -> Place:
    """The key and id that a cursor of the same listing holds. Raises Invalid."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        body = raw[_SIGNATURE_BYTES:]
        if _to_text(raw) != text:  # base64 passes over what it does not know, and over the spare bits of the last character
            raise ValueError
        if not hmac.compare_digest(raw[:_SIGNATURE_BYTES], _signature(body)):
            raise ValueError
        fingerprint, key, row_id = orjson.loads(body)
    except ValueError:
        raise Invalid({"cursor": ["Not a valid cursor."]}) from None
    if fingerprint != _fingerprint(identity):
        raise Invalid({"cursor": ["This cursor belongs to another sort or filter."]})
    return _from_plain(key), row_id


def _to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _fingerprint(identity: dict[str, Any]) -> str:
    plain = {name: sorted(map(str, value)) if isinstance(value, list) else str(value) for name, value in identity.items()}
    return hashlib.blake2b(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def _signature(body: bytes) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()[:64]
    return hashlib.blake2b(body, digest_size=_SIGNATURE_BYTES, key=key, person=b"cursor").digest()


def _to_plain(key: Any) -> Any:
    if isinstance(key, datetime):
        return ["instant", key.astimezone(UTC).isoformat()]
    return ["day", key.isoformat()] if isinstance(key, date) else key


def _from_plain(key: Any) -> Any:
    match key:
        case ["instant", text]:
            return datetime.fromisoformat(text)
        case ["day", text]:
            return date.fromisoformat(text)
    return key

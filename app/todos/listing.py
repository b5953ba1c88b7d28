"""Pages of GET /todos.

On PostgreSQL the first todos of each of the caller's lists come straight from an index, however many there are; then the best of
them are chosen, and only their rows are read. SQLite has no LATERAL and sorts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, select, true, union_all
from sqlalchemy.orm import aliased

from app.core.database import on_sqlite
from app.core.identity import me
from app.core.paging import Listing, Order, Page, Place, page_of
from app.core.sets import any_of
from app.core.statements import Prepared
from app.core.types import Id
from app.lists.models import List, Member
from app.todos.best_match import best_matches
from app.todos.filters import BEST_MATCH, Shape, read
from app.todos.models import Todo
from app.todos.queries import COLUMNS, visible

_RARE_OR_FREQUENT = {"words", "tags", "due_before", "due_after", "updated_since"}
"""Filters that few todos meet, or nearly all: it depends on their values."""
_SCATTERED = {"words", "tags"}
"""Filters that no index in order of time knows of, so that each list is searched along its newest todos until a page is full. Where the
lists are named in the statement, PostgreSQL goes along all of them together, and stops when all of them have filled it."""
_MOST_NAMED = 16  # each takes 0.1 ms to plan for
_PARENT = aliased(Todo)


def page(params: dict[str, Any]) -> Page:
    """A page of the todos that the caller sees, by the filters and order of `todos.filters`. Raises Invalid."""
    listing = listing_of(params)
    found = page_of(listing, params)
    return Page(found.rows, found.next_cursor, found.total, params.get("fields"))


def listing_of(params: dict[str, Any]) -> Listing:
    """All todos that the caller sees and that meet the filters, in order."""
    shape, values = read(params, me(), sqlite=on_sqlite())
    identity = {name: value for name, value in params.items() if name not in ("limit", "cursor", "count", "fields")}
    return TodoListing(
        statement=_statement(shape),
        order=_order(shape),
        identity={"of": "todos", **identity, "sort": shape.sort},
        values=values,
        shape=shape,
    )


@dataclass(frozen=True, kw_only=True)
class TodoListing(Listing):
    """Todos by the filters and order of a shape."""

    shape: Shape

    def fetch(self, after: Place | None, limit: int) -> Sequence[Any]:
        """The first `limit` rows, or those that come after a place."""
        key, todo_id = after or (None, None)
        values = {**self.values, "after_key": key, "after_id": todo_id}
        if self.shape.sqlite:
            return _sorted(self.shape, limit, self._kind(after)).all(values)
        if _is_ranked(self.shape):
            return _ranked(self.shape, limit, key).all(values)
        lists = self._lists()
        values |= {_name(number): list_id for number, list_id in enumerate(lists)}
        return _window(self.shape, limit, self._kind(after), len(lists)).all(values)

    def total(self) -> int:
        """How many there are on all pages. Open ones, and live ones, are counted already, list by list."""
        if self.shape.given <= {"list_id"} and ("trashed", True) not in self.shape.flags and "overdue" not in dict(self.shape.flags):
            (row,) = _counted(self.shape).all(self.values)
            return int(row.total)
        return super().total()

    def _kind(self, after: Place | None) -> str:
        if after is None:
            return "first"
        return "last keys" if after[0] is None and self.order.nullable else "later"

    def _lists(self) -> list[str]:
        """The lists to name in the statement, or none to have it read all of them."""
        if self.shape.given.isdisjoint(_SCATTERED) or len(self.values.get("list_id", ())) == 1:
            return []
        lists = [row.list_id for row in _lists_of(self.shape).all(self.values)]
        return lists if len(lists) <= _MOST_NAMED else []


@lru_cache(maxsize=1024)
def _statement(shape: Shape) -> Select[Any]:
    statement = visible(*COLUMNS, *_keys(shape)[1:]).where(*shape.clauses())
    if "list_id" not in shape.given:
        statement = statement.join(List, List.id == Todo.list_id).where(List.archived.is_(False))
    return statement


@lru_cache(maxsize=1024)
def _order(shape: Shape) -> Order:
    return shape.order()


@lru_cache(maxsize=1024)
def _sorted(shape: Shape, limit: int, kind: str) -> Prepared:
    order = _order(shape)
    return Prepared(_statement(shape).where(*_after(order, kind)).order_by(*order.clauses()).limit(_number(limit)))


@lru_cache(maxsize=1024)
def _window(shape: Shape, limit: int, kind: str, named: int) -> Prepared:
    """A page of this shape. Its limit stands in the statement: PostgreSQL would plan for a tenth of the table otherwise."""
    order, rows = _order(shape), _number(limit)
    mine = _lists(shape).subquery("mine")
    homes: list[ColumnElement[bool]] = [Todo.list_id == bindparam(_name(number), type_=Id) for number in range(named)]
    at_once = shape.given == {"list_id"}  # of one list, mostly: what is read is shown
    columns: list[Any] = [*COLUMNS, *_keys(shape)[1:]] if at_once else _keys(shape)
    firsts: list[Any] = [
        select(*columns).where(home, *shape.clauses(), *part).order_by(*order.clauses()).limit(rows).correlate(mine)
        for home in homes or [Todo.list_id == mine.c.list_id]
        for part in _parts(order, kind)
    ]
    first: Any = union_all(*firsts) if len(firsts) > 1 else firsts[0]
    todos: Any = first.subquery("todo") if homes else first.lateral("todo")
    source: Any = todos if homes else mine.join(todos, true())
    found = select(*todos.c).select_from(source).order_by(*_order_of(todos.c, order).clauses()).limit(rows)
    if not at_once:
        shown = found.subquery("shown")
        more = [shown.c[column.key] for column in _keys(shape)[1:]]
        # Who has named lists has looked them up before, and the caller may have left one since.
        whole: Select[Any] = visible(*COLUMNS, *more) if homes else select(*COLUMNS, *more)
        found = whole.join(shown, shown.c.id == Todo.id).order_by(*_order_of(shown.c, order).clauses())
    return Prepared(found, by_value=not shape.given.isdisjoint(_RARE_OR_FREQUENT))


def _name(number: int) -> str:
    return f"list_{number}"


def _number(limit: int) -> ColumnElement[int]:
    return literal_column(str(limit))


def _keys(shape: Shape) -> list[Any]:
    """The id, and the key of the order where that is not the id: what an index has, so that it alone is read."""
    order = _order(shape)
    return [Todo.id] if order.by_id_alone else [Todo.id, order.key.label("page_key")]


def _order_of(columns: Any, order: Order) -> Order:
    """The order of a statement, for one that reads from it."""
    return replace(order, key=columns.id if order.by_id_alone else columns.page_key, id=columns.id)


@lru_cache(maxsize=1024)
def _lists_of(shape: Shape) -> Prepared:
    return Prepared(_lists(shape))


@lru_cache(maxsize=1024)
def _counted(shape: Shape) -> Prepared:
    """The sum of what the caller's lists count of their todos."""
    count = {None: List.live_count, False: List.open_count, True: List.live_count - List.open_count}[dict(shape.flags).get("done")]
    return Prepared(select(func.coalesce(func.sum(count), 0).label("total")).where(List.id.in_(_lists(shape))))


def _lists(shape: Shape) -> Select[Any]:
    lists = select(Member.list_id).where(Member.user_id == bindparam("caller", type_=Id))
    if "list_id" in shape.given:
        lists = lists.where(any_of(Member.list_id, "list_id", Id, sqlite=shape.sqlite))
    if "parent_id" in shape.given:  # subtasks lie in the list of their todo; every other list would go through all of them in vain
        home = select(_PARENT.list_id).where(_PARENT.id == bindparam("parent_id", type_=Id))
        lists = lists.where(Member.list_id == home.scalar_subquery())
    if "list_id" in shape.given:
        return lists
    return lists.join(List, List.id == Member.list_id).where(List.archived.is_(False))


def _is_ranked(shape: Shape) -> bool:
    """Whether a page is put together rank by rank. The trash is small, and is sorted."""
    return shape.sort == BEST_MATCH and not shape.sqlite and not dict(shape.flags).get("trashed")


@lru_cache(maxsize=1024)
def _ranked(shape: Shape, limit: int, after: int | None) -> Prepared:
    found = best_matches(shape, _lists(shape), limit, after)
    rows = select(*COLUMNS, found.c.rank.label("page_key")).join(found, found.c.id == Todo.id)
    return Prepared(rows.order_by(found.c.rank.desc(), Todo.id.desc()).limit(_number(limit)), by_value=True)


def _after(order: Order, kind: str) -> list[ColumnElement[bool]]:
    todo_id = bindparam("after_id", type_=Id)
    match kind:
        case "first":
            return []
        case "last keys":
            return [order.after(None, todo_id)]
    return [order.after(bindparam("after_key", type_=order.key.type), todo_id)]


def _parts(order: Order, kind: str) -> list[list[ColumnElement[bool]]]:
    """The conditions of the parts of which each comes from an index in order: a key that is beyond a place, or null, are two."""
    if kind == "later" and order.nullable:
        return [_after(replace(order, nullable=False), kind), [order.key.is_(None)]]
    return [_after(order, kind)]

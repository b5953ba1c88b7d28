"""Reading todos. The visibility rule of todos is `visible`, and every statement here goes through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, literal_column, select, true, union_all

from app.core.database import fetch_all, on_sqlite
from app.core.identity import me
from app.core.paging import Listing, Order, Page, Place, page_of
from app.core.problems import NotFound
from app.core.sets import any_of
from app.core.statements import Prepared
from app.core.types import Id
from app.lists.models import List, Member
from app.lists.permissions import require
from app.todos.best_match import best_matches
from app.todos.filters import BEST_MATCH, Shape, read
from app.todos.models import ListTag, Todo

_RARE_OR_FREQUENT = {"words", "tags", "due_before", "due_after", "updated_since"}
"""Filters that few todos meet, or nearly all: it depends on their values."""
_HIDDEN = {"search", "task_key", "due_key", "deleted_with", "reminded_at", "series_start"}
COLUMNS = [column for column in Todo.__table__.columns if column.name not in _HIDDEN]


def visible(*columns: Any) -> Select[Any]:
    """Todos of the lists that the user bound to `caller` is a member of, live or in the trash."""
    mine = (Member.list_id == Todo.list_id) & (Member.user_id == bindparam("caller", type_=Id))
    return select(*columns).select_from(Todo).join(Member, mine)


_WITH_ROLE = visible(*Todo.__table__.columns, Member.role).where(Todo.id == bindparam("id", type_=Id))
ONE = Prepared(visible(*COLUMNS).where(Todo.id == bindparam("id", type_=Id), Todo.deleted_at.is_(None)))
ONE_WITH_ROLE = Prepared(_WITH_ROLE)
ONE_LOCKED = Prepared(_WITH_ROLE.with_for_update(of=Todo))


def find(todo_id: str) -> Row[Any]:
    """The todo, if the caller may see it and it is not in the trash. Raises NotFound."""
    row: Row[Any] | None = ONE.one({"caller": me().user_id, "id": todo_id})
    if row is None:
        raise NotFound.of("Todo", todo_id)
    return row


def whole(todo_id: str, *, trashed: bool = False, lock: bool = False) -> Row[Any]:
    """The todo with all its columns and the caller's `role`, if they may see it; with `trashed` also one in the trash.

    With `lock` it stays as it is until the transaction ends. Raises NotFound.
    """
    row: Row[Any] | None = (ONE_LOCKED if lock else ONE_WITH_ROLE).one({"caller": me().user_id, "id": todo_id})
    if row is None or (row.deleted_at is not None and not trashed):
        raise NotFound.of("Todo", todo_id)
    return row


def editable(todo_id: str, *, trashed: bool = False, lock: bool = False) -> Row[Any]:
    """The todo as `whole` gives it, if the caller may change it. Raises NotFound and Forbidden."""
    row = whole(todo_id, trashed=trashed, lock=lock)
    require(row.role, "editor")
    return row


def last_positions(list_ids: Iterable[str]) -> dict[str, float]:
    """The position of the last live todo of each of these lists that has any. Of each it is read alone, from the end of an index."""
    rows = _last_positions(sqlite=on_sqlite()).all({"lists": list(list_ids)})
    return {row.id: row.last for row in rows if row.last is not None}


@cache
def _last_positions(*, sqlite: bool) -> Prepared:
    last = select(func.max(Todo.position)).where(Todo.list_id == List.id, Todo.deleted_at.is_(None)).scalar_subquery()
    return Prepared(select(List.id, last.label("last")).where(any_of(List.id, "lists", Id, sqlite=sqlite)))


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
    """Todos, read list by list on PostgreSQL: the first of each of the caller's lists come straight from an index, however
    many todos there are; then the best of them are chosen, and only their rows are read. SQLite has no LATERAL and sorts.
    """

    shape: Shape

    def fetch(self, after: Place | None, limit: int) -> Sequence[Any]:
        """The first `limit` rows, or those that come after a place."""
        if after is None:
            return _window(self.shape, limit, "first").all(self.values)
        key, todo_id = after
        if _is_ranked(self.shape):
            return _window(self.shape, limit, f"later {key}").all({**self.values, "after_id": todo_id})
        kind = "last keys" if key is None and self.order.nullable else "later"
        return _window(self.shape, limit, kind).all({**self.values, "after_key": key, "after_id": todo_id})


@lru_cache(maxsize=1024)
def _statement(shape: Shape) -> Select[Any]:
    statement = visible(*_columns(shape)).where(*shape.clauses())
    if "list_id" not in shape.given:
        statement = statement.join(List, List.id == Todo.list_id).where(List.archived.is_(False))
    return statement


@lru_cache(maxsize=1024)
def _order(shape: Shape) -> Order:
    return shape.order()


@lru_cache(maxsize=1024)
def _window(shape: Shape, limit: int, kind: str) -> Prepared:
    """A page of this shape. Its limit stands in the statement: PostgreSQL would plan for a tenth of the table otherwise."""
    order = _order(shape)
    rows: ColumnElement[int] = literal_column(str(limit))
    if shape.sqlite:
        after = _after(order, kind)
        statement = _statement(shape) if after is None else _statement(shape).where(after)
        return Prepared(statement.order_by(*order.clauses()).limit(rows))
    if _is_ranked(shape):
        return _ranked(shape, limit, None if kind == "first" else int(kind.removeprefix("later ")))
    mine = _lists(shape).subquery("mine")
    at_once = shape.given == {"list_id"}  # of one list, mostly: what is read is shown
    read = _columns(shape) if at_once else _keys(shape)
    inner = select(*read).where(Todo.list_id == mine.c.list_id, *shape.clauses()).correlate(mine)
    parts = [inner if each is None else inner.where(each) for each in _parts(order, kind)]
    firsts: list[Any] = [part.order_by(*order.clauses()).limit(rows) for part in parts]
    first: Any = firsts[0] if len(firsts) == 1 else union_all(*firsts)
    todos = first.lateral("todo")
    found = select(*todos.c).select_from(mine.join(todos, true())).order_by(*_order_of(todos.c, order).clauses()).limit(rows)
    if not at_once:
        shown = found.subquery("shown")
        more = [shown.c[column.key] for column in _keys(shape)[1:]]
        found = select(*COLUMNS, *more).join(shown, shown.c.id == Todo.id).order_by(*_order_of(shown.c, order).clauses())
    return Prepared(found, by_value=not shape.given.isdisjoint(_RARE_OR_FREQUENT))


def _order_of(columns: Any, order: Order) -> Order:
    """The order of a statement, for one that reads from it."""
    return replace(order, key=columns.id if order.by_id_alone else columns.page_key, id=columns.id)


def _lists(shape: Shape) -> Select[Any]:
    lists = select(Member.list_id).where(Member.user_id == bindparam("caller", type_=Id))
    if "list_id" in shape.given:
        return lists.where(any_of(Member.list_id, "list_id", Id, sqlite=False))
    return lists.join(List, List.id == Member.list_id).where(List.archived.is_(False))


def _is_ranked(shape: Shape) -> bool:
    """Whether a page is put together rank by rank. The trash is small, and is sorted."""
    return shape.sort == BEST_MATCH and not shape.sqlite and not dict(shape.flags).get("trashed")


def _ranked(shape: Shape, limit: int, after: int | None) -> Prepared:
    found = best_matches(shape, _lists(shape), limit, after)
    rows = select(*COLUMNS, found.c.rank.label("page_key")).join(found, found.c.id == Todo.id)
    return Prepared(rows.order_by(found.c.rank.desc(), Todo.id.desc()).limit(literal_column(str(limit))), by_value=True)


def _after(order: Order, kind: str) -> ColumnElement[bool] | None:
    todo_id = bindparam("after_id", type_=Id)
    match kind:
        case "first":
            return None
        case "last keys":
            return order.after(None, todo_id)
    return order.after(bindparam("after_key", type_=order.key.type), todo_id)


def _parts(order: Order, kind: str) -> list[ColumnElement[bool] | None]:
    """The conditions of the parts of which each comes from an index in order: a key that is beyond a place, or null, are two."""
    if kind == "later" and order.nullable:
        return [_after(replace(order, nullable=False), kind), order.key.is_(None)]
    return [_after(order, kind)]


def _columns(shape: Shape) -> list[Any]:
    return [*COLUMNS, *_keys(shape)[1:]]


def _keys(shape: Shape) -> list[Any]:
    """The id, and the key of the order where that is not the id: what an index has, so that it alone is read."""
    order = _order(shape)
    return [Todo.id] if order.by_id_alone else [Todo.id, order.key.label("page_key")]


def tags() -> list[dict[str, Any]]:
    """Every tag of the live todos that the caller sees, with how many carry it; spellings of one tag are one."""
    statement = (
        select(ListTag.name, func.sum(ListTag.count).label("count"), func.sum(ListTag.open_count).label("open_count"))
        .join(Member, (Member.list_id == ListTag.list_id) & (Member.user_id == bindparam("caller", type_=Id)))
        .join(List, List.id == ListTag.list_id)
        .where(List.archived.is_(False))
        .group_by(ListTag.name)
        .order_by(ListTag.name)
    )
    merged: dict[str, dict[str, Any]] = {}
    for row in fetch_all(statement, {"caller": me().user_id}):
        tag = merged.setdefault(row.name.casefold(), {"name": row.name, "open_count": 0, "count": 0})
        tag["count"] += row.count
        tag["open_count"] += row.open_count
    return [merged[key] for key in sorted(merged)]

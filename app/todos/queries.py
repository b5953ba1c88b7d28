"""Reading todos. The visibility rule of todos is `visible`, and every statement that gives a todo goes through it.

Tags are counted list by list, so `tags` asks for the caller's lists itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select

from app.core.database import fetch_all, on_sqlite
from app.core.identity import me
from app.core.problems import NotFound
from app.core.sets import any_of
from app.core.statements import Prepared
from app.core.types import Id
from app.lists.models import List, Member
from app.lists.permissions import require
from app.todos.models import ListTag, Todo

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


def tags() -> list[dict[str, Any]]:
    """Every tag of the live todos that the caller sees, with how many carry it; spellings of one tag are one."""
    statement = (
        select(ListTag.name, func.sum(ListTag.count).label("count"), func.sum(ListTag.open_count).label("open_count"))
        .join(Member, (Member.list_id == ListTag.list_id) & (Member.user_id == bindparam("caller", type_=Id)))
        .join(List, List.id == ListTag.list_id)
        .where(List.archived.is_(False))
        .group_by(ListTag.name)
    )
    # Not by the database, which sorts as its language does: of the spellings of a tag the first one is shown.
    rows = sorted(fetch_all(statement, {"caller": me().user_id}), key=lambda row: row.name)
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        tag = merged.setdefault(row.name.casefold(), {"name": row.name, "open_count": 0, "count": 0})
        tag["count"] += row.count
        tag["open_count"] += row.open_count
    return [merged[key] for key in sorted(merged)]

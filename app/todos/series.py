"""The todos that one recurrence makes, one after the other: what the database knows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from app.core.database import fetch_all
from app.core.identity import me
from app.todos.models import Todo
from app.todos.occurrences import dues
from app.todos.queries import whole
from app.todos.rules import is_to_be_followed, next_todo
from app.users.models import User

_LATER = Todo.__table__.alias("later")
_FOLLOWED = select(Todo.id).where(exists().where(_LATER.c.series_id == Todo.series_id, _LATER.c.id > Todo.id))


def preview(todo_id: str, limit: int) -> list[dict[str, Any]]:
    """The first dues after the todo's own, as far as its recurrence gives any. Raises NotFound."""
    todo = whole(todo_id)._asdict()
    return list(islice(dues(todo, zone_of(todo)), limit)) if todo["recurrence"] else []


def following(row: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any] | None:
    """The next todo of the series, all columns but its position, if `columns` complete the newest one; else None."""
    if not is_to_be_followed(row, columns) or followed([row["id"]]):
        return None
    return next_todo({**row, **columns}, zone_of(row))


def followed(todo_ids: Iterable[str]) -> set[str]:
    """Those of the todos that another one has followed in their series, even if that is in the trash by now."""
    return {row.id for row in fetch_all(_FOLLOWED.where(Todo.id.in_(todo_ids)))}


def zone_of(todo: Mapping[str, Any]) -> ZoneInfo:
    """The time zone of the todo's creator; the caller's where that account is gone."""
    creator = todo["created_by"]
    return zones([creator] if creator else []).get(creator, me().zone)


def zones(user_ids: Iterable[str]) -> dict[str, ZoneInfo]:
    """The time zones of accounts, as the database has them: what a token says of its bearer's may be some seconds old."""
    rows = fetch_all(select(User.id, User.time_zone).where(User.id.in_(user_ids)))
    return {row.id: ZoneInfo(row.time_zone) for row in rows}

"""The mail of the day: who gets one now, and what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, or_, select, update

from app.core.database import execute, fetch_all, fetch_one, transaction
from app.core.types import Id, Instant, now
from app.jobs.service import enqueue_all
from app.lists.models import List
from app.todos.models import Todo
from app.todos.queries import visible
from app.users.digests import next_digest
from app.users.models import User

EVERY_SECONDS = 10
MOST, BATCHES, SHOWN = 500, 20, 20


@dataclass(frozen=True)
class Part:
    """Todos of one kind: how many there are, and the first of them."""

    total: int
    first: Sequence[Row[Any]]


def begin() -> None:
    """Ask for the mails of the day that are due: at most 10,000 a call. Safe to run twice at once.

    One that is found on a later day, as the service was down, is left out.
    """
    for _ in range(BATCHES):
        if fetch_one(due(1)) is None or not _begin_some():
            break


def due(most: int) -> Select[Any]:
    """Whose mail of the day is due, the longest first."""
    columns: list[Any] = [User.id, User.active, User.time_zone, User.digest_at]
    return select(*columns).where(User.digest_at <= now()).order_by(User.digest_at).limit(most)


def overdue_and_today(user: Row[Any]) -> tuple[Part, Part]:
    """Open todos that the account sees, in lists that are not archived, and that nobody else is to do: overdue, and due today."""
    zone, moment = ZoneInfo(user.time_zone), now()
    today = moment.astimezone(zone).date()
    tonight = datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)
    late = or_(Todo.due_on < today, Todo.due_at < moment)
    coming = or_(Todo.due_on == today, (Todo.due_at >= moment) & (Todo.due_at < tonight))
    return _part(user.id, late, tonight), _part(user.id, coming, tonight)


def _begin_some() -> int:
    with transaction():
        found = fetch_all(due(MOST).with_for_update(skip_locked=True))
        moment = now()
        days = {user: user.digest_at.astimezone(ZoneInfo(user.time_zone)).date() for user in found if user.active}
        of_today = {user: day for user, day in days.items() if day == moment.astimezone(ZoneInfo(user.time_zone)).date()}
        enqueue_all("mail.digest", {f"digest:{user.id}:{day}": {"user_id": user.id} for user, day in of_today.items()})
        if found:
            later = [{"user": user.id, "next": next_digest(user.time_zone, moment)} for user in found]
            execute(update(User).where(User.id == bindparam("user", type_=Id)).values(digest_at=bindparam("next", type_=Instant)), later)
    return len(found)


def _part(user_id: str, which: ColumnElement[bool], tonight: datetime) -> Part:
    columns: list[Any] = [Todo.id, Todo.task, Todo.due_on, Todo.due_at, List.name.label("list_name"), func.count().over().label("total")]
    statement = (
        visible(*columns)
        .join(List, List.id == Todo.list_id)
        .where(Todo.deleted_at.is_(None), Todo.done.is_(False), List.archived.is_(False), Todo.due_key < tonight, which)
        .where(or_(Todo.assignee_id.is_(None), Todo.assignee_id == user_id))
        .order_by(Todo.due_key, Todo.id)
        .limit(SHOWN)
    )
    rows = fetch_all(statement, {"caller": user_id})
    return Part(rows[0].total if rows else 0, rows)

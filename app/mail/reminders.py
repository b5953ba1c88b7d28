"""Reminders: which todos are to be reminded of, and whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, text, update

from app.core.database import execute, fetch_all, fetch_one, on_sqlite, transaction
from app.core.types import now
from app.jobs.service import enqueue_all
from app.lists.models import List, Member
from app.todos.models import REMINDING, Todo
from app.users.models import User

EVERY_SECONDS = 5
MOST, BATCHES = 500, 20


def remind() -> None:
    """Ask for a mail for each reminder whose time has come: at most 10,000 a call. Safe to run twice at once."""
    for _ in range(BATCHES):
        if fetch_one(due(1)) is None or not _remind_some():
            break


def due(most: int) -> Select[Any]:
    """The reminders whose time has come and that nobody was reminded of, the oldest first; by the index that holds these alone.

    A `remind_at` that is changed is another reminder. One that was found late, or after the clock was set back, is found once.
    """
    columns: list[Any] = [Todo.id, Todo.remind_at]
    waiting = text(REMINDING.format("NOT" if on_sqlite() else "DISTINCT FROM"))  # word by word as the index has it
    return select(*columns).where(Todo.remind_at <= now(), waiting).order_by(Todo.remind_at).limit(most)


def of(todo_id: str, remind_at: datetime) -> Row[Any] | None:
    """What a reminder says, and to whom: the assignee, else the creator while they are a member of the list.

    None where it is not wanted any more: the todo is done or in the trash, the reminder was changed, nobody is there.
    """
    recipient = (Member.list_id == Todo.list_id) & (Member.user_id == func.coalesce(Todo.assignee_id, Todo.created_by))
    columns: list[Any] = [Todo.id, Todo.task, Todo.notes, Todo.due_on, Todo.due_at, Todo.remind_at, List.name.label("list_name")]
    statement = (
        select(*columns, User.email, User.time_zone)
        .select_from(Todo)
        .join(List, List.id == Todo.list_id)
        .join(Member, recipient)
        .join(User, User.id == Member.user_id)
        .where(Todo.id == todo_id, Todo.remind_at == remind_at, Todo.done.is_(False), Todo.deleted_at.is_(None), User.active.is_(True))
    )
    return fetch_one(statement)


def _remind_some() -> int:
    with transaction():
        found = fetch_all(due(MOST).with_for_update(skip_locked=True))
        wanted = [{"todo_id": todo.id, "remind_at": todo.remind_at.isoformat()} for todo in found]
        enqueue_all("mail.reminder", {"reminder:{todo_id}:{remind_at}".format_map(args): args for args in wanted})
        execute(update(Todo).where(Todo.id.in_([todo.id for todo in found])).values(reminded_at=Todo.remind_at))
    return len(found)

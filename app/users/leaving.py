"""What becomes of an account's lists when it goes."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, select, update

from app.core.database import execute, fetch_all
from app.core.types import now
from app.lists.locks import lock_todos
from app.lists.models import List, Member
from app.lists.service import touch
from app.todos.models import Todo

_HEIRS = ["editor", "viewer"]


def hold_todos(user_id: str) -> None:
    """Let nobody else change the todos that the account made or has to do, nor how those of its lists are nested, until the end.

    This comes before the account is locked: who holds such a list and writes a todo there waits for the account that the todo names.
    """
    lock_todos(*(row.list_id for row in fetch_all(_seen(user_id))), of=user_id)


def hand_over(user_id: str) -> list[str]:
    """Take the account out of the lists that others share, and give the ids of those that nobody else does.

    Its todos there stay, made by nobody and assigned to nobody. A list without another owner gets one: the earliest-joined editor, else
    the earliest-joined viewer. The lists stay locked until the transaction ends.
    """
    seen = _seen(user_id)
    fetch_all(select(List.id).where(List.id.in_(seen)).order_by(List.id).with_for_update())
    members = fetch_all(select(Member).where(Member.list_id.in_(seen)).order_by(Member.list_id, Member.user_id).with_for_update())
    alone = []
    for list_id, group in groupby(members, key=lambda member: member.list_id):
        others = [member for member in group if member.user_id != user_id]
        if not others:
            alone.append(list_id)
        elif not any(member.role == "owner" for member in others):
            _make_owner(min(others, key=lambda member: (_HEIRS.index(member.role), member.joined_at, member.user_id)))
    for column in (Todo.assignee_id, Todo.created_by):
        known = update(Todo).where(column == user_id, Todo.list_id.not_in(alone))
        execute(known.values({column: None, Todo.version: Todo.version + 1, Todo.updated_at: now()}))
    return alone


def _seen(user_id: str) -> Select[Any]:
    return select(Member.list_id).where(Member.user_id == user_id)


def _make_owner(member: Row[Any]) -> None:
    which = (Member.list_id == member.list_id, Member.user_id == member.user_id)
    execute(update(Member).where(*which).values(role="owner", version=Member.version + 1))
    touch(member.list_id)

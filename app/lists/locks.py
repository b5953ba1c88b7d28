"""Who changes what in which order, so that no two wait for each other: structure, then todos, then an account
that goes, then lists, then members and the counts of tags.

A change of one todo locks it, and then its list to count it and its tags. Whoever holds a list and then wants its todos would wait for that
change while it waits for the list; so what touches both asks here first. (SQLite's transactions never run side by side.)
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, column, func, or_, select, table

from app.core.database import execute, on_sqlite
from app.core.locks import lock
from app.core.types import Id

# The table of the slice that stands on this one.
_TODOS = table("todos", column("id", Id), column("list_id", Id), column("assignee_id", Id), column("created_by", Id))


def lock_structure(*list_ids: str) -> None:
    """Let one transaction at a time change how the todos of these lists are nested, so that no circle can arise."""
    lock(*[f"structure of {list_id}" for list_id in sorted(list_ids)])


def lock_todos(*list_ids: str, of: str | None = None) -> None:
    """Let nobody else change the todos of these lists, or those there that a user made or has to do, until the end.

    Rows that refer to them, as comments do, can still be added: who adds one may be waiting for an account that the caller holds, and
    if the caller waited for them in turn neither could go on.
    """
    if on_sqlite() or not list_ids:
        return
    lock_structure(*list_ids)
    which: list[ColumnElement[bool]] = [_TODOS.c.list_id.in_(list_ids)]
    if of is not None:
        which.append(or_(_TODOS.c.assignee_id == of, _TODOS.c.created_by == of))
    locked = select(_TODOS.c.id).where(*which).order_by(_TODOS.c.id).with_for_update(key_share=True)
    execute(select(func.count()).select_from(locked.subquery()))

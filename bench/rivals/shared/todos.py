"""Reading and writing todos through an AsyncSession, as the asynchronous rivals do whatever their framework is.

Reading is written for speed: a page takes the first rows of each of the caller's lists straight from an index, as Tickbox's own
statement does, and its statement is put together once for each shape of a request. Writing is the ORM's unit of work.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from derived import document, due_key, fold, new_id, read_cursor, search_values, write_cursor
from sqlalchemy import Integer, Select, Text, bindparam, case, cast, false, func, literal_column, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from tables import List, Member, Todo

EDITORS = ("editor", "owner")
BEST_MATCH = "best match"


class NotVisible(Exception):
    """The todo, or the list, is not there for the caller."""


class NotAllowed(Exception):
    """The caller may read it and no more."""


@dataclass(frozen=True)
class Shape:
    """What of a request for a page decides how its statement looks."""

    given: frozenset[str]
    sort: str
    limit: int
    after: str

    def key(self) -> Any:
        """What the page is sorted by, then by id."""
        if self.sort == BEST_MATCH:
            return case((_matches("whole"), 2), (_matches("begin"), 1), else_=0)
        return Todo.due_key if self.sort == "due" else Todo.created_at

    def order(self, key: Any, row_id: Any) -> tuple[Any, Any]:
        """For ORDER BY."""
        return (key.asc().nulls_last(), row_id.asc()) if self.sort == "due" else (key.desc(), row_id.desc())

    def conditions(self) -> list[Any]:
        """For WHERE."""
        conditions = [Todo.deleted_at.is_(None)]
        if "done" in self.given:
            conditions.append(Todo.done == bindparam("done"))
        if "priority" in self.given:
            conditions.append(Todo.priority == bindparam("priority"))
        if "words" in self.given:
            conditions.append(_matches("search"))
        if "no words" in self.given:
            conditions.append(false())
        key, kind = self.key(), Integer() if self.sort == BEST_MATCH else Todo.created_at.type
        last = tuple_(bindparam("after_key", type_=kind), bindparam("after_id", type_=Todo.id.type))
        here = tuple_(key, Todo.id)
        if self.after == "a row":
            conditions.append(or_(here > last, key.is_(None)) if self.sort == "due" else here < last)
        if self.after == "a row without key":
            conditions.append(key.is_(None) & (Todo.id > bindparam("after_id", type_=Todo.id.type)))
        return conditions


def _matches(name: str) -> Any:
    return Todo.search.op("@@", is_comparison=True)(cast(bindparam(name, type_=Text), TSQUERY))


@cache
def page_statement(shape: Shape) -> Select[Any]:
    """Todos and their sort keys; the limit stands in the statement, so that PostgreSQL plans for it."""
    limit = literal_column(str(shape.limit))
    lists = select(Member.list_id).join(List, List.id == Member.list_id)
    mine = lists.where(Member.user_id == bindparam("caller"), List.archived.is_(False)).subquery("mine")
    todos = select(Todo, shape.key().label("page_key")).where(Todo.list_id == mine.c.list_id, *shape.conditions())
    first = todos.order_by(*shape.order(shape.key(), Todo.id)).limit(limit).lateral("first")
    shown = select(aliased(Todo, first), first.c.page_key).select_from(mine.join(first, true()))
    return shown.order_by(*shape.order(first.c.page_key, first.c.id)).limit(limit)


ONE = (
    select(Todo)
    .join(Member, Member.list_id == Todo.list_id)
    .where(Todo.id == bindparam("id"), Todo.deleted_at.is_(None), Member.user_id == bindparam("caller"))
)
TO_CHANGE = ONE.add_columns(Member.role).with_for_update(of=Todo)
SEVERAL_TO_CHANGE = (
    select(Todo, Member.role)
    .join(Member, Member.list_id == Todo.list_id)
    .where(Todo.id.in_(bindparam("ids", expanding=True)), Todo.deleted_at.is_(None), Member.user_id == bindparam("caller"))
    .order_by(Todo.id)
    .with_for_update(of=Todo)
)
_LAST = select(func.coalesce(func.max(Todo.position), 0)).where(Todo.list_id == Member.list_id, Todo.deleted_at.is_(None))
PLACE = select(Member.role, _LAST.scalar_subquery().label("last")).where(
    Member.list_id == bindparam("list_id"), Member.user_id == bindparam("caller")
)


async def page(
    session: AsyncSession,
    caller: UUID,
    *,
    limit: int,
    done: bool | None = None,
    priority: str | None = None,
    sort: str | None = None,
    q: str | None = None,
    cursor: str | None = None,
) -> tuple[list[Todo], str | None]:
    """A page of todos and the cursor of the next one. Raises ValueError for a wrong cursor."""
    values: dict[str, Any] = {"caller": caller, "done": done, "priority": priority}
    given = {name for name in ("done", "priority") if values[name] is not None}
    if q and q.strip():
        values |= search_values(q)
        given.add("words" if values["search"] else "no words")
    after = "nothing"
    if cursor:
        values["after_key"], values["after_id"] = read_cursor(cursor)
        after = "a row without key" if values["after_key"] is None else "a row"
    order = sort or (BEST_MATCH if "words" in given else "-created_at")
    rows = (await session.execute(page_statement(Shape(frozenset(given), order, limit + 1, after)), values)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return [todo for todo, _ in rows[:limit]], last and write_cursor(last.page_key, last[0].id)


async def find(session: AsyncSession, caller: UUID, todo_id: UUID) -> Todo:
    """The todo. Raises NotVisible."""
    todo = await session.scalar(ONE, {"caller": caller, "id": todo_id})
    if todo is None:
        raise NotVisible
    return todo


async def create(session: AsyncSession, caller: UUID, inbox: UUID, values: dict[str, Any]) -> Todo:
    """A new todo, last in the inbox. Raises NotVisible and NotAllowed."""
    place = (await session.execute(PLACE, {"list_id": inbox, "caller": caller})).one_or_none()
    _require(place)
    todo = new_todo(caller, inbox, values, place.last + 1)
    session.add(todo)
    await session.commit()
    return todo


async def change(session: AsyncSession, caller: UUID, todo_id: UUID, changes: dict[str, Any]) -> Todo:
    """Change the fields that were sent. Raises NotVisible and NotAllowed."""
    row = (await session.execute(TO_CHANGE, {"caller": caller, "id": todo_id})).one_or_none()
    _require(row)
    apply(row.Todo, changes)
    await session.commit()
    return row.Todo


async def batch(
    session: AsyncSession, caller: UUID, inbox: UUID, operations: Sequence[tuple[UUID | None, dict[str, Any]]], show: Callable[[Todo], Any]
) -> list[Any]:
    """Create the todos without an id and change the others, one after the other, in one transaction.

    Gives what `show` makes of each todo after its operation. Raises NotVisible and NotAllowed.
    """
    ids = sorted({todo_id for todo_id, _ in operations if todo_id})
    rows = (await session.execute(SEVERAL_TO_CHANGE, {"caller": caller, "ids": ids})).all() if ids else []
    found = {row.Todo.id: row for row in rows}
    lists = {inbox, *(row.Todo.list_id for row in rows)}
    await session.execute(select(List.id).where(List.id.in_(lists)).order_by(List.id).with_for_update(key_share=True))
    place = (await session.execute(PLACE, {"list_id": inbox, "caller": caller})).one_or_none()
    _require(place)
    position = place.last
    shown = []
    for todo_id, values in operations:
        if todo_id is None:
            position += 1
            todo = new_todo(caller, inbox, values, position)
            session.add(todo)
        else:
            row = found.get(todo_id)
            _require(row)
            todo = row.Todo
            apply(todo, values)
        shown.append(show(todo))
    await session.commit()
    return shown


def new_todo(caller: UUID, list_id: UUID, values: dict[str, Any], position: float) -> Todo:
    """A todo with all that follows from what was sent."""
    todo_id, moment = new_id()
    return Todo(
        **values,
        id=todo_id,
        version=1,
        list_id=list_id,
        position=position,
        created_by=caller,
        created_at=moment,
        updated_at=moment,
        completed_at=moment if values["done"] else None,
        task_key=fold(values["task"])[:500],
        due_key=due_key(values["due_on"], values["due_at"]),
        search=document(values["task"], values["notes"], values["tags"]),
    )


def apply(todo: Todo, changes: dict[str, Any]) -> None:
    """Change the todo, and what follows from that."""
    if not changes:
        return
    moment = datetime.now(UTC)
    if changes.get("done", todo.done) != todo.done:
        todo.completed_at = moment if changes["done"] else None
    if changes.get("due_on"):
        todo.due_at = None
    if changes.get("due_at"):
        todo.due_on = None
    for name, value in changes.items():
        setattr(todo, name, value)
    todo.version += 1
    todo.updated_at = moment
    if changes.keys() & {"due_on", "due_at"}:
        todo.due_key = due_key(todo.due_on, todo.due_at)
    if changes.keys() & {"task", "notes", "tags"}:
        todo.task_key = fold(todo.task)[:500]
        todo.search = document(todo.task, todo.notes, todo.tags)


def _require(member: Any) -> None:
    if member is None:
        raise NotVisible
    if member.role not in EDITORS:
        raise NotAllowed

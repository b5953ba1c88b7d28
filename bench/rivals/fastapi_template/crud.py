"""Reading and writing todos through SQLModel's Session."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from derived import document, due_key, fold, new_id, read_cursor, search_values, write_cursor
from fastapi import HTTPException
from models import List, Member, Todo, TodoCreate, TodoPublic, TodoUpdate, User
from sqlalchemy import Text, case, cast, false, literal_column, or_, true, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col, func, select

HIDDEN = (defer(Todo.search), defer(Todo.task_key))


def page(
    session: Session,
    user: User,
    *,
    limit: int,
    done: bool | None,
    priority: str | None,
    sort: str | None,
    q: str | None,
    cursor: str | None,
) -> tuple[list[Todo], str | None]:
    """A page of todos and the cursor of the next one: the first of each of the user's lists, of which then the best are taken."""
    conditions = [col(Todo.deleted_at).is_(None)]
    if done is not None:
        conditions.append(col(Todo.done) == done)
    if priority is not None:
        conditions.append(col(Todo.priority) == priority)
    key = col(Todo.due_key) if sort == "due" else col(Todo.created_at)
    if q and q.strip():
        queries = search_values(q)
        conditions.append(_matches(queries["search"]) if queries["search"] else false())
        if not sort:
            key = case((_matches(queries["whole"]), 2), (_matches(queries["begin"]), 1), else_=0)
    if cursor:
        conditions.append(_after(key, cursor, rising=sort == "due"))
    # As text: PostgreSQL would plan for a tenth of the table if the limit were a parameter.
    most = literal_column(str(limit + 1))
    lists = select(Member.list_id).join(List, col(List.id) == col(Member.list_id))
    mine = lists.where(Member.user_id == user.id, col(List.archived).is_(False)).subquery()
    todos = select(Todo, key.label("page_key")).where(col(Todo.list_id) == mine.c.list_id, *conditions)
    first = todos.order_by(*_order(key, col(Todo.id), rising=sort == "due")).limit(most).lateral()
    found = aliased(Todo, first)
    statement = select(found, first.c.page_key).select_from(mine.join(first, true())).options(defer(found.search), defer(found.task_key))
    rows = session.exec(statement.order_by(*_order(first.c.page_key, first.c.id, rising=sort == "due")).limit(most)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return [todo for todo, _ in rows[:limit]], last and write_cursor(last[1], last[0].id)


def _matches(query: str) -> Any:
    return col(Todo.search).op("@@", is_comparison=True)(cast(query, Text).cast(TSQUERY))


def _order(key: Any, row_id: Any, *, rising: bool) -> tuple[Any, Any]:
    return (key.asc().nulls_last(), row_id.asc()) if rising else (key.desc(), row_id.desc())


def _after(key: Any, cursor: str, *, rising: bool) -> Any:
    try:
        last_key, last_id = read_cursor(cursor)
    except ValueError:
        raise HTTPException(status_code=422, detail="Not a valid cursor") from None
    if last_key is None:
        return key.is_(None) & (col(Todo.id) > last_id)
    here = tuple_(key, col(Todo.id))
    return or_(here > (last_key, last_id), key.is_(None)) if rising else here < (last_key, last_id)


def get_todo(session: Session, user: User, todo_id: UUID) -> Todo:
    statement = select(Todo).join(Member, col(Member.list_id) == col(Todo.list_id)).options(*HIDDEN)
    todo = session.exec(statement.where(Todo.id == todo_id, col(Todo.deleted_at).is_(None), Member.user_id == user.id)).first()
    if not todo:
        raise HTTPException(status_code=404, detail="Todo not found")
    return todo


def create_todo(session: Session, user: User, todo_in: TodoCreate) -> Todo:
    check_editor(session.get(Member, (user.inbox_id, user.id)))
    todo = new_todo(user, todo_in, last_position(session, user.inbox_id) + 1)
    session.add(todo)
    session.commit()
    session.refresh(todo)
    return todo


def update_todo(session: Session, user: User, todo_id: UUID, todo_in: TodoUpdate) -> Todo:
    todo = todos_to_update(session, user, [todo_id]).get(todo_id)
    check_editor(todo and session.get(Member, (todo.list_id, user.id)))
    apply(todo, todo_in)
    session.add(todo)
    session.commit()
    session.refresh(todo)
    return todo


def run_batch(session: Session, user: User, operations: list[tuple[UUID | None, Any]]) -> list[TodoPublic]:
    todos = todos_to_update(session, user, [todo_id for todo_id, _ in operations if todo_id])
    lists = {user.inbox_id, *(todo.list_id for todo in todos.values())}
    session.exec(select(List.id).where(col(List.id).in_(lists)).order_by(col(List.id)).with_for_update(key_share=True)).all()
    members = {
        member.list_id: member for member in session.exec(select(Member).where(col(Member.list_id).in_(lists), Member.user_id == user.id))
    }
    position = last_position(session, user.inbox_id)
    check_editor(members.get(user.inbox_id))
    shown = []
    for todo_id, todo_in in operations:
        if todo_id is None:
            position += 1
            todo = new_todo(user, todo_in, position)
        else:
            todo = todos.get(todo_id)
            check_editor(todo and members.get(todo.list_id))
            apply(todo, todo_in)
        session.add(todo)
        shown.append(TodoPublic.model_validate(todo))
    session.commit()
    return shown


def todos_to_update(session: Session, user: User, ids: list[UUID]) -> dict[UUID, Todo]:
    statement = select(Todo).join(Member, col(Member.list_id) == col(Todo.list_id)).options(*HIDDEN)
    statement = statement.where(col(Todo.id).in_(ids), col(Todo.deleted_at).is_(None), Member.user_id == user.id)
    return {todo.id: todo for todo in session.exec(statement.order_by(col(Todo.id)).with_for_update(of=Todo))}


def last_position(session: Session, list_id: UUID) -> float:
    last = select(func.coalesce(func.max(Todo.position), 0)).where(Todo.list_id == list_id, col(Todo.deleted_at).is_(None))
    return session.exec(last).one()


def check_editor(member: Member | None) -> None:
    if not member:
        raise HTTPException(status_code=404, detail="Todo not found")
    if member.role not in ("editor", "owner"):
        raise HTTPException(status_code=403, detail="Not enough permissions")


def new_todo(user: User, todo_in: TodoCreate, position: float) -> Todo:
    todo_id, moment = new_id()
    return Todo.model_validate(
        todo_in,
        update={
            "id": todo_id,
            "list_id": user.inbox_id,
            "position": position,
            "created_by": user.id,
            "created_at": moment,
            "updated_at": moment,
            "completed_at": moment if todo_in.done else None,
            "task_key": fold(todo_in.task)[:500],
            "due_key": due_key(todo_in.due_on, todo_in.due_at),
            "search": document(todo_in.task, todo_in.notes, todo_in.tags),
        },
    )


def apply(todo: Todo, todo_in: TodoUpdate) -> None:
    changes = todo_in.model_dump(exclude_unset=True)
    if not changes:
        return
    moment = datetime.now(UTC)
    extra: dict[str, Any] = {"version": todo.version + 1, "updated_at": moment}
    if changes.get("done", todo.done) != todo.done:
        extra["completed_at"] = moment if changes["done"] else None
    if changes.get("due_on"):
        extra["due_at"] = None
    if changes.get("due_at"):
        extra["due_on"] = None
    todo.sqlmodel_update(changes, update=extra)
    if changes.keys() & {"due_on", "due_at"}:
        todo.due_key = due_key(todo.due_on, todo.due_at)
    if changes.keys() & {"task", "notes", "tags"}:
        todo.task_key = fold(todo.task)[:500]
        todo.search = document(todo.task, todo.notes, todo.tags)

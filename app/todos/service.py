"""Changing todos."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, case, delete, func, insert, not_, or_, select, update
from sqlalchemy.orm import aliased

from app.core.conditional import Versions, check_version
from app.core.database import execute, fetch_one, on_sqlite, remove_some, transaction
from app.core.identity import me
from app.core.problems import Invalid, Overtaken
from app.core.statements import Prepared
from app.core.types import Id, Instant, now
from app.lists import service as lists
from app.lists.locks import lock_structure
from app.lists.models import Member
from app.lists.permissions import roles_from
from app.todos import series
from app.todos.models import Todo
from app.todos.queries import COLUMNS, editable
from app.todos.rules import changed, new_todo
from app.todos.series import zone_of
from app.todos.tree import Tree, subtree

TRASH_KEPT = timedelta(days=30)
_PLAIN: dict[str, Callable[[Any], dict[str, Any]]] = {
    "priority": lambda new: {"priority": new},
    "remind_at": lambda new: {"remind_at": new},
    "position": lambda new: {"position": new},
    "done": lambda new: {"done": new, "completed_at": case((new, func.coalesce(Todo.completed_at, bindparam("now", type_=Instant))))},
}
"""The fields that nothing else depends on, and the columns that a new value of each makes."""
_STRUCTURE = frozenset({"list_id", "parent_id", "assignee_id"})

_MAY_EDIT = (Member.user_id == bindparam("caller", type_=Id), or_(*[Member.role == role for role in roles_from("editor")]))
_EDITED = select(Member.list_id).where(*_MAY_EDIT)
"""The lists whose todos the caller may change."""


def next_position(list_id: Any) -> Any:
    """The place after the last todo of a list, for SQL."""
    return select(func.coalesce(func.max(Todo.position), 0) + 1).where(Todo.list_id == list_id, Todo.deleted_at.is_(None)).scalar_subquery()


def _insert_statement(*, placed: bool) -> Prepared:
    """Inserts a todo, last in its list unless it is placed, if the caller may: one statement instead of three."""
    home = bindparam("list_id", type_=Id)
    columns = [column for column in Todo.__table__.columns if column.name != "position"]
    position = bindparam("position", type_=Todo.position.type) if placed else next_position(home)
    values = select(*[bindparam(column.name, type_=column.type) for column in columns], position).where(Member.list_id == home, *_MAY_EDIT)
    return Prepared(insert(Todo).from_select([*columns, "position"], values, include_defaults=False).returning(*COLUMNS))


_INSERT = _insert_statement(placed=False)
_INSERT_PLACED = _insert_statement(placed=True)


def create(values: dict[str, Any]) -> Row[Any]:
    """A new todo, in the caller's inbox unless `list_id` says otherwise.

    Raises NotFound and Forbidden for the list, Invalid for a parent or an assignee that does not belong there.
    """
    caller = me().user_id
    row = new_todo({"list_id": me().inbox_id, **values}, caller, me().zone)
    if row["parent_id"] is None and row["assignee_id"] is None:
        return _insert(row)
    with transaction():
        lists.editable(row["list_id"])
        lock_structure(row["list_id"])
        _check_assignee(row["list_id"], row["assignee_id"])
        if row["parent_id"]:
            Tree.load([], [row["parent_id"]]).check_parent(row["parent_id"], row["list_id"])
        return _insert(row)


def change(todo_id: str, changes: dict[str, Any], versions: Versions = None) -> Row[Any]:
    """Change fields of a todo. Fields that are not named stay as other writers leave them.

    What depends on nothing else is written by one statement. What does is written only over the version that was read; when
    another writer was faster, or more than this row may change, with the row locked. A todo that recurs and is completed is
    followed by the next one. Raises NotFound, Forbidden, PreconditionFailed and Invalid.
    """
    if changes and not changes.keys() - _PLAIN.keys() and (versions is None or len(versions) == 1):
        written = _change_plainly(todo_id, changes, versions)
        if written is not None:
            return written
    if changes.keys() & _STRUCTURE or changes.get("done"):
        return _change_alone(todo_id, changes, versions)
    row = editable(todo_id)
    check_version(row, versions)
    if not changes:
        return row
    return _write(row, changes) or _change_alone(todo_id, changes, versions)


def replace(todo_id: str, values: dict[str, Any], versions: Versions = None) -> Row[Any]:
    """Replace all fields of a todo but its position; those that are not named fall back to their defaults."""
    return change(todo_id, {"list_id": me().inbox_id, "due_at": None, "due_on": None, **values}, versions)


def trash(todo_id: str, versions: Versions = None) -> None:
    """Move a todo to the trash, its subtasks along."""
    with transaction():
        check_version(claim(todo_id), versions)
        moment = now()
        gone = update(Todo).where(Todo.id.in_(subtree(todo_id)), Todo.deleted_at.is_(None))
        execute(gone.values(deleted_at=moment, deleted_with=todo_id, updated_at=moment, version=Todo.version + 1))


def remove(todo_id: str, versions: Versions = None) -> None:
    """Remove a todo, live or in the trash, with all its subtasks for good."""
    with transaction():
        check_version(claim(todo_id, trashed=True), versions)
        execute(delete(Todo).where(Todo.id == todo_id))


def restore(todo_id: str) -> Row[Any]:
    """Bring a todo back from the trash with the subtasks that went along; to the top level where its parent is not there."""
    with transaction():
        row = claim(todo_id, trashed=True)
        if row.deleted_at is None:
            return row
        back = update(Todo).where(Todo.id.in_(subtree(todo_id)), Todo.deleted_with == row.deleted_with)
        execute(back.values(deleted_at=None, deleted_with=None, updated_at=now(), version=Todo.version + 1))
        parent = aliased(Todo)
        living = select(parent.id).where(parent.id == Todo.parent_id, parent.deleted_at.is_(None))
        execute(update(Todo).where(Todo.id == todo_id, Todo.parent_id.is_not(None), ~living.exists()).values(parent_id=None))
        return editable(todo_id)


def purge(older_than: timedelta = TRASH_KEPT, most: int = 10_000) -> int:
    """Remove for good what has been in the trash for longer, at most so many todos a call; gives how many those were.

    One that is being restored is left alone.
    """
    return remove_some(Todo.id, Todo.deleted_at < now() - older_than, most=most)  # whichever: in order, each call would sort all of them


def claim(todo_id: str, list_id: str | None = None, *, trashed: bool = False) -> Row[Any]:
    """The todo as `editable` gives it, which nobody else changes, nor the structure of its list and of `list_id`, until the end.

    The order is that of `lists.locks`. Raises Overtaken where the todo leaves its list meanwhile.
    """
    seen = editable(todo_id, trashed=trashed)
    if on_sqlite():
        return seen
    lists_held = {seen.list_id, list_id or seen.list_id}
    lock_structure(*lists_held)
    row = editable(todo_id, trashed=trashed, lock=True)
    if row.list_id not in lists_held:
        raise Overtaken()
    return row


def _insert(row: dict[str, Any]) -> Row[Any]:
    statement = _INSERT_PLACED if "position" in row else _INSERT
    written: Row[Any] | None = statement.one({**row, "caller": me().user_id})
    if written is None:
        lists.editable(row["list_id"])
        raise Overtaken()
    return written


def _change_plainly(todo_id: str, changes: dict[str, Any], versions: Versions) -> Row[Any] | None:
    """Write fields that nothing else depends on; None where the row is not there, not the caller's, or at another version.

    None, too, where a todo that recurs would be completed.
    """
    bound = {f"new_{name}": value for name, value in changes.items()}
    statement = _plain_update(frozenset(changes), versioned=versions is not None)
    seen = next(iter(versions)) if versions else None
    row: Row[Any] | None = statement.one({**bound, "now": now(), "caller": me().user_id, "todo_id": todo_id, "seen": seen})
    return row


@lru_cache(maxsize=64)
def _plain_update(names: frozenset[str], *, versioned: bool) -> Prepared:
    statement = update(Todo).where(Todo.id == bindparam("todo_id", type_=Id), Todo.deleted_at.is_(None), Todo.list_id.in_(_EDITED))
    columns: dict[str, Any] = {"version": Todo.version + 1, "updated_at": bindparam("now", type_=Instant)}
    for name in names:
        columns |= _PLAIN[name](bindparam(f"new_{name}", type_=Todo.__table__.c[name].type))
    if "done" in names:
        statement = statement.where(or_(Todo.recurrence.is_(None), not_(bindparam("new_done", type_=Todo.done.type))))
    if versioned:
        statement = statement.where(Todo.version == bindparam("seen", type_=BigInteger))
    return Prepared(statement.values(columns).returning(*COLUMNS))


def _write(row: Any, changes: dict[str, Any]) -> Row[Any] | None:
    """Write changes over the very version of the row; None where it is another by now, or the caller's no more."""
    same = update(Todo).where(Todo.id == row.id, Todo.version == row.version, Todo.list_id.in_(_EDITED))
    columns = changed(row._asdict(), changes, zone_of)
    return fetch_one(same.values(version=row.version + 1, **columns).returning(*COLUMNS), {"caller": me().user_id})


def _change_alone(todo_id: str, changes: dict[str, Any], versions: Versions) -> Row[Any]:
    """Change a todo that nobody else changes meanwhile, nor its surroundings: list, parent, assignee and series."""
    with transaction():
        row = claim(todo_id, changes.get("list_id"))
        check_version(row, versions)
        list_id = changes.get("list_id", row.list_id)
        if list_id != row.list_id:
            lists.editable(list_id)
        columns = changed(row._asdict(), changes, zone_of)
        if list_id != row.list_id:
            columns.setdefault("parent_id", None)
            columns.setdefault("position", next_position(list_id))
        if columns.get("parent_id"):
            Tree.load([todo_id], [columns["parent_id"]]).check_parent(columns["parent_id"], list_id, todo_id)
        _check_assignee(list_id, changes.get("assignee_id"))
        if list_id != row.list_id:
            _move_subtree(row, list_id)
        following = series.following(row._asdict(), columns)
        if following:
            columns["series_id"] = following["series_id"]
        written = execute(update(Todo).where(Todo.id == todo_id).values(version=row.version + 1, **columns).returning(*COLUMNS)).one()
        if following:
            _insert(following | {"assignee_id": written.assignee_id})  # who may have been no member of the other list
        return written


def _move_subtree(row: Any, list_id: str) -> None:
    """Move a todo and its subtasks to another list; who is no member there is not assigned any more."""
    member = select(Member.user_id).where(Member.list_id == list_id)
    assignee = case((Todo.assignee_id.in_(member), Todo.assignee_id), else_=None)
    moved = update(Todo).where(Todo.id.in_(subtree(row.id)))
    execute(moved.values(list_id=list_id, assignee_id=assignee, version=Todo.version + 1, updated_at=now()))


def _check_assignee(list_id: str, user_id: str | None) -> None:
    if user_id and not fetch_one(select(Member.user_id).where(Member.list_id == list_id, Member.user_id == user_id)):
        raise Invalid({"assignee_id": ["Must be a member of the list."]})

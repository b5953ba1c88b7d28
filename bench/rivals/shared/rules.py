"""What a change of a todo brings with it, for rows whose columns are set as attributes."""

from datetime import UTC, datetime
from typing import Any

from derived import document, due_key, fold

DERIVED = {"search", "task_key", "due_key"}


def derive(todo: Any) -> None:
    """Set the columns that follow from others."""
    todo.search = document(todo.task, todo.notes, todo.tags)
    todo.task_key = fold(todo.task)[:500]
    todo.due_key = due_key(todo.due_on, todo.due_at)


def change(todo: Any, changes: dict[str, Any]) -> set[str]:
    """Set the fields in `changes` and what follows from them; gives the columns that are set."""
    changes = dict(changes)
    if not changes:
        return set()
    if changes.get("due_on") is not None:
        changes.setdefault("due_at", None)
    elif changes.get("due_at") is not None:
        changes.setdefault("due_on", None)
    now = datetime.now(UTC)
    columns = {"version": todo.version + 1, "updated_at": now, **changes}
    if changes.get("done", todo.done) != todo.done:
        columns["completed_at"] = now if changes["done"] else None
    if any(name in changes and changes[name] != getattr(todo, name) for name in ("due_on", "due_at")):
        columns["series_start"] = None
    for name, value in columns.items():
        setattr(todo, name, value)
    if changes.keys() & {"task", "notes", "tags", "due_on", "due_at"}:
        derive(todo)
        return columns.keys() | DERIVED
    return set(columns)

"""The rules about one todo: what follows from what was sent. No database, no HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from app.core.problems import Invalid
from app.core.types import id_time, new_id, now
from app.todos.search import document, fold

PRIORITIES = ("none", "low", "medium", "high", "urgent")


def new_todo(values: dict[str, Any], created_by: str) -> dict[str, Any]:
    """Every column of a new todo but its position. Raises Invalid where the values do not go together."""
    todo_id = new_id()
    created_at = id_time(todo_id)
    row: dict[str, Any] = {
        "parent_id": None,
        "assignee_id": None,
        "series_id": None,
        "deleted_at": None,
        "deleted_with": None,
        "reminded_at": None,
        "series_start": None,
        **values,
        "id": todo_id,
        "version": 1,
        "created_by": created_by,
        "created_at": created_at,
        "updated_at": created_at,
        "completed_at": created_at if values["done"] else None,
    }
    _check_recurrence(row)
    return {**row, **derived(row)}


def changed(row: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The columns of `row` that `changes` to its fields make new. Raises Invalid where they do not go together."""
    columns = dict(changes)
    if columns.get("due_on") is not None:
        columns.setdefault("due_at", None)
    elif columns.get("due_at") is not None:
        columns.setdefault("due_on", None)
    columns["updated_at"] = now()
    if "done" in changes and changes["done"] != row["done"]:
        columns["completed_at"] = columns["updated_at"] if changes["done"] else None
    merged = {**row, **columns}
    _check_recurrence(merged)
    if changes.keys() & {"task", "notes", "tags", "due_on", "due_at"}:
        columns.update(derived(merged))
    return columns


def due_key(due_on: date | None, due_at: datetime | None) -> datetime | None:
    """What a todo sorts by when sorted by due: the instant, or the begin of the day in UTC."""
    return datetime.combine(due_on, time(), UTC) if due_on else due_at


def derived(row: dict[str, Any]) -> dict[str, Any]:
    """The columns that follow from others."""
    return {
        "search": document(row["task"], row["notes"], row["tags"]),
        "task_key": fold(row["task"])[:500],
        "due_key": due_key(row["due_on"], row["due_at"]),
    }


def _check_recurrence(row: dict[str, Any]) -> None:
    if row["recurrence"] and not (row["due_on"] or row["due_at"]):
        raise Invalid({"recurrence": ["A recurrence needs due_on or due_at."]})

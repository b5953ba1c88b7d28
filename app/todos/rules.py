"""The rules about one todo: what follows from what was sent. No database, no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.core.problems import Invalid
from app.core.types import id_time, new_id, now
from app.todos.occurrences import dues, problem_of, reminder
from app.todos.search import document, fold

PRIORITIES = ("none", "low", "medium", "high", "urgent")
ZoneOf = Callable[[Mapping[str, Any]], ZoneInfo]
"""Gives the time zone that a todo's recurrence is meant in: its creator's."""
_INHERITED = ("list_id", "parent_id", "assignee_id", "task", "notes", "priority", "tags", "recurrence")


def new_todo(values: dict[str, Any], created_by: str, zone: ZoneInfo) -> dict[str, Any]:
    """Every column of a new todo but its position. Raises Invalid where the values do not go together."""
    row = _new_row(values, created_by)
    if row["recurrence"]:
        _check_recurrence(row, zone)
    return row


def changed(row: dict[str, Any], changes: dict[str, Any], zone_of: ZoneOf) -> dict[str, Any]:
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
    if changes.keys() & {"task", "notes", "tags", "due_on", "due_at"}:
        columns.update(derived(merged))
    if any(merged[name] != row[name] for name in ("due_on", "due_at", "recurrence")):
        columns["series_start"] = None
        if merged["recurrence"]:
            _check_recurrence({**merged, **columns}, zone_of(row))
    return columns


def is_to_be_followed(row: Mapping[str, Any], columns: Mapping[str, Any]) -> bool:
    """Whether `columns` complete a todo that recurs; whether another one has followed it already is not looked at."""
    return not row["done"] and bool(columns.get("done")) and bool(columns.get("recurrence", row["recurrence"]))


def next_todo(todo: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any] | None:
    """Every column but the position of the todo that follows a completed one; None where its rule is used up.

    It keeps the parent, which is live as long as the todo is: a parent takes its subtasks along wherever it goes.
    """
    due = next(dues(todo, zone), None)
    if due is None:
        return None
    values = {name: todo[name] for name in _INHERITED} | due | {"done": False, "remind_at": reminder(todo, due, zone)}
    series = {"series_id": todo["series_id"] or todo["id"], "series_start": todo["series_start"] or todo["due_key"]}
    return _new_row(values | series, todo["created_by"])


def _new_row(values: dict[str, Any], created_by: str | None) -> dict[str, Any]:
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
    return {**row, **derived(row)}


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


def _check_recurrence(row: Mapping[str, Any], zone: ZoneInfo) -> None:
    problem = problem_of(row, zone)
    if problem:
        raise Invalid({"recurrence": [problem]})

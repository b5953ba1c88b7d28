"""What the values of a row make of a todo, new or known. A value that only an export has is kept where it can be true."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from app.core.identity import me
from app.core.types import now
from app.todos.rules import changed, new_todo
from app.transfers.lists import Shelves

BESIDE = ("id", "list", "list_id", "parent_id", "series_id", "created_at", "completed_at", "deleted_at", "assignee_id")
"""The values that are not simply those of the todo's columns."""
Values = dict[str, Any]


def new_row(todo_id: str, values: Values, beside: Values, shelves: Shelves) -> Values:
    """Every column of a new todo; its `position` may be None, and its parent is called as in the file. Raises Invalid."""
    list_id = shelves.choose(beside.get("list_id"), beside.get("list"))
    row = new_todo({"position": None, **values, "list_id": list_id, "parent_id": beside.get("parent_id")}, me().user_id, me().zone)
    row["id"] = todo_id
    row["assignee_id"] = _member(beside.get("assignee_id"), list_id, shelves)
    row["series_id"], row["deleted_at"] = beside.get("series_id"), beside.get("deleted_at")
    row["created_at"] = beside.get("created_at") or row["created_at"]
    row["reminded_at"] = _reminded(row["remind_at"])
    row["completed_at"] = (beside.get("completed_at") or row["completed_at"]) if row["done"] else None
    return row


def changed_columns(row: Values, values: Values, beside: Values, shelves: Shelves) -> Values:
    """The columns of a known todo that become others, or none. Raises Invalid.

    What was in the trash comes back, unless the file says that it is there.
    """
    values = {**values, **_place(row, values, beside, shelves)}
    if beside.get("series_id"):
        values["series_id"] = beside["series_id"]
    if row["deleted_at"] is not None and beside.get("deleted_at") is None:
        values |= {"deleted_at": None, "deleted_with": None}
    changes = {name: value for name, value in values.items() if value != row[name]}
    completed = beside.get("completed_at") if values.get("done", row["done"]) else None
    if completed and not _tells_less(completed, row["completed_at"]):
        return {**_changed(row, changes), "completed_at": completed}
    return _changed(row, changes) if changes else {}


def _changed(row: Values, changes: Values) -> Values:
    """The columns that the changes make new. The caller's zone is that of their file, whoever made the todo."""
    columns = changed(row, changes, lambda _: me().zone)
    return columns | ({"reminded_at": _reminded(columns["remind_at"])} if "remind_at" in columns else {})


def _reminded(remind_at: datetime | None) -> datetime | None:
    """What is past when it is imported is history, and nobody is mailed about it."""
    return remind_at if remind_at and remind_at <= now() else None


def _place(row: Values, values: Values, beside: Values, shelves: Shelves) -> Values:
    """Where the todo goes, and who does it there: in another list at the top, last and by the same member, unless the row says otherwise."""
    list_id = shelves.choose(beside.get("list_id"), beside.get("list"), row["list_id"])
    place: Values = {"list_id": list_id}
    if list_id != row["list_id"]:
        place |= {"parent_id": None, "position": values.get("position"), "assignee_id": _member(row["assignee_id"], list_id, shelves)}
    if "parent_id" in beside:
        named = beside["parent_id"]
        place["parent_id"] = named.lower() if named and named.lower() == row["parent_id"] else named
    if "assignee_id" in beside:
        assignee = _member(beside["assignee_id"], list_id, shelves)
        if assignee or not beside["assignee_id"]:
            place["assignee_id"] = assignee
    return place


def _member(user_id: str | None, list_id: str, shelves: Shelves) -> str | None:
    return user_id if user_id and shelves.is_member(list_id, user_id) else None


def _tells_less(completed: datetime, known: datetime | None) -> bool:
    """Whether the row only has the day, or the very instant, on which the todo is known to have been completed."""
    if known is None or completed == known:
        return known is not None
    zone = me().zone
    try:
        there = completed.astimezone(zone)
        return there.time() == time() and there.date() == known.astimezone(zone).date()
    except OverflowError:  # at the ends of the calendar
        return False

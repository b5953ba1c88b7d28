"""Many changes at once, all or nothing, in a number of statements that does not grow with them.

All rows that the operations touch are read and locked first; the operations are then played through in memory, one after
the other, by the same rules as single changes; at the end the outcome is written in bulk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import on_sqlite, transaction
from app.core.identity import me
from app.core.problems import Invalid, NotFound, Overtaken, PreconditionFailed, Problem
from app.core.sets import any_of
from app.core.statements import Prepared
from app.core.types import Id, now
from app.lists.locks import lock_structure
from app.lists.models import List, Member
from app.lists.permissions import require
from app.todos import bulk, series
from app.todos.models import Todo
from app.todos.queries import COLUMNS, last_positions, visible
from app.todos.rules import changed, derived, is_to_be_followed, new_todo, next_todo
from app.todos.tree import Tree

Operation = dict[str, Any]
_SHOWN = {column.name for column in COLUMNS}
_STATUS = {"create": 201, "update": 200, "delete": 204}


def run(operations: list[Operation]) -> list[dict[str, Any]]:
    """Do all operations; gives for each its `op`, `status`, `id`, and the `todo` after it (None where it was deleted).

    Raises the problem of the first operation that fails, whose `errors` name it by its index; then nothing is changed.
    """
    with transaction():
        board = _Board(operations)
        results = []
        for index, operation in enumerate(operations):
            try:
                todo_id = getattr(board, operation["op"])(operation)
            except Problem as problem:
                raise _at(problem, index) from None
            todo = {name: value for name, value in board.rows[todo_id].items() if name in _SHOWN}
            deleted = operation["op"] == "delete"
            results.append({"op": operation["op"], "status": _STATUS[operation["op"]], "id": todo_id, "todo": None if deleted else todo})
        board.write()
    return results


class _Board:
    """The todos that the operations touch, as they are and as the operations make them."""

    def __init__(self, operations: list[Operation]) -> None:
        self.me = me()
        self.moment = now()
        named = {operation["id"] for operation in operations if "id" in operation}
        sent = [operation["todo"] for operation in operations if "todo" in operation]
        parents = {todo["parent_id"] for todo in sent if todo.get("parent_id")}
        lists = {todo["list_id"] for todo in sent if "list_id" in todo} | self._lists(named) | {self.me.inbox_id}
        lock_structure(*lists)  # before the tree is read, so that it stays so
        self.tree = Tree.load(named, parents)
        self.rows = self._lock(set(self.tree.parents) & self._reach(named))
        if not lists.issuperset(row["list_id"] for row in self.rows.values()):
            raise Overtaken()
        _lists_held(sqlite=on_sqlite()).all({"lists": list(lists)})
        self.members = self._members(lists)
        self.positions = last_positions(lists)
        self.created: dict[str, None] = {}
        self.touched: dict[str, None] = {}
        self.written = {"version"}

    def create(self, operation: Operation) -> str:
        """A new todo."""
        row = new_todo({"list_id": self.me.inbox_id, **operation["todo"]}, self.me.user_id, self.me.zone)
        self._check_list(row["list_id"])
        self._check_assignee(row["list_id"], row["assignee_id"])
        if row["parent_id"]:
            self.tree.check_parent(row["parent_id"], row["list_id"])
        return self._add(row)

    def update(self, operation: Operation) -> str:
        """A change of some fields."""
        row, changes = self._editable(operation["id"]), operation["todo"]
        if operation.get("version", row["version"]) != row["version"]:
            raise PreconditionFailed(current=row)
        if not changes:
            return str(row["id"])
        list_id = changes.get("list_id", row["list_id"])
        leaves = list_id != row["list_id"]
        if leaves:
            self._check_list(list_id)
        columns = changed(row, changes, self._zone_of)
        if leaves:
            columns.setdefault("parent_id", None)
            for each in self.tree.below(row["id"]):
                self._place(list_id, self.rows[each]["position"])
        if leaves or "position" in columns:
            columns["position"] = self._place(list_id, columns.get("position"))
        if columns.get("parent_id"):
            self.tree.check_parent(columns["parent_id"], list_id, row["id"])
        self._check_assignee(list_id, changes.get("assignee_id"))
        if leaves:
            columns = self._moved(row["id"], list_id) | columns
            for each in self.tree.below(row["id"])[1:]:
                self._change(each, self._moved(each, list_id))
        if is_to_be_followed(row, columns) and row["id"] not in self._followed:
            columns |= self._follow({**row, **columns})
        self._change(row["id"], columns)
        self.tree.place(row["id"], row["parent_id"], list_id)
        return str(row["id"])

    def delete(self, operation: Operation) -> str:
        """A move to the trash, subtasks along."""
        root = self._editable(operation["id"])["id"]
        for each in self.tree.below(root):
            if self.rows[each]["deleted_at"] is None:
                self._change(each, {"deleted_at": self.moment, "deleted_with": root, "updated_at": self.moment})
                self.tree.live.discard(each)
        return str(root)

    def write(self) -> None:
        """Write what became of all rows."""
        if self.created:
            bulk.insert_todos([self.rows[each] for each in self.created])
        if self.touched:
            rows = [self.rows[each] for each in self.touched]
            if "search" in self.written:
                rows = [row | derived(row) for row in rows]
            bulk.update_todos(rows, self.written)

    def _add(self, row: dict[str, Any]) -> str:
        row["position"] = self._place(row["list_id"], row.get("position"))
        self.rows[row["id"]] = row
        self.tree.place(row["id"], row["parent_id"], row["list_id"])
        self.created[row["id"]] = None
        return str(row["id"])

    def _follow(self, todo: dict[str, Any]) -> dict[str, Any]:
        """Add the next todo of a series; gives what that changes in the completed one."""
        following = next_todo(todo, self._zone_of(todo))
        if following is None:
            return {}
        self._add(following)
        self._followed.add(todo["id"])
        return {"series_id": following["series_id"]}

    @cached_property
    def _followed(self) -> set[str]:
        return series.followed([todo_id for todo_id, row in self.rows.items() if row["series_id"]])

    @cached_property
    def _zones(self) -> dict[str, ZoneInfo]:
        return series.zones({row["created_by"] for row in self.rows.values() if row["created_by"]})

    def _zone_of(self, todo: Mapping[str, Any]) -> ZoneInfo:
        return self._zones.get(todo["created_by"], self.me.zone)

    def _change(self, todo_id: str, columns: dict[str, Any]) -> None:
        row = self.rows[todo_id]
        row.update(columns, version=row["version"] + (todo_id not in self.created))
        if todo_id not in self.created:
            self.touched[todo_id] = None
            self.written.update(columns)

    def _moved(self, todo_id: str, list_id: str) -> dict[str, Any]:
        assignee = self.rows[todo_id]["assignee_id"]
        kept = assignee if assignee in self.members.get(list_id, {}) else None
        return {"list_id": list_id, "assignee_id": kept, "updated_at": self.moment}

    def _editable(self, todo_id: str) -> dict[str, Any]:
        row = self.rows.get(todo_id)
        if row is None or row["deleted_at"] is not None or self.me.user_id not in self.members.get(row["list_id"], {}):
            raise NotFound.of("Todo", todo_id)
        self._check_list(row["list_id"])
        return row

    def _check_list(self, list_id: str) -> None:
        role = self.members.get(list_id, {}).get(self.me.user_id)
        if role is None:
            raise NotFound.of("List", list_id)
        require(role, "editor")

    def _check_assignee(self, list_id: str, user_id: str | None) -> None:
        if user_id and user_id not in self.members.get(list_id, {}):
            raise Invalid({"assignee_id": ["Must be a member of the list."]})

    def _place(self, list_id: str, position: float | None) -> float:
        """The position that was asked for, or the one after the last todo of the list, these operations included."""
        last = self.positions.get(list_id)
        place = (last or 0) + 1 if position is None else position
        self.positions[list_id] = place if last is None else max(last, place)
        return place

    def _lists(self, named: set[str]) -> set[str]:
        """The lists of the named todos that the caller sees."""
        if not named:
            return set()
        rows = _lists_seen(sqlite=on_sqlite()).all({"caller": self.me.user_id, "ids": list(named)})
        return {row.list_id for row in rows}

    def _reach(self, named: Iterable[str]) -> set[str]:
        return {each for root in named if root in self.tree.parents for each in self.tree.below(root)}

    def _lock(self, todo_ids: set[str]) -> dict[str, dict[str, Any]]:
        """The rows, locked in one order by everyone, so that two batches cannot wait for each other."""
        if not todo_ids:
            return {}
        rows = _todos_held(sqlite=on_sqlite()).all({"caller": self.me.user_id, "ids": list(todo_ids)})
        return {row.id: row._asdict() for row in rows}

    def _members(self, lists: set[str]) -> dict[str, dict[str, str]]:
        members: dict[str, dict[str, str]] = {}
        for row in _members(sqlite=on_sqlite()).all({"lists": list(lists)}):
            members.setdefault(row.list_id, {})[row.user_id] = row.role
        return members


@cache
def _lists_seen(*, sqlite: bool) -> Prepared:
    return Prepared(visible(Todo.list_id).where(any_of(Todo.id, "ids", Id, sqlite=sqlite)).distinct())


@cache
def _todos_held(*, sqlite: bool) -> Prepared:
    """In one order by everyone, so that two batches cannot wait for each other."""
    these = visible(*Todo.__table__.columns).where(any_of(Todo.id, "ids", Id, sqlite=sqlite))
    return Prepared(these.order_by(Todo.id).with_for_update(of=Todo))


@cache
def _lists_held(*, sqlite: bool) -> Prepared:
    return Prepared(select(List.id).where(any_of(List.id, "lists", Id, sqlite=sqlite)).order_by(List.id).with_for_update())


@cache
def _members(*, sqlite: bool) -> Prepared:
    return Prepared(select(Member.list_id, Member.user_id, Member.role).where(any_of(Member.list_id, "lists", Id, sqlite=sqlite)))


def _at(problem: Problem, index: int) -> Problem:
    """The problem of one operation as the problem of the batch."""
    errors = problem.extra.get("errors")
    problem.extra["errors"] = {"operations": {str(index): {"todo": errors} if errors else [problem.detail]}}
    return problem

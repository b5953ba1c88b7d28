"""How todos are parts of each other: who is above and below whom, and what may go where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from app.core.database import on_sqlite
from app.core.problems import Invalid
from app.core.sets import any_of
from app.core.statements import Prepared
from app.core.types import Id
from app.todos.models import Todo

DEEPEST = 5  # levels below the top


_COLUMNS = (Todo.id, Todo.parent_id, Todo.list_id, Todo.deleted_at)


def above(todo_ids: Sequence[str]) -> Sequence[Any]:
    """The todos and all above them: their `id`, `parent_id`, `list_id` and `deleted_at`."""
    return _walk(down=False, sqlite=on_sqlite()).all({"seeds": todo_ids})


def below(todo_ids: Sequence[str]) -> Sequence[Any]:
    """The todos and all below them, as `above` gives them."""
    return _walk(down=True, sqlite=on_sqlite()).all({"seeds": todo_ids})


@cache
def _walk(*, down: bool, sqlite: bool) -> Prepared:
    step = select(*_COLUMNS).where(any_of(Todo.id, "seeds", Id, sqlite=sqlite)).cte("below" if down else "above", recursive=True)
    return Prepared(select(step.union(select(*_COLUMNS).join(step, Todo.parent_id == step.c.id if down else Todo.id == step.c.parent_id))))


def subtree(todo_id: str) -> Select[Any]:
    """The ids of a todo and all below it, for SQL: there may be more of them than a statement takes values."""
    start = select(Todo.id).where(Todo.id == todo_id).cte("subtree", recursive=True)
    return select(start.union(select(Todo.id).join(start, Todo.parent_id == start.c.id)).c.id)


class Tree:
    """Some todos with all that is above and below them, as they are and as changes make them, step by step."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.parents: dict[str, str | None] = {}
        self.lists: dict[str, str] = {}
        self.live: set[str] = set()
        self.children: dict[str, dict[str, None]] = {}
        for row in rows:
            self._hang(row.id, row.parent_id)
            self.lists[row.id] = row.list_id
            if row.deleted_at is None:
                self.live.add(row.id)

    @classmethod
    def load(cls, todo_ids: Iterable[str], parent_ids: Iterable[str] = ()) -> Tree:
        """The tree of these todos with all above and below them, and of these parents with all above them."""
        tops = list(todo_ids)
        ends = [*tops, *parent_ids]
        return cls([*(above(ends) if ends else []), *(below(tops) if tops else [])])

    def below(self, todo_id: str) -> list[str]:
        """The todo and all its subtasks, nearest first."""
        found = [todo_id]
        for each in found:
            found.extend(self.children.get(each, ()))
        return found

    def depth(self, todo_id: str) -> int:
        """How many todos are above this one."""
        depth = 0
        parent = self.parents[todo_id]
        while parent is not None:
            depth, parent = depth + 1, self.parents[parent]
        return depth

    def check_parent(self, parent_id: str, list_id: str, todo_id: str | None = None) -> None:
        """Let pass a parent for a new todo, or for `todo_id` with its subtasks. Raises Invalid under `parent_id`."""
        if parent_id not in self.live or self.lists[parent_id] != list_id:
            raise Invalid({"parent_id": ["Must be a todo of the same list."]})
        height = 0
        if todo_id is not None:
            subtasks = self.below(todo_id)
            if parent_id in subtasks:
                raise Invalid({"parent_id": ["A todo cannot be a part of itself."]})
            height = max(self.depth(each) for each in subtasks) - self.depth(todo_id)
        if self.depth(parent_id) + 1 + height > DEEPEST:
            raise Invalid({"parent_id": [f"Subtasks can be nested {DEEPEST} levels deep."]})

    def place(self, todo_id: str, parent_id: str | None, list_id: str) -> None:
        """Note that the todo is there from now on, its subtasks with it."""
        if todo_id not in self.parents:
            self.live.add(todo_id)
        self._hang(todo_id, parent_id)
        for each in self.below(todo_id):
            self.lists[each] = list_id

    def _hang(self, todo_id: str, parent_id: str | None) -> None:
        before = self.parents.get(todo_id)
        if before is not None:
            self.children[before].pop(todo_id, None)
        self.parents[todo_id] = parent_id
        if parent_id is not None:
            self.children.setdefault(parent_id, {})[todo_id] = None

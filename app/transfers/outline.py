"""How the rows of a file are nested, among each other and with todos that are there. Parents may come after their subtasks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from app.core.database import fetch_all
from app.core.types import Id, is_id
from app.todos.models import Todo
from app.todos.tree import DEEPEST, above, below

_BY_ID = select(Todo.id, Todo.parent_id, Todo.list_id, Todo.deleted_at, Todo.version, Todo.assignee_id).where(
    Todo.id.in_(bindparam("ids", type_=Id, expanding=True))
)
_BATCH = 500
_BAD = -1
_TURNS = 20  # of leaving rows out, as others had to go by them
_FOREIGN = "parent_id: Must be a todo of the same list."
_CIRCLE = "parent_id: A todo cannot be a part of itself."
_DEEP = f"parent_id: Subtasks can be nested {DEEPEST} levels deep."


class Place(NamedTuple):
    """Where a todo is: below which, in which list, and since when in the trash. `row` is its row in the file, or 0.

    `otherwise` is its parent where the one that the row names is neither in the file nor in the list.
    """

    parent_id: str | None
    list_id: str
    deleted_at: datetime | None
    row: int = 0
    new: bool = False
    otherwise: str | None = None


class Outline:
    """The places of the rows that have an id or a parent, and of the todos around them."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.renamed: dict[str, str] = {}  # what rows are called in the file, where it is not their id
        self.refused: set[str] = set()  # what rows are called that cannot be imported, whatever their parents
        self.moved: list[str] = []  # todos that were there, and go elsewhere with all below them
        self.around: dict[str, Place] = {}  # todos above and below, that the file does not name
        self._depths: dict[str, int] = {}
        self._heights: dict[str, int] = {}

    def check(self, refuse: Callable[[Place, str], None]) -> None:
        """Find each row's parent, and tell `refuse` the rows that cannot be where they are to go.

        A todo whose row is left out stays where it is, or goes along with the one above it.
        """
        nested = [todo_id for todo_id, place in self.places.items() if place.parent_id is not None]
        for todo_id in nested:
            place = self.places[todo_id]
            named = place.parent_id or ""
            self.places[todo_id] = place._replace(parent_id=self.renamed.get(named, named.lower()))
        self._read_above(nested)
        lost = [todo_id for todo_id in nested if self._is_lost(self.places[todo_id])]
        for todo_id in lost:
            place = self.places[todo_id]
            self.places[todo_id] = place._replace(parent_id=place.otherwise)
        self._read_above(lost)
        self._read(below, set(self.moved))
        for _ in range(_TURNS):
            problems = self._problems(nested)
            staying = {todo_id for todo_id in problems if not self.places[todo_id].new}
            for todo_id in staying:
                refuse(self.places.pop(todo_id), problems.pop(todo_id))
            if not staying:
                break
            self._read(above, staying)  # where they are, which others have to go by
        for todo_id, problem in problems.items():
            refuse(self.places[todo_id], problem)

    def changed_meanwhile(self) -> bool:
        """Whether a todo around the rows is elsewhere by now. In the transaction that holds the structure it stays so."""
        rows = [row for ids in _batches(self.around) for row in fetch_all(_BY_ID, {"ids": ids})]
        return {row.id: Place(row.parent_id, row.list_id, row.deleted_at) for row in rows} != self.around

    def followers(self) -> Iterator[tuple[Any, str]]:
        """The todos that go along with one above them, and the list that they go to."""
        targets: dict[str, str] = {}
        for todo_id, place in self.around.items():
            top = self._row_above(todo_id)[0]
            if top is not None and self.places[top].list_id != place.list_id:
                targets[todo_id] = self.places[top].list_id
        for ids in _batches(targets):
            yield from ((row, targets[row.id]) for row in fetch_all(_BY_ID, {"ids": ids}))

    def trashed_with(self, todo_id: str) -> str:
        """The topmost todo of the file that went to the trash at the same instant, this one along."""
        place = self.places.get(todo_id)
        while place is not None and place.parent_id is not None:
            above = self.places.get(place.parent_id)
            if above is None or above.deleted_at != place.deleted_at:
                break
            todo_id, place = place.parent_id, above
        return todo_id

    def _is_lost(self, place: Place) -> bool:
        """Whether what a row names as its parent is nowhere to be seen, as in an export of some todos only."""
        named = place.parent_id or ""
        if named in self.places or named in self.refused:
            return False
        found = self.around.get(named)
        return found is None or self._list_of(named) != place.list_id or (place.deleted_at is None and found.deleted_at is not None)

    def _read_above(self, ids: Collection[str]) -> None:
        self._read(above, {self.places[todo_id].parent_id or "" for todo_id in ids} - self.places.keys())

    def _read(self, walk: Callable[[Sequence[str]], Sequence[Any]], ids: set[str]) -> None:
        for some in _batches(sorted(filter(is_id, ids))):
            for row in walk(some):
                if row.id not in self.places:
                    self.around[row.id] = Place(row.parent_id, row.list_id, row.deleted_at)

    def _problems(self, nested: list[str]) -> dict[str, str]:
        """The rows that cannot be where they are to go, and why."""
        self._depths.clear()
        self._heights.clear()
        self._measure()
        problems: dict[str, str] = {}
        for todo_id in nested:
            if todo_id in self.places:
                self._place(todo_id, problems)
        return problems

    def _measure(self) -> None:
        """How many levels the todos around reach below each row."""
        for todo_id in self.around:
            top, levels = self._row_above(todo_id)
            if top is not None:
                self._heights[top] = max(self._heights.get(top, 0), levels)

    def _row_above(self, todo_id: str) -> tuple[str | None, int]:
        """The next row of the file above a todo around, and how far above; None where there is none."""
        levels, at = 0, todo_id
        while at in self.around:
            levels, at = levels + 1, self.around[at].parent_id or ""
        return (at if at in self.places else None), levels

    def _place(self, todo_id: str, problems: dict[str, str]) -> None:
        """Find out how deep a todo is, and all above it, and add what is wrong with those of the file."""
        path: dict[str, None] = {}
        at: str | None = todo_id
        while at is not None and at not in self._depths and at not in path and (place := self._find(at)) is not None:
            path[at] = None
            at = place.parent_id
        circle = at if at in path else None
        for each in reversed(path):
            place = self._find(each)
            assert place is not None, "the path was found"
            problem = _CIRCLE if circle is not None else self._problem(each, place)
            circle = None if each == circle else circle
            self._depths[each] = _BAD if problem else self._depth(place.parent_id) + 1
            if problem and place.row:
                problems[each] = problem

    def _problem(self, todo_id: str, place: Place) -> str | None:
        above = self._find(place.parent_id or "")
        if place.parent_id is None:
            return None
        if not place.row:
            return _FOREIGN if self._depth(place.parent_id) == _BAD else None
        if above is None or (place.deleted_at is None and above.deleted_at is not None):
            return _FOREIGN
        if self._depth(place.parent_id) == _BAD:
            return "parent_id: Its parent was not imported."
        if self._list_of(place.parent_id) != place.list_id:
            return _FOREIGN
        return _DEEP if self._depth(place.parent_id) + 1 + self._heights.get(todo_id, 0) > DEEPEST else None

    def _list_of(self, todo_id: str) -> str:
        """The list that a todo will be in."""
        if todo_id in self.places:
            return self.places[todo_id].list_id
        top = self._row_above(todo_id)[0]
        return (self.around[todo_id] if top is None else self.places[top]).list_id

    def _find(self, todo_id: str) -> Place | None:
        return self.places.get(todo_id) or self.around.get(todo_id)

    def _depth(self, todo_id: str | None) -> int:
        """How deep a todo is; -1 for what lies above the top."""
        return -1 if todo_id is None else self._depths.get(todo_id, 0)


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, _BATCH)):
        yield some

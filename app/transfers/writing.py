"""The second phase of an import: all that is ready is written in one transaction, which ends with the job."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select, text, update

from app.core.database import execute, on_sqlite, transaction
from app.core.types import Id, now
from app.jobs.work import Work
from app.lists.locks import lock_structure
from app.lists.models import List
from app.todos.models import Todo
from app.todos.queries import last_positions
from app.transfers.known import TEXTS
from app.transfers.lists import Shelves
from app.transfers.preparing import Preparation
from app.transfers.spool import Spool

_STEP = 1000
_CHANGES = "import_changes"
_SAME = "todos.id = changes.id AND todos.version = changes.version"
_BOTH = f"FROM todos, {_CHANGES} AS changes WHERE {_SAME}"


class Stale(Exception):
    """What the first phase found is not so any more."""


def write(work: Work, made: Preparation) -> None:
    """Write all rows, and end the job well. Raises Stale and IntegrityError, and then nothing is written."""
    with transaction():
        if not on_sqlite():
            execute(text("SET LOCAL statement_timeout = 0"))  # all rows come by one statement; what limits it is the time of the job
        made.shelves.create(made.lists)
        lock_structure(*made.lists)
        _check(made)
        places = _Places(made)
        if made.changes.count:
            _change(work, made, places)
        if made.new.count:
            made.new.write("todos", _rows(work, made, made.new, places))
        work.finish(made.result())


class _Places:
    """The next free place of each list."""

    def __init__(self, made: Preparation) -> None:
        self.last = last_positions(made.lists)

    def take(self, list_id: str, position: float | None) -> float:
        """The position that is wanted, or the one after the last todo of the list."""
        last = self.last.get(list_id)
        place = (last or 0.0) + 1 if position is None else position
        self.last[list_id] = place if last is None else max(last, place)
        return place


def _check(made: Preparation) -> None:
    """Let pass what is still as the first phase found it. Raises Stale."""
    names = Shelves.load().names
    if not made.lists <= names.keys() or made.outline.changed_meanwhile():
        raise Stale


def _rows(work: Work, made: Preparation, spool: Spool, places: _Places) -> Iterator[list[Any]]:
    """The rows that were not refused, with their parents and places, as changed now. Lists, as each microsecond counts for who waits for SQLite.

    When they were made ready others may have seen what changed since, and would ask for what changed later than that alone.
    """
    key, parent, in_list, position, deleted, deleted_with, updated = map(
        spool.columns.index, ("id", "parent_id", "list_id", "position", "deleted_at", "deleted_with", "updated_at")
    )
    for done, (number, row) in enumerate(spool.rows()):
        if done % _STEP == 0:
            work.step()
            moment = spool.value("updated_at", now())
        if number in made.refused:
            continue
        place = made.outline.places.get(row[key])
        row[parent] = place.parent_id if place else None
        row[updated] = moment
        row[position] = places.take(row[in_list], row[position])
        if row[deleted] is not None and row[deleted_with] is None:
            row[deleted_with] = made.outline.trashed_with(row[key])
        yield row


def _change(work: Work, made: Preparation, places: _Places) -> None:
    """Change the todos that are there, in the order of `lists.locks`: todos, then lists. Raises Stale where one is another by now."""
    columns = [name for name in made.changes.columns if name not in ("id", "version")]
    # On PostgreSQL it goes by itself: psycopg has the database forget what is prepared when it sees a DROP.
    until = "" if on_sqlite() else "ON COMMIT DROP"
    execute(text(f"CREATE TEMPORARY TABLE {_CHANGES} {until} AS SELECT {', '.join(made.changes.columns)} FROM todos WHERE 1 = 0"))  # noqa: S608  # names of our own
    wanted = made.changes.write(_CHANGES, _rows(work, made, made.changes, places))
    if not on_sqlite():
        execute(text(f"SELECT count(*) FROM (SELECT todos.id {_BOTH} ORDER BY todos.id FOR UPDATE OF todos) AS locked"))  # noqa: S608
        execute(select(List.id).where(List.id.in_(made.lists)).order_by(List.id).with_for_update())
    if execute(text(f"SELECT count(*) {_BOTH}")).scalar_one() != wanted:
        raise Stale
    for texts in (False, True):
        sets = ", ".join(f"{name} = changes.{name}" for name in columns if texts or name not in TEXTS)
        which = f"changes.search IS {'NOT ' if texts else ''}NULL"
        execute(text(f"UPDATE todos SET {sets}, version = todos.version + 1 FROM {_CHANGES} AS changes WHERE {_SAME} AND {which}"))  # noqa: S608
    if on_sqlite():
        execute(text(f"DROP TABLE {_CHANGES}"))
    _carry_along(made)


def _carry_along(made: Preparation) -> None:
    """Let the subtasks that the file does not name go along to another list; who is no member there is not assigned any more."""
    rest = made.outline.followers()
    carried = update(Todo).where(Todo.id == bindparam("todo_id", type_=Id))
    carried = carried.values(list_id=bindparam("list"), assignee_id=bindparam("assignee"), version=Todo.version + 1, updated_at=now())
    while some := list(islice(rest, _STEP)):
        shelves = made.shelves
        kept = [row.assignee_id if row.assignee_id and shelves.is_member(list_id, row.assignee_id) else None for row, list_id in some]
        execute(carried, [{"todo_id": row.id, "list": list_id, "assignee": who} for (row, list_id), who in zip(some, kept, strict=True)])

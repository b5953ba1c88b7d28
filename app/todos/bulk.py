"""Writing many todos by one statement.

PostgreSQL takes them all as one JSON value: sent one by one, each would cost the driver as much as a statement of its own, and
run the triggers that keep the counts of its list once more. SQLite writes row by row anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import TableValuedAlias, Text, bindparam, cast, column, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSON

from app.core.database import engine, execute, on_sqlite
from app.core.dumping import to_json
from app.core.statements import Prepared
from app.core.types import Id
from app.todos.models import Todo

_TODOS = Todo.__table__
_NAMES = [each.name for each in _TODOS.columns]


def insert_todos(rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert todos, given with all their columns."""
    if on_sqlite():
        execute(insert(Todo), [{name: row[name] for name in _NAMES} for row in rows])
    else:
        _insertion().run({"rows": _json(rows, _NAMES)})


def update_todos(rows: Sequence[Mapping[str, Any]], names: Collection[str]) -> None:
    """Write these columns of todos, which are told by their ids."""
    changing = [name for name in _NAMES if name in names]
    if on_sqlite():
        execute(
            update(Todo).where(Todo.id == bindparam("key", type_=Id)),
            [{name: row[name] for name in changing} | {"key": row["id"]} for row in rows],
        )
    else:
        _change(tuple(changing)).run({"rows": _json(rows, ["id", *changing])})


@cache
def _insertion() -> Prepared:
    sent = _sent(_NAMES)
    return Prepared(insert(Todo).from_select(_NAMES, select(*sent.c), include_defaults=False))


@lru_cache(maxsize=256)
def _change(names: tuple[str, ...]) -> Prepared:
    sent = _sent(["id", *names])
    return Prepared(update(Todo).where(Todo.id == sent.c.id).values({name: sent.c[name] for name in names}))


def _sent(names: Sequence[str]) -> TableValuedAlias:
    rows = func.json_populate_recordset(text("NULL::todos"), cast(bindparam("rows", type_=Text), JSON))
    return rows.table_valued(*[column(name, _TODOS.c[name].type) for name in names], name="sent")


def _json(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    plain = [{name: row[name] for name in names} for row in rows]
    if "search" in names:
        indexed = _TODOS.c.search.type.bind_processor(engine().dialect)
        assert indexed is not None, "the index has a form of its own"
        for row in plain:
            row["search"] = indexed(row["search"])
    return to_json(plain).decode()

"""Statements that are compiled once and then handed to the database driver as they are.

SQLAlchemy looks a statement up in its cache by a key that it computes anew each time, and wraps cursor, columns and rows. On
PostgreSQL, for the few statements that almost every request runs, that costs more than the driver's own work: one todo 533 µs
with it, 350 µs without (CPU in the process). What reads like any other statement is run like any other on SQLite, inside a
transaction it takes part in it, and its errors are SQLAlchemy's.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from app.core import database


class Prepared:
    """A SELECT, or a writing statement with RETURNING, whose values are all bound by name when it is run."""

    def __init__(self, statement: Any) -> None:
        self.statement: Executable = statement
        columns = getattr(statement, "selected_columns", None)
        self.columns = list(columns if columns is not None else statement.exported_columns)
        self.row = namedtuple("Row", [column.key for column in self.columns])  # type: ignore[misc]  # the names are known only here
        self.compiled: tuple[str, dict[str, Any], dict[str, Any]] | None = None

    def one(self, values: Mapping[str, Any]) -> Any | None:
        """The first row, or None."""
        if database.on_sqlite():
            return database.fetch_one(self.statement, values)
        rows = self._run(values)
        return rows[0] if rows else None

    def all(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows."""
        return database.fetch_all(self.statement, values) if database.on_sqlite() else self._run(values)

    def _run(self, values: Mapping[str, Any]) -> list[Any]:
        engine = database.engine()
        text, binders, defaults = self.compiled or self._compile(engine)
        given = {**defaults, **values}
        bound = {name: bind(given[name]) if bind else given[name] for name, bind in binders.items()}
        shared = database.open_connection()
        try:
            connection = shared.connection if shared is not None else engine.pool.connect()
        except engine.dialect.loaded_dbapi.Error as error:
            raise _wrapped(engine, None, text, bound, error) from error
        try:
            cursor = connection.info.get("cursor")
            if cursor is None:
                cursor = connection.info["cursor"] = connection.cursor()  # kept: a new one would learn the types anew
            _notify(engine, cursor, text, bound)
            return [self.row._make(row) for row in cursor.execute(text, bound).fetchall()]  # type: ignore[attr-defined]  # psycopg's execute gives the cursor
        except engine.dialect.loaded_dbapi.Error as error:
            raise _wrapped(engine, connection, text, bound, error) from error
        finally:
            if shared is None:
                connection.close()

    def _compile(self, engine: Engine) -> tuple[str, dict[str, Any], dict[str, Any]]:
        compiled = self.statement.compile(engine)  # type: ignore[attr-defined]  # every Core statement has it
        assert not compiled.post_compile_params, "a list of values changes the text of a statement from run to run"
        binders = {name: bind.type.dialect_impl(engine.dialect).bind_processor(engine.dialect) for name, bind in compiled.binds.items()}
        defaults = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self.compiled = str(compiled), binders, defaults
        return self.compiled


def _notify(engine: Engine, cursor: Any, text: str, bound: dict[str, Any]) -> None:
    """Tell who counts or times statements."""
    for listener in engine.dispatch.before_cursor_execute:
        listener(None, cursor, text, bound, None, False)


def _wrapped(engine: Engine, connection: PoolProxiedConnection | None, text: str, bound: dict[str, Any], error: Any) -> Exception:
    """The driver's error as SQLAlchemy's; without a `connection` there was none to be had."""
    lost = connection is None or engine.dialect.is_disconnect(error, connection.dbapi_connection, None)
    if lost and connection is not None:
        connection.invalidate(error)
        engine.dispose()  # the others in the pool were lost with it
    base = engine.dialect.loaded_dbapi.Error
    instance: Exception = DBAPIError.instance(
        text, bound, error, base, hide_parameters=True, connection_invalidated=lost, dialect=engine.dialect
    )
    return instance

"""Statements that are compiled once, prepared once in the database, and then run by their name.

SQLAlchemy looks a statement up in its cache by a key that it computes anew each time, and wraps cursor, columns and rows. psycopg
in turn takes the text apart, chooses types and waits in Python. On PostgreSQL, for the few statements that almost every request
runs, that costs more than the work itself: one todo 533 µs with both, 350 µs with psycopg alone, and half of that again where
libpq gets the values at once (CPU in the process). What reads like any other statement is run like any other on SQLite, inside
a transaction it takes part in it, and its errors are SQLAlchemy's.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import psycopg
from psycopg import abc, waiting
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import Engine, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from app.core import database

MOST_PREPARED = 100  # of one connection: each takes some 50 kB in the database
RUNS_BEFORE = 2  # a statement that comes more often than that is prepared
_numbers = count(1)
MakeRow = Callable[[Sequence[Any]], Any]


class Prepared:
    """A statement whose values are all bound by name when it is run.

    With `by_value` PostgreSQL plans it anew for the values of each run, as the best plan for a rare word is the worst for a frequent one.
    """

    def __init__(self, statement: Any, *, by_value: bool = False) -> None:
        self.statement: Executable = statement
        self.by_value = by_value
        columns = getattr(statement, "selected_columns", None)
        self.columns = list(columns if columns is not None else statement.exported_columns)
        self.row = namedtuple("Row", [column.key for column in self.columns])  # type: ignore[misc]  # the names are known only here
        self.make_row: MakeRow = partial(tuple.__new__, self.row)  # `_make` checks the length of each row, and takes three times as long
        self.compiled: _Compiled | None = None

    def one(self, values: Mapping[str, Any]) -> Any | None:
        """The first row, or None."""
        if database.on_sqlite():
            return database.fetch_one(self.statement, values)
        rows = self._run(values)
        return rows[0] if rows else None

    def all(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows."""
        return database.fetch_all(self.statement, values) if database.on_sqlite() else self._run(values)

    def run(self, values: Mapping[str, Any]) -> None:
        """Whatever rows it gives, nobody wants them."""
        database.execute(self.statement, values) if database.on_sqlite() else self._run(values)

    def _run(self, values: Mapping[str, Any]) -> list[Any]:
        engine = database.engine()
        compiled = self.compiled
        if compiled is None:
            compiled = self.compiled = _Compiled(self.statement, engine)
        bound = compiled.bind(values)
        shared = database.open_connection()
        try:
            connection = shared.connection if shared is not None else engine.pool.connect()
        except engine.dialect.loaded_dbapi.Error as error:
            raise _wrapped(engine, None, compiled.text, error) from error
        try:
            session = connection.info.get(database.PREPARED)
            if session is None:
                session = connection.info[database.PREPARED] = _Session(connection.dbapi_connection)
            _notify(engine.dispatch.before_cursor_execute, session.cursor, compiled.text, bound)
            try:
                return session.run(compiled, bound, self.make_row, by_value=self.by_value)
            finally:
                _notify(engine.dispatch.after_cursor_execute, session.cursor, compiled.text, bound)
        except engine.dialect.loaded_dbapi.Error as error:
            raise _wrapped(engine, connection, compiled.text, error) from error
        finally:
            if shared is None:
                connection.close()


class _Compiled:
    """The text of a statement, with `$1` for the first value, and how each value becomes the driver's."""

    def __init__(self, statement: Any, engine: Engine) -> None:
        dialect = type(engine.dialect)(paramstyle="numeric_dollar")  # type: ignore[call-arg]  # every dialect takes it
        dialect.dbapi = engine.dialect.dbapi
        compiled = statement.compile(dialect=dialect)
        assert not compiled.post_compile_params, "a list of values changes the text of a statement from run to run"
        self.text = str(compiled)
        self.encoded = self.text.encode()
        self.names: list[str] = compiled.positiontup
        self.binders = [(name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in self.names]
        self.defaults = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self.formats = [PyFormat.TEXT] * len(self.names)

    def bind(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text."""
        given = {**self.defaults, **values} if self.defaults else values
        return [bind(given[name]) if bind else given[name] for name, bind in self.binders]


@dataclass(slots=True)
class _Plan:
    """How a statement is run: its name where the database has prepared it, and what turns values and rows into the driver's and back."""

    name: bytes
    types: abc.Transformer
    has_run: bool = False


class _Session:
    """What one connection to PostgreSQL has prepared."""

    def __init__(self, connection: Any) -> None:
        self.pgconn = connection.pgconn
        self.connection = connection
        self.cursor = psycopg.RawCursor(connection)  # kept: a new one would learn the types anew
        self.runs: dict[_Compiled, int] = {}
        self.plans: dict[_Compiled, _Plan] = {}

    def run(self, compiled: _Compiled, values: list[Any], make_row: MakeRow, *, by_value: bool) -> list[Any]:
        """The rows that the statement gives. Raises the driver's errors."""
        plan = self.plans.get(compiled)
        if plan is None:
            if COOPERATIVE or not (by_value or self._comes_often(compiled)):
                found = self.cursor.execute(compiled.text, values, prepare=False if by_value else None)
                return [make_row(row) for row in found.fetchall()] if found.description else []
            plan = self._plan(compiled, prepared=not by_value)
        sent = plan.types.dump_sequence(values, compiled.formats)
        result = self.pgconn.exec_prepared(plan.name, sent) if plan.name else self.pgconn.exec_params(compiled.encoded, sent)
        if result.status == ExecStatus.COMMAND_OK:
            return []
        if result.status != ExecStatus.TUPLES_OK:
            error = self._error(result)
            if isinstance(error, psycopg.errors.InvalidSqlStatementName):
                self.plans.clear()  # somebody had the database forget all that this connection prepared
                if self.pgconn.transaction_status == TransactionStatus.IDLE:
                    return self.run(compiled, values, make_row, by_value=by_value)
            raise error
        plan.types.set_pgresult(result, set_loaders=not plan.has_run)  # a plan's columns and their types never change
        plan.has_run = True
        return plan.types.load_rows(0, result.ntuples, make_row)

    def _comes_often(self, compiled: _Compiled) -> bool:
        runs = self.runs.pop(compiled, 0) + 1
        if len(self.runs) >= MOST_PREPARED:
            del self.runs[next(iter(self.runs))]
        self.runs[compiled] = runs
        return runs > RUNS_BEFORE

    def _plan(self, compiled: _Compiled, *, prepared: bool) -> _Plan:
        if len(self.plans) >= MOST_PREPARED:
            oldest = self.plans.pop(next(iter(self.plans)))
            if oldest.name:
                self._check(self.pgconn.exec_(b"DEALLOCATE " + oldest.name))
        name = b""
        if prepared:
            name = b"tickbox_%d" % next(_numbers)
            self._check(self.pgconn.prepare(name, compiled.encoded))
            self.runs.pop(compiled, None)
        plan = self.plans[compiled] = _Plan(name, Transformer(self.connection))
        return plan

    def _check(self, result: Any) -> None:
        if result.status != ExecStatus.COMMAND_OK:
            raise self._error(result)

    def _error(self, result: Any) -> psycopg.Error:
        if self.pgconn.status == ConnStatus.BAD:
            return psycopg.OperationalError("the connection is lost")
        return psycopg.errors.error_from_result(result)


COOPERATIVE = waiting.wait is not waiting.wait_c
"""Whether psycopg waits for the database in Python, so that gevent lets others run meanwhile; libpq by itself would not."""


def _notify(listeners: Iterable[Callable[..., Any]], cursor: Any, text: str, bound: Sequence[Any]) -> None:
    """Tell who counts or times statements."""
    for listener in listeners:
        listener(None, cursor, text, bound, None, False)


def _wrapped(engine: Engine, connection: PoolProxiedConnection | None, text: str, error: Any) -> Exception:
    """The driver's error as SQLAlchemy's; without a `connection` there was none to be had."""
    lost = connection is None or engine.dialect.is_disconnect(error, connection.dbapi_connection, None)
    if lost and connection is not None:
        connection.invalidate(error)
        engine.dispose()  # the others in the pool were lost with it
    base = engine.dialect.loaded_dbapi.Error
    instance: Exception = DBAPIError.instance(
        text, [], error, base, hide_parameters=True, connection_invalidated=lost, dialect=engine.dialect
    )
    return instance

"""The one door to the database: every statement goes through `execute`, on a connection that belongs to the request.

Outside of `transaction()` each statement stands alone (AUTOCOMMIT): a read needs no BEGIN and no COMMIT, which saves two
round trips and a third of the database's own work. Inside, all statements succeed or fail together; on SQLite the
transaction takes the write lock at once (BEGIN IMMEDIATE), so it can never fail half-way with "database is locked".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from flask import Flask, g
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader
from sqlalchemy import ColumnElement, Connection, CursorResult, Engine, Executable, Row, delete, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from app.config import ROOT, is_embedded
from app.extensions import Model, db, migrate

MIGRATIONS = ROOT / "migrations"
BUSY_SECONDS = 15
POOL_WAIT_SECONDS = 2
STATEMENT_LIMIT_MS = 30_000
_DEAD_NETWORK = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}  # noticed in 11 s
_DEADLOCK = "40P01"


def init_app(app: Flask) -> None:
    """Bind the database to the app, with time limits on everything that could hang."""
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        event.listen(db.engine, "connect", _prepare_sqlite if is_embedded(app.config) else _prepare_postgresql)
    app.teardown_appcontext(_release)


def execute(statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> CursorResult[Any]:
    """Run one statement in the transaction that is open, or by itself where none is."""
    return _connection().execute(statement, values)


def fetch_one(statement: Executable, values: Mapping[str, Any] | None = None) -> Row[Any] | None:
    """The first row, or None."""
    return execute(statement, values).first()


def fetch_all(statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
    """All rows."""
    return execute(statement, values).all()


@contextmanager
def transaction() -> Iterator[None]:
    """All or nothing: what is executed inside is committed at the end, and rolled back when an exception leaves it.

    Inside another transaction it is part of that one, whose end decides.
    """
    if g.get("in_transaction"):
        yield
        return
    _release()
    committed: list[Callable[[], None]] = []
    ended: list[Callable[[], None]] = []
    g.after_commit, g.after_end = committed, ended
    try:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if on_sqlite() else "BEGIN")
            g.connection, g.in_transaction = connection, True
            try:
                yield
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                g.connection, g.in_transaction = None, False
    finally:
        for act in ended:
            act()
    for act in committed:
        act()


def in_transaction() -> bool:
    """Whether a transaction is open."""
    return bool(g.get("in_transaction"))


def after_commit(act: Callable[[], None]) -> None:
    """Call `act` once what was executed so far is committed: after the open transaction, or now where none is."""
    if in_transaction():
        g.after_commit.append(act)
    else:
        act()


def after_end(act: Callable[[], None]) -> None:
    """Call `act` once the open transaction has ended, committed or not, or now where none is open.

    For what must last although the request fails, such as the count of wrong passwords.
    """
    if in_transaction():
        g.after_end.append(act)
    else:
        act()


def release() -> None:
    """Give the connection back before slow work that needs no database. Inside a transaction it stays."""
    if not in_transaction():
        _release()


def remove_some(key: Any, *which: ColumnElement[bool], most: int) -> int:
    """Remove at most so many rows that meet the conditions, by their primary key; gives how many. Rows in use are left for later."""
    some = select(key).where(*which).limit(most).with_for_update(skip_locked=True)
    return execute(delete(key.class_).where(key.in_(some))).rowcount


@contextmanager
def streamed(statement: Executable, values: Mapping[str, Any]) -> Iterator[CursorResult[Any]]:
    """The rows of one statement, a thousand at a time in memory, as they were when it began; others read and write meanwhile.

    They come on a connection of their own, so that what works on them may use the request's.
    """
    with db.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        try:
            with connection.execution_options(yield_per=1000).execute(statement, values) as rows:
                yield rows
        finally:
            _roll_back(connection)


def insert_or(table: type[Model]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what to do ON CONFLICT, which SQLAlchemy knows only in each database's own dialect."""
    return sqlite.insert(table) if on_sqlite() else postgresql.insert(table)


def lock(name: str) -> None:
    """Let one transaction at a time go on that names the same thing. (SQLite's transactions never run side by side.)"""
    if not on_sqlite():
        execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def is_deadlock(error: Exception) -> bool:
    """Whether PostgreSQL ended a transaction because it and another one waited for each other."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _DEADLOCK


def on_sqlite() -> bool:
    """Whether the database is SQLite, for the few statements that the two databases spell differently."""
    return db.engine.dialect.name == "sqlite"


def open_connection() -> Connection | None:
    """The connection that this request already holds, if any."""
    connection: Connection | None = g.get("connection")
    return connection


def _connection() -> Connection:
    connection: Connection | None = g.get("connection")
    if connection is None:
        connection = g.connection = db.engine.connect()
    return connection


def _roll_back(connection: Connection) -> None:
    """Leave the connection as it was before the transaction, or leave it to nobody where that fails."""
    try:
        if not connection.invalidated:
            connection.exec_driver_sql("ROLLBACK")
    except DBAPIError:
        connection.invalidate()


def _release(_: BaseException | None = None) -> None:
    connection: Connection | None = g.pop("connection", None)
    if connection is not None:
        connection.close()


def _engine_options(app: Flask) -> dict[str, Any]:
    options = {
        # Connections commit by themselves; `transaction` begins and ends its own. Setting that anew for each request, and
        # rolling back what was never begun when a connection comes back, would cost four round trips of the driver.
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        "hide_parameters": True,
        "pool_size": app.config["THREADS"],
        "max_overflow": 0,
        "pool_use_lifo": True,
    }
    if is_embedded(app.config):
        return options | {"pool_timeout": BUSY_SECONDS, "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    limits = f"-c timezone=UTC -c statement_timeout={STATEMENT_LIMIT_MS} -c idle_in_transaction_session_timeout={STATEMENT_LIMIT_MS}"
    return options | {
        "pool_timeout": POOL_WAIT_SECONDS,
        "connect_args": {"connect_timeout": POOL_WAIT_SECONDS, "options": limits, **_DEAD_NETWORK},
    }


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "cache_size=-20000"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.adapters.register_loader("uuid", TextLoader)
    set_json_loads(orjson.loads, connection)


def engine() -> Engine:
    """The app's engine, for what works beside requests (revocations, commands)."""
    return db.engine

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

from flask import Flask, g
from sqlalchemy import Connection, CursorResult, Engine, Executable, Row, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

from app.config import is_embedded
from app.extensions import Model, db, migrate

BUSY_SECONDS = 15
POOL_WAIT_SECONDS = 2
STATEMENT_LIMIT_MS = 30_000


def init_app(app: Flask) -> None:
    """Bind the database to the app, with time limits on everything that could hang."""
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(app)
    db.init_app(app)
    migrate.init_app(app, db, render_as_batch=True)
    with app.app_context():
        event.listen(db.engine, "connect", _prepare_sqlite if is_embedded(app.config) else _prepare_postgresql)
        if is_embedded(app.config):
            event.listen(db.engine, "begin", _take_write_lock)
    app.teardown_appcontext(_release)


def execute(statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> CursorResult[Any]:
    """Run one statement in the transaction that is open, or by itself where none is."""
    return _connection().execute(statement, values)  # type: ignore[return-value]  # every statement here is Core, whose result is a cursor's


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
    g.after_commit, g.after_end = [], []
    committed, ended = g.after_commit, g.after_end
    try:
        with db.engine.begin() as connection:
            g.connection, g.in_transaction = connection, True
            try:
                yield
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


def insert_or(table: type[Model]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what to do ON CONFLICT, which SQLAlchemy knows only in each database's own dialect."""
    return sqlite.insert(table) if on_sqlite() else postgresql.insert(table)


def lock(name: str) -> None:
    """Let one transaction at a time go on that names the same thing. (SQLite's transactions never run side by side.)"""
    if not on_sqlite():
        execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def on_sqlite() -> bool:
    """Whether the database is SQLite, for the few statements that the two databases spell differently."""
    return db.engine.dialect.name == "sqlite"


def _connection() -> Connection:
    connection: Connection | None = g.get("connection")
    if connection is None:
        connection = g.connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    return connection


def _release(_: BaseException | None = None) -> None:
    connection: Connection | None = g.pop("connection", None)
    if connection is not None:
        connection.close()


def _engine_options(app: Flask) -> dict[str, Any]:
    if is_embedded(app.config):
        return {"hide_parameters": True, "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}, "pool_size": app.config["THREADS"], "max_overflow": 0, "pool_timeout": BUSY_SECONDS}
    return {
        "hide_parameters": True,
        "pool_size": app.config["THREADS"],
        "max_overflow": 0,
        "pool_timeout": POOL_WAIT_SECONDS,
        "pool_use_lifo": True,
        "connect_args": {
            "connect_timeout": POOL_WAIT_SECONDS,
            "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_LIMIT_MS} -c idle_in_transaction_session_timeout={STATEMENT_LIMIT_MS}",
        },
    }


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself: see _take_write_lock
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "cache_size=-20000"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _: ConnectionPoolEntry) -> None:
    from psycopg.types.string import TextLoader  # PostgreSQL's driver is loaded only where it is used

    connection.adapters.register_loader("uuid", TextLoader)


def _take_write_lock(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def engine() -> Engine:
    """The app's engine, for what works beside requests (revocations, commands)."""
    return db.engine

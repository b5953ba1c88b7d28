"""The one door to the database: every statement goes through `execute`, on a connection that belongs to the request.

Outside of `transaction()` each statement stands alone (AUTOCOMMIT): a read needs no BEGIN and no COMMIT, which saves two
round trips and a third of the database's own work. Inside, all statements succeed or fail together; on SQLite the
transaction takes the write lock at once (BEGIN IMMEDIATE), so it can never fail half-way with "database is locked".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask, current_app, g
from psycopg.pq import ExecStatus
from sqlalchemy import ColumnElement, Connection, CursorResult, Engine, Executable, Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from app.core import connections, tally
from app.extensions import Model, db

_DEADLOCK = "40P01"
PREPARED = "tickbox prepared statements"
"""Where a connection's `info` holds what `core.statements` has prepared in it."""


def init_app(app: Flask) -> None:
    """Bind the database to the app."""
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = connections.options(app)
    db.init_app(app)
    with app.app_context():
        app.extensions["engine"] = db.engine  # Flask-SQLAlchemy looks for it anew each time, at 3 µs
        connections.listen(db.engine)
        tally.listen(db.engine)
    app.teardown_appcontext(_release)


def why_unreachable(error: DBAPIError) -> str:
    """What the driver says of a connection that did not come about: its first line, the others repeat it for each address."""
    return str(error.orig).partition("\n")[0]


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
        with engine().connect() as connection:
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
    with engine().connect() as connection:
        connection.exec_driver_sql("BEGIN")
        try:
            with connection.execute(statement, values, execution_options={"yield_per": 1000}) as rows:
                yield rows
        finally:
            _roll_back(connection)


def insert_or(table: type[Model]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what to do ON CONFLICT, which SQLAlchemy knows only in each database's own dialect."""
    return sqlite.insert(table) if on_sqlite() else postgresql.insert(table)


def is_deadlock(error: Exception) -> bool:
    """Whether PostgreSQL ended a transaction because it and another one waited for each other."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _DEADLOCK


def on_sqlite() -> bool:
    """Whether the database is SQLite, for the few statements that the two databases spell differently."""
    return engine().dialect.name == "sqlite"


def open_connection() -> Connection | None:
    """The connection that this request already holds, if any."""
    connection: Connection | None = g.get("connection")
    return connection


def _connection() -> Connection:
    connection: Connection | None = g.get("connection")
    if connection is None:
        connection = g.connection = engine().connect()
    return connection


def _roll_back(connection: Connection) -> None:
    """Leave the connection as it was before the transaction, or leave it to nobody where that fails."""
    if connection.invalidated:
        return
    try:
        driver = connection.connection.dbapi_connection
        if driver is None:  # a prepared statement has found it lost
            connection.invalidate()
        elif on_sqlite():
            connection.exec_driver_sql("ROLLBACK")
        else:
            _roll_back_postgresql(driver)
    except (DBAPIError, psycopg.Error):
        connection.invalidate()


def _roll_back_postgresql(connection: Any) -> None:
    """Past psycopg: after a ROLLBACK of its own it has the database forget, at some later moment, all statements that are prepared."""
    result = connection.pgconn.exec_(b"ROLLBACK")
    if result.status != ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(result)


def _release(_: BaseException | None = None) -> None:
    connection: Connection | None = g.pop("connection", None)
    if connection is not None:
        connection.close()


def engine() -> Engine:
    """The app's engine, for what works beside requests (revocations, commands)."""
    found: Engine = current_app.extensions["engine"]
    return found

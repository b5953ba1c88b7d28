"""How connections to the database are made, and how many of them there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from flask import Flask
from psycopg.adapt import Loader
from psycopg.types.string import TextLoader
from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from app.config import database_connections, is_embedded
from app.core import metrics

BUSY_SECONDS = 15
POOL_WAIT_SECONDS = 2
LOCK_WAIT_SECONDS = 2
PATIENCE_SECONDS = 120
STATEMENT_LIMIT_MS = 30_000
_DEAD_NETWORK = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}  # noticed in 11 s


def options(app: Flask) -> dict[str, Any]:
    """The options of the app's engine, with time limits on everything that could hang."""
    common = {
        # Connections commit by themselves; `transaction` begins and ends its own. Setting that anew for each request, and
        # rolling back what was never begun when a connection comes back, would cost four round trips of the driver.
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        "hide_parameters": True,
        "poolclass": _watched_pool(app.extensions["metrics"]),
        "pool_size": database_connections(app.config),
        "max_overflow": 0,
        "pool_use_lifo": True,
    }
    if is_embedded(app.config):
        return common | {"pool_timeout": BUSY_SECONDS, "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    limits = f"-c timezone=UTC -c statement_timeout={STATEMENT_LIMIT_MS} -c idle_in_transaction_session_timeout={STATEMENT_LIMIT_MS}"
    # Who waits for a lock keeps a thread and a connection from the others: a few of them would be all.
    limits += f" -c lock_timeout={LOCK_WAIT_SECONDS}s"
    # Rows in use are in memory, or on disks without a moving head: one here and one there cost little more than two in a row. By its
    # default, 4, PostgreSQL would rather read and sort a whole list than walk along an index for a page.
    limits += " -c random_page_cost=1.1"
    # To compile a plan takes longer than any of our statements.
    limits += " -c jit=off"
    return common | {
        "pool_timeout": POOL_WAIT_SECONDS,
        "connect_args": {"connect_timeout": POOL_WAIT_SECONDS, "options": limits, **_DEAD_NETWORK},
    }


def listen(engine: Engine) -> None:
    """Let each new connection of the engine be as its database needs it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _make_private)
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)


def wait_for_long(engine: Engine) -> None:
    """Let this process wait for a lock as long as a statement may take, and two minutes until the database takes what was sent.

    Nobody waits for its work, and a database that is busy with the rows of an import takes no more of them meanwhile.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "do_connect", _patiently)


def _watched_pool(counts: metrics.Metrics) -> type[QueuePool]:
    """A pool whose metrics are the app's."""

    class WatchedPool(QueuePool):
        """Counts connections while they are at work, and those that never came. These two methods are what SQLAlchemy lets pools differ in."""

        __module__ = QueuePool.__module__  # its logger is named after it

        def _do_get(self) -> ConnectionPoolEntry:
            try:
                entry = super()._do_get()
            except PoolTimeout:
                counts.count(metrics.POOL_TIMEOUTS)
                raise
            counts.count(metrics.POOL_IN_USE)
            return entry

        def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
            counts.count(metrics.POOL_IN_USE, amount=-1)
            super()._do_return_conn(record)

    return WatchedPool


def _patiently(_: Any, __: Any, ___: Any, values: dict[str, Any]) -> None:
    values["options"] += " -c lock_timeout=0"
    values["tcp_user_timeout"] = PATIENCE_SECONDS * 1000


def _make_private(_: Any, __: Any, arguments: Sequence[Any], ___: Any) -> None:
    """A new file of SQLite is for the one who runs the service alone; what SQLite puts beside it is as the file is."""
    with suppress(OSError):  # it is there, or connecting will tell
        Path(arguments[0]).touch(mode=0o600, exist_ok=False)


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON", "cache_size=-20000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(text: Any) -> str | None:
    """A text in lower case, letter by letter as PostgreSQL does it. SQLite's own function of that name knows those of ASCII alone."""
    return None if text is None else "".join(letter.lower()[0] for letter in str(text))


def _prepare_postgresql(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.adapters.register_loader("uuid", TextLoader)
    for kind in ("json", "jsonb"):
        connection.adapters.register_loader(kind, _JsonLoader)


class _JsonLoader(Loader):
    """JSON of columns; psycopg's own loader goes about it in Python."""

    load = staticmethod(orjson.loads)  # type: ignore[assignment]  # it takes what psycopg gives

"""The PostgreSQL that all contestants share: one of its own, or the one that BENCH_DATABASE_URL names."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.config import ROOT
from bench.processes import children_of, cpu_of, parent_of, title_of, waited_for
from tests.databases import environment
from tests.faults.servers import PostgreSQL, postgresql_programs

HOW_TO_GET_ONE = (
    "The bench needs PostgreSQL: apt-get install postgresql, or set BENCH_DATABASE_URL=postgresql://user:password@host/name "
    "to a database from which the user may create others."
)
# Nothing is made faster than it is by default: every commit waits for the disk. Checkpoints and autovacuum are kept out of the runs,
# which they would meet at random; between rounds the bench vacuums.
SETTINGS = {
    "max_connections": 500,
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}
AUXILIARIES = ("walwriter", "checkpointer", "background writer", "parallel worker")


class Database:
    """A database on the server, with the rows that all contestants read and write."""

    def __init__(self, url):
        self.url = url
        self.name = make_url(url).database
        self.connection = psycopg.connect(url, autocommit=True)
        pid = self.connection.info.backend_pid
        # A backend is a child of the server's first process, if that runs on this machine.
        self.server = parent_of(pid) if self._is_ours(title_of(pid)) else None

    def ask(self, statement, values=None):
        return self.connection.execute(statement, values).fetchall()

    def fill(self, settings, todos):
        """Make the tables and an account with so many todos, as `flask db upgrade` and `flask demo` do."""
        for command in (["db", "upgrade"], ["demo", "--todos", str(todos)]):
            # What they say is progress, and stays out of the tables.
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "wsgi", *command],
                cwd=ROOT,
                env=environment(settings),
                stdout=sys.stderr,
                check=True,
            )

    def prepare(self):
        """Write down what filling has left in memory, so that no run has to; on somebody else's server as far as permitted."""
        with suppress(psycopg.errors.InsufficientPrivilege):
            self.connection.execute("CHECKPOINT")

    def tidy(self):
        """Do what autovacuum would do in time of its own."""
        self.connection.execute("VACUUM ANALYZE")

    def cpu(self):
        """CPU seconds of the backends of this database and of those who write for them; None where the server is out of sight."""
        if self.server is None:
            return None
        total = waited_for(self.server)
        for pid in children_of(self.server):
            if self._is_ours(title := title_of(pid)) or any(name in title for name in AUXILIARIES):
                with suppress(ProcessLookupError):
                    total += cpu_of(pid)
        return total

    def close(self):
        self.connection.close()

    def _is_ours(self, title):
        return title.startswith("postgres:") and f" {self.name} " in title


@contextmanager
def server(folder):
    """The address of a server where databases may be made: a new one in `folder`, or the one of BENCH_DATABASE_URL."""
    if named := os.environ.get("BENCH_DATABASE_URL"):
        yield make_url(named).set(drivername="postgresql")
        return
    if not postgresql_programs():
        raise SystemExit(HOW_TO_GET_ONE)
    own = PostgreSQL(folder, SimpleNamespace(folder=folder / "data"), SimpleNamespace(folder=folder / "wal"))
    own.start(**SETTINGS)
    try:
        yield make_url(own.url)
    finally:
        own.stop()


@contextmanager
def database(folder):
    """A new, empty database; dropped at the end."""
    with server(folder) as url:
        name = f"tickbox_bench_{secrets.token_hex(3)}"
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            made = Database(url.set(database=name).render_as_string(hide_password=False))
            try:
                yield made
            finally:
                made.close()
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

"""The databases that tests run on: SQLite files, or PostgreSQL where TEST_DATABASE_URL names a server.

Every worker of pytest-xdist has its own, named after it, and drops it at the end.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.config import SETTINGS

SERVER = os.environ.get("TEST_DATABASE_URL", "")
HOW_TO_GET_POSTGRESQL = (
    "This needs PostgreSQL: start a server, and set TEST_DATABASE_URL=postgresql://user:password@host/name "
    "to a database from which the user may create others."
)


def environment(settings):
    """The environment of a process with these settings alone: empty ones shield it from what the developer has set."""
    return os.environ | {setting.name: "" for setting in SETTINGS} | settings


@contextmanager
def postgresql(template=None):
    """The address of a new database on the server, a copy of `template` where one is given. Dropped at the end."""
    server = make_url(SERVER).set(drivername="postgresql")
    name = f"{server.database}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{secrets.token_hex(3)}"
    source = make_url(template).database if template else "template1"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source)))
        try:
            yield server.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

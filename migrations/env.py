"""Runs the migrations on the app's database, one instance at a time."""

import logging
import time
import warnings
from contextlib import nullcontext, suppress

from alembic import context
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app import models  # noqa: F401  # fills the metadata that autogenerate compares with
from app.core.types import Id, Instant
from app.extensions import Model, db

LOCK = 7_282_465  # any number that nothing else in this database takes an advisory lock on
LOCK_SECONDS = 1  # what the requests that queue behind a migration wait at most; they give up after 2 s
PAUSE_SECONDS = 1
TRIES = 60
ASK_SECONDS = 0.1
LOCK_NOT_AVAILABLE = "55P03"

log = logging.getLogger("app.migrations")

ONLY_POSTGRESQL = {
    f"ix_todos_{name}" for name in ("words", "list_latest_due", "list_latest", "open", "open_due", "list_assignee", "list_trash")
}


def same_type(ctx, inspected_column, metadata_column, inspected_type, metadata_type):
    """Whether types differ: None leaves it to Alembic, but for our ids, which SQLite knows as CHAR(36)."""
    return False if metadata_column.type.compile(ctx.dialect) == inspected_type.compile(ctx.dialect) else None


def render(kind, item, autogen_context):
    """Write our column types by the names that script.py.mako gives them, as a migration must not change with the app."""
    if kind == "type" and item is Id:
        return "ID"
    if kind == "type" and item is Instant:
        return "INSTANT"
    return False


def same_objects(item, name, kind, reflected, compare_to):
    """Leave out what only one of the databases has: SQLite's full-text tables and some of PostgreSQL's indexes."""
    if kind == "table":
        return not name.startswith("todo_search")
    return not (name in ONLY_POSTGRESQL and db.engine.dialect.name == "sqlite")


def configure(connection, **more):
    given = {**current_app.extensions["migrate"].configure_args, **OPTIONS, **more}
    context.configure(connection=connection, target_metadata=Model.metadata, **given)


def run_on_sqlite(connection):
    """Migrate in one transaction, begun by hand, as connections of the app commit each statement by itself.

    It is also the lock that lets one instance at a time migrate, so nothing leaves it: SQLite has one writer anyway.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        configure(connection)
        context.get_context().autocommit_block = nullcontext
        context.run_migrations()
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        if not connection.invalidated:
            with suppress(OperationalError):  # of a full disk SQLite has taken it back by itself
                connection.exec_driver_sql("ROLLBACK")
        raise


def run_on_postgresql(connection):
    """Migrate in one transaction, which a migration may leave (`autocommit_block`), under a lock that outlasts it.

    A statement that waits for a lock holds up all that come after it, so none waits long; the migration is tried again.
    """
    wait_for_other_instances(connection)
    for setting, value in {"statement_timeout": 0, "idle_in_transaction_session_timeout": 0, "lock_timeout": f"'{LOCK_SECONDS}s'"}.items():
        connection.exec_driver_sql(f"SET {setting} = {value}")
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    for left in reversed(range(TRIES)):
        try:
            configure(connection)
            with context.begin_transaction():
                context.run_migrations()
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or not left:
                raise
            connection.rollback()
            log.warning("a migration waited %s s for a lock that others hold, and is tried again", LOCK_SECONDS)
            time.sleep(PAUSE_SECONDS)


def wait_for_other_instances(connection):
    """Take the lock of the migrations, which the end of the connection gives back.

    It is asked for again and again: a statement that waited for it would have a snapshot, and an index that is built
    concurrently waits for the end of all older snapshots.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        time.sleep(ASK_SECONDS)


def is_ahead(connection):
    """Whether newer code has brought the database further than this code's `upgrade` would: it was rolled back, and runs on it as it is."""
    try:
        wanted = context.get_revision_argument()
    except KeyError:  # of commands that have none
        return False
    if wanted != context.script.get_current_head() or not connection.dialect.has_table(connection, "alembic_version"):
        return False
    current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return current not in {None, *(known.revision for known in context.script.walk_revisions())}


def run_online():
    """Migrate on a connection that is closed afterwards, with all that was set on it."""
    with db.engine.connect() as connection:
        try:
            if is_ahead(connection):
                log.warning("the database is further than this code knows, which runs on it as it is; nothing was migrated")
                return
            (run_on_sqlite if connection.dialect.name == "sqlite" else run_on_postgresql)(connection)
        finally:
            connection.invalidate()


OPTIONS = {"compare_type": same_type, "render_item": render, "include_object": same_objects}

warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")  # same_objects does, too

if context.is_offline_mode():
    context.configure(dialect_name=db.engine.dialect.name, target_metadata=Model.metadata, literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()

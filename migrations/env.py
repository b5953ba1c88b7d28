"""Runs the migrations on the app's database, one instance at a time."""

import warnings

from alembic import context
from flask import current_app
from sqlalchemy import text

from app import models  # noqa: F401  # fills the metadata that autogenerate compares with
from app.core.types import Id, Instant
from app.extensions import Model, db

LOCK = 7_282_465  # any number that nothing else in this database takes an advisory lock on


ONLY_POSTGRESQL = {"ix_todos_search", "ix_todos_list_latest_due"}


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
    """Leave out what only one of the databases has: SQLite's full-text tables and two of PostgreSQL's indexes."""
    if kind == "table":
        return not name.startswith("todo_search")
    return not (name in ONLY_POSTGRESQL and db.engine.dialect.name == "sqlite")


def run_online():
    """Migrate in one transaction, begun by hand, as connections of the app commit each statement by itself."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.dialect.name == "sqlite" else "BEGIN")
        try:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.configure(
                connection=connection, target_metadata=Model.metadata, **{**current_app.extensions["migrate"].configure_args, **OPTIONS}
            )
            context.run_migrations()
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            if not connection.invalidated:
                connection.exec_driver_sql("ROLLBACK")
            raise


OPTIONS = {"compare_type": same_type, "render_item": render, "include_object": same_objects}

warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")  # same_objects does, too

if context.is_offline_mode():
    context.configure(dialect_name=db.engine.dialect.name, target_metadata=Model.metadata, literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()

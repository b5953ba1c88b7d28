"""Restoring a backup: all of it, into an installation that has no accounts, or nothing."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from alembic.migration import MigrationContext
from flask import current_app
from flask_migrate import downgrade, upgrade
from psycopg import sql
from sqlalchemy import Table, delete, insert, text
from sqlalchemy.exc import OperationalError, StatementError

from app.core.database import engine, execute, fetch_all, on_sqlite, open_connection, transaction
from app.core.migrations import MIGRATIONS, revisions
from app.core.problems import Unavailable
from app.core.types import is_id
from app.files.models import StoredFile
from app.files.service import draft
from app.files.storage import storage
from app.system.backup.archive import CHUNK, Archive, BackupError, Damaged, columns_of, decoder, opened, reflect
from app.system.backup.writing import ROWS_AT_ONCE, Tick
from app.todos.models import Todo
from app.todos.search import SearchDocument, document

Row = dict[str, Any]
INDEX = SearchDocument()
FULL = "INSERT INTO todo_search (id, words) SELECT id, search FROM todos"  # what a trigger does for each todo, at once
NOT_EMPTY = "There are accounts in this installation already. A backup is restored into an empty one: name another database, or a new INSTANCE_PATH."


def restore(path: Path, begin: Tick, tick: Tick) -> dict[str, Any]:
    """Restore the backup at `path`, bring the database up to date, and give the manifest. Raises BackupError.

    Nothing is changed before all rows were read and checked. Files come first, as a row never stands without its file; they go
    again where the one transaction of all rows fails.
    """
    with opened(path) as archive:
        manifest = archive.manifest
        _check_revision(manifest["revision"])
        _check_empty()
        _check_room(manifest["file_bytes"])
        archive.check_tables()
        begin(sum(table["rows"] for table in manifest["tables"]) + manifest["files"])
        _migrate_to(manifest["revision"])
        with _files_of(archive, tick), _damaged_if_rows_do_not_fit():
            _load(archive, tick)
    upgrade(MIGRATIONS)
    if not on_sqlite():
        execute(text("ANALYZE"))
    return manifest


def _check_revision(revision: str) -> None:
    """Names such as `base` or `head`, which Alembic would take too, are not revisions."""
    if revision not in revisions():
        raise BackupError(f"The backup was made by a newer version of Tickbox, at migration {revision}. Restore it with that one.")


def _check_empty() -> None:
    """That there are no accounts: all other rows belong to some, or are such as a service makes for itself."""
    there = engine().dialect.has_table
    with engine().connect() as connection:
        if there(connection, "users") and connection.scalar(text("SELECT count(*) FROM users")):
            raise BackupError(NOT_EMPTY)


def _check_room(size: int) -> None:
    if current_app.config["STORAGE_URL"]:
        return
    free = shutil.disk_usage(current_app.config["INSTANCE_PATH"]).free
    if free < size:
        raise BackupError(f"The files take {size:,} bytes, and the disk of the instance folder has {free:,} left.")


def _migrate_to(revision: str) -> None:
    """Bring the empty database to the revision that the rows are of, forward or back."""
    with engine().connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    known = revisions()
    if current is not None and current not in known:
        raise BackupError(f"The database is at migration {current}, of a newer version of Tickbox. Restore with that one.")
    if current is not None and known.index(current) < known.index(revision):
        downgrade(MIGRATIONS, revision)
    else:
        upgrade(MIGRATIONS, revision)


@contextmanager
def _files_of(archive: Archive, tick: Tick) -> Iterator[None]:
    """Put the files in place, and away again where the block fails. One that is there already, of the same bytes, stays."""
    put: list[str] = []
    try:
        for file_id, size, sha256 in _known_files(archive):
            if not _is_stored(file_id, sha256):
                with draft() as path:
                    archive.copy_file(file_id, size, sha256, path)
                    put.append(file_id)
                    storage().put(file_id, path)
            tick(1)
        yield
    except BaseException as error:
        storage().delete(put)
        if isinstance(error, Unavailable):
            raise BackupError(f"{error.detail} Nothing was restored.") from None
        if isinstance(error, OSError):
            raise BackupError(f"The files cannot be written: {error.strerror}. Nothing was restored.") from None
        raise


def _known_files(archive: Archive) -> Iterator[tuple[str, int, str]]:
    """Id, size and SHA-256 of the files that have a row. An id becomes part of a path, so it has to be one."""
    table = StoredFile.__tablename__
    if table not in archive.tables:
        return
    for row in _named(archive, table):
        file_id, size, sha256 = row.get("id"), row.get("size"), row.get("sha256")
        if not (isinstance(file_id, str) and is_id(file_id) and isinstance(size, int) and isinstance(sha256, str)):
            raise Damaged("a file has no proper id, size and SHA-256")
        if file_id not in archive.missing:
            yield file_id, size, sha256


def _is_stored(file_id: str, sha256: str) -> bool:
    try:
        file = storage().open(file_id)
    except FileNotFoundError:
        return False
    digest = hashlib.sha256()
    with file:
        while data := file.read(CHUNK):
            digest.update(data)
    return digest.hexdigest() == sha256


def _load(archive: Archive, tick: Tick) -> None:
    with transaction():
        connection = open_connection()
        assert connection is not None, "a transaction has one"
        tables = reflect(connection)
        _check_columns(archive, tables)
        if not on_sqlite():
            execute(text("SET LOCAL statement_timeout = 0"))
            execute(text(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE"))
        _check_empty_within()
        with _without_triggers(tables):
            for table in reversed(tables):
                execute(delete(table))
            for table in tables:
                _load_table(archive, table, tick)
            if on_sqlite():
                execute(text("DELETE FROM todo_search"))
                execute(text(FULL))


def _check_empty_within() -> None:
    if fetch_all(text("SELECT 1 FROM users LIMIT 1")):
        raise BackupError(NOT_EMPTY)


def _check_columns(archive: Archive, tables: list[Table]) -> None:
    here = {table.name: {column.name for column in columns_of(table)} for table in tables}
    told = {name: set(table["columns"]) for name, table in archive.tables.items()}
    if here != told:
        raise Damaged(f"its tables are not those of migration {archive.manifest['revision']}")


@contextmanager
def _without_triggers(tables: list[Table]) -> Iterator[None]:
    """Let no trigger count what is counted already, nor fill an index row by row."""
    if on_sqlite():
        triggers = fetch_all(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        off, on = [f"DROP TRIGGER {trigger.name}" for trigger in triggers], [trigger.sql for trigger in triggers]
    else:
        off = [f"ALTER TABLE {table.name} DISABLE TRIGGER USER" for table in tables]
        on = ["SET CONSTRAINTS ALL IMMEDIATE", *(f"ALTER TABLE {table.name} ENABLE TRIGGER USER" for table in tables)]
    _run(off)
    yield
    _run(on)


def _run(statements: list[str]) -> None:
    connection = open_connection()
    assert connection is not None, "a transaction has one"
    for statement in statements:
        connection.exec_driver_sql(statement)


def _load_table(archive: Archive, table: Table, tick: Tick) -> None:
    rows = map(_maker(table), _present(archive, table))
    add = _insert if on_sqlite() else _copy
    while some := list(islice(rows, ROWS_AT_ONCE)):
        add(table, some)
        tick(len(some))


def _insert(table: Table, rows: list[Row]) -> None:
    execute(insert(table), rows)


def _copy(table: Table, rows: list[Row]) -> None:
    """Insert by COPY, which took less than half the time of INSERTs: 32 s instead of 70 s for 100,000 todos on a busy machine."""
    connection = open_connection()
    assert connection is not None, "a transaction has one"
    driver: Any = connection.connection.driver_connection
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    with driver.cursor() as cursor, cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def _named(archive: Archive, table: str) -> Iterator[Row]:
    columns = archive.tables[table]["columns"]
    return (dict(zip(columns, row, strict=True)) for row in archive.rows(table))


def _present(archive: Archive, table: Table) -> Iterator[Row]:
    """The rows of a table as if the files that are missing had been removed: without what cannot be without one."""
    references = [key.parent for key in table.foreign_keys if key.column.table.name == StoredFile.__tablename__]
    if table.name == StoredFile.__tablename__:
        references = [table.c.id]
    for row in _named(archive, table.name):
        gone = [column for column in references if row[column.name] in archive.missing]
        if all(column.nullable for column in gone):
            yield row | {column.name: None for column in gone}


def _maker(table: Table) -> Callable[[Row], Row]:
    """What makes of values as JSON has them those that the database takes, with what it derives for itself."""
    found = {column.name: decoder(column, sqlite=on_sqlite()) for column in columns_of(table)}
    decoders = [(name, decode) for name, decode in found.items() if decode]
    indexed = table.name == Todo.__tablename__ and "search" in table.c
    dialect = engine().dialect

    def make(row: Row) -> Row:
        words = document(row["task"], row["notes"], row["tags"]) if indexed else None
        for name, decode in decoders:
            if row[name] is not None:
                row[name] = decode(row[name])
        if indexed:
            row["search"] = INDEX.process_bind_param(words, dialect)
        return row

    return make


@contextmanager
def _damaged_if_rows_do_not_fit() -> Iterator[None]:
    """Raise Damaged for rows that the tables, or Python's own types, refuse, and BackupError for a database that fails."""
    try:
        yield
    except (OperationalError, psycopg.OperationalError) as error:
        raise BackupError(f"The database failed, so nothing was restored: {getattr(error, 'orig', error)}") from error
    except (StatementError, psycopg.Error) as error:
        raise Damaged(f"its rows do not fit the tables ({type(getattr(error, 'orig', error)).__name__})") from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Damaged(f"a value is not of its column ({type(error).__name__})") from error

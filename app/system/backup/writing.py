"""Making a backup while the service serves: the rows of one moment, and the files that they refer to."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile, ZipInfo

from sqlalchemy import Connection, Row, Table, func, select, text

from app.core.database import engine, execute
from app.core.dumping import to_json
from app.core.problems import Unavailable
from app.core.types import now
from app.files.models import StoredFile
from app.files.storage import storage, sync
from app.system.backup.archive import CHUNK, FORMAT, MANIFEST, BackupError, columns_of, file_member, member_of, reflect, to_line, written_to

Tick = Callable[[int], None]  # told how many rows and files were done since the last time
ROWS_AT_ONCE = 1000
ASKED_AT_ONCE = 500


@dataclass
class Written:
    """What a backup holds. `removed` files went while it was made, `lost` ones the storage does not have, or not as they were."""

    rows: int = 0
    files: int = 0
    file_bytes: int = 0
    removed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """A file that only its owner reads, and that stands at `path` once it is whole and on the disk. Raises BackupError."""
    if path.exists() and not replace:
        raise BackupError(f"{path} is there already. Name another file, or replace it with --force.")
    draft = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike a renaming, it never replaces what came meanwhile
        sync(path.parent)
    except FileExistsError:
        raise BackupError(f"{path} is there already. Name another file, or replace it with --force.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}. There is no backup.") from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def write(target: IO[bytes], begin: Tick, tick: Tick) -> Written:
    """Write a backup to `target`; `begin` is told how many rows and files there are to do.

    The rows are those of one moment. Files are written before a row refers to them and removed after that, so those of the
    rows are there to be copied afterwards, but for what was removed meanwhile. Raises BackupError, and OSError of `target`.
    """
    with written_to(target) as archive:
        with _snapshot() as connection:
            revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
            tables = reflect(connection)
            files = _files(connection, tables)
            begin(sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables) + len(files))
            moment = now()
            told = [_write_table(archive, connection, table, tick) for table in tables]
        written = Written(rows=sum(table["rows"] for table in told))
        _write_files(archive, files, written, tick)
        manifest = {"format": FORMAT, "revision": revision, "created_at": moment, "tables": told}
        manifest |= {"files": written.files, "file_bytes": written.file_bytes, "missing": written.removed + written.lost}
        archive.writestr(MANIFEST, to_json(manifest))
    return written


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """A connection that sees the database as it is now for as long as it takes, and blocks nobody."""
    with engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            if not engine().dialect.has_table(connection, "alembic_version"):
                raise BackupError("The database has no tables yet, so there is nothing to back up.")
            yield connection
        finally:
            if not connection.invalidated:
                # Nothing was written. After a ROLLBACK psycopg would have the database forget what `core.statements` has prepared.
                connection.exec_driver_sql("COMMIT")


def _files(connection: Connection, tables: list[Table]) -> list[Row[Any]]:
    """The stored files that there are rows of: id, size and SHA-256, some 300 bytes of memory each."""
    if not any(table.name == StoredFile.__tablename__ for table in tables):
        return []
    return list(connection.execute(select(StoredFile.id, StoredFile.size, StoredFile.sha256).order_by(StoredFile.id)))


def _write_table(archive: ZipFile, connection: Connection, table: Table, tick: Tick) -> dict[str, Any]:
    columns = columns_of(table)
    digest, size, count = hashlib.sha256(), 0, 0
    found = connection.execute(select(*columns), execution_options={"yield_per": ROWS_AT_ONCE})
    with found as rows, archive.open(member_of(table.name), "w", force_zip64=True) as member:
        for some in rows.partitions():
            lines = b"".join(to_line(tuple(row)) for row in some)
            digest.update(lines)
            member.write(lines)
            size, count = size + len(lines), count + len(some)
            tick(len(some))
    names = [column.name for column in columns]
    return {"name": table.name, "columns": names, "rows": count, "bytes": size, "sha256": digest.hexdigest()}


def _write_files(archive: ZipFile, files: list[Row[Any]], written: Written, tick: Tick) -> None:
    missing = []
    for file in files:
        try:
            whole = _write_file(archive, file)
        except Unavailable as problem:
            raise BackupError(f"{problem.detail} There is no backup.") from None
        if whole:
            written.files, written.file_bytes = written.files + 1, written.file_bytes + file.size
        else:
            missing.append(file.id)
        tick(1)
    still_there = _with_row(missing)
    written.lost = [file_id for file_id in missing if file_id in still_there]
    written.removed = [file_id for file_id in missing if file_id not in still_there]


def _write_file(archive: ZipFile, file: Row[Any]) -> bool:
    """Copy a stored file into the backup; gives whether it was there, and as it was when it was stored."""
    try:
        source = storage().open(file.id)
    except FileNotFoundError:
        return False
    digest = hashlib.sha256()
    with source, archive.open(ZipInfo(file_member(file.id)), "w", force_zip64=True) as member:
        while data := source.read(CHUNK):
            digest.update(data)
            member.write(data)
    return bool(digest.hexdigest() == file.sha256)


def _with_row(file_ids: list[str]) -> set[str]:
    """Those of the files that still have a row now."""
    parts = (file_ids[start : start + ASKED_AT_ONCE] for start in range(0, len(file_ids), ASKED_AT_ONCE))
    return {row.id for part in parts for row in execute(select(StoredFile.id).where(StoredFile.id.in_(part)))}

"""Keeping files: the bytes in the storage, what is known of them in a row, and neither without the other for long."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Table, delete, exists, insert, select

from app.core.database import after_commit, execute, fetch_all, fetch_one, release, transaction
from app.core.problems import NotFound, Unavailable
from app.core.types import id_time, new_id, now
from app.core.uploads import Incoming, incoming_folder
from app.extensions import Model
from app.files.models import StoredFile
from app.files.storage import safe_name, storage

log = logging.getLogger(__name__)

BATCH = 100  # files that one transaction removes
_FILES = cast(Table, StoredFile.__table__)


@dataclass(frozen=True)
class Stored:
    """A file that is in the storage and has no row yet."""

    id: str
    size: int
    sha256: str


def keep(source: Incoming | Path, name: str, content_type: str) -> str:
    """Keep a file, which is moved into the storage; gives its id. Where the open transaction fails, `sweep_strays` removes it.

    Raises Unavailable where there is no room for it.
    """
    return register(store(source), name, content_type)


def store(source: Incoming | Path) -> Stored:
    """The first half of `keep`, for work that can do it ahead of its transaction, which no slow storage holds up then.

    PostgreSQL ends a transaction that is idle for 30 s, and during one of SQLite's nobody else writes.
    """
    release()
    file_id = new_id()
    path, size, sha256 = _facts(source)
    storage().put(file_id, path)
    return Stored(file_id, size, sha256)


def register(stored: Stored, name: str, content_type: str) -> str:
    """The second half of `keep`: the row of a file that is stored; gives its id."""
    row = {**asdict(stored), "name": safe_name(name) or "file", "content_type": content_type, "created_at": id_time(stored.id)}
    execute(insert(StoredFile).values(row))
    return stored.id


def find(file_id: str) -> Row[Any]:
    """The row of a file. Raises NotFound where it went meanwhile."""
    row = fetch_one(select(StoredFile).where(StoredFile.id == file_id))
    if row is None:
        raise NotFound("The file is gone.")
    return row


def discard(file_ids: Sequence[str]) -> None:
    """Remove files that nothing refers to any more: their rows now, and what is stored once that is committed."""
    execute(delete(StoredFile).where(StoredFile.id.in_(file_ids)))
    after_commit(lambda: _forget(file_ids))


@contextmanager
def draft() -> Iterator[Path]:
    """A new empty file, to be written and kept. It is gone at the end where it was not."""
    handle, name = tempfile.mkstemp(dir=incoming_folder())
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def sweep(age: timedelta = timedelta(hours=1), most: int = 1000) -> int:
    """Remove files of that age which nothing refers to, at most so many; gives how many those were.

    The rows go first, so that the foreign keys protect what is in use after all, and only with what is stored: one transaction
    removes both. Where it fails half-way the rows are still there, and the next run removes them.
    """
    old = [row.id for row in fetch_all(select(StoredFile.id).where(StoredFile.created_at < now() - age, *_unused()).limit(most))]
    swept = 0
    for start in range(0, len(old), BATCH):
        batch = select(StoredFile.id).where(StoredFile.id.in_(old[start : start + BATCH]), *_unused()).with_for_update(skip_locked=True)
        with transaction():
            gone = [row.id for row in fetch_all(delete(StoredFile).where(StoredFile.id.in_(batch)).returning(StoredFile.id))]
            storage().delete(gone)
        swept += len(gone)
    return swept


def sweep_strays(age: timedelta = timedelta(days=1)) -> int:
    """Remove what was stored that long ago and has no row, as of requests that failed; gives how many those were."""
    before = now() - age
    stored = storage().stale(before)
    swept = 0
    while keys := list(islice(stored, BATCH)):
        known = {row.id for row in fetch_all(select(StoredFile.id).where(StoredFile.id.in_(keys)))}
        strays = [key for key in keys if key not in known]
        storage().delete(strays)
        swept += len(strays)
    return swept + _sweep_incoming(before)


def _sweep_incoming(before: datetime) -> int:
    """Remove what came in for requests and jobs whose process died."""
    swept = 0
    for path in incoming_folder().glob("*"):
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                swept += 1
    return swept


def _unused() -> list[ColumnElement[bool]]:
    """That no column of any table refers to the file."""
    keys = [key for table in Model.metadata.tables.values() for key in table.foreign_keys if key.references(_FILES)]
    return [~exists().where(key.parent == StoredFile.id) for key in keys]


def _forget(file_ids: Sequence[str]) -> None:
    try:
        storage().delete(file_ids)
    except (OSError, Unavailable) as error:  # the request is done; `sweep_strays` will find them
        log.warning("files were not removed yet: %s", type(error).__name__)


def _facts(source: Incoming | Path) -> tuple[Path, int, str]:
    if isinstance(source, Incoming):
        source.file.flush()
        return source.path, source.size, source.sha256
    with source.open("rb") as file:
        return source, source.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

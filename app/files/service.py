"""Keeping files: the bytes in the storage, what is known of them in a row, and neither without the other for long."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import insert

from app.core.database import execute
from app.core.types import id_time, new_id
from app.core.uploads import Incoming
from app.files.models import StoredFile
from app.files.storage import safe_name, storage


def keep(source: Incoming | Path, name: str, content_type: str) -> str:
    """Keep a file, which is moved into the storage; gives its id. Where the open transaction fails, `sweep_strays` removes it.

    Raises Unavailable where there is no room for it.
    """
    file_id = new_id()
    path, size, sha256 = _facts(source)
    storage().put(file_id, path)
    row = {"name": safe_name(name) or "file", "content_type": content_type, "size": size, "sha256": sha256}
    execute(insert(StoredFile).values(id=file_id, created_at=id_time(file_id), **row))
    return file_id


def _facts(source: Incoming | Path) -> tuple[Path, int, str]:
    if isinstance(source, Incoming):
        source.file.flush()
        return source.path, source.size, source.sha256
    with source.open("rb") as file:
        return source, source.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

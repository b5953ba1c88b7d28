"""Where files are kept: a folder of the instance, or storage that speaks S3. A key is the id of a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from flask import Flask, current_app

from app.core.problems import Unavailable
from app.core.types import is_id
from app.core.uploads import no_room
from app.files.s3 import S3


class Storage(Protocol):
    """A place for files. Files are written whole or not at all, and never changed."""

    def put(self, key: str, path: Path) -> None:
        """Take the file at `path`, which may be gone afterwards. Raises Unavailable where there is no room."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """The bytes of a file from `start` on. With `length` nobody reads more than that, so no more need come.

        Raises FileNotFoundError, and Unavailable where the storage is out of reach.
        """

    def accel_path(self, key: str) -> str | None:
        """Where a web server that has the folder of the storage finds the file in it; None where there is no folder."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files; those that are not there do not matter."""

    def stale(self, before: datetime) -> Iterator[str]:
        """The keys of the files that were put before this instant."""


class Folder:
    """A folder, with one subfolder for each of the last two characters of the keys."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where the file lies. Raises FileNotFoundError for what cannot be a key."""
        if not is_id(key):
            raise FileNotFoundError(key)
        return self.root / key[-2:] / key

    def put(self, key: str, path: Path) -> None:
        """See Storage."""
        place = self.path(key)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o640)  # a web server of the same group may send it
            sync(path)
            path.replace(place)
            sync(place.parent)
        except OSError as error:
            raise no_room(error) from error

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See Storage."""
        try:
            file = self.path(key).open("rb")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Unavailable("The stored files are out of reach. Try again shortly.") from error
        file.seek(start)
        return file

    def accel_path(self, key: str) -> str:
        """See Storage."""
        return str(self.path(key).relative_to(self.root))

    def delete(self, keys: Iterable[str]) -> None:
        """See Storage."""
        for key in keys:
            self.path(key).unlink(missing_ok=True)

    def stale(self, before: datetime) -> Iterator[str]:
        """See Storage."""
        for place in self.root.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):  # it was removed meanwhile
                if is_id(place.name) and datetime.fromtimestamp(place.stat().st_mtime, UTC) < before:
                    yield place.name


def sync(path: Path) -> None:
    """Let the file, or the names in the folder, reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def init_app(app: Flask) -> None:
    """Open the storage that STORAGE_URL names."""
    url = app.config["STORAGE_URL"]
    app.extensions["storage"] = S3(url, app.config["THREADS"]) if url else Folder(Path(app.config["INSTANCE_PATH"]) / "uploads")


def storage() -> Storage:
    """The storage of the app."""
    found: Storage = current_app.extensions["storage"]
    return found


def safe_name(name: str) -> str:
    """A name that a download may have: the last part of a path, on one line, of at most 255 characters."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(character for character in last if character.isprintable()).strip(" .")
    ending = PurePosixPath(plain).suffix[:20]
    return plain if len(plain) <= 255 else plain[: 255 - len(ending)] + ending

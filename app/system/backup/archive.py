"""What a backup looks like: a ZIP file (APPNOTE 6.3) that the standard library writes and reads as a stream.

    manifest.json          revision of the schema; of each table its columns, rows, bytes and SHA-256; files that are missing
    tables/todos.jsonl     a row a line (RFC 8259), as an array in the order of the manifest's columns
    files/<id>             a stored file, as it is; its size and SHA-256 stand in its row of `files`

Values are those of JSON: instants in UTC (RFC 3339), bytes in base64. What a database derives for itself alone, the index of
the search, stays out, so that a backup of one database can be restored into the other.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812  # its name is too plain to stand alone

import orjson
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import JSON, Column, Connection, Date, DateTime, LargeBinary, MetaData, Table

from app.core.types import is_id

FORMAT = 1
MANIFEST = "manifest.json"
LONGEST_MANIFEST = 64 * 1024 * 1024
LONGEST_ROW = 64 * 1024 * 1024
CHUNK = 1024 * 1024
DERIVED = {"todos": {"search"}}
_NO_ROWS = ("alembic_version", "todo_search")
_NAME = validate.Regexp(r"^[a-z][a-z0-9_]{0,62}\Z")
_ID = validate.Regexp(r"^[0-9a-f-]{36}\Z")
_SHA256 = validate.Regexp(r"^[0-9a-f]{64}\Z")
_COUNT = validate.Range(0, 2**63)


class BackupError(Exception):
    """Why a backup is not made or not restored, and what to do about it, in words for the operator."""


class Damaged(BackupError):
    """The file is no backup, or not what was written."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The backup is damaged, so nothing was restored: {what}. Take another one.")


class _TableSchema(Schema):
    name = fields.String(required=True, validate=_NAME)
    columns = fields.List(fields.String(validate=_NAME), required=True)
    rows = fields.Integer(required=True, strict=True, validate=_COUNT)
    bytes = fields.Integer(required=True, strict=True, validate=_COUNT)
    sha256 = fields.String(required=True, validate=_SHA256)


class ManifestSchema(Schema):
    """What a backup holds."""

    format = fields.Integer(required=True, strict=True, validate=validate.Equal(FORMAT))
    revision = fields.String(required=True, validate=validate.Regexp(r"^\w{1,32}\Z"))
    created_at = fields.AwareDateTime(required=True)
    tables = fields.List(fields.Nested(_TableSchema), required=True)
    files = fields.Integer(required=True, strict=True, validate=_COUNT)
    file_bytes = fields.Integer(required=True, strict=True, validate=_COUNT)
    missing = fields.List(fields.String(validate=_ID), required=True)


def reflect(connection: Connection) -> list[Table]:
    """The tables as the database has them now, whatever the models say; what others refer to comes first."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not name.startswith(_NO_ROWS))
    return found.sorted_tables


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns that a backup holds."""
    return [column for column in table.columns if column.name not in DERIVED.get(table.name, ())]


def member_of(table: str) -> str:
    """Where the rows of a table stand."""
    return f"tables/{table}.jsonl"


def file_member(file_id: str) -> str:
    """Where a stored file stands."""
    return f"files/{file_id}"


def to_line(row: tuple[Any, ...]) -> bytes:
    """A row as a line."""
    return orjson.dumps(row, default=_plain, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def decoder(column: Column[Any], *, sqlite: bool) -> Callable[[Any], Any] | None:
    """What makes of a JSON value what an INSERT on SQLite or a COPY on PostgreSQL takes; None where it is the same."""
    if isinstance(column.type, DateTime):
        return _naive_instant if sqlite else _instant
    if isinstance(column.type, Date):
        return date.fromisoformat
    if isinstance(column.type, JSON):
        return None if sqlite else json.dumps
    return b64decode if isinstance(column.type, LargeBinary) else None


class Archive:
    """A backup that is read. Every name and number in it is somebody else's word, and checked. Raises Damaged throughout."""

    def __init__(self, zip_file: ZipFile) -> None:
        self._zip = zip_file
        names = [member.filename for member in zip_file.infolist()]
        if MANIFEST not in names or zip_file.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
            raise Damaged("it has no manifest")
        with unreadable_is_damaged(MANIFEST):
            self.manifest = _manifest(zip_file.read(MANIFEST))
        self.tables: dict[str, dict[str, Any]] = {table["name"]: table for table in self.manifest["tables"]}
        self.missing = frozenset(self.manifest["missing"])
        self._check_members(names)

    def check_tables(self) -> None:
        """Read all rows once, before any of them goes anywhere."""
        for name, told in self.tables.items():
            digest, size, rows = hashlib.sha256(), 0, 0
            for line in self._lines(name):
                digest.update(line)
                size, rows = size + len(line), rows + 1
                if size > told["bytes"]:
                    break
            if (digest.hexdigest(), size, rows) != (told["sha256"], told["bytes"], told["rows"]):
                raise Damaged(f"{member_of(name)} is not what was written")

    def rows(self, name: str) -> Iterator[list[Any]]:
        """The rows of a table."""
        width = len(self.tables[name]["columns"])
        for line in self._lines(name):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                row = None
            if not isinstance(row, list) or len(row) != width:
                raise Damaged(f"{member_of(name)} holds what is no row")
            yield row

    def copy_file(self, file_id: str, size: int, sha256: str, target: Path) -> None:
        """Write a stored file to `target`, and no byte more than its size."""
        name, digest, left = file_member(file_id), hashlib.sha256(), size
        with unreadable_is_damaged(name), self._zip.open(name) as source, target.open("wb") as file:
            while data := source.read(min(CHUNK, left + 1)):
                left -= len(data)
                if left < 0:
                    break
                digest.update(data)
                file.write(data)
        if left or digest.hexdigest() != sha256:
            raise Damaged(f"{name} is not what was written")

    def _lines(self, name: str) -> Iterator[bytes]:
        with unreadable_is_damaged(member_of(name)), self._zip.open(member_of(name)) as source:
            while line := source.readline(LONGEST_ROW):
                yield line

    def _check_members(self, names: list[str]) -> None:
        """That there is what the manifest tells of and nothing else. Files are stored as they are, so none is larger than it looks."""
        known = {MANIFEST, *map(member_of, self.tables)}
        if len(names) != len(set(names)) or not known <= set(names):
            raise Damaged("a part is missing, or there twice")
        for member in self._zip.infolist():
            folder, _, file_id = member.filename.partition("/")
            if member.filename not in known and not (folder == "files" and is_id(file_id) and member.compress_type == ZIP_STORED):
                raise Damaged(f"it holds {member.filename[:100]!r}, which belongs into no backup")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The backup in a file. Raises BackupError."""
    try:
        with unreadable_is_damaged(path.name):
            zip_file = ZipFile(path)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
    with zip_file:
        yield Archive(zip_file)


def written_to(target: Any) -> ZipFile:
    """A new backup. Of todos, level 1 takes a third of the time of the usual 6, and a third more room."""
    return ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1)


@contextmanager
def unreadable_is_damaged(name: str) -> Iterator[None]:
    """Raise Damaged for all that the standard library raises when a ZIP file is broken."""
    try:
        yield
    except (BadZipFile, ZlibError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise Damaged(f"{name} cannot be read ({type(error).__name__})") from error


def _manifest(text: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(text)
        if isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] > FORMAT:
            raise BackupError("The backup was made by a newer version of Tickbox. Restore it with that one.")
        return cast(dict[str, Any], ManifestSchema().load(told))
    except orjson.JSONDecodeError:
        raise Damaged("its manifest is no JSON") from None
    except ValidationError as error:
        raise Damaged(f"its manifest is wrong: {error.messages}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _naive_instant(text: str) -> datetime:
    """SQLite keeps instants in UTC and does not say so."""
    return _instant(text).replace(tzinfo=None)

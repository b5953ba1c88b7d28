"""Files that come with a request (multipart/form-data, RFC 7578): on disk from their first byte on, never whole in memory."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from pathlib import Path
from typing import IO, Any, cast

import orjson
from flask import Flask, current_app, g, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import MultiPartParser

from app.core.contract import Contract
from app.core.problems import BadRequest, Invalid, PayloadTooLarge, Unavailable, UnsupportedMediaType

MOST_FIELDS = 100
LONGEST_FIELDS = 64 * 1024  # bytes of all fields together, beside the file
_FRAME = 64 * 1024  # what boundaries and headers of the parts may add
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class Incoming:
    """A file as it comes in, in a folder of the instance. It goes with the request, unless it was moved elsewhere."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.most = most
        self.size = 0
        self._digest = hashlib.sha256()
        try:
            self.file: IO[bytes] = tempfile.NamedTemporaryFile(dir=incoming_folder(), delete=False)  # noqa: SIM115  # `close` closes it
        except OSError as error:
            raise no_room(error) from error
        self.path = Path(self.file.name)

    @property
    def sha256(self) -> str:
        """The SHA-256 of what came, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Take the next bytes. Raises PayloadTooLarge, and Unavailable where the disk is full."""
        self.size += len(data)
        if self.size > self.most:
            raise PayloadTooLarge(f"The file is larger than {self.most} bytes.")
        self._digest.update(data)
        try:
            return self.file.write(data)
        except OSError as error:
            raise no_room(error) from error

    def seek(self, offset: int) -> int:
        """What Werkzeug's parser does when all has come: what was written reaches the disk. Raises Unavailable."""
        try:
            return self.file.seek(offset)
        except OSError as error:
            raise no_room(error) from error

    def close(self) -> None:
        """Forget the file, if it is still here."""
        try:
            self.file.close()
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
        self.path.unlink(missing_ok=True)


def init_app(app: Flask) -> None:
    """Let nothing that came with a request outlive it."""
    app.teardown_request(forget)


def incoming_folder() -> Path:
    """Where files lie while they come in, or are made."""
    folder = Path(current_app.config["INSTANCE_PATH"]) / "uploads" / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def no_room(error: OSError) -> Exception:
    """The problem of a full disk, or of one that can only be read by now; any other error as it is."""
    full = error.errno in _NO_ROOM
    return Unavailable("There is no room left to store files. Ask the operator, or try again later.") if full else error


def read_form(contract: Contract) -> dict[str, Any]:
    """The fields of the request's form, unchecked, and its one file under `file`. Reads it once.

    Raises UnsupportedMediaType, BadRequest, PayloadTooLarge, Invalid and Unavailable.
    """
    if "form" not in g:
        g.form = _parse(int(current_app.config[contract.upload or ""]))
    form: dict[str, Any] = g.form
    return dict(form)


def fingerprint(contract: Contract) -> bytes:
    """What tells this form from another, whatever boundary it came with."""
    form = read_form(contract)
    file = form.get("file")
    told = {**form, "file": [file.name, file.sha256] if isinstance(file, Incoming) else file}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def forget(_: BaseException | None = None) -> None:
    """Remove what came with the request and was not moved elsewhere."""
    for incoming in g.pop("incoming", ()):
        incoming.close()


def _parse(most: int) -> dict[str, Any]:
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the file as multipart/form-data, in a part named `file`.")
    boundary = request.mimetype_params.get("boundary", "")
    if not boundary:
        raise BadRequest("The multipart body has no boundary.")
    request.max_content_length = most + LONGEST_FIELDS + _FRAME
    if (request.content_length or 0) > request.max_content_length:
        raise PayloadTooLarge(f"The file is larger than {most} bytes.")

    def receive(filename: str | None, **_: Any) -> Any:
        incoming = Incoming(filename or "", most)
        g.setdefault("incoming", []).append(incoming)
        return incoming

    parser = MultiPartParser(cast(Any, receive), LONGEST_FIELDS + _FRAME, max_form_parts=MOST_FIELDS)
    try:
        return _flat(*parser.parse(request.stream, boundary.encode("ascii"), request.content_length))
    except (HTTPException, OSError):
        raise
    except ValueError:
        raise BadRequest("The multipart body is broken.") from None


def _flat(fields: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> dict[str, Any]:
    """Each name with its one value. Raises Invalid for what came more than once, or is no file where one belongs."""
    found: dict[str, Any] = {name: file.stream for name, file in files.items()}
    errors = {name: ["Must be given once."] for name in {*fields, *files} if len(fields.getlist(name)) + len(files.getlist(name)) > 1}
    errors |= {name: ["Unknown field."] for name in files if name != "file"}
    if any(isinstance(file, Incoming) and not (file.name or file.size) for file in found.values()):
        errors["file"] = ["Must be a file, with a filename."]  # what a browser sends when none was chosen
    if "file" in fields:
        errors["file"] = ["Must be a file, with a filename."]
    if errors:
        raise Invalid(errors)
    return {**fields, **found}

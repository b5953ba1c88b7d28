"""Sending files: streamed from the storage, whole or a part (RFC 9110, section 14), and harmless to whoever opens them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, request
from werkzeug.wsgi import FileWrapper, LimitedStream

from app.core.database import release
from app.core.http import CSP
from app.core.problems import NotFound, RangeNotSatisfiable
from app.files.storage import safe_name, storage

CHUNK = 64 * 1024
ACCEL = "/_files/"  # where the nginx of deploy/nginx has the folder of stored files, for itself alone
_SCRIPTED = re.compile(r"html|/xml|\+xml|script|/xsl|/x-shockwave", re.IGNORECASE)
_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")
_ATTR_CHAR = "!#$&+-.^_`|~"  # what needs no escape, besides letters and digits (RFC 8187, section 3.2.1)


def runs_script(content_type: str) -> bool:
    """Whether a browser that shows such a file may run what is written in it."""
    return _SCRIPTED.search(content_type) is not None


def send(file: Any, *, ours: bool = False, inline: bool = False) -> Response:
    """The file of a row of `files`, or the part or the 304 that the request asks for.

    With SENDFILE nginx sends it, and takes care of the part. It is to be saved, not shown, unless `inline`. The type of a file that
    is not `ours` is never one that runs script. Raises NotFound where the storage has lost it, RangeNotSatisfiable, and Unavailable
    where the storage is out of reach.
    """
    answer = Response(content_type=file.content_type if ours or not runs_script(file.content_type) else "application/octet-stream")
    answer.set_etag(file.sha256)
    answer.accept_ranges = "bytes"
    answer.headers["Content-Disposition"] = disposition(file.name, inline=inline)
    answer.headers["Content-Security-Policy"] = f"{CSP}; sandbox"
    if request.if_none_match.contains_weak(file.sha256):
        answer.status_code = 304
        del answer.headers["Content-Type"]
        return answer
    release()
    part = _part(file.size, f'"{file.sha256}"')
    path = current_app.config["SENDFILE"] and _is_plain(part) and storage().accel_path(file.id)
    if path:
        del answer.headers["Accept-Ranges"]  # which nginx says, too
        answer.headers["X-Accel-Redirect"] = f"{ACCEL}{path}"
        return answer
    start, stop = part or (0, file.size)
    if part:
        answer.status_code = 206
        answer.content_range.set(start, stop, file.size)
    answer.content_length = stop - start
    try:
        stream = storage().open(file.id, start, stop - start)
    except FileNotFoundError:
        raise NotFound("The file is gone.") from None
    answer.response = FileWrapper(LimitedStream(stream, stop - start), CHUNK)  # type: ignore[arg-type]  # all that it needs is `read`
    answer.call_on_close(stream.close)
    return answer


def _is_plain(part: tuple[int, int] | None) -> bool:
    """Whether nginx, which knows only the bytes of the file, understands the request as it is understood here."""
    asked = request.headers
    return not ("If-Match" in asked or "If-Unmodified-Since" in asked or ("Range" in asked and part is None))


def disposition(name: str, *, inline: bool = False) -> str:
    """A Content-Disposition with any name (RFC 6266): a plain one for old clients, and the real one where they differ."""
    name = safe_name(name) or "file"
    plain = _PLAIN.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "replace").decode())
    real = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
    return f'{"inline" if inline else "attachment"}; filename="{plain}"{real}'


def _part(size: int, etag: str) -> tuple[int, int] | None:
    """The first byte that the request asks for, and the one after its last; None for all. Several ranges, and what is none, get all.

    Raises RangeNotSatisfiable.
    """
    asked = request.range
    changed = request.headers.get("If-Range", etag) != etag
    if request.method != "GET" or asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or changed or not size:
        return None
    start, stop = asked.ranges[0]
    if start >= size:
        raise RangeNotSatisfiable(f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return max(0, start + size) if start < 0 else start, min(size, stop or size)

"""The frontend: a page of plain files under one address, which changes with any of them, so that browsers may keep them for good.

The files are read when the service starts, so an update that is under way never mixes two releases at one address. Pages are no
part of the API: the OpenAPI document leaves them out, as `documents.VIEWS` does not name them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from app.config import ROOT
from app.core.problems import NotFound

blueprint = Blueprint("frontend", __name__)

FOLDER = ROOT / "frontend"
PAGE = "index.html"
PREFIX = "{{assets}}"  # in the page, where the address of the files goes
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"  # a year, as long as browsers keep anything
_NAME = re.compile("[0-9a-f]{12}")
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".md": "text/plain",
    "": "text/plain",  # licences
}
_CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


@dataclass(frozen=True)
class Release:
    """A frontend as it was when it was read: `name` stands for its content, `files` are by path below its folder."""

    name: str
    page: str
    files: Mapping[str, bytes]


def read(folder: Path) -> Release:
    """The frontend in a folder. Hidden files, and those of a type that is not in TYPES, are no part of it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in within.parts):
            found[within.as_posix()] = path.read_bytes()
    seal = hashlib.sha256()
    for name, content in found.items():
        seal.update(f"{name}\0{len(content)}\0".encode() + content)
    release = seal.hexdigest()[:12]
    page = found.pop(PAGE).decode().replace(PREFIX, f"/assets/{release}")
    return Release(release, page, {name: content for name, content in found.items() if Path(name).suffix in TYPES})


@blueprint.record_once
def read_own(state: BlueprintSetupState) -> None:
    """Read the frontend that the app serves."""
    state.app.extensions["frontend"] = read(FOLDER)


@blueprint.get("/")
@blueprint.get("/reset-password")
@blueprint.get("/verify-email")
def page() -> Response:
    """The page, also at the addresses that mails lead to."""
    answer = Response(_release().page, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = _CSP
    answer.headers["Cache-Control"] = "no-cache"
    return _conditional(answer)


@blueprint.get("/assets/<release>/<path:file>")
def asset(release: str, file: str) -> Response:
    """A file of the page, to be kept for good. A page of another release gets the file of this one, and asks again next time."""
    own = _release()
    if not _NAME.fullmatch(release) or file not in own.files:
        raise NotFound()
    answer = Response(own.files[file], mimetype=TYPES[Path(file).suffix])
    answer.headers["Cache-Control"] = KEPT_FOR_GOOD if release == own.name else "no-cache"
    return _conditional(answer)


def _release() -> Release:
    release: Release = current_app.extensions["frontend"]
    return release


def _conditional(answer: Response) -> Response:
    answer.add_etag()
    answer.make_conditional(request)
    return answer

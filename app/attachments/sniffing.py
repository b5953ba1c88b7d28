"""What a file is, by its bytes: its name and what the client says of it count for nothing."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import puremagic

from app.files.serving import runs_script

UNKNOWN = "application/octet-stream"
_CHUNK = 1024 * 1024
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")
_ZIP = b"PK\x03\x04"  # of any archive, which puremagic takes for a document of a word processor
_SURE = 4  # bytes of a signature that no text begins with by chance


def content_type(path: Path) -> str:
    """The media type of a file, never one that runs script. Text in UTF-8 is `text/plain`, markup too."""
    signature, media_type = _best_match(path)
    if _is_text(path):
        surely = media_type.startswith("application/") and media_type != UNKNOWN and len(signature) >= _SURE
        return media_type if surely else "text/plain"
    return "application/zip" if signature == _ZIP else media_type


def _best_match(path: Path) -> tuple[bytes, str]:
    """The bytes that tell what the file is, and what that is."""
    try:
        matches = puremagic.magic_file(path)
    except ValueError:  # an empty file
        matches = []
    known = [match for match in matches[:1] if _TYPE.fullmatch(match.mime_type) and not runs_script(match.mime_type)]
    return (known[0].byte_match, known[0].mime_type) if known else (b"", UNKNOWN)


def _is_text(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                if _CONTROL.search(chunk):
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True

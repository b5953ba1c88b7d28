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
_ZIP = b"PK\x03\x04"
_SURE = 4  # bytes of a signature that no text begins with by chance


def content_type(path: Path) -> str:
    """The media type of a file, never one that runs script: markup is plain text. Other text is `text/plain` too, if it is UTF-8."""
    text = _is_text(path)
    found = _signature(path)
    if text and (found is None or len(found.byte_match) < _SURE or found.mime_type.startswith("text/") or runs_script(found.mime_type)):
        return "text/plain"
    if found is None or runs_script(found.mime_type) or not _TYPE.fullmatch(found.mime_type):
        return UNKNOWN
    return "application/zip" if found.byte_match == _ZIP else found.mime_type


def _signature(path: Path) -> puremagic.PureMagicWithConfidence | None:
    """The best match, if there is any. Of an archive nothing is assumed that its first bytes do not say."""
    try:
        matches = puremagic.magic_file(path)
    except ValueError:  # an empty file
        return None
    return matches[0] if matches else None


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

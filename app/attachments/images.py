"""Pictures: how large they are, and small ones of them. A hostile one costs no more memory than an honest one may.

Pillow is imported where it is used: most processes never look at a picture, and it costs their start-up 30 ms.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.core.problems import Invalid

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger(__name__)

TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
"""The media types that have thumbnails, with Pillow's names for them."""
SIDE = 256
MOST_BYTES = 160 * 1024**2  # while a picture is decoded: 40 megapixels of a PNG, 10 of a WebP
MOST_TEXT = 4 * 1024**2  # bytes, unpacked, that come along in a PNG: its header is not read without them
MOST_SCANS = 100  # of a JPEG: each goes through all of the picture once more; ten are usual
_MOST_SEGMENTS = 1000  # that a JPEG is looked through for its scans: hundreds are in one with as many of them as it may have
_MARKER = re.compile(b"\xff([^\x00\x01\xd0-\xd8\xff])")  # of a segment; the others have none, or are data
_SOFS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_EOI, _SOS = 0xD9, 0xDA
_ORIENTATION = 0x0112  # of EXIF
_ON_ITS_SIDE = (5, 6, 7, 8)


def size(path: Path, content_type: str) -> tuple[int, int] | None:
    """Width and height of a picture as it is seen, read from its header alone; None for what is none."""
    if content_type not in TYPES:
        return None
    with suppress(Exception), _open(path, content_type) as image:  # a hostile file raises anything
        sideways = "exif" in image.info and image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
        return (image.height, image.width) if sideways else (image.width, image.height)
    return None


def shrink(source: BinaryIO, content_type: str, target: BinaryIO) -> None:
    """Write a WebP of at most 256 pixels a side, turned as it is to be seen, without metadata; of an animation the first picture.

    Raises Invalid for a picture that is broken, or too large to be looked at.
    """
    try:
        with _open(source, content_type) as image:
            scans = _collected(source) if content_type == "image/jpeg" else 0
            small = _small(image) if scans <= MOST_SCANS and memory(image, scans) <= MOST_BYTES else None
    except Exception as error:  # a hostile file raises anything
        log.info("no thumbnail", exc_info=error)
        raise Invalid({"file": ["The picture cannot be read."]}) from error
    if small is None:
        raise Invalid({"file": ["The picture has too many pixels for a thumbnail."]})
    small.save(target, "WEBP", quality=80)


def memory(image: Image, scans: int) -> float:
    """About how many bytes decoding takes: Pillow's 4 a pixel, and what the libraries below it need on their way there."""
    pixels = image.width * image.height
    match image.format:
        case "JPEG" | "MPO":  # each side an eighth; but all coefficients, 2 bytes each, where scans are collected
            return pixels * (2 * max(3, len(image.getbands())) if scans else 4 / 64)
        case "WEBP":
            return pixels * 16
    return pixels * 4


def _collected(source: BinaryIO) -> int:
    """How many scans of a JPEG are collected before it is decoded, as far as it matters; 0 where the first one has all in it.

    That is what libjpeg goes by: a progressive picture, and a first scan without some of the colours. What it skips is skipped.
    """
    scans = position = components = 0
    progressive = False
    with mmap(source.fileno(), 0, access=ACCESS_READ) as jpeg:
        for _ in range(_MOST_SEGMENTS):
            marker = _MARKER.search(jpeg, position)
            if marker is None or ord(marker[1]) == _EOI:
                return scans
            kind, begin = ord(marker[1]), marker.end()
            position = begin + int.from_bytes(jpeg[begin : begin + 2])
            if kind in _SOFS:
                components, progressive = jpeg[begin + 7], kind & 3 == 2
            elif kind == _SOS:
                scans += 1
                if scans == 1 and jpeg[begin + 2] == components and not progressive:
                    return 0
    return MOST_SCANS + 1


def _open(source: Path | BinaryIO, content_type: str) -> Image:
    from PIL import Image, PngImagePlugin  # noqa: PLC0415  # see above

    PngImagePlugin.MAX_TEXT_MEMORY = MOST_TEXT
    return Image.open(source, formats=[TYPES[content_type]])


def _small(image: Image) -> Image:
    from PIL import Image as Images  # noqa: PLC0415  # see above
    from PIL import ImageOps  # noqa: PLC0415

    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    if max(image.size) > 4 * SIDE:  # the good filters would first copy all of it
        scale = 4 * SIDE / max(image.size)
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Images.Resampling.NEAREST)
    else:
        small = image.copy()
    small = ImageOps.exif_transpose(small).convert("RGBA" if small.has_transparency_data else "RGB")
    small.thumbnail((SIDE, SIDE))
    small.info = {}
    return small

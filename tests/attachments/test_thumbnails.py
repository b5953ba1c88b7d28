"""Small pictures of pictures, made by a job: of honest ones, and none of hostile ones."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw, PngImagePlugin
from sqlalchemy import select

from app.attachments import images
from app.config import ROOT
from app.core.database import fetch_one
from app.jobs.models import Job
from tests.arrange import do_jobs, make_attachment, make_todo
from tests.contract.problems import assert_problem


def picture(kind="PNG", size=(640, 480), mode="RGB", **options):
    """A picture whose upper left corner is white."""
    made = Image.new(mode, size)
    ImageDraw.Draw(made).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="white")
    written = io.BytesIO()
    made.save(written, kind, **options)
    return written.getvalue()


def turned(kind, orientation, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "where I live"
    return picture(kind, exif=exif, **options)


@pytest.fixture
def put(app, client):
    """`put(content)`: an attachment on which all work is done, its job, and where it is."""

    def put(content):
        todo_id = make_todo(client)["id"]
        made = make_attachment(client, todo_id, content, "picture.png")
        path = f"/todos/{todo_id}/attachments/{made['id']}"
        do_jobs(app)
        with app.app_context():
            job = fetch_one(select(Job).where(Job.key == f"thumbnail:{made['id']}"))
        return SimpleNamespace(path=path, job=job, before=made, **client.get(path).json)

    return put


def opened(client, attachment):
    answer = client.get(attachment.thumbnail.removeprefix("/api/v1"))
    assert answer.status_code == 200
    return Image.open(io.BytesIO(answer.data)), answer


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_gets_a_thumbnail(client, put, kind):
    made = put(picture(kind))

    assert (made.width, made.height) == (640, 480)
    assert made.before["thumbnail"] is None
    assert made.thumbnail == f"/api/v1{made.path}/thumbnail"
    small, answer = opened(client, made)
    assert small.size == (256, 192)
    assert small.format == "WEBP"
    assert answer.content_type == "image/webp"
    assert answer.headers["Content-Disposition"] == 'inline; filename="picture.webp"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("size", "expected"), [((1, 1), (1, 1)), ((100, 50), (100, 50)), ((5000, 10), (256, 1)), ((10, 5000), (1, 256))])
def test_the_larger_side_has_at_most_256_pixels(client, put, size, expected):
    small, _ = opened(client, put(picture(size=size)))

    assert small.size == expected


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (-1, 0)), (8, (0, -1))])
def test_it_is_turned_as_it_is_to_be_seen_and_tells_nothing_of_where_it_was_taken(client, put, kind, orientation, corner):
    made = put(turned(kind, orientation))
    small, answer = opened(client, made)

    size = (640, 480) if orientation in (1, 3) else (480, 640)
    assert (made.width, made.height) == size
    assert small.size == tuple(side * 256 // 640 for side in size)
    x, y = (position % side for position, side in zip(corner, small.size, strict=True))
    assert min(small.convert("L").getpixel((x, y)), 255) > 200
    assert small.convert("L").getpixel((128, 96)) < 50
    assert not small.getexif()
    assert b"where I live" not in answer.data


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("L", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG"), ("P", "GIF")])  # fmt: skip
def test_every_kind_of_pixel_will_do(client, put, mode, kind):
    content = io.BytesIO()
    Image.new(mode, (600, 300)).save(content, kind)
    small, _ = opened(client, put(content.getvalue()))

    assert small.size == (256, 128)


def test_transparency_stays(client, put):
    content = io.BytesIO()
    Image.new("RGBA", (600, 300), (255, 0, 0, 0)).save(content, "PNG")
    small, _ = opened(client, put(content.getvalue()))

    assert small.convert("RGBA").getpixel((10, 10))[3] == 0


def test_of_an_animation_the_first_picture_is_shown(client, put):
    frames = [Image.new("RGB", (300, 300), color) for color in ("white", "black", "red")]
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    small, _ = opened(client, put(content.getvalue()))

    assert getattr(small, "n_frames", 1) == 1
    assert small.convert("L").getpixel((10, 10)) > 250


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *chunks):
    """A PNG with this header; what follows may be anything."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def text_bomb():
    info = PngImagePlugin.PngInfo()
    for number in range(100):
        info.add_text(f"k{number}", "x" * 1_000_000, zip=True)
    return picture(size=(10, 10), pnginfo=info)


def segment(kind, data):
    return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data


def jpeg_scan_by_scan(side):
    """A grey baseline JPEG whose three colours come one after the other."""
    frame = struct.pack(">BHHB", 8, side, side, 3) + b"".join(bytes([color, 0x11, 0]) for color in (1, 2, 3))
    tables = [segment(0xC4, bytes([kind, 1]) + b"\0" * 16) for kind in (0x00, 0x10)]
    blocks = ((side + 7) // 8) ** 2
    scans = [segment(0xDA, bytes([1, color, 0, 0, 63, 0])) + b"\0" * ((blocks * 2 + 7) // 8) for color in (1, 2, 3)]
    return b"".join([b"\xff\xd8", segment(0xDB, b"\0" + b"\1" * 64), segment(0xC0, frame), *tables, *scans, b"\xff\xd9"])


def jpeg_with_scans(number, **options):
    """A progressive JPEG whose last scan is there as often as it takes."""
    made = picture("JPEG", progressive=True, **options)
    last = made[made.rindex(b"\xff\xda") : -2]
    return made[:-2] + last * (number - made.count(b"\xff\xda")) + b"\xff\xd9"


HOSTILE = {
    "a cut picture": picture(size=(600, 600))[:-40],
    "a JPEG without an end": picture("JPEG", quality=100)[:3000],
    "a baseline JPEG in several scans": jpeg_scan_by_scan(5400),
    "a JPEG with many scans": jpeg_with_scans(101),
    "a JPEG with many segments": jpeg_with_scans(10)[:-2] + segment(0xFE, b"") * 1000 + b"\xff\xd9",
    "a header alone": b"\x89PNG\r\n\x1a\n",
    "a word that looks like a picture": b"GIF89a is a format\xff\x00",
    "40,000 pixels a side": png(40_000, 40_000),
    "10,000 pixels a side": png(10_000, 10_000),
    "2 billion pixels a side": png(2**31 - 1, 2**31 - 1),
    "no pixels": png(0, 0),
    "text that grows": text_bomb(),
    "a WebP of the largest size": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0" + b"\xff\x3f\0" * 2,
    "a GIF of the largest size": b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_kept_and_has_no_thumbnail(client, put, name):
    made = put(HOSTILE[name])

    assert made.thumbnail is None
    assert client.get(f"{made.path}/content").data == HOSTILE[name]
    assert_problem(client.get(f"{made.path}/thumbnail"), 404)
    assert made.job is None or (made.job.state == "failed" and made.job.error.startswith("The picture"))


HARMLESS = {
    "a baseline JPEG in several scans": jpeg_scan_by_scan(480),
    "a JPEG with as many scans as it may have": jpeg_with_scans(100),
    "a JPEG with what looks like scans": picture("JPEG", progressive=True, comment=b"\xff\xda\xff\xc0" * 200),
    "a JPEG with something after its end": jpeg_with_scans(10) + segment(0xDA, b"") * 200,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_picture_has_a_thumbnail_however_it_is_written(put, name):
    assert put(HARMLESS[name]).thumbnail


def test_what_is_no_picture_has_no_thumbnail_and_no_job(client, put):
    made = put(b"just text")

    assert made.job is None
    assert_problem(client.get(f"{made.path}/thumbnail"), 404)


def test_a_picture_that_is_deleted_before_its_job_is_harmless(app, client):
    todo_id = make_todo(client)["id"]
    made = make_attachment(client, todo_id, picture())
    client.delete(f"/todos/{todo_id}/attachments/{made['id']}")

    do_jobs(app)
    with app.app_context():
        job = fetch_one(select(Job).where(Job.key == f"thumbnail:{made['id']}"))
    assert job.state == "succeeded"


def test_a_deleted_attachment_takes_its_thumbnail_along(app, client, put):
    made = put(picture(size=(301, 307)))
    root = app.extensions["storage"].root
    before = len(list(root.glob("*/*")))

    client.delete(made.path)

    assert len(list(root.glob("*/*"))) == before - 2


LARGEST = {
    "an RGBA PNG": ("PNG", (6400, 6400), "RGBA", {"compress_level": 1}),
    "a baseline JPEG": ("JPEG", (12_000, 12_000), "RGB", {}),
    "a progressive JPEG": ("JPEG", (5200, 5200), "RGB", {"progressive": True, "subsampling": 0}),
    "a progressive JPEG for print": ("JPEG", (4500, 4500), "CMYK", {"progressive": True}),
    "a WebP": ("WEBP", (3200, 3200), "RGBA", {"method": 0}),
    "a GIF": ("GIF", (6400, 6400), "P", {}),
}
MEASURE = """
import re, sys
from app import create_app
from app.attachments import images
create_app({"INSTANCE_PATH": sys.argv[3]})
with open(sys.argv[1], "rb") as source, open(sys.argv[1] + ".webp", "wb") as target:
    images.shrink(source, sys.argv[2], target)
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much memory a process had")
@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_picture_that_is_looked_at_takes_less_than_300_mebibytes(tmp_path, name):
    kind, size, mode, options = LARGEST[name]
    path = tmp_path / "picture"
    path.write_bytes(picture(kind, size, mode, **options))
    content_type = next(each for each, of in images.TYPES.items() if of == kind)

    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, path, content_type, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert measured.returncode == 0, measured.stderr
    print(name, int(measured.stdout) // 1024)
    assert int(measured.stdout) < 300 * 1024  # KiB

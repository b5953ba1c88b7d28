"""What a file is, by its bytes."""

import io
import zipfile

import pytest
from PIL import Image

from app.attachments.sniffing import content_type
from tests.arrange import form, make_todo


def picture(kind):
    made = io.BytesIO()
    Image.new("RGB", (3, 3)).save(made, kind)
    return made.getvalue()


def archive():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:  # not of now: its bytes name a test, the same in all workers
        file.writestr(zipfile.ZipInfo("a.txt"), "b")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (b"%PDF-1.7\nplain", "application/pdf"),
        (archive(), "application/zip"),
        (b"", "text/plain"),
        (b"hello", "text/plain"),
        ("Grüße, 漢字".encode(), "text/plain"),
        ("\ufeffwith a mark".encode(), "text/plain"),
        (b"a,b\n1,2\n", "text/plain"),
        (b"GIF89a is a format", "text/plain"),
        (b"BMW is a car", "text/plain"),
        (b"From: ada@example.com\n", "text/plain"),
        (b"import os\n", "text/plain"),
        (b"<html><script>alert(1)</script>", "text/plain"),
        (b"<!DOCTYPE html><html>", "text/plain"),
        (b"\n\n  <!doctype HTML>", "text/plain"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
        (b"<html>\0\xff", "application/octet-stream"),
        (b"\xff\x00\xde\xad\xbe\xef\x99", "application/octet-stream"),
        (b"hello\x00", "application/octet-stream"),
        (b"latin-1: \xe9", "application/octet-stream"),
        (b"cut \xe6\xbc", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_say(tmp_path, content, expected):
    path = tmp_path / "evil.html"
    path.write_bytes(content)

    assert content_type(path) == expected


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.png", "evil.exe"])
def test_neither_its_name_nor_its_sender_is_believed(client, name):
    path = f"/todos/{make_todo(client)['id']}/attachments"
    sent = form(b"<svg onload='alert(1)'/>", name)
    sent["data"]["file"] = (*sent["data"]["file"], "text/html")

    made = client.post(path, **sent).json

    assert made["content_type"] == "text/plain"
    assert client.get(f"{path}/{made['id']}/content").content_type == "text/plain"

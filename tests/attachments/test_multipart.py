"""Multipart bodies that are broken, hostile or just not what was asked for."""

import io
from pathlib import Path

import pytest
import requests

from tests.arrange import find, make_todo
from tests.contract.problems import assert_problem

HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
PART = HEAD + b"\r\nhello\r\n"
KIND = "multipart/form-data; boundary=x"


@pytest.fixture
def path(client):
    return f"/todos/{make_todo(client)['id']}/attachments"


@pytest.fixture(autouse=True)
def nothing_stays(app, client, path):
    """What comes in goes with its request."""
    yield
    assert list((app.extensions["storage"].root / "incoming").glob("*")) == []


def field(name, content=b"hello", filename=None):
    file = b'; filename="' + filename + b'"' if filename is not None else b""
    return b'--x\r\nContent-Disposition: form-data; name="' + name + b'"' + file + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "multipart/form-datax; boundary=x"],
)  # fmt: skip
def test_another_type_is_415(client, path, content_type):
    assert_problem(client.post(path, data=PART + b"--x--\r\n", content_type=content_type), 415)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PART + b"--x--\r\n", "multipart/form-data"),
        (PART + b"--x--\r\n", "multipart/form-data; boundary="),
        (PART + b"--x--\r\n", 'multipart/form-data; boundary=""'),
        (PART + b"--x--\r\n", "multipart/form-data; boundary=y"),
        (PART + b"--x--\r\n", "multipart/form-data; boundary=\xe9"),
        (PART + b"--x--\r\n", "multipart/form-data; boundary=" + "x" * 5000),
        (b"", KIND),
        (b"--x", KIND),
        (b"--x--\r\n", KIND),
        (PART, KIND),
        (PART[:-3], KIND),
        (HEAD, KIND),
        (b"\0" * 1000, KIND),
        (b"\r\n" * 5000, KIND),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--x--\r\n", KIND),
        (b"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--\r\n", KIND),
        (b"--x\r\nno header at all\r\n\r\nhello\r\n--x--\r\n", KIND),
        (b"--x\r\n" + b"X: y\r\n" * 50_000 + b"\r\nhello\r\n--x--\r\n", KIND),
        (b"--x\r\nX: " + b"y" * 200_000 + b"\r\n\r\nhello\r\n--x--\r\n", KIND),
        (field(b"file", filename=b"a.txt").replace(b"a.txt", b"\xff\xfe") + b"--x", KIND),
    ],
)
def test_a_broken_body_is_refused(client, path, body, content_type):
    assert_problem(client.post(path, data=body, content_type=content_type), 400, 413, 415, 422)
    assert find(client, path) == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (field(b"file"), {"file": ["Must be a file, with a filename."]}),
        (field(b"file", b"", b""), {"file": ["Must be a file, with a filename."]}),
        (field(b"other", filename=b"a.txt"), {"other": ["Unknown field."]}),
        (PART + field(b"name"), {"name": ["Unknown field."]}),
        (PART + field(b"id"), {"id": ["Unknown field."]}),
        (PART + PART, {"file": ["Must be given once."]}),
        (PART + field(b"file"), None),
        (field(b"name"), None),
    ],
)
def test_fields_that_do_not_belong_are_422_under_their_names(client, path, body, errors):
    answer = client.post(path, data=body + b"--x--\r\n", content_type=KIND)

    assert_problem(answer, 422)
    assert errors is None or answer.json["errors"] == errors
    assert find(client, path) == []


def test_more_fields_than_anyone_needs_are_413(client, path):
    assert_problem(client.post(path, data=field(b"a") * 200 + b"--x--\r\n", content_type=KIND), 413)
    assert_problem(client.post(path, data=field(b"a", b"x" * 200_000) + b"--x--\r\n", content_type=KIND), 413)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("plan.txt", "plan.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.txt", "plan.txt"),
        ("/", "file"),
        ("..", "file"),
        (" . ", "file"),
        ("a\0b.txt", "ab.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("漢字 😀.png", "漢字 😀.png"),
        ("x" * 500 + ".tar", "x" * 251 + ".tar"),
        ("." + "x" * 500, "x" * 255),
        ('say "hi".txt', 'say "hi".txt'),
        ("<script>alert(1)</script>", "script>"),
    ],
)
def test_a_name_is_made_harmless(client, path, name, kept):
    body = HEAD.replace(b"a.txt", name.replace("\\", "\\\\").replace('"', '\\"').encode()) + b"\r\nhello\r\n--x--\r\n"

    made = client.post(path, data=body, content_type=KIND)

    assert made.status_code == 201, made.text
    assert made.json["filename"] == kept
    got = client.get(f"{path}/{made.json['id']}/content")
    assert got.status_code == 200
    assert got.headers["Content-Disposition"].startswith('attachment; filename="')
    assert got.headers["Content-Disposition"].isprintable()


def test_a_name_cannot_add_headers(client, path):
    encoded = HEAD.replace(b'filename="a.txt"', b"filename*=UTF-8''a%0d%0aSet-Cookie%3A%20x%3Dy.txt")

    made = client.post(path, data=encoded + b"\r\nhello\r\n--x--\r\n", content_type=KIND).json

    assert made["filename"] == "aSet-Cookie: x=y.txt"
    assert "Set-Cookie" not in client.get(f"{path}/{made['id']}/content").headers


def chunked(body):
    return {
        "input_stream": io.BytesIO(body),
        "environ_overrides": {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        "content_type": KIND,
    }


def test_a_body_without_a_length_is_taken(client, path):
    made = client.post(path, **chunked(PART + b"--x--\r\n"))

    assert (made.status_code, made.json["size"]) == (201, 5)


def test_a_body_without_a_length_and_without_an_end_is_413(client, path):
    assert_problem(client.post(path, **chunked(HEAD + b"\r\n" + b"x" * (27 * 1024 * 1024))), 413)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999"])
def test_a_length_that_makes_no_sense_is_refused(client, path, length):
    answer = client.post(path, data=PART + b"--x--\r\n", content_type=KIND, environ_overrides={"CONTENT_LENGTH": length})

    assert_problem(answer, 400, 413, 422)


def test_a_body_shorter_than_announced_is_400(client, path):
    body = PART + b"--x--\r\n"
    assert_problem(client.post(path, data=body[:-20], content_type=KIND, environ_overrides={"CONTENT_LENGTH": str(len(body))}), 400)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much memory a process had")
def test_a_large_upload_and_its_download_take_little_memory(live_server):
    """25 MiB up and down, five times: on the live service, whose processes stay as small as they were."""
    person = {"email": "large@example.com", "password": "correct horse battery"}
    requests.post(f"{live_server.api}/auth/register", json=person)
    token = requests.post(f"{live_server.api}/auth/login", json=person).json()["access_token"]
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    todo = session.post(f"{live_server.api}/todos", json={"task": "x"}).json()
    url = f"{live_server.api}/todos/{todo['id']}/attachments"
    content = bytes(range(256)) * 102_400
    session.post(url, files={"file": ("warm.bin", b"x")})
    before = largest(live_server)

    for _ in range(5):
        made = session.post(url, files={"file": ("large.bin", content)})
        assert made.status_code == 201, made.text
        assert session.get(f"{url}/{made.json()['id']}/content").content == content

    grown = largest(live_server) - before
    assert grown < 8 * 1024, f"{grown} KiB more"


def largest(server):
    """The most memory that a process of the service ever had, in KiB."""
    group = server.process.pid
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if int((status.parent / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                peaks.append(int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]))
        except (FileNotFoundError, ProcessLookupError, StopIteration):
            continue
    return max(peaks)

"""How files are sent, shown on the file of a job."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from app.core.database import execute
from app.core.types import now
from app.files.serving import disposition, send
from app.files.storage import storage
from app.jobs import service as jobs
from app.jobs.models import Job
from tests.contract.problems import assert_problem
from tests.factories import make_file

CONTENT = bytes(range(256)) * 1000
ALL = len(CONTENT)


def finished_job(app, account, file_id, **values):
    """The id of a job that has made a file."""
    with app.app_context():
        job = jobs.enqueue("export", {}, user_id=account.id)
        ended = {"state": "succeeded", "file_id": file_id, "expires_at": now() + timedelta(hours=24), **values}
        execute(update(Job).where(Job.id == job.id).values(**ended))
        return job.id


@pytest.fixture
def made(app, account):
    """A job that has made a file, and where to get it."""
    file_id = make_file(app, CONTENT, "todos.csv", "text/csv")
    job_id = finished_job(app, account, file_id)
    return SimpleNamespace(file_id=file_id, job_id=job_id, path=f"/jobs/{job_id}/file")


def test_a_file_comes_as_it_is_with_headers_that_keep_it_harmless(client, made):
    answer = client.get(made.path)

    assert answer.status_code == 200
    assert answer.data == CONTENT
    assert answer.content_type == "text/csv"
    assert answer.headers["Content-Length"] == str(ALL)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="todos.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1


@pytest.mark.parametrize(
    ("sent", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, ALL),
        ("bytes=100000-", 100_000, ALL),
        ("bytes=65530-131080", 65_530, 131_081),
        ("bytes=-1", ALL - 1, ALL),
        (f"bytes=-{ALL + 1}", 0, ALL),
        (f"bytes={ALL - 1}-{10**30}", ALL - 1, ALL),
    ],
)
def test_a_part_is_206(client, made, sent, start, stop):
    answer = client.get(made.path, headers={"Range": sent})

    assert answer.status_code == 206
    assert answer.data == CONTENT[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{ALL}"
    assert answer.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize(
    "sent", ["", "x", "bytes", "bytes=", "bytes=x", "bytes=5-2", "items=0-5", "bytes=0-0,5-6", "bytes=٣-", "bytes=+1-2"]
)
def test_what_is_no_range_or_several_gets_it_all(client, made, sent):
    answer = client.get(made.path, headers={"Range": sent})

    assert (answer.status_code, answer.data) == (200, CONTENT)


@pytest.mark.parametrize("sent", [f"bytes={ALL}-", f"bytes={ALL}-{ALL + 5}", f"bytes={10**30}-"])
def test_a_part_beyond_the_end_is_416(client, made, sent):
    answer = client.get(made.path, headers={"Range": sent})

    assert_problem(answer, 416)
    assert answer.headers["Content-Range"] == f"bytes */{ALL}"


def test_a_part_of_an_empty_file_is_all_of_it(app, client, account):
    path = f"/jobs/{finished_job(app, account, make_file(app, b''))}/file"

    answer = client.get(path, headers={"Range": "bytes=0-"})

    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", "0")


def test_who_has_it_already_gets_304(client, made):
    etag = client.get(made.path).headers["ETag"]

    for known in (etag, "*", f'"x", W/{etag}'):
        answer = client.get(made.path, headers={"If-None-Match": known, "Range": "bytes=0-1"})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert "Content-Type" not in answer.headers
    assert client.get(made.path, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("known", "status"), [("{}", 206), ("W/{}", 200), ('"x"', 200), ("x", 200), ("Thu, 01 Jan 2026 00:00:00 GMT", 200), ("", 200)]
)
def test_a_part_of_what_it_was_is_given_only_while_it_is_that(client, made, known, status):
    known = known.format(client.get(made.path).headers["ETag"])

    answer = client.get(made.path, headers={"If-Range": known, "Range": "bytes=0-1"})

    assert answer.status_code == status
    assert answer.data == (CONTENT[:2] if status == 206 else CONTENT)


def test_head_has_the_headers_alone(client, made):
    answer = client.head(made.path, headers={"Range": "bytes=0-1"})

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(ALL)
    assert answer.headers["ETag"] == client.get(made.path).headers["ETag"]


def test_nobody_else_gets_it(stranger, admin, made):
    for other in (stranger, admin):
        assert_problem(other.get(made.path), 404)


def test_a_job_without_a_file_has_none(app, client, account):
    assert_problem(client.get(f"/jobs/{finished_job(app, account, None)}/file"), 404)


def test_after_a_day_it_is_gone(app, client, account):
    path = f"/jobs/{finished_job(app, account, make_file(app), expires_at=now())}/file"

    assert_problem(client.get(path), 404)


def test_a_file_that_the_storage_lost_is_404(app, client, made):
    with app.app_context():
        storage().delete([made.file_id])

    assert_problem(client.get(made.path), 404)


def test_a_storage_out_of_reach_is_503(app, client, made, monkeypatch):
    with app.app_context():
        folder = storage().path(made.file_id)
    folder.unlink()
    folder.symlink_to(folder)

    answer = client.get(made.path)

    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")


def test_a_file_is_closed_however_its_sending_ends(app, client, made, monkeypatch):
    opened = []
    folder = app.extensions["storage"]
    monkeypatch.setattr(folder, "open", lambda *where, through=folder.open: opened.append(through(*where)) or opened[-1])

    client.get(made.path).close()
    client.head(made.path).close()
    client.get(made.path, buffered=False).close()

    assert [file.closed for file in opened] == [True, True, True]


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("image/png", "image/png"),
        ("application/pdf", "application/pdf"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", None),
        ("text/html", "application/octet-stream"),
        ("TEXT/HTML; charset=x", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
    ],
)
def test_what_runs_script_is_sent_as_bytes_alone(app, content_type, sent):
    file_id = make_file(app)
    row = SimpleNamespace(id=file_id, name="x", content_type=content_type, size=10, sha256="0" * 64)
    with app.test_request_context():
        assert send(row).content_type == (sent or content_type)
        assert send(row, ours=True).content_type == content_type


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plain name_1.txt", 'attachment; filename="plain name_1.txt"'),
        ('say "hi".txt', "attachment; filename=\"say _hi_.txt\"; filename*=UTF-8''say%20%22hi%22.txt"),
        ("a\r\nSet-Cookie: x=y.txt", "attachment; filename=\"aSet-Cookie_ x_y.txt\"; filename*=UTF-8''aSet-Cookie%3A%20x%3Dy.txt"),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("C:\\temp\\x.txt", 'attachment; filename="x.txt"'),
        ("\u202egnp.exe", 'attachment; filename="gnp.exe"'),
        ("naïve.txt", "attachment; filename=\"nai_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("漢字.png", "attachment; filename=\"__.png\"; filename*=UTF-8''%E6%BC%A2%E5%AD%97.png"),
        ("100%41.txt", "attachment; filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt"),
        ("a;b=c.txt", "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%3Bb%3Dc.txt"),
        ("", 'attachment; filename="file"'),
        ("\0\r\n", 'attachment; filename="file"'),
        ("..", 'attachment; filename="file"'),
    ],
)
def test_a_file_may_be_called_anything(name, header):
    assert disposition(name) == header

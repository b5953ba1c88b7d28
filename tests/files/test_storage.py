"""Where files are kept: the same of a folder and of storage that speaks S3."""

import csv
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from PIL import Image

from app.config import ROOT
from app.core.database import in_transaction
from app.core.problems import Unavailable
from app.core.types import new_id
from app.files.s3 import S3
from app.files.storage import Folder, storage
from tests.arrange import do_jobs, make_attachment, make_todo
from tests.contract.problems import assert_problem
from tests.factories import client as client_of

CONTENT = bytes(range(256)) * 40_000  # more than one part of a multipart upload


@pytest.fixture
def put(place, tmp_path):
    """`put(content)`: the key under which it is stored now."""

    def put(content=b"0123456789"):
        key = new_id()
        draft = tmp_path / key
        draft.write_bytes(content)
        place.put(key, draft)
        assert not draft.exists()
        return key

    return put


def read(place, *where):
    with place.open(*where) as file:
        return file.read()


@pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=len)
def test_a_file_comes_back_as_it_was_put(place, put, content):
    assert read(place, put(content)) == content


@pytest.mark.parametrize(("start", "length"), [(0, None), (0, 4), (3, 4), (9, 1), (3, None), (5, 5), (0, 10), (0, 0)])
def test_a_part_begins_where_it_should(place, put, start, length):
    with place.open(put(), start, length) as file:
        assert file.read(length if length is not None else -1) == b"0123456789"[start:][:length]


def test_a_file_can_be_read_as_text_line_by_line(place, put):
    with place.open(put("näme,ünd\n1,2\n".encode() * 10_000)) as file:
        assert sum(1 for _ in csv.reader(io.TextIOWrapper(io.BufferedReader(file), "utf-8"))) == 20_000


def test_what_is_not_there_is_not_found(place, put):
    put()
    for key in (new_id(), "../../etc/passwd", "", "x"):
        with pytest.raises(FileNotFoundError):
            place.open(key)


def test_a_deleted_file_is_gone_and_deleting_it_again_is_harmless(place, put):
    gone, kept = put(), put()

    for _ in range(2):
        place.delete(iter([gone, new_id()]))

    with pytest.raises(FileNotFoundError):
        place.open(gone)
    assert read(place, kept) == b"0123456789"
    place.delete([])


def test_many_files_are_deleted(place, put):
    keys = [put(b"") for _ in range(20)]

    place.delete([*keys, *(new_id() for _ in range(1200))])

    assert not set(keys) & set(place.stale(datetime.now(UTC) + timedelta(minutes=1)))


def test_what_was_put_before_an_instant_is_stale_then(place, put):
    key = put()

    assert key in place.stale(datetime.now(UTC) + timedelta(seconds=5))
    assert key not in place.stale(datetime.now(UTC) - timedelta(minutes=1))


def test_threads_share_it(place, put):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda number: put(str(number).encode()), range(30)))
        found = list(pool.map(lambda key: read(place, key), keys))

    assert found == [str(number).encode() for number in range(30)]


def test_other_objects_in_the_bucket_are_left_alone(s3, s3_server):
    other = boto3.client("s3", endpoint_url=s3_server)
    for key in ("some/where/readme.txt", f"some/{new_id()}", new_id(), f"some/where/deeper/{new_id()}"):
        other.put_object(Bucket="tickbox", Key=key, Body=b"x")

    assert [key for key in s3.stale(datetime.now(UTC) + timedelta(days=1)) if "/" in key or "readme" in key] == []


def closed_port():
    return "s3://tickbox?endpoint_url=http://127.0.0.1:9"


@pytest.mark.parametrize("url", [closed_port(), "s3://no-such-bucket?endpoint_url={}"])
def test_a_storage_out_of_reach_is_unavailable(s3_server, credentials, tmp_path, url):
    place = S3(url.format(s3_server), 8)
    draft = tmp_path / "draft"
    draft.write_bytes(b"x")

    for act in (
        lambda: place.put(new_id(), draft),
        lambda: place.open(new_id()),
        lambda: place.delete([new_id()]),
        lambda: list(place.stale(datetime.now(UTC))),
    ):
        with pytest.raises(Unavailable):
            act()
    assert draft.exists()


def test_without_credentials_it_is_unavailable(s3_server, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")

    with pytest.raises(Unavailable):
        S3(f"s3://tickbox?endpoint_url={s3_server}", 8).open(new_id())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_each_process_has_its_own_connections(s3, tmp_path):
    before = s3.client
    assert s3.client is before
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, b"own" if s3.client is not before else b"shared")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 10) == b"own"


@pytest.mark.parametrize(
    ("url", "bucket", "prefix", "endpoint_url"),
    [
        ("s3://files", "files", "", None),
        ("s3://files/", "files", "", None),
        ("s3://files/a/b/", "files", "a/b/", None),
        ("s3://files/a?endpoint_url=https://s3.example.org:9000", "files", "a/", "https://s3.example.org:9000"),
    ],
)
def test_an_address_names_bucket_prefix_and_server(url, bucket, prefix, endpoint_url):
    place = S3(url, 8)

    assert (place.bucket, place.prefix, place.endpoint_url) == (bucket, prefix, endpoint_url)


def test_nobody_loads_boto3_who_does_not_use_it(tmp_path):
    program = f"from app import create_app; create_app({{'INSTANCE_PATH': {str(tmp_path)!r}}}); import sys; print('boto3' in sys.modules, 'PIL' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_the_setting_chooses(app, make_app, bucket):
    with app.app_context():
        assert isinstance(storage(), Folder)
    with make_app(STORAGE_URL=bucket).app_context():
        assert isinstance(storage(), S3)


def test_attachments_live_in_s3_when_it_is_set(make_app, account, bucket, s3_server):
    client = client_of(make_app(STORAGE_URL=bucket), account)
    todo = make_todo(client)
    made = make_attachment(client, todo["id"], CONTENT, "large.bin")
    path = f"/todos/{todo['id']}/attachments/{made['id']}"

    assert client.get(f"{path}/content").data == CONTENT
    part = client.get(f"{path}/content", headers={"Range": "bytes=1000000-1000009"})
    assert (part.status_code, part.data) == (206, CONTENT[1_000_000:1_000_010])
    assert client.delete(path).status_code == 204
    assert_problem(client.get(f"{path}/content"), 404)


def test_while_s3_is_away_attachments_are_503_and_all_else_goes_on(make_app, account, credentials):
    client = client_of(make_app(STORAGE_URL=closed_port()), account)
    todo = make_todo(client)

    answer = client.post(f"/todos/{todo['id']}/attachments", data={"file": (io.BytesIO(b"x"), "x.txt")})

    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert client.get(f"/todos/{todo['id']}/attachments").json["data"] == []
    assert not list((Path(client.application.config["INSTANCE_PATH"]) / "uploads" / "incoming").glob("*"))


def ask_for_export(client):
    client.post("/exports", {"format": "json"})


def ask_for_report(client):
    client.post("/reports", {"kind": "productivity", "from": "2026-11-01", "to": "2026-11-02", "format": "json"})


def ask_for_thumbnail(client):
    picture = io.BytesIO()
    Image.new("RGB", (3, 3)).save(picture, "PNG")
    make_attachment(client, make_todo(client)["id"], picture.getvalue(), "plan.png")


@pytest.mark.parametrize("ask", [ask_for_export, ask_for_report, ask_for_thumbnail])
def test_while_a_storage_takes_the_file_of_a_job_no_transaction_waits_for_it(app, client, monkeypatch, ask):
    ask(client)
    inside, put = [], Folder.put
    monkeypatch.setattr(Folder, "put", lambda *args: (inside.append(in_transaction()), put(*args)))

    do_jobs(app)

    assert set(inside) == {False}  # of other jobs, too, which were left over

"""Files that nobody needs any more go, and none that somebody does."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.attachments.models import Attachment
from app.core.database import execute, fetch_all, fetch_one, transaction
from app.core.types import new_id, now
from app.core.uploads import incoming_folder
from app.files import service, tasks
from app.files.models import StoredFile
from app.files.storage import storage
from app.jobs import service as jobs
from app.jobs.models import Job
from app.schedule import EVERY
from tests import factories
from tests.arrange import make_attachment, make_list, make_todo
from tests.factories import make_file

NOW = timedelta(0)
DAYS = timedelta(days=2)


@pytest.fixture
def service_app(lone_app):
    """A service of its own: sweeping looks at all files."""
    return lone_app


@pytest.fixture
def client(service_app):
    return factories.client(service_app, factories.user(service_app))


def stored(app):
    """The keys of all that is stored, and those of all rows."""
    with app.app_context():
        rows = {row.id for row in fetch_all(select(StoredFile.id))}
        return {path.name for path in storage().root.glob("[0-9a-f][0-9a-f]/*")}, rows


def file_of(app, attachment):
    with app.app_context():
        return fetch_one(select(Attachment.file_id).where(Attachment.id == attachment["id"])).file_id


def sweep(app, age=NOW, **options):
    with app.app_context():
        return service.sweep(age, **options)


def strays(app, age=NOW):
    with app.app_context():
        return service.sweep_strays(age)


def age(app, key, by=DAYS):
    """Let what is stored be older."""
    with app.app_context():
        path = storage().path(key)
    os.utime(path, (time.time() - by.total_seconds(),) * 2)


@pytest.mark.parametrize("gone", ["todo", "list", "account"])
def test_the_files_of_what_is_gone_are_swept(service_app, client, gone):
    shared = make_list(client)
    todo = make_todo(client, list_id=shared["id"])
    make_attachment(client, todo["id"])
    assert sweep(service_app) == 0

    {
        "todo": lambda: client.delete(f"/todos/{todo['id']}?permanent=true"),
        "list": lambda: client.delete(f"/lists/{shared['id']}"),
        "account": lambda: client.delete("/me", {"current_password": factories.PASSWORD}),
    }[gone]()

    assert sweep(service_app) == 1
    assert stored(service_app) == (set(), set())


def test_what_is_in_use_stays(service_app, client):
    made = make_attachment(client, make_todo(client)["id"])
    thumbnail, upload, result = (make_file(service_app) for _ in range(3))
    with service_app.app_context():
        execute(update(Attachment).where(Attachment.id == made["id"]).values(thumbnail_id=thumbnail))
        with transaction():
            job = jobs.enqueue("import", {}, upload_id=upload)
            execute(update(Job).where(Job.id == job.id).values(file_id=result))

    assert sweep(service_app) == 0
    assert stored(service_app)[0] == {file_of(service_app, made), thumbnail, upload, result}

    with service_app.app_context():
        execute(update(Job).values(upload_id=None, file_id=None))
    assert sweep(service_app) == 2


def test_every_table_that_refers_to_files_is_known(service_app):
    with service_app.app_context():
        assert len(service._unused()) == 4


def test_what_was_just_stored_stays_for_an_hour(service_app):
    made = make_file(service_app)

    assert sweep(service_app, timedelta(hours=1)) == 0
    with service_app.app_context():
        execute(update(StoredFile).where(StoredFile.id == made).values(created_at=now() - timedelta(hours=2)))
    assert sweep(service_app, timedelta(hours=1)) == 1


def test_a_run_is_bounded(service_app):
    for _ in range(5):
        make_file(service_app)

    assert [sweep(service_app, most=2) for _ in range(4)] == [2, 2, 1, 0]


def test_where_storage_fails_the_rows_stay_for_the_next_run(service_app, monkeypatch):
    made = make_file(service_app)

    def fail(keys):
        raise OSError("the disk is away")

    monkeypatch.setattr(service_app.extensions["storage"], "delete", fail)
    with pytest.raises(OSError, match="away"):
        sweep(service_app)
    monkeypatch.undo()

    assert stored(service_app) == ({made}, {made})
    assert sweep(service_app) == 1


def test_a_file_that_is_gone_already_is_swept_all_the_same(service_app):
    made = make_file(service_app)
    with service_app.app_context():
        storage().delete([made])

    assert sweep(service_app) == 1


def test_the_database_protects_what_is_in_use_whatever_the_sweep_thinks(service_app, client, monkeypatch):
    made = make_attachment(client, make_todo(client)["id"])
    monkeypatch.setattr(service, "_unused", list)

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        sweep(service_app)

    monkeypatch.undo()
    assert client.get(f"/todos/{make_todo(client)['id']}").status_code == 200
    assert stored(service_app)[0] == {file_of(service_app, made)}


def test_what_was_stored_and_has_no_row_is_a_stray_after_a_day(service_app, client):
    kept = file_of(service_app, make_attachment(client, make_todo(client)["id"]))
    young, old = make_file(service_app), make_file(service_app)
    with service_app.app_context():
        execute(delete(StoredFile).where(StoredFile.id.in_([young, old])))
    for key in (kept, old):
        age(service_app, key)

    assert strays(service_app, timedelta(days=1)) == 1

    assert stored(service_app)[0] == {kept, young}


def test_what_came_in_and_was_left_goes_after_a_day(service_app):
    with service_app.app_context():
        folder = incoming_folder()
    folder.mkdir(parents=True, exist_ok=True)
    young, old = folder / "young", folder / "old"
    for path in (young, old):
        path.write_bytes(b"half")
    folder_of_a_job = folder / "folder"
    folder_of_a_job.mkdir()
    (folder_of_a_job / "report.pdf").write_bytes(b"half")
    for path in (old, folder_of_a_job):
        os.utime(path, (time.time() - DAYS.total_seconds(),) * 2)

    assert strays(service_app, timedelta(days=1)) == 2

    assert list(folder.glob("*")) == [young]


def test_uploads_lose_nothing_to_sweeps_at_the_same_time(service_app, client):
    """Sweeps without any patience, while others upload, delete and sweep."""
    todo_id = make_todo(client)["id"]
    over = threading.Event()
    made = []

    def upload(number):
        own = factories.client(service_app, client.account)
        for step in range(6):
            attachment = make_attachment(own, todo_id, b"x" * 1000, f"{number}-{step}.bin")
            made.append(attachment)
            if step % 3 == 0:
                assert own.delete(f"/todos/{todo_id}/attachments/{attachment['id']}").status_code == 204
                made.remove(attachment)

    def keep_sweeping():
        swept = 0
        while not over.is_set():
            swept += sweep(service_app)
        return swept

    with ThreadPoolExecutor(6) as pool:
        sweeps = [pool.submit(keep_sweeping) for _ in range(2)]
        for upload_done in [pool.submit(upload, number) for number in range(4)]:
            upload_done.result()
        over.set()
        for done in sweeps:
            done.result()

    for attachment in made:
        assert client.get(f"/todos/{todo_id}/attachments/{attachment['id']}/content").data == b"x" * 1000
    objects, rows = stored(service_app)
    assert objects == rows == {file_of(service_app, attachment) for attachment in made}


def test_two_sweeps_at_once_share_the_work(service_app):
    made = [make_file(service_app) for _ in range(30)]

    with ThreadPoolExecutor(4) as pool:
        swept = list(pool.map(lambda _: sweep(service_app), range(4)))

    assert sum(swept) == len(made)
    assert stored(service_app) == (set(), set())


def test_a_reference_that_comes_while_it_is_swept_wins_or_fails(service_app, client):
    """Never is there a reference to a file that is gone: the foreign key refuses the one that is later, be it the sweep."""
    todo_id = make_todo(client)["id"]

    def refer(file_id):
        row = SimpleNamespace(id=new_id(), todo_id=todo_id, file_id=file_id, created_at=now())
        with service_app.app_context(), suppress(IntegrityError):
            execute(insert(Attachment).values(**vars(row)))

    def sweep_or_be_refused():
        with suppress(IntegrityError):
            sweep(service_app)

    for _ in range(10):
        file_id = make_file(service_app)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda act: act(), [sweep_or_be_refused, lambda file_id=file_id: refer(file_id)]))
    objects, rows = stored(service_app)
    with service_app.app_context():
        referred = {row.file_id for row in fetch_all(select(Attachment.file_id))}
        assert execute(select(func.count()).select_from(Attachment)).scalar_one() == len(referred)
    assert objects == rows
    assert referred <= objects


def test_it_comes_round_by_itself(service_app, client):
    make_file(service_app)
    assert {tasks.sweep, tasks.sweep_strays} <= EVERY.keys()
    with service_app.app_context():
        tasks.sweep()
        tasks.sweep_strays()

    assert len(stored(service_app)[0]) == 1


def test_s3_is_swept_too(make_app, bucket):
    app = make_app(STORAGE_URL=bucket)
    live, unused, stray = (make_file(app) for _ in range(3))
    with app.app_context(), transaction():
        jobs.enqueue("import", {}, upload_id=live)
    with app.app_context():
        execute(delete(StoredFile).where(StoredFile.id == stray))

    with app.app_context():
        service.sweep(NOW)
        service.sweep_strays(-timedelta(minutes=1))
        place = storage()
        for gone in (unused, stray):
            with pytest.raises(FileNotFoundError):
                place.open(gone)
        assert place.open(live).read() == b"0123456789"

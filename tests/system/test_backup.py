"""A backup is the whole installation of one moment, and comes back as it was, on either database."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import event, func, select, text

from app import models
from app.config import ROOT
from app.core.database import engine, fetch_all, fetch_one, on_sqlite
from app.core.migrations import MIGRATIONS
from app.extensions import Model
from app.files.storage import storage
from app.lists.models import List
from app.system.backup import writing
from app.system.backup.archive import reflect
from app.todos.models import Todo
from tests import databases, factories
from tests.arrange import do_jobs, find, make_attachment, make_list, make_todo, make_todos, share, tasks
from tests.conftest import service
from tests.factories import PASSWORD
from tests.files.conftest import bucket, credentials, s3_server  # noqa: F401  # fixtures
from tests.live import wait_until

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def install(tmp_path_factory):
    """`install("sqlite")`: an app of its own on a new database of that kind, without tables unless it is `migrated`."""
    with ExitStack() as stack:

        def make(kind, *, migrated=True, **settings):
            settings["INSTANCE_PATH"] = str(tmp_path_factory.mktemp(kind))
            if kind == "postgresql":
                settings["DATABASE_URL"] = stack.enter_context(databases.postgresql())
            made = stack.enter_context(service(**settings))
            if migrated:
                with made.app_context():
                    upgrade(MIGRATIONS)
            return made

        yield make


@pytest.fixture(scope="module", params=KINDS)
def source(request, install):
    """An app with two accounts, a shared list, subtasks, tags, a trash, comments, attachments, jobs, tokens and stored answers."""
    made = install(request.param)
    fill(made)
    return made


@pytest.fixture(scope="module")
def full(source, tmp_path_factory):
    """A backup of it."""
    made = tmp_path_factory.mktemp("full") / "tickbox.zip"
    back_up(source, made)
    return made


@pytest.fixture(params=KINDS)
def target(request, install):
    """An app to restore into."""
    return install(request.param, migrated=False)


@pytest.fixture
def plain(install):
    """An app on SQLite with a few todos and one attachment."""
    made = install("sqlite")
    client = factories.client(made, factories.user(made, email="ada@example.org"))
    make_attachment(client, make_todo(client, "paint")["id"], b"how to")
    return made


@pytest.fixture
def archive(tmp_path):
    """Where the backup goes."""
    return tmp_path / "tickbox.zip"


def fill(app):
    ada = factories.client(app, factories.user(app, email="ada@example.org"))
    bob = factories.client(app, factories.user(app, email="bob@example.org", time_zone="Asia/Tokyo"))
    shared = make_list(ada, "Häuser & Gärten")
    share(ada, shared, bob)
    top = make_todo(ada, "Über die Straße", list_id=shared["id"], tags=["groß", "zwei Worte"], assignee_id=bob.account.id)
    make_todo(ada, "a subtask", list_id=shared["id"], parent_id=top["id"], due_on="2030-02-28", recurrence="FREQ=DAILY")
    make_todos(ada, *({"task": f"todo {number}", "done": number % 3 == 0, "due_at": "2030-01-01T10:00:00.123456Z"} for number in range(50)))
    trashed = make_todo(ada, "in the trash")
    assert ada.delete(f"/todos/{trashed['id']}").status_code == 204
    assert bob.post(f"/todos/{top['id']}/comments", {"body": "line\nline \U0001f600"}).status_code == 201
    make_attachment(ada, top["id"], bytes(range(256)) * 5000, "ünïcode.bin")
    make_attachment(ada, top["id"], PNG, "dot.png")
    make_attachment(ada, top["id"], b"", "empty.txt")
    assert ada.post("/todos", {"task": "once"}, idempotency_key="k-1").status_code == 201
    assert ada.post("/auth/tokens", {"name": "script", "scopes": ["todos:read"]}).status_code == 201
    assert ada.post("/exports", {"format": "csv"}).status_code == 202
    do_jobs(app)
    assert ada.post("/exports", {"format": "json"}).status_code == 202


def run(app, *arguments):
    """What the command does, in a context of its own."""
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def back_up(app, archive):
    done = run(app, "backup", archive)
    assert done.exit_code == 0, done.output


def restore(app, archive):
    done = run(app, "restore", archive)
    assert done.exit_code == 0, done.output


def contents(app):
    """All rows of all tables, but for what each database derives for itself, and the bytes of all stored files."""
    with app.app_context():
        found = {}
        for table in Model.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "search"]
            found[table.name] = [tuple(row) for row in fetch_all(select(*columns).order_by(*table.primary_key.columns))]
        found["stored"] = {row.id: storage().open(row.id).read() for row in fetch_all(select(models.StoredFile.id))}
    return found


def derived(app):
    """What triggers and the index of the search know."""
    with app.app_context():
        open_todos = select(func.count()).where(Todo.list_id == List.id, ~Todo.done, Todo.deleted_at.is_(None)).scalar_subquery()
        counts = fetch_all(select(List.open_count, open_todos))
        indexed = text("SELECT (SELECT count(*) FROM todo_search), (SELECT count(*) FROM todos)")
        return all(told == true for told, true in counts), (tuple(fetch_one(indexed)) if on_sqlite() else (0, 0))


def log_in(app, email="ada@example.org"):
    client = app.test_client()
    answer = client.post("/auth/login", {"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.json
    client.token = answer.json["access_token"]
    return client


def test_all_rows_and_files_come_back_on_either_database(source, target, full):
    restore(target, full)

    before, after = contents(source), contents(target)
    assert before == after
    assert all(before[table] for table in ("attachments", "comments", "idempotent_answers", "jobs", "personal_tokens", "sessions"))
    assert len(before["stored"]) >= 4
    counts_hold, (indexed, todos) = derived(target)
    assert counts_hold
    assert indexed == todos


def test_the_api_serves_what_was_restored(target, full):
    restore(target, full)
    ada = log_in(target)

    assert tasks(ada, q="strasse uber") == ["Über die Straße"]
    assert tasks(ada, tag="groß") == ["Über die Straße"]
    top = find(ada, q="strasse")[0]
    attached = next(each for each in find(ada, f"/todos/{top['id']}/attachments") if each["filename"] == "ünïcode.bin")
    assert ada.get(f"/todos/{top['id']}/attachments/{attached['id']}/content").data == bytes(range(256)) * 5000
    replayed = ada.post("/todos", {"task": "once"}, idempotency_key="k-1")
    assert replayed.headers["Idempotency-Replayed"] == "true"


def test_what_triggers_keep_goes_on_after_a_restore(target, full):
    restore(target, full)
    ada = log_in(target)

    todo = make_todo(ada, "zebra crossing")
    ada.patch(f"/todos/{todo['id']}", {"task": "zebra stripes"})

    assert (tasks(ada, q="crossing"), tasks(ada, q="stripes")) == ([], ["zebra stripes"])
    assert derived(target)[0]


def test_files_move_between_a_folder_and_s3(plain, install, archive, bucket):  # noqa: F811  # the fixture
    on_s3 = install("sqlite", STORAGE_URL=bucket)
    back_up(plain, archive)
    restore(on_s3, archive)
    back_up(on_s3, archive.with_name("second.zip"))
    in_folder = install("sqlite")
    restore(in_folder, archive.with_name("second.zip"))

    assert list(contents(on_s3)["stored"].values()) == [b"how to"]
    assert contents(in_folder) == contents(on_s3) == contents(plain)


def test_a_job_that_waited_is_done_after_the_restore(target, full):
    restore(target, full)

    do_jobs(target)

    states = {job["state"] for job in find(log_in(target), "/jobs")}
    assert states == {"succeeded"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_that_of_this_code_afterwards(install, plain, archive, kind):
    target = install(kind, migrated=False)
    back_up(plain, archive)
    restore(target, archive)

    with target.app_context():
        check(MIGRATIONS)  # exits where the models and the tables differ


@pytest.mark.parametrize("migrated", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_from_before_a_migration_is_restored_and_migrated(install, archive, kind, migrated):
    old = install("sqlite")
    client = factories.client(old, factories.user(old, email="ada@example.org"))
    make_todos(client, "one", "two")
    with old.app_context():
        downgrade(MIGRATIONS, "0002")
    back_up(old, archive)
    target = install(kind, migrated=migrated)

    restore(target, archive)

    assert sorted(tasks(log_in(target))) == ["one", "two"]
    with target.app_context():
        check(MIGRATIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_while_others_write_is_of_one_moment(install, archive, kind):
    source = install(kind)
    client = factories.client(source, factories.user(source, email="ada@example.org"))
    stop, written, refused = threading.Event(), [], []

    def write():
        mine = factories.client(source, client.account)
        while not stop.is_set():
            made = make_list(mine, f"list {len(written)}")
            todos = make_todos(mine, *({"task": f"todo {number}", "list_id": made["id"]} for number in range(20)))
            attachment = make_attachment(mine, todos[0]["id"], os.urandom(2000))
            mine.patch(f"/todos/{todos[1]['id']}", {"done": True})
            if len(written) % 2:
                gone = mine.delete(f"/todos/{todos[0]['id']}/attachments/{attachment['id']}"), mine.delete(f"/lists/{made['id']}")
                refused.extend(answer.json for answer in gone if answer.status_code != 204)
            written.append(made["id"])

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(4):
            before = len(written)
            back_up(source, archive.with_name(f"{number}.zip"))
            wait_until(lambda before=before: len(written) > before)
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)

    assert refused == []
    for number in range(4):
        target = install("sqlite", migrated=False)
        restore(target, archive.with_name(f"{number}.zip"))
        assert derived(target)[0]
        with target.app_context():
            assert fetch_all(text("PRAGMA foreign_key_check")) == []
        contents(target)  # opens each file that a row tells of


def test_a_file_that_was_removed_meanwhile_is_left_out_with_its_attachment(plain, install, archive, monkeypatch):
    ada = log_in(plain)
    todo = find(ada)[0]
    make_attachment(ada, todo["id"], b"to be removed", "gone.txt")
    gone = next(each for each in find(ada, f"/todos/{todo['id']}/attachments") if each["filename"] == "gone.txt")
    copy_files = writing._write_files

    def remove_first(*arguments):
        assert ada.delete(f"/todos/{todo['id']}/attachments/{gone['id']}").status_code == 204
        copy_files(*arguments)

    monkeypatch.setattr(writing, "_write_files", remove_first)
    done = run(plain, "backup", archive)
    target = install("sqlite")
    restore(target, archive)

    assert (done.exit_code, "1 files were removed meanwhile" in done.output) == (0, True)
    assert [each["filename"] for each in find(log_in(target), f"/todos/{todo['id']}/attachments")] == ["notes.txt"]
    assert contents(target) == contents(plain) | {"sessions": contents(target)["sessions"], "login_failures": []}


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"how no")])
def test_a_file_that_the_storage_lost_is_named_and_the_rest_backed_up(plain, install, archive, damage):
    (file_id,) = contents(plain)["stored"]
    with plain.app_context():
        damage(storage().path(file_id))
    target = install("sqlite")

    done = run(plain, "backup", archive)
    restore(target, archive)

    assert done.exit_code == 0
    assert "Warning: the storage has lost or changed 1 files" in done.output
    assert file_id in done.output
    assert tasks(log_in(target)) == ["paint"]
    assert contents(target)["attachments"] == []


def test_only_the_owner_may_read_a_backup_and_nothing_else_is_left(plain, archive):
    back_up(plain, archive)

    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert list(archive.parent.iterdir()) == [archive]


def test_a_file_that_is_there_is_replaced_only_when_asked_to(plain, archive):
    archive.write_text("precious")

    refused = run(plain, "backup", archive)
    assert (refused.exit_code, archive.read_text()) == (1, "precious")
    assert "is there already" in refused.output

    assert run(plain, "backup", "--force", archive).exit_code == 0
    assert ZipFile(archive).testzip() is None


def test_a_file_that_comes_meanwhile_is_not_replaced(plain, archive, monkeypatch):
    monkeypatch.setattr(writing, "reflect", lambda connection: archive.write_text("precious") and reflect(connection))

    refused = run(plain, "backup", archive)

    assert (refused.exit_code, archive.read_text()) == (1, "precious")
    assert list(archive.parent.iterdir()) == [archive]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="for Linux alone")  # noqa: PTH110
def test_a_full_disk_leaves_no_half_backup(plain, archive, monkeypatch):
    monkeypatch.setattr(writing.os, "fdopen", lambda handle, mode: (os.close(handle), open("/dev/full", mode))[1])  # noqa: PTH123, SIM115

    failed = run(plain, "backup", archive)

    assert failed.exit_code == 1
    assert "cannot be written: No space left on device. There is no backup." in failed.output
    assert list(archive.parent.iterdir()) == []


def test_a_backup_of_a_folder_that_is_not_there_says_so(plain, tmp_path):
    failed = run(plain, "backup", tmp_path / "nowhere" / "tickbox.zip")

    assert failed.exit_code == 1
    assert "No such file or directory" in failed.output


def test_an_installation_without_tables_has_nothing_to_back_up(install, archive):
    failed = run(install("sqlite", migrated=False), "backup", archive)

    assert (failed.exit_code, archive.exists()) == (1, False)
    assert "nothing to back up" in failed.output


def test_a_backup_can_go_through_a_pipe(plain, install, archive):
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "backup", "-"]
    settings = {name: str(plain.config[name]) for name in ("INSTANCE_PATH", "SECRET_KEY", "JWT_SECRET_KEY")}

    done = subprocess.run(command, cwd=ROOT, env=databases.environment(settings), capture_output=True, check=True)
    archive.write_bytes(done.stdout)
    target = install("sqlite")
    restore(target, archive)

    assert b"Backed up" in done.stderr
    assert contents(target) == contents(plain)


def test_secrets_of_the_instance_are_not_in_it(plain, archive):
    back_up(plain, archive)

    with ZipFile(archive) as backup:
        everything = b"".join(backup.read(name) for name in backup.namelist())
    assert plain.config["SECRET_KEY"].encode() not in everything
    assert plain.config["JWT_SECRET_KEY"].encode() not in everything


@pytest.mark.parametrize("kind", KINDS)
def test_an_installation_with_accounts_is_not_restored_into(install, plain, archive, kind):
    back_up(plain, archive)
    target = install(kind)
    factories.user(target)
    before = contents(target)

    refused = run(target, "restore", archive)

    assert refused.exit_code == 1
    assert "There are accounts in this installation already" in refused.output
    assert contents(target) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_restore_that_fails_leaves_nothing(install, plain, archive, kind):
    back_up(plain, archive)
    target = install(kind)

    def break_off(connection, cursor, statement, parameters, context, executemany):
        if "todos_inserted" in statement or "SET CONSTRAINTS" in statement:
            raise KeyboardInterrupt

    with target.app_context():
        event.listen(engine(), "before_cursor_execute", break_off)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        raise run(target, "restore", archive).exception or AssertionError
    with target.app_context():
        event.remove(engine(), "before_cursor_execute", break_off)

    assert all(not rows for rows in contents(target).values())
    assert [path for path in (Path(target.config["INSTANCE_PATH"]) / "uploads").rglob("*") if path.is_file()] == []
    restore(target, archive)
    assert contents(target) == contents(plain)


def test_a_failed_restore_leaves_files_that_were_there(plain, install, archive, monkeypatch):
    back_up(plain, archive)
    target = install("sqlite")
    (file_id,) = contents(plain)["stored"]
    with target.app_context():
        place = storage().path(file_id)
        place.parent.mkdir(parents=True)
        place.write_bytes(b"how to")
        event.listen(engine(), "before_cursor_execute", _refuse_todos)

    assert run(target, "restore", archive).exit_code == 1
    assert place.read_bytes() == b"how to"


def _refuse_todos(connection, cursor, statement, parameters, context, executemany):
    if statement.startswith("INSERT INTO todos"):
        raise ValueError


def test_more_files_than_the_disk_holds_are_refused_beforehand(plain, install, archive, monkeypatch):
    back_up(plain, archive)
    target = install("sqlite", migrated=False)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=3))

    refused = run(target, "restore", archive)

    assert refused.exit_code == 1
    assert "The files take 6 bytes, and the disk of the instance folder has 3 left." in refused.output

"""Files on todos: putting them there, seeing them, and taking them away."""

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from app.core import uploads
from tests import factories
from tests.arrange import find, form, make_attachment, make_list, make_todo, share, unknown, walk
from tests.contract.problems import assert_problem

CONTENT = b"to do: everything\n"


@pytest.fixture
def shared(client):
    return make_list(client)


@pytest.fixture
def todo(client, shared):
    return make_todo(client, list_id=shared["id"])


@pytest.fixture
def path(todo):
    """Where the attachments of a todo in a shared list lie."""
    return f"/todos/{todo['id']}/attachments"


def stored(app, attachment):
    """The files of the storage with that content."""
    root = app.extensions["storage"].root
    return [each for each in root.glob("*/*") if each.is_file() and digest(each.read_bytes()) == attachment["sha256"]]


def digest(content):
    return hashlib.sha256(content).hexdigest()


def incoming(app):
    with app.app_context():
        return list(uploads.incoming_folder().glob("*"))


def test_a_file_is_put_on_a_todo(client, path):
    answer = client.post(path, **form(CONTENT, "plan.txt"))

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1{path}/{answer.json['id']}"
    assert answer.json == {
        "id": answer.json["id"],
        "filename": "plan.txt",
        "content_type": "text/plain",
        "size": len(CONTENT),
        "sha256": digest(CONTENT),
        "width": None,
        "height": None,
        "thumbnail": None,
        "created_at": answer.json["created_at"],
    }
    assert client.get(f"{path}/{answer.json['id']}").json == answer.json


def test_it_comes_back_as_it_was(client, path, todo):
    made = make_attachment(client, todo["id"], CONTENT, "plän.txt")

    answer = client.get(f"{path}/{made['id']}/content")

    assert answer.data == CONTENT
    assert answer.content_type == "text/plain"
    assert answer.headers["Content-Disposition"] == "attachment; filename=\"pla_n.txt\"; filename*=UTF-8''pl%C3%A4n.txt"
    part = client.get(f"{path}/{made['id']}/content", headers={"Range": "bytes=3-4"})
    assert (part.status_code, part.data) == (206, CONTENT[3:5])


def test_an_empty_file_is_a_file(client, path, todo):
    made = make_attachment(client, todo["id"], b"", "empty.txt")

    assert (made["size"], made["content_type"]) == (0, "text/plain")
    assert client.get(f"{path}/{made['id']}/content").data == b""


def test_attachments_are_listed_oldest_first_page_by_page(client, path, todo):
    made = [make_attachment(client, todo["id"], name=f"{number}.txt") for number in range(3)]

    assert find(client, path) == made
    assert walk(client, path, limit=1) == made


def test_the_same_content_twice_is_two_attachments(client, path, todo):
    one, other = make_attachment(client, todo["id"]), make_attachment(client, todo["id"])
    client.delete(f"{path}/{one['id']}")

    assert client.get(f"{path}/{other['id']}/content").status_code == 200


def test_who_sees_the_list_sees_its_files(client, stranger, shared, todo, path):
    made = make_attachment(client, todo["id"])
    share(client, shared, stranger, "viewer")

    assert find(stranger, path) == [made]
    assert stranger.get(f"{path}/{made['id']}/content").status_code == 200
    answer = stranger.post(path, **form())
    assert_problem(answer, 403)
    assert answer.json["missing"] == "editor"


def test_a_stranger_gets_404_and_leaves_nothing_behind(app, client, stranger, todo, path):
    made = make_attachment(client, todo["id"])
    content = b"of a stranger" + made["id"].encode()

    assert_problem(stranger.get(path), 404)
    assert_problem(stranger.get(f"{path}/{made['id']}/content"), 404)
    assert_problem(stranger.delete(f"{path}/{made['id']}"), 404)
    assert_problem(stranger.post(path, **form(content)), 404)
    assert stored(app, {"sha256": digest(content)}) == []
    assert incoming(app) == []


def test_what_is_in_the_trash_shows_no_files(client, todo, path):
    made = make_attachment(client, todo["id"])
    client.delete(f"/todos/{todo['id']}")

    for answer in (client.get(path), client.get(f"{path}/{made['id']}/content"), client.post(path, **form())):
        assert_problem(answer, 404)
    client.post(f"/todos/{todo['id']}/restore")
    assert find(client, path) == [made]


def test_an_attachment_is_reached_through_its_own_todo_only(client, todo):
    made, other = make_attachment(client, todo["id"]), make_todo(client)

    for end in ("", "/content", "/thumbnail"):
        assert_problem(client.get(f"/todos/{other['id']}/attachments/{made['id']}{end}"), 404)
    assert_problem(client.delete(f"/todos/{other['id']}/attachments/{made['id']}"), 404)
    assert_problem(client.get(f"/todos/{todo['id']}/attachments/{unknown()}"), 404)


def test_a_deleted_attachment_is_gone_with_its_file(app, client, todo, path):
    made = make_attachment(client, todo["id"], b"to be deleted " + todo["id"].encode())
    assert len(stored(app, made)) == 1

    assert client.delete(f"{path}/{made['id']}").status_code == 204

    assert_problem(client.get(f"{path}/{made['id']}"), 404)
    assert_problem(client.delete(f"{path}/{made['id']}"), 404)
    assert stored(app, made) == []


def test_who_uploaded_it_may_delete_it_and_an_owner(client, stranger, user, make_client, shared, todo, path):
    editor = make_client(user())
    share(client, shared, stranger, "editor")
    share(client, shared, editor, "editor")
    one, other = make_attachment(stranger, todo["id"]), make_attachment(stranger, todo["id"])

    answer = editor.delete(f"{path}/{one['id']}")

    assert_problem(answer, 403)
    assert answer.json["missing"] == "owner"
    assert stranger.delete(f"{path}/{one['id']}").status_code == 204
    assert client.delete(f"{path}/{other['id']}").status_code == 204


def test_a_file_that_cannot_be_removed_yet_does_not_hold_up_the_request(app, client, todo, path, monkeypatch):
    made = make_attachment(client, todo["id"])

    def fail(keys):
        raise OSError("the disk is away")

    monkeypatch.setattr(app.extensions["storage"], "delete", fail)

    assert client.delete(f"{path}/{made['id']}").status_code == 204


@pytest.fixture
def small(make_app, account, todo, path):
    """A client of a service that takes files of 1,000 bytes, and 2,500 from each account."""
    return factories.client(make_app(UPLOAD_MAX_BYTES="1000", UPLOAD_QUOTA_BYTES="2500"), account)


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(small, path):
    assert small.post(path, **form(b"x" * 1000)).status_code == 201

    answer = small.post(path, **form(b"x" * 1001))

    assert_problem(answer, 413)
    assert "1000 bytes" in answer.json["detail"]


def test_a_body_far_beyond_the_limit_is_413_before_it_is_read(small, path):
    assert_problem(small.post(path, **form(b"x" * 1_000_000)), 413)


def test_an_account_has_room_for_so_much_and_gets_it_back(small, path):
    made = [small.post(path, **form(b"x" * 1000)).json for _ in range(2)]
    assert small.post(path, **form(b"x" * 500)).status_code == 201

    answer = small.post(path, **form(b"x"))

    assert_problem(answer, 413)
    assert "2500" in answer.json["detail"]
    small.delete(f"{path}/{made[0]['id']}")
    assert small.post(path, **form(b"x" * 1000)).status_code == 201


def test_the_room_is_that_of_who_uploads(client, small, stranger, shared, path):
    share(client, shared, stranger)
    for _ in range(3):
        stranger.post(path, **form(b"x" * 1000))

    assert small.post(path, **form(b"x" * 1000)).status_code == 201


def test_uploads_at_once_never_take_more_than_there_is_room_for(make_app, account, path):
    app = make_app(UPLOAD_QUOTA_BYTES="2500", THREADS="8")
    clients = [factories.client(app, account) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda client: client.post(path, **form(b"x" * 500)).status_code, clients))

    assert sorted(answers) == [201] * 5 + [413] * 3


def test_an_upload_that_is_sent_again_is_done_once(client, path):
    first = client.post(path, **form(CONTENT), idempotency_key="again")
    again = client.post(path, **form(CONTENT), idempotency_key="again")
    other = client.post(path, **form(CONTENT + b"!"), idempotency_key="again")
    renamed = client.post(path, **form(CONTENT, "other.txt"), idempotency_key="again")

    assert first.status_code == again.status_code == 201
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    for answer in (other, renamed):
        assert_problem(answer, 422)
        assert answer.json["code"] == "idempotency_mismatch"
    assert find(client, path) == [first.json]


def test_an_upload_that_the_database_undid_for_another_is_asked_for_again(client, path, monkeypatch):
    def undo(*_):
        raise OperationalError("INSERT", {}, psycopg.errors.DeadlockDetected())

    monkeypatch.setattr("app.attachments.service.find", undo)  # which comes when the file is in its place already

    answer = client.post(path, **form())

    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "unavailable", "2")


@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_full_disk_is_503_and_leaves_nothing_half(app, client, path, monkeypatch, why):
    def full(*_):
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr("app.files.storage.sync", full)

    answer = client.post(path, **form(CONTENT))

    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert find(client, path) == []
    assert incoming(app) == []


@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_no_new_file_is_503(app, client, path, monkeypatch, why):
    def full(**_):
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr("app.core.uploads.tempfile.NamedTemporaryFile", full)

    answer = client.post(path, **form(CONTENT))

    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert incoming(app) == []


def test_a_disk_that_fills_up_while_a_file_comes_in_is_503(app, client, path, monkeypatch):
    class Full:
        def __getattr__(self, name):
            def fail(*_):
                raise OSError(28, "No space left on device")

            return fail

    made = uploads.tempfile.NamedTemporaryFile

    def on_a_full_disk(**options):
        file, full = made(**options), Full()
        full.name = file.name
        return full

    monkeypatch.setattr("app.core.uploads.tempfile.NamedTemporaryFile", on_a_full_disk)

    answer = client.post(path, **form(CONTENT))

    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert incoming(app) == []

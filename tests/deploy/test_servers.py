"""One walk for every server: what a client sees doesn't depend on which of them runs the service."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests

from app.config import ROOT
from tests import databases
from tests.deploy.servers import GUNICORN, KINDS, register, running
from tests.live import wait_until

MANY = 30
LARGE = 20 * 1024 * 1024
THREADS = 8


@pytest.fixture(scope="module", params=[pytest.param(kind, marks=pytest.mark.xdist_group(kind)) for kind in KINDS])
def server(request, migrated, tmp_path_factory):
    """The service behind each of the servers, shared by the tests that do it no harm."""
    with running(request.param, migrated, tmp_path_factory) as server:
        yield server


@pytest.fixture
def session(server):
    """A session of a new account, logged in."""
    with requests.Session() as session:
        token = register(session, server, f"{secrets.token_hex(8)}@example.com").json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        yield session


@pytest.fixture
def todos(server):
    return f"{server.api}/todos"


def create(session, todos, **changes):
    answer = session.post(todos, json={"task": "walk"} | changes, timeout=10)
    assert answer.status_code == 201, answer.text
    return f"{todos}/{answer.json()['id']}"


def upload(session, todo, content):
    answer = session.post(f"{todo}/attachments", files={"file": ("plan.bin", content)}, timeout=30)
    assert answer.status_code == 201, answer.text
    return f"{todo}/attachments/{answer.json()['id']}/content"


def test_it_lives_and_is_ready(server):
    assert requests.get(f"{server.url}/healthz", timeout=5).text == "ok\n"
    assert requests.get(f"{server.url}/readyz", timeout=5).text == "database: ok\nmigrations: ok\nbroker: ok\n"


def test_a_login_is_refreshed(server):
    with requests.Session() as session:
        login = register(session, server, f"{secrets.token_hex(8)}@example.com").json()

        answer = session.post(f"{server.api}/auth/refresh", headers={"Authorization": f"Bearer {login['refresh_token']}"}, timeout=5)

    assert answer.status_code == 200
    assert answer.json()["access_token"] != login["access_token"]


def test_a_todo_is_created_listed_changed_and_deleted(session, todos):
    todo = create(session, todos)
    changed = session.patch(todo, json={"done": True}, headers={"If-Match": '"1"'}, timeout=5)
    late = session.patch(todo, json={"done": False}, headers={"If-Match": '"1"'}, timeout=5)
    listed = session.get(todos, params={"fields": "task,done", "limit": 1}, timeout=5)
    deleted = session.delete(todo, headers={"If-Match": '"2"'}, timeout=5)

    assert [changed.status_code, late.status_code, deleted.status_code] == [200, 412, 204]
    assert changed.headers["ETag"] == '"2"'
    assert late.json()["current"]["version"] == 2
    assert listed.json()["data"] == [{"task": "walk", "done": True}]
    assert deleted.content == b""
    assert session.get(todo, timeout=5).status_code == 404


def test_a_request_with_the_same_key_is_answered_again_not_done_again(session, todos):
    first, second = (session.post(todos, json={"task": "once"}, headers={"Idempotency-Key": "k"}, timeout=5) for _ in range(2))

    assert (first.status_code, second.status_code, second.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == second.json()
    assert len(session.get(todos, timeout=5).json()["data"]) == 1


def test_a_batch_is_done_whole(session, todos):
    operations = [{"op": "create", "todo": {"task": f"todo {number}"}} for number in range(5)]

    answer = session.post(f"{todos}/batch", json={"operations": operations}, timeout=10)

    assert [result["status"] for result in answer.json()["results"]] == [201] * 5


def test_a_file_goes_up_and_comes_down_whole_and_in_part(session, todos):
    content = secrets.token_bytes(300_000)
    file = upload(session, create(session, todos), content)

    whole, part = session.get(file, timeout=10), session.get(file, headers={"Range": "bytes=100000-100099"}, timeout=10)

    assert (whole.status_code, whole.content) == (200, content)
    assert (part.status_code, part.content) == (206, content[100_000:100_100])
    assert part.headers["Content-Range"] == "bytes 100000-100099/300000"


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "/nowhere", b"", None, 404),
        ("PUT", "/todos", b"{}", "application/json", 405),
        ("POST", "/todos", b"x" * 2_000_000, "application/json", 413),
        ("POST", "/todos", b"task=x", "text/plain", 415),
        ("POST", "/todos", b"{}", "application/json", 422),
        ("POST", "/todos", b"{", "application/json", 400),
    ],
)
def test_what_goes_wrong_is_a_problem_document(server, session, method, path, body, kind, status):
    answer = session.request(method, server.api + path, data=body, headers={"Content-Type": kind, "X-Request-ID": "walk-1"}, timeout=10)

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["request_id"]) == (status, "walk-1")


def test_every_answer_has_a_request_id_and_safe_headers(server):
    for path in ("/healthz", "/api/v1/todos", "/nowhere", "/docs"):
        headers = requests.get(server.url + path, timeout=5).headers

        assert len(headers["X-Request-ID"]) == 32
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_head_has_the_headers_of_get_and_no_body(server, session, todos):
    todo = create(session, todos)

    head, get = session.head(todo, timeout=5), session.get(todo, timeout=5)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_a_body_may_come_in_chunks(session, todos):
    answer = session.post(todos, data=iter([b'{"task": ', b'"in ', b'chunks"}']), headers={"Content-Type": "application/json"}, timeout=5)

    assert (answer.status_code, answer.json()["task"]) == (201, "in chunks")


def test_a_file_may_come_in_chunks(session, todos):
    content = secrets.token_bytes(3_000_000)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="plan.bin"\r\n\r\n' + content + b"\r\n--x--\r\n"
    parts = (body[start : start + 70_000] for start in range(0, len(body), 70_000))
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = session.post(f"{create(session, todos)}/attachments", data=parts, headers=kind, timeout=10)

    assert (answer.status_code, answer.json()["size"]) == (201, len(content))


def test_a_chunked_body_over_the_limit_is_refused(session, todos):
    answer = session.post(todos, data=iter([b"x" * 60_000] * 40), headers={"Content-Type": "application/json"}, timeout=10)

    assert answer.status_code == 413, answer.text


def test_one_session_asks_again_and_again(session, todos):
    create(session, todos)

    assert [session.get(todos, timeout=5).status_code for _ in range(20)] == [200] * 20


def test_many_are_served_at_once(session, todos):
    def write(number):
        own = {"Authorization": session.headers["Authorization"], "Idempotency-Key": str(number)}
        return requests.post(todos, json={"task": f"todo {number}"}, headers=own, timeout=20).status_code

    with ThreadPoolExecutor(MANY) as clients:
        statuses = list(clients.map(write, range(MANY)))

    assert statuses == [201] * MANY
    assert session.get(todos, params={"count": "true", "limit": 1}, timeout=5).headers["X-Total-Count"] == str(MANY)


def test_nothing_goes_wrong_unseen(server):
    said = server.log.read_text()

    assert "MonkeyPatchWarning" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_finishes_what_is_being_answered(kind, migrated, tmp_path_factory):
    content = secrets.token_bytes(LARGE)
    with running(kind, migrated, tmp_path_factory) as server, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {register(session, server, 'robin@example.com').json()['access_token']}"
        file = upload(session, create(session, f"{server.api}/todos"), content)
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            slow.settimeout(10)
            slow.connect(("127.0.0.1", server.port))
            head = f"GET {file.removeprefix(server.url)} HTTP/1.1\r\nHost: x\r\nAuthorization: {session.headers['Authorization']}\r\n\r\n"
            slow.sendall(head.encode())
            received = slow.recv(1024)
            session.close()

            os.kill(server.process.pid, signal.SIGTERM)
            wait_until(lambda: is_stopping(server))
            while not received.endswith(content[-1000:]) and (part := slow.recv(1024 * 1024)):
                received += part

        assert received.endswith(content)
        assert server.process.wait(20) == 0


def is_stopping(server):
    """the server says that it stops"""
    return re.search("Handling signal: term|graceful shutdown triggered", server.log.read_text())


@pytest.mark.postgresql
def test_a_gevent_worker_waits_for_the_database_with_many_requests_at_once(migrated, tmp_path_factory):
    changes = {"THREADS": str(THREADS), "WEB_CONCURRENCY": "1"}
    with running("gevent", migrated, tmp_path_factory, **changes) as server, requests.Session() as session:
        token = register(session, server, "robin@example.com").json()["access_token"]
        own = {"Authorization": f"Bearer {token}"}

        def ask(_):
            return requests.get(f"{server.api}/todos", headers=own, timeout=20).status_code

        with psycopg.connect(server.settings["DATABASE_URL"]) as keeper, ThreadPoolExecutor(THREADS) as clients:
            keeper.execute("LOCK TABLE todos")
            statuses = clients.map(ask, range(THREADS))
            with psycopg.connect(server.settings["DATABASE_URL"], autocommit=True) as watcher:
                wait_until(lambda: waiting(watcher) == THREADS)
            lives = requests.get(f"{server.url}/healthz", timeout=2).text
            keeper.rollback()

        assert lives == "ok\n"
        assert list(statuses) == [200] * THREADS


def waiting(connection):
    """How many connections wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return connection.execute(query).fetchone()[0]


def test_gevent_may_be_chosen_in_the_instance_folder(migrated, tmp_path_factory):
    with running("gevent", migrated, tmp_path_factory) as server:
        server.kill()
        (server.instance / "config.py").write_text('WORKER_CLASS = "gevent"\n')
        server.settings["WORKER_CLASS"] = ""
        server.log.write_text("")
        server.start()
        said = server.log.read_text()

    assert "Using worker: gevent" in said
    assert "MonkeyPatchWarning" not in said


def test_without_gevent_it_says_how_to_get_it(tmp_path):
    (tmp_path / "gevent.py").write_text("raise ImportError\n")
    changes = {"WORKER_CLASS": "gevent", "WEB_CONCURRENCY": "1", "INSTANCE_PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}

    ended = subprocess.run(
        [*GUNICORN, "wsgi:app"], cwd=ROOT, env=databases.environment(changes), capture_output=True, text=True, timeout=20, check=False
    )

    assert ended.returncode == 1
    assert 'WORKER_CLASS: gevent is not installed; get it with: pipenv sync --categories "packages extras"' in ended.stderr
    assert "Traceback" not in ended.stderr

"""The service as people run it: `flask serve`, its end, and what is left after a power cut."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.factories import PASSWORD
from tests.live import wait_until

WRITERS = 16
TODOS = 200
KILL_AFTER = 60

JSON = {"Content-Type": "application/json"}


def register(server, email="robin@example.com"):
    """A session of a new account, logged in."""
    account = {"email": email, "password": PASSWORD}
    assert requests.post(f"{server.api}/auth/register", json=account, timeout=10).status_code == 201
    token = requests.post(f"{server.api}/auth/login", json=account, timeout=10).json()["access_token"]
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def all_todos(server, session):
    """Every todo of the session's account, by walking the pages."""
    url, found = f"{server.api}/todos?limit=200", []
    while url:
        answer = session.get(url, timeout=10)
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        url = answer.links.get("next", {}).get("url")
    return found


def raw(server, request: bytes) -> bytes:
    """What the server answers to these very bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


def test_it_is_ready_and_says_of_what(live_server):
    answer = requests.get(f"{live_server.url}/readyz", timeout=5)

    assert (answer.status_code, answer.text) == (200, "database: ok\nmigrations: ok\nbroker: ok\n")


def test_liveness_touches_no_database(client, statements):
    with statements() as seen:
        answer = client.get("/healthz")

    assert (answer.status_code, answer.data) == (200, b"ok\n")
    assert seen == []


def test_it_says_where_its_documentation_is(live_server):
    assert f"http://localhost:{live_server.port}/docs" in live_server.log.read_text()


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        ("GET /healthz?" + "a" * 9000, "", 414),
        ("GET /healthz", "X_Forwarded_For: 10.0.0.1\r\n", 400),
        ("GET /healthz", "Broken header\r\n", 400),
        ("GET /healthz", "A: " + "a" * 9000 + "\r\n", 431),
        ("", "", 400),
    ],
)
def test_what_never_reaches_the_application_is_a_problem_document_too(live_server, request_line, headers, status):
    answer = raw(live_server, f"{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n".encode())

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nContent-Type: application/problem+json\r\n" in head
    assert b"\r\nX-Request-ID: " in head
    assert f'"status":{status}'.encode() in body


def test_a_client_cannot_pretend_to_come_over_https(live_server):
    answer = requests.get(
        f"{live_server.api}/nothing", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, timeout=5
    )

    assert answer.status_code == 404
    assert "evil" not in answer.text


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_before_its_workers_would_be_killed(make_live_server, sent):
    server = make_live_server()

    assert server.stop(sent, seconds=25) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/healthz", timeout=5)


def processes(server, word="app.worker"):
    """The processes of the server's session whose command line holds the word, and of sessions that it began: parents first."""
    listed = subprocess.run(["ps", "-wweo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    found = [(server.process.pid, "")]
    for above, _ in found:
        found += [(int(pid), command) for pid, parent, command in rows if int(parent) == above]
    return [pid for pid, command in found if word in command]


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_dies_is_begun_again(make_live_server):
    server = make_live_server()
    first = wait_until(lambda: processes(server, "quiet worker"))

    os.kill(first[0], signal.SIGKILL)

    wait_until(lambda: set(processes(server, "quiet worker")) - set(first), 30)
    wait_until(lambda: not any(map(is_there, first)), 30)


def test_reminders_come_after_the_scheduler_alone_has_died(make_live_server):
    server = make_live_server()
    session = register(server)
    wait_until(lambda: list(server.instance.glob("mail/*.eml")), 30)  # to verify the address: worker and scheduler have begun
    for process in wait_until(lambda: processes(server, " beat")):
        os.kill(process, signal.SIGKILL)

    todo = {"task": "Call Kim", "remind_at": "2026-01-01T09:00:00Z"}
    assert session.post(f"{server.api}/todos", json=todo, timeout=10).status_code == 201

    wait_until(lambda: any("Call Kim" in mail.read_text() for mail in server.instance.glob("mail/*.eml")), 30)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_the_worker_ends_with_the_service(make_live_server, sent):
    server = make_live_server()
    workers = wait_until(lambda: processes(server)[3:] and processes(server), 30)

    os.kill(server.process.pid, sent)
    server.process.wait(25)

    wait_until(lambda: not any(map(is_there, workers)), 30)


def test_a_bad_setting_is_named_without_a_traceback(make_live_server):
    with pytest.raises(pytest.fail.Exception) as failure:
        make_live_server(REGISTRATION="perhaps", THREADS="many")

    assert "REGISTRATION: 'perhaps' is not valid; use one of: open, closed" in str(failure.value)
    assert "THREADS: 'many' is not valid" in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_a_power_cut_loses_nothing_that_was_acknowledged(make_live_server):
    server = make_live_server()
    session = register(server)
    acknowledged = {}

    def write(number):
        try:
            answer = session.post(f"{server.api}/todos", json={"task": f"todo {number}"}, timeout=10)
        except requests.RequestException:
            return
        if answer.status_code == 201:
            acknowledged[answer.json()["id"]] = answer.json()["task"]
            if len(acknowledged) == KILL_AFTER:
                server.kill()

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(write, range(TODOS)))
    assert KILL_AFTER <= len(acknowledged) < TODOS
    server.start()

    kept = {todo["id"]: todo["task"] for todo in all_todos(server, session)}

    assert acknowledged.items() <= kept.items()
    assert len(set(kept.values())) == len(kept)
    assert requests.get(f"{server.url}/readyz", timeout=5).status_code == 200
    inbox = session.get(f"{server.api}/lists", timeout=5).json()["data"][0]
    assert inbox["open_count"] == len(kept)


def test_a_client_that_sent_too_much_can_go_on_with_its_session(live_server):
    with requests.Session() as session:
        statuses = []
        for _ in range(5):
            statuses.append(session.post(f"{live_server.api}/auth/login", data=b"x" * 2_000_000, headers=JSON, timeout=10).status_code)
            statuses.append(session.get(f"{live_server.url}/healthz", timeout=10).status_code)

    assert statuses == [413, 200] * 5

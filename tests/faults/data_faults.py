"""Faults of the database, its connections and its schema, and clients that are slow."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress

import psycopg

from app.config import ROOT
from tests.databases import environment
from tests.faults.journal import clock
from tests.faults.servers import wait_for
from tests.faults.stack import kill
from tests.faults.suite import fault
from tests.faults.trial import Trial

SLOW = 64
ANSWERED_WITHIN = 3.0  # 2 s, and what a loaded machine adds


@fault(5, "PostgreSQL stopped with -m immediate, started 3 s later")
def postgresql_is_stopped(trial: Trial) -> None:
    with trial.load():
        masters = [trial.stack.pid("api-1"), trial.stack.pid("api-2")]
        trial.servers.postgresql.crash()
        stopped = clock()
        time.sleep(3)
        started = clock()
        trial.servers.postgresql.start()
        trial.mended(within=10)
    _expect_quick_refusals(trial, stopped, started)
    trial.expect(masters == [trial.stack.pid("api-1"), trial.stack.pid("api-2")], "the service was started anew")


@fault(11, "no connection left: all taken by others; a table locked by others")
def connections_are_exhausted(trial: Trial) -> None:
    with trial.load():
        stopped = clock()
        with ExitStack() as taken:
            _take_connections(trial, taken)
            kill(*trial.stack.workers())  # those that follow have none yet
            while clock() < stopped + 5:
                _take_connections(trial, taken)
                time.sleep(0.05)
            started = clock()
        trial.mended(within=10)
        time.sleep(3)
        locked = clock()
        with trial.servers.postgresql.connect() as connection, connection.transaction():
            connection.execute("LOCK TABLE todos IN ACCESS EXCLUSIVE MODE")
            time.sleep(5)
            unlocked = clock()
        trial.mended(within=10)
    _expect_quick_refusals(trial, stopped, started)
    _expect_quick_refusals(trial, locked, unlocked)


@fault(10, "64 slow clients: of heads, of bodies, of reading")
def clients_are_slow(trial: Trial) -> None:
    with trial.load():
        client = trial.client().log_in()
        tasks = [{"op": "create", "todo": {"task": f"{number}", "notes": "x" * 2000}} for number in range(200)]
        client.insist("POST", "/todos/batch", json={"operations": tasks})
        over = threading.Event()
        kinds = (_slow_head, _slow_body, _slow_reader)
        threads = [threading.Thread(target=_be_slow, args=(trial, kinds[number % 3], client, over)) for number in range(SLOW)]
        for thread in threads:
            thread.start()
        began = clock()
        time.sleep(14)
        ended = clock()
        over.set()
        for thread in threads:
            thread.join(5)
        trial.mended(within=2)
    p99 = trial.journal.p99(began, ended)
    trial.note(f"p99 of the others {p99 * 1000:.0f} ms")
    trial.expect(p99 < 1.0, f"p99 of the others was {p99:.2f} s")
    trial.expect(not trial.failed(), f"requests of others failed: {'; '.join(map(str, trial.failed()[:3]))}")


@fault(13, "schema ahead of the code (additive), then a revision behind it")
def schemas_differ(trial: Trial) -> None:
    with trial.load(imports=False):
        for statement in (
            "ALTER TABLE todos ADD COLUMN IF NOT EXISTS faults integer DEFAULT 1 NOT NULL",
            "CREATE TABLE IF NOT EXISTS faults (id integer)",
        ):
            _alter(trial, statement)
        time.sleep(2)
        trial.expect(not trial.failed(), f"requests failed on a newer schema: {'; '.join(map(str, trial.failed()[:3]))}")
        for statement in ("ALTER TABLE todos DROP COLUMN IF EXISTS faults", "DROP TABLE IF EXISTS faults"):
            _alter(trial, statement)
        _migrate(trial, "downgrade")
        trial.expect(_readiness(trial) == 503, "it says that it is ready on an older schema")
        time.sleep(2)
        _migrate(trial, "upgrade")
        trial.mended(within=10)
        trial.expect(wait_for(lambda: _readiness(trial) == 200, 10), "it is not ready on its own schema")


def _expect_quick_refusals(trial: Trial, began: float, ended: float) -> None:
    """While the database could not be asked, requests that needed it were refused, and soon."""
    refused = [one for one in trial.failed(since=began) if one.began < ended]
    slowest = max((one.seconds for one in refused), default=0.0)
    trial.note(f"503 after at most {slowest:.1f} s")
    trial.expect(refused, "no request failed: the fault did nothing")
    trial.expect(slowest < ANSWERED_WITHIN, f"a refusal took {slowest:.1f} s")


def _take_connections(trial: Trial, taken: ExitStack) -> None:
    """Take what connections PostgreSQL has left."""
    with suppress(psycopg.OperationalError):  # which is how it says that there are no more
        while True:
            taken.enter_context(trial.servers.postgresql.connect())


def _alter(trial: Trial, statement: str) -> None:
    """As a migration does: without waiting for long, as everybody behind it would wait too, but again and again."""

    def is_done() -> bool:
        with trial.servers.postgresql.connect() as connection, suppress(psycopg.errors.LockNotAvailable):
            connection.execute("SET lock_timeout = '1s'")
            connection.execute(statement)
            return True
        return False

    trial.expect(wait_for(is_done, 30), f"others did not let go of what this needs: {statement}")


def _migrate(trial: Trial, direction: str) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", direction]
    done = subprocess.run(command, cwd=ROOT, env=environment(trial.stack.settings), capture_output=True, text=True, check=False)
    trial.expect(done.returncode == 0, f"flask db {direction}: {done.stderr[-500:]}")


def _readiness(trial: Trial) -> int:
    answer = trial.client().session.get(f"{trial.stack.url}/readyz", timeout=10)
    return answer.status_code


def _be_slow(trial: Trial, kind, client, over: threading.Event) -> None:
    context = ssl.create_default_context(cafile=trial.stack.certificate)
    while not over.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", trial.stack.port), timeout=5) as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                kind(connection, client.session.headers["Authorization"], over)
        over.wait(0.1)


def _slow_head(connection, token: str, over: threading.Event) -> None:
    for byte in b"GET /api/v1/todos HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 1000:
        connection.sendall(bytes([byte]))
        if over.wait(0.5):
            return


def _slow_body(connection, token: str, over: threading.Event) -> None:
    head = f"POST /api/v1/todos HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    connection.sendall(head.encode())
    for byte in b'{"task": "' + b"a" * 1000:
        connection.sendall(bytes([byte]))
        if over.wait(0.5):
            return


def _slow_reader(connection, token: str, over: threading.Event) -> None:
    connection.sendall(f"GET /api/v1/todos?limit=200 HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n".encode())
    while connection.recv(1):
        if over.wait(0.5):
            return

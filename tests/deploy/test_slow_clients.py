"""64 clients that take their time hold nobody else up, and are cut off."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from statistics import quantiles

import pytest

from tests.deploy.live import connect

pytestmark = pytest.mark.xdist_group("stack")

SECONDS = 15
SLOW, GOOD = 64, 8
MOST = 1.0  # seconds that 99 of 100 requests of the good may take
HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"


class Slow(threading.Thread):
    """A client that sends or reads byte by byte, and notes when it was cut off."""

    def __init__(self, stack, kind, enough) -> None:
        super().__init__(daemon=True)
        self.stack, self.kind, self.enough = stack, kind, enough
        self.begun, self.cut = 0.0, None

    def run(self):
        with suppress(OSError), connect(self.stack, timeout=60) as connection:
            self.begun = time.monotonic()
            with suppress(OSError):
                getattr(self, self.kind)(connection)
            if not self.enough.is_set():
                self.cut = time.monotonic() - self.begun

    def headers(self, connection):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        self.trickle(connection, b"X-Slow: " + b"a" * 10_000, 0.5)

    def body(self, connection):
        connection.sendall(HEAD + b"\r\n")
        self.trickle(connection, b'{"email": "' + b"a" * 400, 0.5)

    def silent(self, connection):
        connection.sendall(HEAD + b"\r\n{")
        connection.recv(1)

    def reader(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40)
        while not self.enough.is_set() and connection.recv(16):
            time.sleep(0.5)

    def trickle(self, connection, content, pause):
        connection.settimeout(pause)
        for byte in content:
            if self.enough.is_set():
                return
            connection.sendall(bytes([byte]))
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return


def test_slow_clients_hold_nobody_up(stack, client, record_property):
    enough = threading.Event()
    slow = [Slow(stack, ("headers", "body", "silent", "reader")[number % 4], enough) for number in range(SLOW)]
    for each in slow:
        each.start()
    times, failed = [], []

    def ask():
        with stack.session(client.headers["Authorization"].removeprefix("Bearer ")) as session:
            while not enough.is_set():
                begun = time.monotonic()
                answer = session.get(f"{stack.api}/todos?limit=20", timeout=20)
                times.append(time.monotonic() - begun)
                if answer.status_code != 200:
                    failed.append(answer.text)

    good = [threading.Thread(target=ask) for _ in range(GOOD)]
    for each in good:
        each.start()
    time.sleep(SECONDS)
    enough.set()
    for each in good:
        each.join()

    p99 = quantiles(times, n=100)[98]
    cut = {
        kind: sorted(round(each.cut, 1) for each in slow if each.kind == kind and each.cut is not None) for kind in ("headers", "silent")
    }
    told = f"{len(times)} requests of {GOOD} clients beside {SLOW} slow ones: p99 {p99 * 1000:.0f} ms, most {max(times) * 1000:.0f} ms; cut off after {cut}"
    record_property("figures", told)
    print(told)
    assert not failed
    assert p99 < MOST, told
    assert len(cut["headers"]) == len(cut["silent"]) == SLOW // 4, told
    assert max(*cut["headers"], *cut["silent"]) < SECONDS, told

"""The production shape as processes of its own, and what talks to it byte by byte."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import orjson
import pytest
import requests
from requests.adapters import HTTPAdapter

from app.config import ROOT
from tests import databases
from tests.brokers import need
from tests.conftest import DEFAULTS
from tests.contract.problems import MEMBERS
from tests.live import wait_until
from tests.ports import free_port

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
PARTS = ("nginx", "api-1", "api-2", "worker", "scheduler")
OWN_PROBLEMS = {
    "bad_request",
    "not_found",
    "method_not_allowed",
    "payload_too_large",
    "range_not_satisfiable",
    "rate_limited",
    "unavailable",
}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


class LiveStack:
    """`flask stack` on free ports."""

    def __init__(self, instance: Path, code: Path = ROOT, **settings: str) -> None:
        need(NGINX, "This needs nginx: apt-get install nginx")
        self.https, self.http = free_port(), free_port()
        self.url = f"https://localhost:{self.https}"
        self.api = f"{self.url}/api/v1"
        self.instance, self.code = instance, code
        self.folder = instance / "stack"
        self.trusted = self.folder / "certificate.pem"
        self.log = instance.parent / f"{instance.name}.log"
        ports = {"HTTPS_PORT": str(self.https), "HTTP_PORT": str(self.http), "INSTANCE_PATH": str(instance), "WORKER_CONCURRENCY": "1"}
        self.settings = ports | settings
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, output: IO[bytes] | socket.socket | None = None) -> LiveStack:
        """Start it, and wait for nothing. What it prints goes to its log, or to `output`."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", "stack"],
                cwd=self.code,
                env=databases.environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def start(self) -> LiveStack:
        """Start it and wait until it is ready."""
        self.launch()
        wait_until(self.is_ready, 60)
        return self

    def is_ready(self) -> bool:
        """the stack is ready"""
        if self.process is None or self.process.poll() is not None:
            pytest.fail(f"the stack ended by itself:\n{self.text()[-4000:]}")
        try:
            return "Tickbox serves" in self.text() and self.session().get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def text(self) -> str:
        """What it has printed and logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def lines(self, logger: str = "") -> list[dict]:
        """Its lines of JSON, those of one logger alone where one is named."""
        found = [orjson.loads(line) for line in self.text().splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in found if not logger or line.get("logger") == logger]

    def session(self, token: str = "", **headers: str) -> requests.Session:
        """A client that trusts its certificate."""
        made = requests.Session()
        made.trust_env = False
        made.verify = str(self.trusted)
        made.mount("https://", HTTPAdapter(pool_maxsize=64))
        made.headers.update(headers | ({"Authorization": f"Bearer {token}"} if token else {}))
        return made

    def pid(self, part: str) -> int:
        """The number of the process that a part of it is now."""
        return int((self.folder / f"{part}.pid").read_text())

    def pids(self) -> list[int]:
        """All of its processes, however deep, the supervisor first."""
        return descendants(self.process.pid)

    def stop(self, sent: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> int:
        """Send a signal to the supervisor alone, as a person or systemd would; gives its exit code."""
        self.process.send_signal(sent)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Kill all of it."""
        if self.process is None:
            return
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def live_stack(instance: Path, **settings: str):
    """The stack on a fresh installation, not started yet; killed at the end."""
    with ExitStack() as stack:
        given = {name: DEFAULTS[name] for name in ("SECRET_KEY", "JWT_SECRET_KEY")}
        if databases.SERVER:
            given |= {"WEB_CONCURRENCY": "2", "DATABASE_URL": stack.enter_context(databases.postgresql())}
        made = LiveStack(instance, **given | settings)
        stack.callback(made.kill)
        yield made


def descendants(pid: int) -> list[int]:
    """A process and all that it began, parents first."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    found = [pid]
    for above in found:
        found += [int(row[0]) for row in rows if int(row[1]) == above and not row[2].startswith("Z")]
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def connect(stack: LiveStack, *, tls: bool = True, protocols: tuple[str, ...] = ("http/1.1",), timeout: float = 20.0) -> socket.socket:
    """A connection to it."""
    plain = socket.create_connection(("127.0.0.1", stack.https if tls else stack.http), timeout=timeout)
    if not tls:
        return plain
    context = ssl.create_default_context(cafile=str(stack.trusted))
    context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(plain, server_hostname="localhost")


def raw(stack: LiveStack, request: bytes, **how) -> bytes:
    """All that it answers to these very bytes until it, or the time, ends the connection."""
    received = b""
    with connect(stack, **how) as connection:
        with suppress(OSError):
            connection.sendall(request)
        with suppress(OSError):
            while part := connection.recv(65536):
                received += part
    return received


class Answer:
    """An answer as its bytes are."""

    def __init__(self, received: bytes) -> None:
        head, _, self.body = received.partition(b"\r\n\r\n")
        self.line, *fields = head.decode("latin-1").split("\r\n")
        self.status_code = int(self.line.split()[1])
        self.fields = [tuple(field.split(": ", 1)) for field in fields]
        self.headers = requests.structures.CaseInsensitiveDict(self.fields)

    def json(self):
        return orjson.loads(self.body)


def ask(stack: LiveStack, request: str, body: bytes = b"", **how) -> Answer:
    """The answer to a request whose lines may be anything; the host is added."""
    with connect(stack, **how) as connection:
        connection.sendall(f"{request}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("latin-1") + body)
        return read_answer(connection, has_body=not request.startswith("HEAD "))


def read_answer(connection: socket.socket, *, has_body: bool = True) -> Answer:
    """One answer, as soon as it is complete: nginx goes on listening to who sent too much."""
    received = b""
    while part := connection.recv(65536):
        received = (received + part).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        head, found, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        if found and length and (not has_body or len(body) >= int(length[1])):
            break
    return Answer(received)


def assert_is_a_problem(answer, status: int) -> None:
    """A whole problem document of nginx's own, or of the service's, with every header that belongs there, once."""
    assert answer.status_code == status, answer.headers
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document.keys() >= MEMBERS.keys()
    assert all(isinstance(document[name], kind) and document[name] for name, kind in MEMBERS.items()), document
    assert document["status"] == status
    assert document["type"] == f"/docs#problem-{document['code']}"
    assert document["request_id"] == answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", document["request_id"])
    assert_has_every_header(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer.headers) == (status in (429, 503))
    assert ("Allow" in answer.headers) == (status == 405)


def assert_has_every_header(answer) -> None:
    """Those that every answer has, each once."""
    names = [name.lower() for name, _ in fields_of(answer)]
    for name, value in EVERYWHERE.items():
        assert answer.headers[name] == value
    for name in (*EVERYWHERE, "Content-Security-Policy", "Cache-Control", "X-Request-ID"):
        assert names.count(name.lower()) == 1, f"{name}: {fields_of(answer)}"
    assert "x-accel-redirect" not in names
    assert len(set(names) - {"set-cookie", "vary"}) == len([name for name in names if name not in ("set-cookie", "vary")]), names


def fields_of(answer) -> list[tuple[str, str]]:
    """The headers of an answer, those with the same name one by one."""
    return answer.fields if isinstance(answer, Answer) else list(answer.raw.headers.iteritems())

"""Request smuggling: whatever bytes arrive, the service sees no request that nobody sent, and every answer goes to who asked.

Beside cases of our own, the requests of Gunicorn's own tests are replayed. They are fetched, not kept here.
"""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
import tarfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

import orjson
import pytest

from tests.brokers import need
from tests.deploy.live import connect
from tests.live import wait_until

pytestmark = pytest.mark.xdist_group("stack")

HOST = re.compile(rb"(?im)^(host:)[^\r\n]*")
INNOCENT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: %s\r\nConnection: close\r\n\r\n"
HIDDEN = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: smuggled\r\n\r\n"
ONE_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
POST = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Request-ID: sent\r\n"
NOT_KNOWN = {501, 505}

# Each hides a request where one reader of the same bytes may see a body, and another the next request.
CASES = {
    "both lengths": POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "both lengths, the other way round": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + ONE_CHUNK,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "two lengths in one": POST + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length with a sign": POST + b"Content-Length: +%d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length with an underscore": POST + b"Content_Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length in hex": POST + b"Content-Length: 0x%x\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a coding spelt oddly": POST + b"Transfer-Encoding: xchunked\r\nContent-Length: %d\r\n\r\n" % len(ONE_CHUNK) + ONE_CHUNK,
    "a coding after a tab": POST + b"Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n\r\n" + ONE_CHUNK,
    "a coding after a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\nContent-Length: %d\r\n\r\n" % len(ONE_CHUNK) + ONE_CHUNK,
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\nContent-Length: %d\r\n\r\n" % len(ONE_CHUNK) + ONE_CHUNK,
    "a folded line": POST + b"X: 1\r\n Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(ONE_CHUNK) + ONE_CHUNK,
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: %d\r\n\r\n" % len(ONE_CHUNK) + ONE_CHUNK,
    "a carriage return in a value": POST + b"X: 1\rTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(ONE_CHUNK) + ONE_CHUNK,
    "a line feed in a value": POST + b"X: 1\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a null in a name": POST + b"Content-Length\x00: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a chunk with an extension": POST + b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN),
    "an extension with a line feed": POST + b"Transfer-Encoding: chunked\r\n\r\n1;a\n%s\r\n0\r\n\r\n" % HIDDEN,
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n%s\r\n0\r\n\r\n" % HIDDEN,
    "a huge chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n" + HIDDEN,
    "a trailer that is a length": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: %d\r\n\r\n" % 0,
    "a GET with a body": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: sent\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN)
    + HIDDEN,
    "an upgrade": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: sent\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "an expectation": POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "HTTP/1.0 with chunks": POST.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + ONE_CHUNK,
}


@dataclass
class Sample:
    """A request of Gunicorn's tests, and how many requests its bytes are to a reader of RFC 9112."""

    name: str
    sent: bytes
    requests: int


@pytest.fixture(scope="session")
def corpus(request):
    """The requests of the tests of the Gunicorn that is installed, from its source package."""
    kept = request.config.cache.mkdir("gunicorn")
    wanted = f"gunicorn=={version('gunicorn')}"
    if not list(kept.glob(f"gunicorn-{version('gunicorn')}*")):
        # What isolation would fetch to build it with is here, as its dependencies are.
        options = ["--no-deps", "--no-binary", "gunicorn", "--no-build-isolation", "--dest", str(kept)]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", *options, wanted], capture_output=True, text=True, check=False
        )
        need(done.returncode == 0, f"This needs the source package of {wanted}, which pip could not fetch: {done.stderr[-500:]}")
    with tarfile.open(next(kept.glob(f"gunicorn-{version('gunicorn')}*.tar.gz"))) as archive:
        files = {member.name.partition("/")[2]: archive.extractfile(member).read() for member in archive if member.isfile()}
    return [sample(name, files) for name in sorted(files) if re.fullmatch(r"tests/requests/(in)?valid/\w+\.http", name)]


def sample(name, files):
    """One of them: line ends are written out there. What it says about the host would end the matter, so it says another."""
    text = files[name].replace(b"\n", b"").replace(b"\\r\\n", b"\r\n").replace(b"\\n", b"\n").replace(b"\\t", b"\t").replace(b"\\0", b"\0")
    text = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), text)
    many = files[name.removesuffix("http") + "py"].count(b'"method":') if "/valid/" in name else 1
    return Sample(name.removeprefix("tests/requests/"), HOST.sub(rb"\1 localhost", text), max(1, many))


class Through:
    """A way to the service, and what it has seen."""

    def __init__(self, stack, way) -> None:
        self.stack, self.way = stack, way

    def open(self):
        if self.way == "nginx":
            return connect(self.stack, timeout=12)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(12)
        connection.connect(str(self.stack.folder / "api-1.sock"))
        return connection

    def exchange(self, sent):
        """What is answered to these bytes, and the lines that the service logged."""
        size = self.stack.log.stat().st_size
        received = b""
        with self.open() as connection:
            with suppress(OSError):
                connection.sendall(sent)
                if self.way == "gunicorn":
                    connection.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                while part := connection.recv(65536):
                    received += part
        return received, self.seen(size)

    def seen(self, size):
        """The requests that the service has logged since."""
        self.settle()
        with self.stack.log.open("rb") as log:
            log.seek(size)
            text = log.read().decode(errors="replace")
        found = [line for line in map(parse, text.splitlines()) if line and line.get("logger") == "app.access"]
        return [line for line in found if not line["request_id"].startswith("marker")]

    def settle(self):
        """Wait until what came before has been logged: a request of one's own is."""
        self.stack.marks = getattr(self.stack, "marks", 0) + 1
        mark = f"marker-{self.stack.marks}"
        self.stack.session().get(f"{self.stack.url}/healthz", headers={"X-Request-ID": mark}, timeout=10)
        wait_until(lambda: mark in self.stack.text())


def parse(line):
    with suppress(ValueError):
        return orjson.loads(line)
    return None


@pytest.fixture(params=["nginx", "gunicorn"])
def through(stack, request):
    return Through(stack, request.param)


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received) if status != b"100"]


def ids(received):
    """The ids of the answers, in their order."""
    return [found.decode() for found in re.findall(rb"(?i)\r\nX-Request-ID: ([^\r]+)\r\n", received)]


def assert_no_one_invented(sent, received, seen, most):
    told = f"sent {sent[:600]!r}\nreceived {received[:900]!r}\nthe service saw {seen}"
    assert not [line for line in seen if line["request_id"] == "smuggled"], told
    others = [line for line in seen if line["request_id"] != "innocent"]
    assert len(others) <= most, told
    assert len(seen) - len(others) <= 1, told
    assert "smuggled" not in ids(received), told
    if "innocent" in ids(received):
        assert ids(received)[-1] == "innocent", told
        assert ids(received).count("innocent") == 1, told
    assert len(statuses(received)) <= most + 1, told
    assert not [status for status in statuses(received) if status >= 500 and status not in NOT_KNOWN], told
    methods = set(re.findall(rb"(?:^|\n|\r)\s*([^\s]+) ", sent + b"\nGET "))
    assert {line["method"].encode() for line in seen} <= methods | {b"GET", b"POST"}, told


@pytest.mark.parametrize("name", CASES)
def test_nothing_hidden_in_a_request_becomes_one(through, name):
    sent = CASES[name] + INNOCENT % b"innocent"

    received, seen = through.exchange(sent)

    assert_no_one_invented(sent, received, seen, 1)


def test_the_requests_of_gunicorns_own_tests_invent_none(through, corpus):
    assert len(corpus) > 100
    for each in corpus:
        sent = each.sent + INNOCENT % b"innocent"
        received, seen = through.exchange(sent)
        try:
            assert_no_one_invented(sent, received, seen, each.requests)
        except AssertionError as error:
            raise AssertionError(f"{each.name}: {error}") from None


def test_answers_come_in_the_order_of_requests(through):
    many = [INNOCENT.replace(b"Connection: close\r\n", b"") % b"number-%d" % number for number in range(20)]

    received, _ = through.exchange(b"".join(many) + INNOCENT % b"innocent")

    assert ids(received) == [*(f"number-{number}" for number in range(20)), "innocent"]


# HTTP/2, whose frames say how long a body is, is spoken to nginx alone, which speaks HTTP/1.1 to the service.

GOOD = [(b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/api/v1/auth/login"), (b":authority", b"localhost")]
NAMED = [(b"x-request-id", b"sent"), (b"content-type", b"application/json")]
CHANGES = {
    "a coding": [(b"transfer-encoding", b"chunked")],
    "a length that is too short": [(b"content-length", b"0")],
    "a length that is too long": [(b"content-length", b"9999")],
    "two lengths": [(b"content-length", b"0"), (b"content-length", b"%d" % len(HIDDEN))],
    "a line end in a value": [(b"x-any", b"1\r\n\r\n" + HIDDEN)],
    "a line feed in a value": [(b"x-any", b"1\ntransfer-encoding: chunked")],
    "a line end in a name": [(b"x-any: 1\r\ntransfer-encoding", b"chunked")],
    "a colon in a name": [(b"transfer-encoding: chunked", b"1")],
    "a name in capitals": [(b"Transfer-Encoding", b"chunked")],
    "a header of the connection": [(b"connection", b"keep-alive"), (b"upgrade", b"h2c")],
    "a second host": [(b"host", b"evil.example")],
    "a second path": [(b":path", b"/readyz")],
}
PATHS = {"a line end in the path": b"/healthz HTTP/1.1\r\n" + HIDDEN, "a space in the path": b"/healthz HTTP/1.1 x"}


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def packed(fields):
    """Header fields as HPACK literals, without Huffman and without the table (RFC 7541, section 6.2.2)."""
    return b"".join(b"\x00" + length(name) + name + length(value) + value for name, value in fields)


def length(text):
    if len(text) < 127:
        return bytes([len(text)])
    rest, found = len(text) - 127, b"\x7f"
    while rest >= 128:
        found, rest = found + bytes([rest % 128 + 128]), rest // 128
    return found + bytes([rest])


@pytest.mark.parametrize("name", [*CHANGES, *PATHS])
def test_nothing_hidden_in_http_2_becomes_a_request(stack, name):
    good = [(key, PATHS.get(name, value) if key == b":path" else value) for key, value in GOOD]
    fields = packed([*good, *NAMED, *CHANGES.get(name, [])])
    sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, fields) + frame(0, 1, 1, HIDDEN)
    through, size = Through(stack, "nginx"), stack.log.stat().st_size

    with connect(stack, protocols=("h2",), timeout=3) as connection, suppress(OSError):
        connection.sendall(sent)
        while connection.recv(65536):
            pass
    seen = through.seen(size)

    assert not [line for line in seen if line["request_id"] == "smuggled"], seen
    assert len(seen) <= 1, seen
    assert not [line for line in seen if line["status"] >= 500], seen

"""The load: connections that each have one request outstanding, driven by one thread in a process of its own.

Run by the contest in a process that does nothing else, so that neither its parsing nor its garbage disturbs what is measured.
"""

from __future__ import annotations

import re
import select
import socket
import time
from array import array
from dataclasses import dataclass
from itertools import cycle

PIECE = 128 * 1024
PATIENCE = 30  # seconds without a byte from anybody
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Failed(Exception):
    """A service did not answer, or with something else than a 2xx; the message shows what."""


@dataclass
class Outcome:
    """What a run gave: of each answer the seconds from sending to its last byte, and the generator's own CPU seconds."""

    latencies: array
    seconds: float
    cpu: float
    reconnects: int


class Answer:
    """One answer, put together from the pieces that come in."""

    def __init__(self):
        self.data = b""
        self.body = 0  # where it begins, once the head is there
        self.end = None  # where it ends, where the head says so
        self.at = 0  # the next chunk's begin, where it does not

    def takes(self, piece):
        """Take the next piece; says whether the answer is whole."""
        self.data = self.data + piece if self.data else piece
        if not self.body and not self._read_head():
            return False
        return self._read_chunks() if self.end is None else len(self.data) >= self.end

    def is_good(self):
        return self.data[9:10] == b"2"

    def closes(self):
        return _CLOSE.search(self.data, 0, self.body) is not None

    def _read_head(self):
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.body = self.at = end + 4
        length = _LENGTH.search(self.data, 0, end)
        if length:
            self.end = self.body + int(length[1])
        elif not _CHUNKED.search(self.data, 0, end):
            raise Failed(f"An answer that does not say how long it is:\n{self.data[:2000].decode(errors='replace')}")
        return True

    def _read_chunks(self):
        while (line := self.data.find(b"\r\n", self.at)) >= 0:
            size = int(self.data[self.at : line].partition(b";")[0], 16)
            if size == 0:
                return self.data.find(b"\r\n\r\n", line) >= 0
            following = line + 2 + size + 2
            if following > len(self.data):
                return False
            self.at = following
        return False


class Connection:
    """A connection that is kept, and the requests that go round on it."""

    def __init__(self, port, requests):
        self.port = port
        self.requests = cycle(requests)
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.has_served = False

    def send(self):
        self.request = next(self.requests)
        self.answer = Answer()
        self.begun = time.perf_counter()
        self.socket.sendall(self.request)

    def resend(self):
        """Send what the server has not begun to answer: it had closed the connection, as it may between two requests (RFC 9112, 9.3.1)."""
        self.socket.sendall(self.request)


class Load:
    """Connections to a port of 127.0.0.1, one for each list of requests, and what came of them."""

    def __init__(self, port, plans):
        self.poll = select.epoll()
        self.connections = {}
        self.latencies, self.reconnects = array("d"), 0
        for requests in plans:
            self._register(Connection(port, requests))

    def run(self, seconds):
        """Keep a request outstanding on each connection for so long; then wait for those that are. Raises Failed."""
        cpu, begun = time.process_time(), time.perf_counter()
        end, busy = begun + seconds, len(self.connections)
        for connection in self.connections.values():
            connection.send()
        while busy:
            ready = self.poll.poll(PATIENCE)
            if not ready:
                raise Failed(f"No answer within {PATIENCE} s.")
            for number, _ in ready:
                connection = self.connections[number]
                if not self._receive(connection):
                    continue
                now = time.perf_counter()
                self.latencies.append(now - connection.begun)
                if now >= end:
                    self.poll.unregister(number)  # that the server ends it for being idle is no event any more
                    busy -= 1
                    continue
                if connection.answer.closes():
                    self._reconnect(connection)
                connection.send()
        return Outcome(self.latencies, time.perf_counter() - begun, time.process_time() - cpu, self.reconnects)

    def close(self):
        for connection in self.connections.values():
            connection.socket.close()
        self.poll.close()

    def _receive(self, connection):
        """Whether the answer is whole now."""
        try:
            piece = connection.socket.recv(PIECE)
        except ConnectionResetError:
            piece = b""
        answer = connection.answer
        if not piece:
            if answer.data or not connection.has_served:
                raise Failed(f"The connection ended before the answer did:\n{answer.data[:2000].decode(errors='replace')}")
            self._reconnect(connection)
            connection.resend()
            return False
        if not answer.takes(piece):
            return False
        if not answer.is_good():
            raise Failed(f"{connection.request[:200].decode()}\nwas answered:\n{answer.data[:2000].decode(errors='replace')}")
        connection.has_served = True
        return True

    def _register(self, connection):
        self.connections[connection.socket.fileno()] = connection
        self.poll.register(connection.socket, select.EPOLLIN)

    def _reconnect(self, connection):
        del self.connections[connection.socket.fileno()]
        connection.socket.close()  # which takes it out of epoll
        connection.connect()
        self.reconnects += 1
        self._register(connection)


def run(port, plans, seconds):
    """The outcome of `seconds` of load, each plan's requests going round on a connection of its own. Raises Failed."""
    load = Load(port, plans)
    try:
        return load.run(seconds)
    finally:
        load.close()

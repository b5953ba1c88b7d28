"""The clients of the stack under load: connections with TLS that are kept, of many accounts, each with one request outstanding.

One thread in a process of its own drives them all. What they ask for is a mixture as people with an app make it.
"""

from __future__ import annotations

import json
import random
import select
import socket
import ssl
import time
from array import array
from collections import Counter, deque
from dataclasses import dataclass, field

from bench.generator import PATIENCE, PIECE, Answer

MIXTURE = {
    "list of 20": 30,
    "next page": 8,
    "one todo": 25,
    "search": 8,
    "tags": 4,
    "create": 10,
    "change, If-Match": 9,
    "complete": 6,
}
"""What is asked how often, of a hundred requests."""
OWN = 3  # todos that a connection has made and not completed yet, from which on it makes no more
SEARCHES = ("plan+wat", "buy", "milk", "call+den", "prepare", "library+books", "caf")
TAGS = ("home", "errand", "phone", "computer")
PRIORITIES = ("none", "low", "medium", "high", "urgent")


@dataclass
class Account:
    """Whose requests a connection sends, and what they ask for."""

    token: str
    lists: list[str]
    todos: list[str]
    cursors: list[str]


@dataclass
class Outcome:
    """What a run gave: seconds of each answer by operation, how often each status came, and what went wrong."""

    took: dict[str, array] = field(default_factory=lambda: {name: array("d") for name in MIXTURE})
    statuses: Counter = field(default_factory=Counter)
    broken: int = 0
    """Connections that ended in the midst of an answer, or before one that was asked for."""
    reconnects: int = 0
    """Connections that the server ended after an answer that had said so."""
    complaint: str = ""
    """The first answer that was no success."""
    seconds: float = 0.0

    def note(self, client: Client) -> None:
        """Take down the answer that a client has just got."""
        self.took[client.operation].append(time.perf_counter() - client.begun)
        self.statuses[int(client.answer.data[9:12])] += 1
        if not client.answer.is_good() and not self.complaint:
            self.complaint = client.answer.data[:2000].decode(errors="replace")


class Client:
    """A connection, and the requests that it sends one after the other."""

    def __init__(self, port: int, context: ssl.SSLContext, account: Account, seed: int) -> None:
        self.port, self.context, self.account = port, context, account
        self.random = random.Random(seed)
        self.own: deque[tuple[str, int]] = deque()
        self.connect()

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.context.wrap_socket(plain, server_hostname="localhost")
        self.socket.setblocking(False)

    def send(self) -> None:
        """Choose what to ask, and ask it. The few hundred bytes always fit into the socket's buffer."""
        self.operation = self.random.choices(tuple(MIXTURE), MIXTURE.values())[0]
        if self.operation == "create" and len(self.own) >= OWN:
            self.operation = "complete"
        elif self.operation in ("change, If-Match", "complete") and not self.own:
            self.operation = "create"
        data = self._request()
        self.answer = Answer()
        self.begun = time.perf_counter()
        self.socket.sendall(data)

    def receive(self) -> bool:
        """Whether the answer is whole now. Raises ConnectionError where the connection ended before."""
        while True:
            try:
                piece = self.socket.recv(PIECE)
            except ssl.SSLWantReadError:
                return False
            if not piece:
                raise ConnectionError
            if self.answer.takes(piece):
                return True

    def learn(self) -> None:
        """Keep in mind what the answer says about the own todos."""
        if self.operation not in ("create", "change, If-Match", "complete"):
            return
        if self.operation != "create":
            self.own.popleft()
        if self.operation != "complete" and self.answer.is_good():
            todo = json.loads(self.answer.data[self.answer.body :])
            self.own.append((todo["id"], todo["version"]))

    def _request(self) -> bytes:
        pick, account = self.random.choice, self.account
        match self.operation:
            case "list of 20":
                return self._get(
                    pick(("/todos?limit=20", f"/todos?limit=20&list_id={pick(account.lists)}", "/todos?limit=20&done=false&sort=due"))
                )
            case "next page":
                return self._get(f"/todos?limit=20&cursor={pick(account.cursors)}")
            case "one todo":
                return self._get(f"/todos/{pick(account.todos)}")
            case "search":
                return self._get(f"/todos?limit=20&q={pick(SEARCHES)}")
            case "tags":
                return self._get("/tags")
            case "create":
                todo = {"task": f"Prepare number {self.random.randrange(10**6)}", "list_id": pick(account.lists), "tags": [pick(TAGS)]}
                return self._send("POST", "/todos", todo)
            case "change, If-Match":
                return self._send("PATCH", self._own(), {"priority": pick(PRIORITIES)}, f'If-Match: "{self.own[0][1]}"\r\n')
            case _:
                return self._send("PATCH", self._own(), {"done": True})

    def _own(self) -> str:
        return f"/todos/{self.own[0][0]}"

    def _get(self, path: str) -> bytes:
        return f"{self._head('GET', path)}\r\n".encode()

    def _send(self, method: str, path: str, todo: dict, more: str = "") -> bytes:
        body = json.dumps(todo).encode()
        head = f"{self._head(method, path)}{more}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _head(self, method: str, path: str) -> str:
        return (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n"
            f"Authorization: Bearer {self.account.token}\r\n"
        )


def run(port: int, certificate: str, accounts: list[Account], connections: int, seconds: float) -> Outcome:
    """The outcome of so many connections' requests during so many seconds. A connection that breaks is counted and opened anew."""
    context = ssl.create_default_context(cafile=certificate)
    poll, clients, outcome = select.epoll(), {}, Outcome()

    def register(client: Client) -> None:
        clients[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
        client.send()

    def reconnect(client: Client) -> None:
        del clients[client.socket.fileno()]
        client.socket.close()
        client.connect()
        register(client)

    opened = [Client(port, context, accounts[number % len(accounts)], number) for number in range(connections)]
    begun = time.perf_counter()
    for client in opened:
        register(client)
    while (now := time.perf_counter()) < begun + seconds:
        ready = poll.poll(PATIENCE)
        if not ready:
            outcome.broken += len(clients)
            break
        for number, _ in ready:
            client = clients[number]
            try:
                if not client.receive():
                    continue
                outcome.note(client)
                client.learn()
                if not client.answer.closes():
                    client.send()
                    continue
                outcome.reconnects += 1
            except OSError:
                outcome.broken += 1
                client.own.clear()  # whether the last change was made is not known
            reconnect(client)
    outcome.seconds = now - begun
    for client in clients.values():
        client.socket.close()
    return outcome

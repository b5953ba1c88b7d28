"""What is asked of every contestant, as requests that are ready to be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote_plus

from bench.people import WORDS, WRITTEN

CREATED = {"task": "Review the quarterly report", "tags": ["urgent", "work"], "priority": "high"}
FILTERED = "limit=20&done=false&priority=high&sort=due"
# Of two words each, as people type them: a verb, and the begin of what it is about. Each finds some hundreds of todos.
SEARCHES = ("repair bicy", "book train", "call grandma", "order tom", "clean balc", "plan hotel", "review slides", "buy milk",
            "prepare tax", "return library", "book dent", "order batt", "call insur", "plan birth", "write plumb", "look passp")  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """An operation: its name on the command line, its title in tables, whether it writes, and about how long it takes.

    `seconds` are of the whole machine, for one request: those that are under way at the end of a run are waited for.
    """

    name: str
    title: str
    writes: bool = False
    seconds: float = 0.002


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("list-20", "list of 20"),
        Operation("list-100", "list of 100"),
        Operation("filtered", "filtered, sorted list"),
        Operation("search", "search"),
        Operation("one", "one todo"),
        Operation("create", "create", writes=True),
        Operation("change", "change", writes=True),
        Operation("batch", "batch of 100", writes=True, seconds=0.08),
    )
}


def calls(name, people, connection):
    """What a connection asks, in a round of its own: methods, paths and bodies."""
    share = people.reader.todos[connection :: people.connections]
    writer = people.writers[connection] if name == "batch" else None
    match name:
        case "list-20":
            return [("GET", "/todos?limit=20", None)]
        case "list-100":
            return [("GET", "/todos?limit=100", None)]
        case "filtered":
            return [("GET", f"/todos?{FILTERED}", None)]
        case "search":
            return [("GET", f"/todos?limit=20&q={quote_plus(words)}", None) for words in SEARCHES]
        case "one":
            return [("GET", f"/todos/{todo_id}", None) for todo_id in share]
        case "create":
            return [("POST", "/todos", CREATED)]
        case "change":
            return [("PATCH", f"/todos/{todo_id}", {"priority": word}) for word in WORDS for todo_id in share]
        case "batch":
            return [("POST", "/todos/batch", {"operations": batch(writer.todos, word)}) for word in WORDS]


def batch(todos, word):
    """A hundred operations: a create and an update in turn."""
    creates = [{"op": "create", "todo": {**CREATED, "task": f"Measure number {number}"}} for number in range(WRITTEN)]
    updates = [{"op": "update", "id": todo_id, "todo": {"priority": word}} for todo_id in todos]
    return [operation for pair in zip(creates, updates, strict=True) for operation in pair]


def plans(name, people, connections):
    """The requests of each connection, with tokens that are good for fifteen minutes."""
    return [_plan(name, people, connection, connections) for connection in range(connections)]


def _plan(name, people, connection, connections):
    by_reader = name not in ("create", "batch")
    token = people.token(people.reader, connection) if by_reader else people.token(people.writers[connection])
    asked = calls(name, people, connection)
    # So that the connections, of which each begins with its first, do not all ask the same at once.
    first = connection * len(asked) // connections
    return [request(*call, token) for call in asked[first:] + asked[:first]]


def request(method, path, body, token):
    """The bytes of a request, as a client that keeps its connection sends them."""
    head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer {token}\r\n"
    if body is None:
        return f"{head}\r\n".encode()
    data = json.dumps(body).encode()
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data

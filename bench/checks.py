"""Before anything is timed: every contestant answers as Tickbox does, and keeps out whom Tickbox keeps out."""

from __future__ import annotations

import json

import requests

from bench.operations import OPERATIONS, calls

# What may differ: the cursor is each one's own, the rest is of the moment.
NEW = {"id", "created_at", "updated_at", "position"}
CHANGED = {"version", "updated_at"}
BAD_BODIES = (
    {"task": " "},
    {"task": "x" * 501},
    {"task": "x", "nonsense": 1},
    {"task": "x", "priority": "dire"},
    {"task": "x", "tags": "home"},
)
BAD_QUERIES = ("limit=0", "limit=many", "limit=20&priority=dire", "limit=20&sort=nonsense", "limit=20&done=perhaps")
# Columns that no answer shows.
HIDDEN = "SELECT search::text, task_key, due_key::text, created_by::text, done, done = (completed_at IS NOT NULL), position IS NULL FROM todos WHERE id = %s"


class Different(SystemExit):
    """A contestant does not do what Tickbox does."""


class Client:
    """Sends requests to one service."""

    def __init__(self, service, people):
        self.service, self.people, self.session = service, people, requests.Session()

    def send(self, method, path, body=None, token=None):
        """The status, and the body as parsed JSON. `token` is by default the reader's; empty, none is sent."""
        token = self.people.token(self.people.reader) if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.session.request(method, f"{self.service.url}/api/v1{path}", json=body, headers=headers, timeout=30)
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, answer.text[:500]


def check(services, operations, people, base):
    """Compare all with Tickbox, in these operations. Raises Different, with the first difference of each who differs."""
    clients = {service.name: Client(service, people) for service in services}
    own = clients.pop("tickbox", None)
    differences = []
    for client in clients.values() if own else ():
        try:
            _compare(own, client, operations, base)
        except Different as difference:
            differences.append(str(difference))
    if differences:
        raise Different("\n\n".join(differences))


def _compare(own, client, operations, base):
    if client.service.name == "limit":
        _same_rows(own, client, [name for name in operations if not OPERATIONS[name].writes])
        return
    for operation in operations:
        _COMPARISONS.get(operation, _compare_reads)(own, client, operation, base)
    _compare_refusals(own, client, operations)


def _compare_reads(own, client, operation, _):
    for method, path, _body in calls(operation, own.people, 0)[:8]:
        expected, found = own.send(method, path), client.send(method, path)
        _equal(client, f"{method} {path}", _without_cursor(expected), _without_cursor(found))
    if operation in ("list-20", "list-100"):
        expected, found = (each.send("GET", f"{path}&cursor={_cursor(each, path)}") for each in (own, client))
        _equal(client, f"the second page of {path}", _without_cursor(expected), _without_cursor(found))


def _compare_creates(own, client, operation, base):
    person = own.people.writers[0]
    texts = ({"task": "Plan the Łódź café menu"}, {"task": "  Look up ﬁne Straße  ", "tags": ["Home", "errand", "home"], "priority": "low"})
    for _, path, body in [*calls(operation, own.people, 0), *[("POST", "/todos", body) for body in texts]]:
        (status, expected), (same, found) = (each.send("POST", path, body, own.people.token(person)) for each in (own, client))
        _equal(client, f"POST {body}", (status, _but(expected, NEW)), (same, _but(found, NEW)))
        _equal(client, f"the columns after POST {body}", base.ask(HIDDEN, [expected["id"]]), base.ask(HIDDEN, [found["id"]]))
        _equal(
            client, f"GET of what POST {body} made", found, client.send("GET", f"/todos/{found['id']}", token=own.people.token(person))[1]
        )


def _compare_changes(own, client, operation, base):
    bodies = [body for _, _, body in calls(operation, own.people, 0)[:1]]
    for body in [*bodies, {"task": "Call the café", "tags": ["phone"]}, {"done": True}, {"done": False}, {"due_on": "2030-01-31"}]:
        for todo_id in own.people.reader.todos[:2]:
            path = f"/todos/{todo_id}"
            (status, expected), columns = own.send("PATCH", path, body), base.ask(HIDDEN, [todo_id])
            (same, found) = client.send("PATCH", path, body)
            moments = CHANGED | ({"completed_at"} if "done" in body else set())
            _equal(client, f"PATCH {body}", (status, _but(expected, moments)), (same, _but(found, moments)))
            _equal(client, f"the columns after PATCH {body}", columns, base.ask(HIDDEN, [todo_id]))
            _equal(client, "the version after PATCH", expected["version"] + 1, found["version"])


def _compare_batches(own, client, operation, _):
    method, path, body = calls(operation, own.people, 0)[0]
    token = own.people.token(own.people.writers[0])
    expected, found = ((status, [_result(each) for each in answer["results"]] if status == 200 else answer)
                       for status, answer in (each.send(method, path, body, token) for each in (own, client)))  # fmt: skip
    _equal(client, "the batch", expected, found)


def _compare_refusals(own, client, operations):
    people = own.people
    path, reader = f"/todos/{people.reader.todos[0]}", people.reader
    refresh = people.token(reader, type="refresh")
    for token in ("", people.forged_token(reader), people.expired_token(reader), refresh, people.token(reader, aud="else"), "x.y.z"):
        for call in (("GET", "/todos?limit=20"), ("GET", path), ("PATCH", path, {"priority": "low"})):
            _equal(client, f"{call} without a good token", 401, client.send(*call, token=token)[0])
    foreign = f"/todos/{people.writers[0].todos[0]}"
    for call in (("GET", foreign), ("PATCH", foreign, {"priority": "low"}), ("GET", f"/todos/{reader.user.id}")):
        _equal(client, f"{call} of a stranger", 404, client.send(*call)[0])
    for body in BAD_BODIES if "create" in operations else ():
        _equal(
            client,
            f"the status of POST {json.dumps(body)[:60]}",
            own.send("POST", "/todos", body)[0],
            client.send("POST", "/todos", body)[0],
        )
    for query in BAD_QUERIES:
        _equal(client, f"the status of GET ?{query}", own.send("GET", f"/todos?{query}")[0], client.send("GET", f"/todos?{query}")[0])


def _same_rows(own, client, operations):
    """The limit writes instants and priorities as PostgreSQL does: its rows are compared by id."""
    for operation in operations:
        for method, path, _ in calls(operation, own.people, 0)[:8]:
            expected, found = (each.send(method, path)[1] for each in (own, client))
            _equal(client, f"the ids of {path}", _ids(expected), _ids(found))


def _equal(client, what, expected, found):
    if expected != found:
        shown = (json.dumps(each, indent=1, ensure_ascii=False, default=str)[:3000] for each in (expected, found))
        raise Different("\n".join([f"{client.service.name} differs in {what}. Tickbox:", next(shown), "and it:", next(shown)]))


def _without_cursor(answer):
    status, body = answer
    if isinstance(body, dict) and "next_cursor" in body:
        return status, {**body, "next_cursor": body["next_cursor"] is not None}
    return answer


def _cursor(client, path):
    return client.send("GET", path)[1]["next_cursor"]


def _but(todo, names):
    """The todo without these fields; what is none, an error for instance, as it is."""
    return {name: value for name, value in todo.items() if name not in names} if isinstance(todo, dict) else todo


def _result(result):
    is_new = result["op"] == "create"
    return {**_but(result, {"id"} if is_new else set()), "todo": _but(result["todo"], NEW if is_new else CHANGED)}


def _ids(answer):
    return [todo["id"] for todo in answer["data"]] if "data" in answer else answer["id"]


_COMPARISONS = {"create": _compare_creates, "change": _compare_changes, "batch": _compare_batches}

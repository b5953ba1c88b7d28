"""How many SQL statements an operation takes; the same for 2 rows as for 50. COMMIT and locks of names are not counted."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from app.core.database import execute
from app.core.types import now
from app.jobs import service as jobs
from app.jobs.models import Job
from tests import databases, factories
from tests.arrange import form, make_attachment, make_list, make_todo, make_todos, share

FILE = object()  # as a body: a form with a file
BESIDES = ("COMMIT", "ROLLBACK", "SELECT pg_advisory_xact_lock", "SELECT pg_try_advisory_xact_lock")


@pytest.fixture(scope="module", params=[2, 50], ids=lambda rows: f"{rows} rows")
def world(request, app):
    """A shared list with so many todos, members, subtasks and comments, and as many lists besides."""
    rows = request.param
    client = factories.client(app, factories.user(app))
    shared = make_list(client)
    members = [factories.client(app, factories.user(app)) for _ in range(rows)]
    for member in members:
        share(client, shared, member)
    for number in range(rows):
        make_list(client, str(number))
    parent = make_todo(client, list_id=shared["id"])
    todos = make_todos(client, *tree(rows, shared, parent))
    comments = f"/todos/{parent['id']}/comments"
    said = [client.post(comments, {"body": "x"}).json for _ in range(rows)]
    files = [make_attachment(client, parent["id"]) for _ in range(rows)]
    return SimpleNamespace(
        app=app, rows=rows, client=client, shared=shared["id"], other=make_list(client)["id"], inbox=client.account.inbox_id,
        parent=parent["id"], todo=todos[0], todos=todos, member=members[0].account, comments=comments, comment=said[0]["id"],
        attachments=f"/todos/{parent['id']}/attachments", attachment=files[0]["id"],
        newcomer=lambda: factories.user(app).email,
    )  # fmt: skip


def tree(rows, shared, parent):
    return [
        {"task": f"word {number}", "tags": ["x", f"tag {number}"], "list_id": shared["id"], "parent_id": parent["id"]}
        for number in range(rows)
    ]


def new(world, **fields):
    """The path of a new todo with so many subtasks, in a list of its own unless `list_id` says otherwise."""
    fields.setdefault("list_id", make_list(world.client)["id"])
    parent = make_todo(world.client, **fields)
    make_todos(world.client, *tree(world.rows, {"id": parent["list_id"]}, parent))
    return f"/todos/{parent['id']}"


def trashed(world):
    """The path of a todo that is in the trash, with its subtasks."""
    path = new(world)
    world.client.delete(path)
    return path


def full(world):
    """The path of a new list with so many todos."""
    path = new(world)
    return f"/lists/{world.client.get(path).json['list_id']}"


def said(world):
    """The path of a new comment."""
    return f"{world.comments}/{world.client.post(world.comments, {'body': 'x'}).json['id']}"


def finished(world):
    """Where the file of a job is that has just made one."""
    file_id = factories.make_file(world.app)
    with world.app.app_context():
        job = jobs.enqueue("export", {}, user_id=world.client.account.id)
        execute(update(Job).where(Job.id == job.id).values(file_id=file_id, expires_at=now() + timedelta(hours=24)))
    return f"/jobs/{job.id}/file"


def batch(operation):
    def build(world):
        return "post", "/todos/batch", {"operations": [operation(todo) for todo in world.todos]}

    return build


def complete(todo):
    return {"op": "update", "id": todo["id"], "todo": {"done": True}}


def recurring(world):
    """A world whose todos all recur."""
    return SimpleNamespace(todos=make_todos(world.client, *[{"task": str(number), **RECURRING} for number in range(world.rows)]))


RECURRING = {"due_at": "2026-11-30T09:00:00Z", "recurrence": "FREQ=DAILY"}
REPORT = {"kind": "productivity", "from": "2026-11-01", "to": "2026-11-30", "format": "pdf"}
OPERATIONS = {
    "lists": (1, lambda w: ("get", "/lists?limit=200")),
    "lists, counted": (2, lambda w: ("get", "/lists?count=true")),
    "a list": (1, lambda w: ("get", f"/lists/{w.shared}")),
    "a new list": (4, lambda w: ("post", "/lists", {"name": "x"})),
    "a list is changed": (3, lambda w: ("patch", f"/lists/{w.other}", {"name": "x"})),
    "a list is placed": (4, lambda w: ("patch", f"/lists/{w.other}", {"position": 7})),
    "a list is deleted": (2, lambda w: ("delete", full(w))),
    "members": (2, lambda w: ("get", f"/lists/{w.shared}/members?limit=200")),
    "a member is added": (7, lambda w: ("post", f"/lists/{w.shared}/members", {"email": w.newcomer(), "role": "viewer"})),
    "a member is changed": (6, lambda w: ("patch", f"/lists/{w.shared}/members/{w.member.id}", {"role": "viewer"})),
    "another password is asked for": (1, lambda w: ("post", "/auth/password-reset", {"email": w.member.email})),
    "todos": (1, lambda w: ("get", "/todos?limit=200")),
    "todos, counted": (2, lambda w: ("get", "/todos?count=true")),
    "todos, filtered": (1, lambda w: ("get", f"/todos?q=word&tag=x&list_id={w.shared}&done=false&sort=due&overdue=false&assignee_id=me")),
    "todos with a tag": (2 if databases.SERVER else 1, lambda w: ("get", "/todos?tag=x")),
    "todos, best match first": (1, lambda w: ("get", "/todos?q=word")),
    "a todo": (1, lambda w: ("get", f"/todos/{w.parent}")),
    "tags": (1, lambda w: ("get", "/tags")),
    "a new todo": (1, lambda w: ("post", "/todos", {"task": "x", "tags": ["a", "b"]})),
    "a new todo of a list": (1, lambda w: ("post", "/todos", {"task": "x", "list_id": w.other})),
    "a new subtask": (3, lambda w: ("post", "/todos", {"task": "x", "list_id": w.shared, "parent_id": w.parent})),
    "a new todo, assigned": (3, lambda w: ("post", "/todos", {"task": "x", "list_id": w.shared, "assignee_id": w.member.id})),
    "a todo is done": (1, lambda w: ("patch", new(w), {"done": True})),
    "a todo that recurs is done": (6, lambda w: ("patch", new(w, **RECURRING), {"done": True})),
    "a todo that recurs is due again": (2, lambda w: ("get", new(w, **RECURRING) + "/occurrences?limit=100")),
    "a todo is replaced": (2, lambda w: ("put", new(w, list_id=w.inbox), {"task": "x"})),
    "a todo is assigned": (3, lambda w: ("patch", new(w, list_id=w.shared), {"assignee_id": w.member.id})),
    "a todo is nested": (4, lambda w: ("patch", new(w, list_id=w.shared), {"parent_id": w.parent})),
    "a todo is moved to another list": (4, lambda w: ("patch", new(w), {"list_id": w.other})),
    "a todo is placed": (4, lambda w: ("post", f"/todos/{w.todos[0]['id']}/move", {"after": w.todos[1]["id"]})),
    "a todo is deleted": (2, lambda w: ("delete", new(w))),
    "a todo is restored": (4, lambda w: ("post", trashed(w) + "/restore", {})),
    "a todo is removed for good": (2, lambda w: ("delete", new(w) + "?permanent=true")),
    "comments": (2, lambda w: ("get", f"{w.comments}?limit=200")),
    "a comment": (2, lambda w: ("get", f"{w.comments}/{w.comment}")),
    "a new comment": (4, lambda w: ("post", w.comments, {"body": "x"})),
    "a comment is changed": (6, lambda w: ("patch", said(w), {"body": "y"})),
    "a comment is deleted": (4, lambda w: ("delete", said(w))),
    "a report": (1, lambda w: ("post", "/reports", REPORT)),
    "a report on a list": (2, lambda w: ("post", "/reports", {**REPORT, "list_id": w.shared})),
    "attachments": (2, lambda w: ("get", f"{w.attachments}?limit=200")),
    "an attachment": (2, lambda w: ("get", f"{w.attachments}/{w.attachment}")),
    "the content of an attachment": (3, lambda w: ("get", f"{w.attachments}/{w.attachment}/content")),
    "a new attachment": (6, lambda w: ("post", w.attachments, FILE)),
    "an attachment is deleted": (5, lambda w: ("delete", f"{w.attachments}/{make_attachment(w.client, w.parent)['id']}")),
    "the file of a job": (2, lambda w: ("get", finished(w))),
    "an import": (4, lambda w: ("post", "/imports", form(b"x", "todo.txt", format="todotxt", list_id=w.shared))),
    "an export": (1, lambda w: ("post", "/exports", {"format": "csv"})),
    "a batch that creates": (4, batch(lambda todo: {"op": "create", "todo": {"task": "x"}})),
    "a batch that changes": (8, batch(lambda todo: {"op": "update", "id": todo["id"], "todo": {"task": "x"}})),
    "a batch that completes what recurs": (11, lambda w: batch(complete)(recurring(w))),
    "a batch that nests": (8, batch(lambda todo: {"op": "update", "id": todo["id"], "todo": {"parent_id": todo["parent_id"]}})),
}


# PostgreSQL locks the structure of a list before the row, and has to read first which list that is; of a list that goes it locks
# the todos first.
CLAIMING = [name for name in OPERATIONS if name.startswith("a todo is ") or name == "a list is deleted"] + ["a todo that recurs is done"]
CLAIMING.remove("a todo is done")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_takes_so_many_statements(world, statements, name):
    expected, build = OPERATIONS[name]
    expected += name in CLAIMING and bool(databases.SERVER)
    method, path, *body = build(world)

    sent = form() if body == [FILE] else {"json": body[0]} if body and "data" not in body[0] else body[0] if body else {}
    with statements() as seen:
        answer = world.client.open(path, **sent, method=method)

    assert answer.status_code < 300, answer.json
    asked = [statement for statement in seen if not statement.startswith(BESIDES)]
    assert len(asked) == expected, "\n\n".join(asked)


@pytest.mark.parametrize("rows", [2, 50])
def test_a_batch_that_deletes_takes_as_many_however_many_they_are(client, statements, rows):
    todos = make_todos(client, *map(str, range(rows)))
    with statements() as seen:
        client.post("/todos/batch", {"operations": [{"op": "delete", "id": todo["id"]} for todo in todos]})

    assert len([statement for statement in seen if not statement.startswith(BESIDES)]) == 8


def test_an_idempotency_key_takes_three_statements_more(client, statements):
    with statements() as seen:
        client.post("/todos", {"task": "x"}, idempotency_key="counted")

    assert len([statement for statement in seen if not statement.startswith(BESIDES)]) == 4


def test_what_is_not_modified_is_not_read_twice(client, statements):
    todo = make_todo(client)
    with statements() as seen:
        client.get(f"/todos/{todo['id']}", if_none_match=1)

    assert len(seen) == 1


@pytest.mark.parametrize("body", [{"task": ""}, {"task": "x", "due_on": "tomorrow"}])
def test_a_body_that_is_wrong_never_reaches_the_database(client, statements, body):
    with statements() as seen:
        client.post("/todos", body)

    assert seen == []

"""What tests arrange over the API itself: lists, who shares them, and todos."""

from __future__ import annotations

from io import BytesIO

from app.core.types import new_id
from app.jobs import runner


def make_list(client, name="Plans", **fields):
    """A new list of the client's, as the API gives it."""
    return _made(client.post("/lists", {"name": name, **fields}))


def make_todo(client, task="build an API", **fields):
    """A new todo of the client's, as the API gives it."""
    return _made(client.post("/todos", {"task": task, **fields}))


def make_todos(client, *todos):
    """New todos by one batch: each a task, or the fields of a todo."""
    sent = [{"task": todo} if isinstance(todo, str) else todo for todo in todos]
    answer = client.post("/todos/batch", {"operations": [{"op": "create", "todo": todo} for todo in sent]})
    assert answer.status_code == 200, answer.json
    return [result["todo"] for result in answer.json["results"]]


def make_chain(client, levels, **fields):
    """A todo and so many levels of subtasks below it, from the top."""
    chain = [make_todo(client, "level 0", **fields)]
    for level in range(1, levels + 1):
        chain.append(make_todo(client, f"level {level}", parent_id=chain[-1]["id"], **fields))
    return chain


def form(content=b"0123456789", name="notes.txt", **fields):
    """What a client needs to send a multipart form with a file: `client.post(path, **form(b"..."))`."""
    return {"data": {"file": (BytesIO(content), name), **fields}, "content_type": "multipart/form-data"}


def make_attachment(client, todo_id, content=b"0123456789", name="notes.txt"):
    """A new attachment of a todo, as the API gives it."""
    return _made(client.post(f"/todos/{todo_id}/attachments", **form(content, name)))


def share(owner, shared, client, role="editor"):
    """Make the account of `client` a member of the list."""
    return _made(owner.post(f"/lists/{shared['id']}/members", {"email": client.account.email, "role": role}))


def find(client, path="/todos", **query):
    """The objects of one page."""
    answer = client.get(path, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def tasks(client, **query):
    """The tasks of one page of todos."""
    return [todo["task"] for todo in find(client, **query)]


def walk(client, path="/todos", between=lambda: None, **query):
    """The objects of all pages; `between` two pages something else may happen."""
    seen = []
    while True:
        answer = client.get(path, query_string=query)
        assert answer.status_code == 200, answer.json
        seen += answer.json["data"]
        if answer.json["next_cursor"] is None:
            return seen
        query["cursor"] = answer.json["next_cursor"]
        between()


def open_count(client, list_id):
    """How many open todos the list says that it has."""
    return client.get(f"/lists/{list_id}").json["open_count"]


def unknown():
    """An id that nothing has."""
    return new_id()


def do_jobs(app):
    """Do all jobs that wait, those that other tests left too."""
    with app.app_context():
        while runner.run_all():
            pass


def _made(answer):
    assert answer.status_code == 201, answer.json
    return answer.json

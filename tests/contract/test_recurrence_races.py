"""A todo that recurs is followed once, whoever completes it at the same time."""

from __future__ import annotations

import pytest

from tests.contract.test_races import MANY, at_once, open_count, request, statuses


@pytest.fixture
def app(make_app):
    """An app with a connection for each of the threads."""
    return make_app(THREADS=str(MANY + 4))


@pytest.fixture
def path(client):
    todo = client.post("/todos", {"task": "water the plants", "due_at": "2026-11-30T09:00:00Z", "recurrence": "FREQ=DAILY"}).json
    return f"/todos/{todo['id']}"


def completions(client, path):
    """Each way to complete the todo, several times."""
    todo_id = path.removeprefix("/todos/")
    fields = {"task": "x", "due_at": "2026-11-30T09:00:00Z", "recurrence": "FREQ=DAILY", "done": True}
    batch = {"operations": [{"op": "update", "id": todo_id, "todo": {"done": True}}]}
    return [
        request(client, "PATCH", path, {"done": True}),
        request(client, "PATCH", path, {"done": True, "notes": "x"}),
        request(client, "PUT", path, fields),
        request(client, "POST", "/todos/batch", batch),
    ] * (MANY // 4)


def test_of_many_who_complete_it_one_makes_the_next(client, account, path):
    answers = at_once(*completions(client, path))

    assert statuses(answers) == {200: MANY}
    todos = client.get("/todos?sort=due").json["data"]
    assert [(each["due_at"], each["done"]) for each in todos] == [("2026-11-30T09:00:00Z", True), ("2026-12-01T09:00:00Z", False)]
    assert todos[0]["version"] == 1 + MANY
    assert {each["series_id"] for each in todos} == {todos[0]["id"]}
    assert open_count(client, account.inbox_id) == 1


def test_it_is_followed_once_while_others_reopen_it(client, path):
    reopened = [request(client, "PATCH", path, {"done": False}) for _ in range(4)]
    answers = at_once(*completions(client, path), *reopened)

    assert set(statuses(answers)) == {200}
    assert len(client.get("/todos").json["data"]) == 2


def test_a_series_of_a_parent_that_goes_meanwhile_leaves_no_orphan(client):
    for _ in range(4):
        parent = client.post("/todos", {"task": "parent"}).json["id"]
        fields = {"task": "part", "parent_id": parent, "due_on": "2026-11-30", "recurrence": "FREQ=DAILY"}
        part = client.post("/todos", fields).json["id"]
        answers = at_once(
            request(client, "PATCH", f"/todos/{part}", {"done": True}),
            request(client, "DELETE", f"/todos/{parent}"),
            request(client, "POST", "/todos/batch", {"operations": [{"op": "update", "id": part, "todo": {"done": True}}]}),
        )
        assert set(statuses(answers)) <= {200, 204, 404}
    assert client.get("/todos").json["data"] == []

"""What was exported comes back as it was, by every format."""

import tracemalloc

import pytest

from app.core.types import new_id
from tests.arrange import do_jobs, find, make_list, make_todo, make_todos
from tests.transfers.files import exported, imported, start_import

KINDS = ["csv", "json", "todotxt", "ics"]
HOSTILE = [
    {"task": "=cmd|' /C calc'!A0", "notes": "+1\r\n-2\r@x\t", "tags": ["=a", "b,c", 'd"e', "two words", "it's"]},
    {"task": "a, \"b\"\nc\r\nd\re; \\n \\, \\\\", "notes": "", "priority": "urgent", "due_at": "2026-11-22T09:30:00.123456Z", "recurrence": "freq=weekly;byday=mo,TU"},
    {"task": "x 2026-01-01 (A) 2026-02-02 @home +garden due:2026-01-01 id:5 rec:1w", "done": True, "due_on": "2026-11-30"},
    {"task": "مرحبا \u200f\u202e🎉 \x01\x1b", "notes": "  spaces  \n", "remind_at": "2026-11-22T09:30:00Z", "tags": [f"tag {n}" for n in range(20)]},
    {"task": "'quoted", "notes": "'", "tags": ["\\s", "a\nb", "@c", "+d", "\x08\n\x08"], "position": -3.25},
    {"task": "'=x'", "notes": "''", "tags": ["'"], "priority": "low"},
    {"task": "BEGIN:VTODO\nEND:VTODO", "notes": "\x0b\x0c\x85\u2028 " + "ä" * 300},
]  # fmt: skip


@pytest.fixture
def todos(client):
    parent = make_todo(client, "parent", list_id=make_list(client, "Plans, mine")["id"])
    child = make_todo(client, "child", list_id=parent["list_id"], parent_id=parent["id"], assignee_id=client.account.id)
    return [parent, child, *make_todos(client, *HOSTILE)]


def without(todo, *names):
    return {name: value for name, value in todo.items() if name not in names}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_imported_again_changes_nothing(client, todos, kind):
    before, file = find(client), exported(client, kind)

    result = imported(client, file, kind)

    assert result == {"created": 0, "updated": len(todos), "skipped": 0, "errors": [], "error_count": 0}
    assert find(client) == before
    assert exported(client, kind) == file


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_removed_comes_back(client, todos, kind):
    before, file = find(client), exported(client, kind)
    for todo in todos:
        client.delete(f"/todos/{todo['id']}?permanent=true")

    result = imported(client, file, kind)

    assert (result["created"], result["updated"]) == (len(todos), 0)
    assert exported(client, kind) == file
    if kind != "todotxt":
        times = ("updated_at", "version")
        assert [without(todo, *times) for todo in find(client)] == [without(todo, *times) for todo in before]
    assert imported(client, file, kind)["updated"] == len(todos)
    assert len(find(client)) == len(todos)


@pytest.mark.parametrize("kind", KINDS)
def test_an_instant_stays_one_wherever_it_is_imported(client, kind):
    client.patch("/me", {"time_zone": "America/New_York"})
    todo = make_todo(client, "call home", due_at="2026-12-01T03:00:00Z")
    file = exported(client, kind)
    client.patch("/me", {"time_zone": "Asia/Tokyo"})

    imported(client, file, kind)

    assert client.get(f"/todos/{todo['id']}").json["due_at"] == "2026-12-01T03:00:00Z"


@pytest.mark.parametrize("kind", KINDS)
def test_a_series_that_ends_after_some_times_ends_then_in_another_account_too(client, make_client, user, kind):
    todo = make_todo(client, "take the pills", due_on="2026-11-01", recurrence="FREQ=DAILY;COUNT=4")
    client.patch(f"/todos/{todo['id']}", {"done": True})
    (second,) = find(client, done="false")
    client.patch(f"/todos/{second['id']}", {"done": True})
    file = exported(client, kind)
    other = make_client(user())

    imported(other, file, kind)

    assert dues_to_come(other) == ["2026-11-03", "2026-11-04"]
    imported(client, file, kind)
    assert dues_to_come(client) == ["2026-11-03", "2026-11-04"]
    assert exported(client, kind) == file


def dues_to_come(client):
    (todo,) = find(client, done="false")
    return [todo["due_on"], *(due["due_on"] for due in client.get(f"/todos/{todo['id']}/occurrences").json["data"])]


def test_many_rows_take_little_memory(app, client):
    lines = "".join(f"2026-11-22 task number {number} @home id:{new_id()}\n" for number in range(5_000))
    job_id = start_import(client, lines, "todotxt").json["id"]
    tracemalloc.start()
    try:
        do_jobs(app)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert client.get(f"/jobs/{job_id}").json["result"]["created"] == 5_000
    assert peak < 16 * 1024 * 1024

"""Importing: what becomes of rows, good and bad, and of ids, lists and parents."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import g
from sqlalchemy import select, update

from app.core.database import execute, fetch_all, in_transaction
from app.core.types import is_id, new_id
from app.jobs import runner
from app.jobs.models import Job
from app.jobs.work import Superseded, Work
from app.todos.models import Todo
from app.transfers import importing, tasks, writing
from app.users.models import User
from tests import factories
from tests.arrange import do_jobs, find, make_list, make_todo, share
from tests.arrange import tasks as tasks_of
from tests.contract.problems import assert_problem
from tests.transfers.files import exported, import_job, imported, start_import

NOTHING = {"created": 0, "updated": 0, "skipped": 0}


def rows(*todos):
    return json.dumps([todo if isinstance(todo, dict) else {"task": todo} for todo in todos])


def test_rows_become_todos_at_the_end_of_the_inbox_in_their_order(client):
    make_todo(client, "there")

    result = imported(client, 'task,priority,tags,done\r\nfirst,HIGH,"b,A",TRUE\r\nsecond,,,\r\n', "csv")

    assert result == {"created": 2, "updated": 0, "skipped": 0, "errors": [], "error_count": 0}
    assert tasks_of(client, sort="position") == ["there", "first", "second"]
    first = find(client, sort="position")[1]
    assert (first["priority"], first["tags"], first["done"]) == ("high", ["A", "b"], True)
    assert first["completed_at"] is not None
    assert client.get(f"/lists/{client.account.inbox_id}").json["open_count"] == 2
    assert tasks_of(client, q="seco") == ["second"]


def test_one_bad_row_keeps_all_out(client):
    job = import_job(client, rows("good", {"task": " "}, {"task": "x", "due_on": "2026-02-30"}), "json")

    assert (job["state"], job["progress"] < 100) == ("failed", True)
    assert "Row 2: task: Task field cannot be blank!" in job["error"]
    assert job["result"] == NOTHING | {
        "error_count": 2,
        "errors": [
            {"row": 2, "message": "task: Task field cannot be blank!"},
            {"row": 3, "message": "due_on: Not a valid date; use YYYY-MM-DD."},
        ],
    }
    assert find(client) == []


def test_bad_rows_are_left_out_alone_where_that_is_wanted(client):
    result = imported(client, "task\r\ngood\r\n\0\r\nbetter\r\n", "csv", on_error="skip")

    assert (result["created"], result["skipped"], result["error_count"]) == (2, 1, 1)
    assert result["errors"] == [{"row": 2, "message": "task: NUL characters are not allowed."}]
    assert sorted(tasks_of(client)) == ["better", "good"]


def test_a_dry_run_tells_the_same_and_writes_nothing(client):
    todo = make_todo(client, "old")
    file = rows({"id": todo["id"], "task": "new"}, "another", "")

    tried = imported(client, file, "json", on_error="skip", dry_run="true")
    assert tasks_of(client) == ["old"]

    assert imported(client, file, "json", on_error="skip") == tried
    assert (tried["created"], tried["updated"], tried["skipped"]) == (1, 1, 1)


@pytest.mark.parametrize(("sent", "left"), [("True", []), ("TRUE", []), ("False", ["x"])])
def test_a_flag_is_taken_as_clients_spell_it(client, sent, left):
    imported(client, rows("x"), "json", dry_run=sent)

    assert tasks_of(client) == left


def test_at_most_a_hundred_errors_are_told(client):
    job = import_job(client, rows(*[""] * 150), "json")

    assert len(job["result"]["errors"]) == 100
    assert job["result"]["error_count"] == 150
    assert "And 145 more." in job["error"]


def test_a_row_changes_the_fields_that_it_has_and_no_others(client):
    todo = make_todo(client, "old", notes="kept", tags=["kept"], due_on="2026-11-30", recurrence="FREQ=DAILY")

    imported(client, f"id,task\r\n{todo['id'].upper()},new\r\n", "csv")

    changed = client.get(f"/todos/{todo['id']}").json
    assert changed == todo | {"task": "new", "version": 2, "updated_at": changed["updated_at"]}
    assert tasks_of(client, q="new") == ["new"]
    assert tasks_of(client, q="old") == []


@pytest.mark.parametrize(("zone", "end"), [("Asia/Tokyo", "9999-12-31T23:59:59Z"), ("America/New_York", "0001-01-01T00:00:00Z")])
def test_a_todo_can_have_been_completed_at_the_ends_of_the_calendar(make_client, user, zone, end):
    client = make_client(user(time_zone=zone))
    todo = make_todo(client, done=True)

    imported(client, rows({"id": todo["id"], "completed_at": end}), "json")
    imported(client, rows({"id": todo["id"], "completed_at": "2026-11-26T09:30:00Z"}), "json")

    assert client.get(f"/todos/{todo['id']}").json["completed_at"] == "2026-11-26T09:30:00Z"


def test_a_row_is_held_to_the_rules_of_the_todo_that_it_changes(client):
    todo = make_todo(client, "x", due_on="2026-11-30", recurrence="FREQ=DAILY")

    job = import_job(client, rows({"id": todo["id"], "due_on": None}), "json")

    assert job["result"]["errors"] == [{"row": 1, "message": "recurrence: A recurrence needs due_on or due_at."}]


def test_who_asks_for_what_has_changed_learns_of_what_is_imported(client, monkeypatch):
    """However long the file was read before: others may have changed something, and been heard of, meanwhile."""
    known, other = make_todo(client, "known"), make_todo(client, "other")
    seen, write = [], importing.write

    def write_later(*made):
        seen.append(client.patch(f"/todos/{other['id']}", {"priority": "high"}).json["updated_at"])
        write(*made)

    monkeypatch.setattr(importing, "write", write_later)

    imported(client, rows({"id": known["id"], "notes": "changed"}, "new"), "json")

    assert sorted(tasks_of(client, updated_since=seen[0])) == ["known", "new", "other"]


def test_a_todo_in_the_trash_comes_back(client):
    todo = make_todo(client, "x")
    file = exported(client, "csv")
    client.delete(f"/todos/{todo['id']}")

    assert imported(client, file, "csv")["updated"] == 1
    assert exported(client, "csv") == file


def test_the_trash_can_be_exported_and_comes_back_as_the_trash(client):
    parent = make_todo(client, "parent")
    child = make_todo(client, "child", parent_id=parent["id"])
    client.delete(f"/todos/{parent['id']}")
    file = exported(client, "json", trashed=True)
    client.delete(f"/todos/{parent['id']}?permanent=true")

    assert imported(client, file, "json")["created"] == 2
    assert exported(client, "json", trashed=True) == file
    client.post(f"/todos/{parent['id']}/restore", {})
    assert {todo["id"] for todo in find(client)} == {parent["id"], child["id"]}


@pytest.mark.parametrize("kind", ["csv", "json", "todotxt", "ics"])
def test_a_strangers_todos_stay_theirs_and_are_copied_once(client, stranger, kind):
    parent = make_todo(client, "parent")
    make_todo(client, "child", parent_id=parent["id"])
    before, file = find(client), exported(client, kind)

    assert imported(stranger, file, kind)["created"] == 2
    assert imported(stranger, file, kind)["updated"] == 2

    assert find(client) == before
    child, copy = sorted(find(stranger), key=lambda todo: todo["task"])
    assert {child["id"], copy["id"]}.isdisjoint(todo["id"] for todo in before)
    assert child["parent_id"] == copy["id"]
    assert is_id(copy["id"])


def test_who_may_only_look_gets_copies(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger, "viewer")
    todo = make_todo(client, "theirs", list_id=shared["id"])

    assert imported(stranger, rows({"id": todo["id"], "task": "mine", "list_id": shared["id"]}), "json")["created"] == 1

    assert client.get(f"/todos/{todo['id']}").json == todo
    assert tasks_of(stranger, list_id=stranger.account.inbox_id) == ["mine"]


def test_an_unknown_id_is_kept_and_found_again(client):
    todo_id = new_id()

    assert imported(client, rows({"id": todo_id, "task": "x"}), "json")["created"] == 1
    assert imported(client, rows({"id": todo_id, "task": "y"}), "json")["updated"] == 1

    assert client.get(f"/todos/{todo_id}").json["task"] == "y"


def test_other_ids_tell_rows_of_one_file_apart(client):
    result = imported(client, "id,parent_id,task\r\n2,1,child\r\n1,,parent\r\n", "csv")

    assert result["created"] == 2
    todos = {todo["task"]: todo for todo in find(client)}
    assert todos["child"]["parent_id"] == todos["parent"]["id"]
    assert imported(client, "id,task\r\n1,another\r\n", "csv")["created"] == 1


def test_an_occurrence_that_a_calendar_tells_apart_is_a_todo_of_its_own(client):
    series = ["BEGIN:VTODO", "UID:1", "SUMMARY:water", "DTSTART;VALUE=DATE:20261130", "RRULE:FREQ=DAILY", "END:VTODO"]
    occurrence = ["BEGIN:VTODO", "UID:1", "RECURRENCE-ID;VALUE=DATE:20261201", "SUMMARY:water twice", "STATUS:COMPLETED", "END:VTODO"]
    calendar = "\r\n".join(["BEGIN:VCALENDAR", *series, *occurrence, "END:VCALENDAR", ""])

    assert imported(client, calendar, "ics")["created"] == 2
    assert imported(client, calendar, "ics")["updated"] == 2
    assert {todo["task"]: todo["done"] for todo in find(client)} == {"water": False, "water twice": True}


def test_two_rows_cannot_have_one_id(client):
    job = import_job(client, "id,task\r\n7,a\r\n7,b\r\n", "csv")

    assert job["result"]["errors"] == [{"row": 2, "message": "id: Another row has the same id."}]


def test_a_series_of_others_is_not_joined(app, client, stranger):
    todo = make_todo(stranger, "x", due_on="2026-11-30", recurrence="FREQ=DAILY")
    series = new_id()
    with app.app_context():
        execute(update(Todo).where(Todo.id == todo["id"]).values(series_id=series))

    imported(client, rows({"task": "a", "series_id": series}, {"task": "b", "series_id": series}), "json")

    assert len({todo["series_id"] for todo in find(client)} - {series}) == 1


def test_rows_go_to_the_list_of_their_name_which_is_made_where_it_is_not_there(client, stranger):
    plans, foreign = make_list(client, "Plans"), make_list(stranger, "Foreign")
    file = rows(
        {"task": "a", "list": "Plans"}, {"task": "b", "list_id": plans["id"]}, {"task": "c", "list": "Foreign"},
        {"task": "d", "list_id": foreign["id"]}, "e",
    )  # fmt: skip

    imported(client, file, "json")

    assert sorted(tasks_of(client, list_id=plans["id"])) == ["a", "b"]
    assert sorted(tasks_of(client, list_id=client.account.inbox_id)) == ["d", "e"]
    (made,) = [each for each in find(client, "/lists") if each["name"] == "Foreign"]
    assert (made["id"] != foreign["id"], made["role"], tasks_of(client, list_id=made["id"])) == (True, "owner", ["c"])


def test_a_dry_run_makes_no_list(client):
    imported(client, rows({"task": "a", "list": "Plans"}), "json", dry_run="true")

    assert len(find(client, "/lists")) == 1


def test_a_token_that_may_not_make_lists_makes_none(app, client):
    script = factories.Client(app)
    script.account = client.account
    script.token = client.post("/auth/tokens", {"name": "x", "scopes": ["todos:write", "todos:read", "jobs:read"]}).json["token"]

    imported(script, rows({"task": "a", "list": "Plans"}), "json")

    assert tasks_of(client, list_id=client.account.inbox_id) == ["a"]
    assert len(find(client, "/lists")) == 1


def test_all_rows_go_to_the_list_that_is_named_and_todos_move_with_their_subtasks(client):
    parent = make_todo(client, "parent")
    child = make_todo(client, "child", parent_id=parent["id"])
    plans = make_list(client, "Plans")

    imported(client, rows({"id": parent["id"], "task": "moved"}, "new"), "json", list_id=plans["id"])

    assert sorted(tasks_of(client, list_id=plans["id"])) == ["child", "moved", "new"]
    assert client.get(f"/todos/{child['id']}").json["parent_id"] == parent["id"]
    assert client.get(f"/lists/{plans['id']}").json["open_count"] == 3


def test_who_is_no_member_is_not_assigned(client, stranger):
    imported(client, rows({"task": "a", "assignee_id": stranger.account.id}, {"task": "b", "assignee_id": client.account.id}), "json")

    assert {todo["task"]: todo["assignee_id"] for todo in find(client)} == {"a": None, "b": client.account.id}


PARENTS = {
    "itself": ([{"id": "1", "task": "a", "parent_id": "1"}], {1: "parent_id: A todo cannot be a part of itself."}),
    "a circle": (
        [{"id": "1", "task": "a", "parent_id": "2"}, {"id": "2", "task": "b", "parent_id": "1"}, {"task": "c", "parent_id": "1"}],
        {1: "parent_id: A todo cannot be a part of itself.", 2: "parent_id: A todo cannot be a part of itself.", 3: "parent_id: Its parent was not imported."},
    ),
    "too deep": (
        [{"id": str(n), "task": str(n), "parent_id": str(n - 1) if n else None} for n in range(8)],
        {7: "parent_id: Subtasks can be nested 5 levels deep.", 8: "parent_id: Its parent was not imported."},
    ),
    "a bad row": ([{"id": "1", "task": ""}, {"task": "b", "parent_id": "1"}], {1: "task: Task field cannot be blank!", 2: "parent_id: Must be a todo of the same list."}),
}  # fmt: skip


@pytest.mark.parametrize("name", PARENTS)
def test_a_parent_that_cannot_be_is_an_error_of_its_row(client, name):
    todos, expected = PARENTS[name]

    result = imported(client, rows(*todos), "json", on_error="skip")

    assert {error["row"]: error["message"] for error in result["errors"]} == expected
    assert result["created"] == len(todos) - len(expected) == len(find(client))


def test_subtasks_whose_parents_were_not_exported_along_are_imported_to_the_top(client, make_client, user):
    parent = make_todo(client, "parent", done=True)
    child = make_todo(client, "child", parent_id=parent["id"])
    make_todo(client, "grandchild", parent_id=child["id"])
    file = exported(client, "ics", done=False)
    other = make_client(user())

    for _ in range(2):
        result = imported(other, file, "ics")

        assert (result["created"] + result["updated"], result["error_count"]) == (2, 0)
        todos = {todo["task"]: todo for todo in find(other)}
        assert (todos["child"]["parent_id"], todos["grandchild"]["parent_id"]) == (None, todos["child"]["id"])


def test_a_subtask_comes_below_the_parent_that_an_earlier_file_brought(client):
    begin, end = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\n", "END:VTODO\r\nEND:VCALENDAR\r\n"
    imported(client, f"{begin}UID:1@example.org\r\nSUMMARY:parent\r\n{end}", "ics")

    imported(client, f"{begin}UID:2@example.org\r\nSUMMARY:child\r\nRELATED-TO:1@example.org\r\n{end}", "ics")

    todos = {todo["task"]: todo for todo in find(client)}
    assert todos["child"]["parent_id"] == todos["parent"]["id"]


def test_a_subtask_stays_where_it_is_when_its_row_names_an_unknown_parent(client):
    parent = make_todo(client, "parent")
    child = make_todo(client, "child", parent_id=parent["id"])

    imported(client, rows({"id": child["id"], "task": "renamed", "parent_id": new_id()}), "json")

    assert [(todo["task"], todo["parent_id"]) for todo in find(client) if todo["id"] == child["id"]] == [("renamed", parent["id"])]


def test_a_subtask_comes_back_from_the_trash_to_the_top_where_its_parent_stays_there(client):
    parent = make_todo(client, "parent")
    child = make_todo(client, "child", parent_id=parent["id"])
    client.delete(f"/todos/{parent['id']}")

    imported(client, rows({"id": child["id"], "task": "child", "parent_id": parent["id"]}), "json")

    assert [(todo["id"], todo["parent_id"]) for todo in find(client)] == [(child["id"], None)]


def test_a_parent_may_be_a_todo_that_is_there(client):
    top = make_todo(client, "top")
    low = make_todo(client, "low", parent_id=top["id"])

    imported(client, rows({"task": "new", "parent_id": low["id"]}), "json")
    job = import_job(client, rows({"id": top["id"], "parent_id": low["id"]}), "json")

    assert [todo["task"] for todo in find(client, parent_id=low["id"])] == ["new"]
    assert job["result"]["errors"] == [{"row": 1, "message": "parent_id: A todo cannot be a part of itself."}]


def test_what_goes_below_another_todo_takes_its_subtasks_along_as_deep_as_may_be(client):
    deep = make_todo(client, "0")
    for level in range(1, 5):
        deep = make_todo(client, str(level), parent_id=deep["id"])
    moved = make_todo(client, "moved")
    make_todo(client, "below", parent_id=moved["id"])

    job = import_job(client, rows({"id": moved["id"], "parent_id": deep["id"]}), "json")

    assert job["result"]["errors"] == [{"row": 1, "message": "parent_id: Subtasks can be nested 5 levels deep."}]


def test_a_subtask_whose_row_is_left_out_goes_along_with_its_parent(client):
    garden = make_list(client, "Garden")["id"]
    parent = make_todo(client, "parent")
    child = make_todo(client, "child", parent_id=parent["id"])

    result = imported(
        client, rows({"id": parent["id"], "list_id": garden}, {"id": child["id"], "parent_id": new_id()}), "json", on_error="skip"
    )

    assert (result["updated"], result["skipped"]) == (1, 1)
    moved = client.get(f"/todos/{child['id']}").json
    assert (moved["list_id"], moved["parent_id"]) == (garden, parent["id"])


def test_the_list_must_be_ones_own_to_edit(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger, "viewer")

    assert_problem(start_import(stranger, rows("x"), "json", list_id=new_id()), 404)
    assert_problem(start_import(stranger, rows("x"), "json", list_id=shared["id"]), 403)
    assert find(stranger, "/jobs") == []


@pytest.mark.parametrize("fields", [{"format": "xml"}, {"dry_run": "maybe"}, {"on_error": "ignore"}, {"list_id": "x"}, {"more": "x"}])
def test_a_form_that_is_wrong_is_refused_under_the_names_of_its_fields(client, fields):
    answer = start_import(client, "x", "csv", **fields)

    assert_problem(answer, 422)
    assert list(answer.json["errors"]) == list(fields)


def test_a_file_that_is_too_large_is_refused(make_app, account):
    client = factories.client(make_app(IMPORT_MAX_BYTES="10"), account)

    assert_problem(start_import(client, "task\r\nmuch too long", "csv"), 413)


def test_an_import_that_dies_between_its_phases_counts_once(app, client, monkeypatch):
    answer = start_import(client, rows("once", "twice"), "json")
    write, lives = importing.write, []

    def die_first(work, made):
        lives.append(work.attempt)
        if len(lives) == 1:
            raise SystemExit  # no except clause sees it, as a kill -9
        write(work, made)

    monkeypatch.setattr(importing, "write", die_first)
    with app.app_context():
        with pytest.raises(SystemExit):
            while runner.run_next():
                pass
        execute(update(Job).where(Job.id == answer.json["id"]).values(state="queued"))
    do_jobs(app)

    assert client.get(answer.headers["Location"]).json["result"]["created"] == 2
    assert sorted(tasks_of(client)) == ["once", "twice"]
    assert lives == [1, 2]


def test_an_attempt_that_comes_too_late_writes_nothing(app, client):
    job_id = start_import(client, rows("once"), "json").json["id"]
    with app.test_request_context():
        execute(update(Job).where(Job.id == job_id).values(state="running", attempts=1))
        job = fetch_all(select(Job).where(Job.id == job_id))[0]
        g.identity = runner._identity(job.user_id)
        late = Work(job)
        execute(update(Job).where(Job.id == job_id).values(attempts=2))
        with pytest.raises(Superseded):
            tasks.import_file(late, job.args)
        execute(update(Job).where(Job.id == job_id).values(state="failed"))

    assert find(client) == []


@pytest.mark.parametrize("when", ["reading", "writing"])
def test_a_cancelled_import_leaves_nothing(app, client, monkeypatch, when):
    answer = start_import(client, rows(*map(str, range(20))), "json")
    step = Work.step

    def cancel(work, processed=None, **told):
        if (told.get("message") == "Writing the todos.") == (when == "writing"):
            client.delete(answer.headers["Location"])
        step(work, processed, **told)

    monkeypatch.setattr(Work, "step", cancel)
    do_jobs(app)

    assert client.get(answer.headers["Location"]).json["state"] == "cancelled"
    assert find(client) == []


def test_todos_that_change_between_the_phases_are_looked_at_again(app, client, monkeypatch):
    todo, write, turns = make_todo(client, "old"), importing.write, []

    def change_first(work, made):
        turns.append(work)
        if len(turns) == 1:
            client.patch(f"/todos/{todo['id']}", {"notes": "of another", "done": True})
        write(work, made)

    monkeypatch.setattr(importing, "write", change_first)

    assert imported(client, rows({"id": todo["id"], "task": "new"}), "json")["updated"] == 1
    changed = client.get(f"/todos/{todo['id']}").json
    assert (changed["task"], changed["notes"], changed["done"], changed["version"]) == ("new", "of another", True, 3)
    assert len(turns) == 2


def test_progress_rises(app, client, monkeypatch):
    monkeypatch.setattr("app.jobs.work.REPORT_SECONDS", 0)
    monkeypatch.setattr(importing, "_BATCH", 10)
    answer = start_import(client, rows(*map(str, range(100))), "json")
    step, seen = Work.step, []

    def look(work, processed=None, **told):
        step(work, processed, **told)
        if not in_transaction():
            seen.append(client.get(answer.headers["Location"]).json["progress"])

    monkeypatch.setattr(Work, "step", look)
    do_jobs(app)

    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    job = client.get(answer.headers["Location"]).json
    assert (job["progress"], job["processed"], job["total"]) == (100, 100, 100)


def test_many_rows_may_take_longer_to_write_than_any_other_statement(make_app, account, monkeypatch):
    monkeypatch.setattr("app.core.connections.STATEMENT_LIMIT_MS", 300)
    client = factories.client(make_app(), account)
    take = writing._Places.take
    monkeypatch.setattr(writing._Places, "take", lambda *row: time.sleep(0.1) or take(*row))

    assert imported(client, rows(*map(str, range(5))), "json")["created"] == 5


def test_an_account_that_may_only_read_by_now_imports_nothing(client):
    waiting = start_import(client, rows("a"), "json")
    with client.application.app_context():
        execute(update(User).where(User.id == client.account.id).values(role="viewer"))
    do_jobs(client.application)

    job = client.get(waiting.headers["Location"]).json

    assert (job["state"], job["error"]) == ("failed", "This takes the permission todos:write.")
    assert tasks_of(client) == []


@pytest.mark.parametrize(
    ("how", "told"), [("deleted", "List {id} doesn't exist"), ("taken away", "List {id} doesn't exist"), ("only shown", "editor")]
)
def test_an_import_into_a_list_that_went_meanwhile_says_so(client, stranger, how, told):
    shared = make_list(stranger, "shared")
    share(stranger, shared, client)
    waiting = start_import(client, rows("a"), "json", list_id=shared["id"])
    member = f"/lists/{shared['id']}/members/{client.account.id}"
    {
        "deleted": lambda: stranger.delete(f"/lists/{shared['id']}"),
        "taken away": lambda: stranger.delete(member),
        "only shown": lambda: stranger.patch(member, {"role": "viewer"}),
    }[how]()
    do_jobs(client.application)

    job = client.get(waiting.headers["Location"]).json

    assert job["state"] == "failed"
    assert told.format(id=shared["id"]) in job["error"]


def test_files_that_wait_take_a_bounded_room_and_give_it_back(make_app, account):
    small = factories.client(make_app(IMPORT_MAX_BYTES="20"), account)
    file = "task\r\n" + "x" * 14
    for _ in range(10):
        assert start_import(small, file, "csv").status_code == 202

    refused = start_import(small, file, "csv")
    do_jobs(small.application)

    assert_problem(refused, 413, "payload_too_large")
    assert start_import(small, file, "csv").status_code == 202


def test_files_that_come_at_once_never_take_more_than_there_is_room_for(make_app, account):
    app = make_app(IMPORT_MAX_BYTES="20", THREADS="16")
    clients = [factories.client(app, account) for _ in range(16)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda client: start_import(client, "task\r\n" + "x" * 14, "csv").status_code, clients))

    assert sorted(answers) == [202] * 10 + [413] * 6


def test_an_import_that_is_begun_anew_when_its_file_is_gone_says_so(app, client):
    answer = start_import(client, rows("a"), "json")
    with app.app_context():
        execute(update(Job).where(Job.id == answer.json["id"]).values(upload_id=None))
    do_jobs(app)

    job = client.get(answer.headers["Location"]).json

    assert (job["state"], job["error"]) == ("failed", "Its file is kept for a day only. Send it again.")

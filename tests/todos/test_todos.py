"""One todo: making, reading, changing it, and what its fields take."""

from datetime import UTC, datetime

import pytest

from tests.arrange import find, make_list, make_todo, share, tasks, unknown

FULL = {
    "task": "build an API",
    "notes": "with *care*",
    "done": True,
    "priority": "high",
    "due_at": "2026-11-30T09:00:00Z",
    "remind_at": "2026-11-30T08:00:00.250000Z",
    "recurrence": None,
    "tags": ["home", "work"],
    "parent_id": None,
    "assignee_id": None,
    "position": 2.5,
}


@pytest.fixture
def todo(client):
    return make_todo(client)


@pytest.fixture
def path(todo):
    return f"/todos/{todo['id']}"


def test_a_new_todo_has_defaults(client, account):
    answer = client.post("/todos", {"task": "build an API"})

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/todos/{answer.json['id']}"
    assert answer.json == {
        "id": answer.json["id"],
        "version": 1,
        "list_id": account.inbox_id,
        "parent_id": None,
        "task": "build an API",
        "notes": None,
        "done": False,
        "completed_at": None,
        "priority": "none",
        "due_on": None,
        "due_at": None,
        "remind_at": None,
        "recurrence": None,
        "series_id": None,
        "tags": [],
        "assignee_id": None,
        "position": 1.0,
        "created_by": account.id,
        "created_at": answer.json["created_at"],
        "updated_at": answer.json["created_at"],
        "deleted_at": None,
    }


def test_a_todo_was_made_just_now(todo):
    made = datetime.fromisoformat(todo["created_at"])

    assert todo["created_at"].endswith("Z")
    assert abs((datetime.now(UTC) - made).total_seconds()) < 5


def test_a_todo_takes_all_its_fields_at_once(client, account):
    made = make_todo(client, **FULL, list_id=account.inbox_id)

    assert {name: made[name] for name in FULL} == FULL
    assert made["due_on"] is None


def test_a_todo_is_read_as_it_was_made(client):
    made = make_todo(client, **FULL)

    assert client.get(f"/todos/{made['id']}").json == made
    assert find(client) == [made]


@pytest.mark.parametrize("changes", [{"task": "x"}, {"position": 7}, {"parent_id": None}])
def test_what_was_answered_is_read_byte_by_byte(client, path, changes):
    made = client.post("/todos", {"task": "x", "position": 3, "tags": ["a"]})
    changed = client.patch(path, changes)

    assert client.get(made.headers["Location"]).data == made.data
    assert client.get(path).data == changed.data


def test_new_todos_go_last(client):
    assert [make_todo(client)["position"] for _ in range(3)] == [1, 2, 3]


def test_each_list_counts_its_own_places(client):
    make_todo(client)

    assert make_todo(client, list_id=make_list(client)["id"])["position"] == 1


def test_a_todo_that_is_born_done_is_completed_at_its_birth(client):
    made = make_todo(client, done=True)

    assert made["completed_at"] == made["created_at"]


@pytest.mark.parametrize("task", ["x", "x" * 500, "漢" * 500, "<b>&amp;</b>", "a  b", "🛒", "'; DROP TABLE todos; --", "\\", "%s %(x)s :x"])
def test_a_task_is_kept_as_sent(client, task):
    made = make_todo(client, task)

    assert made["task"] == task
    assert client.get(f"/todos/{made['id']}").json["task"] == task


def test_a_task_is_trimmed(client):
    assert make_todo(client, " \t a b \u3000\n")["task"] == "a b"


@pytest.mark.parametrize("notes", ["", "  kept \n as sent\r\n", "x" * 20_000, "漢" * 20_000, "# *Markdown*", "\x01\x1f\x7f"])
def test_notes_are_kept_as_sent(client, notes):
    assert make_todo(client, notes=notes)["notes"] == notes


@pytest.mark.parametrize("word", ["none", "low", "medium", "high", "urgent"])
def test_a_priority_is_one_of_five(client, word):
    assert make_todo(client, priority=word)["priority"] == word


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z"),
        ("2026-11-22T09:30:00+02:00", "2026-11-22T07:30:00Z"),
        ("2026-11-22T23:30:00-05:30", "2026-11-23T05:00:00Z"),
        ("2026-11-22t09:30:00z", "2026-11-22T09:30:00Z"),
        ("2026-11-22 09:30:00Z", "2026-11-22T09:30:00Z"),
        ("2026-11-22T09:30:00.5Z", "2026-11-22T09:30:00.500000Z"),
        ("2026-11-22T09:30:00.123456Z", "2026-11-22T09:30:00.123456Z"),
        ("2026-11-22T09:30:00.123456789Z", "2026-11-22T09:30:00.123456Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_an_instant_is_given_back_in_utc(client, sent, kept):
    made = make_todo(client, due_at=sent)

    assert made["due_at"] == kept
    assert client.get(f"/todos/{made['id']}").json["due_at"] == kept


@pytest.mark.parametrize("day", ["2026-11-22", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_day_is_given_back_as_sent(client, day):
    assert make_todo(client, due_on=day)["due_on"] == day


NO_INSTANT = "Not a valid instant; use RFC 3339 with an offset, such as 2026-11-22T09:30:00Z."
NO_DAY = "Not a valid date; use YYYY-MM-DD."
NO_WORD = "Must be one of: none, low, medium, high, urgent."
FREQUENCY = "Must have FREQ=DAILY, WEEKLY, MONTHLY, YEARLY."
NO_RULE = "Not a valid recurrence rule; use one of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO."


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("task", "", "Task field cannot be blank!"),
        ("task", " \t\n\u3000", "Task field cannot be blank!"),
        ("task", None, "Task field cannot be blank!"),
        ("task", "x" * 501, "Longer than maximum length 500."),
        ("task", "a\0b", "NUL characters are not allowed."),
        ("task", 7, "Not a valid string."),
        ("task", ["x"], "Not a valid string."),
        ("notes", "x" * 20_001, "Longer than maximum length 20000."),
        ("notes", "a\0b", "NUL characters are not allowed."),
        ("notes", {}, "Not a valid string."),
        ("done", None, "Field may not be null."),
        ("done", "true", "Not a valid boolean."),
        ("done", 1, "Not a valid boolean."),
        ("priority", None, "Field may not be null."),
        ("priority", "High", NO_WORD),
        ("priority", 3, NO_WORD),
        ("priority", [], NO_WORD),
        ("due_on", "2026-02-30", NO_DAY),
        ("due_on", "2026-11-22T09:30:00Z", NO_DAY),
        ("due_on", "22.11.2026", NO_DAY),
        ("due_on", "20261122", NO_DAY),
        ("due_on", "2026-W47-7", NO_DAY),
        ("due_on", "", NO_DAY),
        ("due_on", 20261122, NO_DAY),
        ("due_at", "2026-11-22", NO_INSTANT),
        ("due_at", "2026-11-22T09:30:00.000000000000000000000Z", NO_INSTANT),
        ("due_at", "2026-11-22T09:30:00", NO_INSTANT),
        ("due_at", "2026-11-22T09:30Z", NO_INSTANT),
        ("due_at", "2026-11-22T24:30:00Z", NO_INSTANT),
        ("due_at", "2026-11-22T09:30:00+25:00", NO_INSTANT),
        ("due_at", "0001-01-01T00:00:00+01:00", NO_INSTANT),
        ("due_at", "9999-12-31T23:59:59-01:00", NO_INSTANT),
        ("due_at", "٢٠٢٦-11-22T09:30:00Z", NO_INSTANT),
        ("due_at", 1795339800, NO_INSTANT),
        ("remind_at", "tomorrow", NO_INSTANT),
        ("recurrence", "", FREQUENCY),
        ("recurrence", "weekly", FREQUENCY),
        ("recurrence", "FREQ=HOURLY", FREQUENCY),
        ("recurrence", "FREQ=WEEKLY;BYDAY=XX", NO_RULE),
        ("recurrence", "FREQ=WEEKLY;BYDAY=", NO_RULE),
        ("recurrence", "FREQ=DAILY;INTERVAL=0", NO_RULE),
        ("recurrence", "FREQ=DAILY;INTERVAL=-1", NO_RULE),
        ("recurrence", "FREQ=DAILY;COUNT=0", NO_RULE),
        ("recurrence", "FREQ=DAILY;INTERVAL=99999999999999999999", NO_RULE),
        ("recurrence", "FREQ=DAILY;FREQ=DAILY", NO_RULE),
        ("recurrence", "FREQ=DAILY\nRRULE:FREQ=DAILY", FREQUENCY),
        ("recurrence", "FREQ=YEARLY;BYMONTHDAY=1" + ",1" * 250, "Longer than maximum length 500."),
        ("tags", None, "Field may not be null."),
        ("tags", "home", "Not a valid list."),
        ("tags", {"a": 1}, "Not a valid list."),
        ("tags", [str(number) for number in range(21)], "Longer than maximum length 20."),
        ("list_id", None, "Field may not be null."),
        ("list_id", "inbox", "Not a valid id."),
        ("list_id", 7, "Not a valid string."),
        ("parent_id", "x", "Not a valid id."),
        ("assignee_id", "me", "Not a valid id."),
        ("position", None, "Field may not be null."),
        ("position", "first", "Not a valid number."),
        ("position", True, "Not a valid number."),
        ("position", -1e16, "Must be greater than or equal to -1000000000000000.0 and less than or equal to 1000000000000000.0."),
    ],
)
def test_a_wrong_value_is_refused_under_its_name(client, path, method, field, value, message):
    answer = client.open("/todos" if method == "post" else path, {"task": "x", field: value}, method=method)

    assert answer.status_code == 422
    assert answer.json["code"] == "validation_failed"
    assert answer.json["errors"] == {field: [message]}
    assert answer.json["detail"] == message


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_todo_needs_a_task(client, path, method):
    answer = client.open("/todos" if method == "post" else path, {}, method=method)

    assert answer.json["errors"] == {"task": ["Task field cannot be blank!"]}


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_two_dues_are_refused(client, path, method):
    answer = client.open(
        "/todos" if method == "post" else path, {"task": "x", "due_on": "2026-11-22", "due_at": "2026-11-22T09:30:00Z"}, method=method
    )

    message = ["Send due_on or due_at, not both."]
    assert answer.json["errors"] == {"due_on": message, "due_at": message}


@pytest.mark.parametrize("due", [{"due_on": "2026-11-22", "due_at": None}, {"due_at": "2026-11-22T09:30:00Z", "due_on": None}])
def test_one_due_and_one_null_are_taken(client, due):
    made = make_todo(client, **due)

    assert {name: made[name] for name in due} == due


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"due_on": "2026-11-22"}, {"due_at": "2026-11-23T09:30:00Z"}),
        ({"due_at": "2026-11-22T09:30:00Z"}, {"due_on": "2026-11-23"}),
    ],
)
def test_a_patch_that_sets_one_due_clears_the_other(client, before, after):
    made = make_todo(client, **before)

    changed = client.patch(f"/todos/{made['id']}", after).json

    assert {name: changed[name] for name in ("due_on", "due_at")} == {"due_on": None, "due_at": None, **after}


def test_a_patch_that_clears_the_due_that_is_not_there_leaves_the_other(client):
    made = make_todo(client, due_on="2026-11-22")

    assert client.patch(f"/todos/{made['id']}", {"due_at": None}).json["due_on"] == "2026-11-22"


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;INTERVAL=2;COUNT=5", "FREQ=YEARLY;UNTIL=20301231T000000Z"]
)
def test_a_recurrence_is_kept_as_sent(client, rule):
    assert make_todo(client, recurrence=rule, due_on="2026-11-23")["recurrence"] == rule


def test_a_recurrence_needs_a_due(client):
    answer = client.post("/todos", {"task": "x", "recurrence": "FREQ=DAILY"})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"recurrence": ["A recurrence needs due_on or due_at."]}


def test_the_due_of_a_recurrence_cannot_be_cleared(client):
    made = make_todo(client, recurrence="FREQ=DAILY", due_on="2026-11-23")

    answer = client.patch(f"/todos/{made['id']}", {"due_on": None})

    assert answer.json["errors"] == {"recurrence": ["A recurrence needs due_on or due_at."]}


def test_the_due_and_the_recurrence_can_be_cleared_together(client):
    made = make_todo(client, recurrence="FREQ=DAILY", due_on="2026-11-23")

    assert client.patch(f"/todos/{made['id']}", {"due_on": None, "recurrence": None}).json["recurrence"] is None


def test_tags_are_given_back_sorted_without_regard_to_case(client):
    assert make_todo(client, tags=["work", "Home", "éa", "apple"])["tags"] == ["apple", "Home", "work", "éa"]


def test_of_two_spellings_of_a_tag_the_first_stays(client):
    assert make_todo(client, tags=["Home", "HOME", "home", "STRASSE", "straße"])["tags"] == ["Home", "STRASSE"]


def test_a_tag_is_trimmed_before_it_is_compared(client):
    assert make_todo(client, tags=[" a ", "a"])["tags"] == ["a"]


def test_twenty_tags_are_taken_however_often_they_were_sent(client):
    twenty = [f"tag {number:02}" for number in range(20)]

    assert make_todo(client, tags=twenty + twenty)["tags"] == twenty


@pytest.mark.parametrize("tag", ["x" * 50, "漢" * 50, "a,b", 'quo"te', "back\\slash", "it's", "#1", "[1]", "null", "🛒"])
def test_a_tag_may_hold_any_character(client, tag):
    assert make_todo(client, tags=[tag])["tags"] == [tag]


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("", "Length must be between 1 and 50."),
        ("  ", "Length must be between 1 and 50."),
        ("x" * 51, "Length must be between 1 and 50."),
        ("a\0", "NUL characters are not allowed."),
        (7, "Not a valid string."),
        (None, "Field may not be null."),
    ],
)
def test_a_wrong_tag_is_refused_under_its_number(client, tag, message):
    answer = client.post("/todos", {"task": "x", "tags": ["fine", tag]})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"tags": {"1": [message]}}


def test_a_todo_that_is_done_is_completed_now(client, todo, path):
    changed = client.patch(path, {"done": True}).json

    assert changed["done"] is True
    assert changed["completed_at"] == changed["updated_at"] > todo["created_at"]


def test_a_todo_that_is_done_again_stays_completed_when_it_was(client, path):
    first = client.patch(path, {"done": True}).json

    again = client.patch(path, {"done": True, "task": "x"}).json

    assert again["completed_at"] == first["completed_at"]


def test_a_todo_that_is_open_again_is_not_completed(client, path):
    client.patch(path, {"done": True})

    assert client.patch(path, {"done": False}).json["completed_at"] is None


def test_patch_changes_what_it_names_and_nothing_else(client):
    made = make_todo(client, **FULL)

    changed = client.patch(f"/todos/{made['id']}", {"task": "second"}).json

    assert changed == {**made, "task": "second", "version": 2, "updated_at": changed["updated_at"]}
    assert datetime.fromisoformat(changed["updated_at"]) > datetime.fromisoformat(made["updated_at"])


def test_patch_of_nothing_changes_nothing(client, todo, path):
    assert client.patch(path, {}).json == todo


@pytest.mark.parametrize("field", ["notes", "due_at", "remind_at", "parent_id", "assignee_id"])
def test_patch_clears_with_null(client, account, field):
    parent = make_todo(client)
    made = make_todo(client, **{**FULL, "parent_id": parent["id"], "assignee_id": account.id})

    changed = client.patch(f"/todos/{made['id']}", {field: None}).json

    assert changed == {**made, field: None, "version": 2, "updated_at": changed["updated_at"]}


def test_put_lets_what_is_absent_fall_back(client):
    made = make_todo(client, **FULL)

    changed = client.put(f"/todos/{made['id']}", {"task": "second"}).json

    fallen = dict.fromkeys(("notes", "due_on", "due_at", "remind_at", "recurrence", "parent_id", "assignee_id", "completed_at"))
    fallen |= {"task": "second", "done": False, "priority": "none", "tags": []}
    assert changed == {**made, **fallen, "version": 2, "updated_at": changed["updated_at"]}


def test_put_without_a_list_goes_back_to_the_inbox(client, account):
    made = make_todo(client, list_id=make_list(client)["id"])

    assert client.put(f"/todos/{made['id']}", {"task": "x"}).json["list_id"] == account.inbox_id


def test_put_of_what_is_there_changes_the_version_alone(client, account):
    made = make_todo(client, **FULL)

    changed = client.put(f"/todos/{made['id']}", {**FULL, "list_id": account.inbox_id}).json

    assert changed == {**made, "version": 2, "updated_at": changed["updated_at"]}


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_a_list_that_the_caller_cannot_see_is_not_there(client, stranger, path, method):
    theirs = make_list(stranger)["id"]

    answer = client.open("/todos" if method == "post" else path, {"task": "x", "list_id": theirs}, method=method)

    assert answer.status_code == 404
    assert answer.json["detail"] == f"List {theirs} doesn't exist"


@pytest.mark.parametrize("fields", [{}, {"parent_id": "01a20459-32c8-7326-9abb-c55e842ba95a"}])
def test_a_list_that_is_not_there_is_named_before_what_lies_in_it(client, fields):
    missing = unknown()

    assert client.post("/todos", {"task": "x", "list_id": missing, **fields}).json["detail"] == f"List {missing} doesn't exist"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_what_is_not_shared_is_not_there(client, stranger, path, todo, method):
    body = {"task": "mine"} if method in ("put", "patch") else {}

    answer = stranger.open(path, body, method=method)

    assert answer.status_code == 404
    assert answer.json["detail"] == f"Todo {todo['id']} doesn't exist"
    assert client.get(path).json == todo


@pytest.mark.parametrize("where", ["", "/restore", "/move"])
def test_what_is_not_shared_is_not_there_for_admins_either(client, admin, path, where):
    answer = admin.get(path) if not where else admin.post(path + where, {} if where == "/restore" else {"after": path.split("/")[-1]})

    assert answer.status_code == 404


def test_nobody_sees_what_lies_in_lists_of_others(client, stranger):
    make_todo(client, "secret", tags=["secret"])

    assert tasks(stranger) == []
    assert tasks(stranger, list_id=client.account.inbox_id) == []
    assert tasks(stranger, q="secret") == []
    assert stranger.get("/tags").json["data"] == []


def test_a_member_is_assigned(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger, "viewer")

    assert make_todo(client, list_id=shared["id"], assignee_id=stranger.account.id)["assignee_id"] == stranger.account.id


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_who_is_no_member_is_not_assigned(client, stranger, path, method):
    answer = client.open("/todos" if method == "post" else path, {"task": "x", "assignee_id": stranger.account.id}, method=method)

    assert answer.status_code == 422
    assert answer.json["errors"] == {"assignee_id": ["Must be a member of the list."]}


def test_who_does_not_exist_is_not_assigned(client, path):
    assert client.patch(path, {"assignee_id": unknown()}).json["errors"] == {"assignee_id": ["Must be a member of the list."]}


def test_one_who_reads_alone_may_not_write(make_client, user, client):
    shared = make_list(client)
    reader = make_client(user(role="viewer"))
    share(client, shared, reader, "editor")
    todo = make_todo(client, list_id=shared["id"])

    answer = reader.patch(f"/todos/{todo['id']}", {"done": True})

    assert (answer.status_code, answer.json["missing"]) == (403, "todos:write")
    assert tasks(reader) == ["build an API"]

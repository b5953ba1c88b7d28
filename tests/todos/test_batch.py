import pytest

from app.todos.schemas import MOST_OPERATIONS
from tests.arrange import find, make_chain, make_list, make_todo, make_todos, share, tasks, unknown


def run(client, *operations):
    return client.post("/todos/batch", {"operations": list(operations)})


def create(task="new", **fields):
    return {"op": "create", "todo": {"task": task, **fields}}


def update(todo, version=None, **fields):
    return {"op": "update", "id": todo["id"], "todo": fields} | ({} if version is None else {"version": version})


def delete(todo):
    return {"op": "delete", "id": todo["id"]}


def test_operations_are_done_and_answered_in_order(client):
    changed, gone = make_todos(client, "old", "gone")

    answer = run(client, create("first"), update(changed, task="changed"), delete(gone), create("second"))

    assert answer.status_code == 200
    results = answer.json["results"]
    assert [(result["op"], result["status"]) for result in results] == [("create", 201), ("update", 200), ("delete", 204), ("create", 201)]
    assert [result["id"] for result in results[1:3]] == [changed["id"], gone["id"]]
    assert [result["todo"]["task"] if result["todo"] else None for result in results] == ["first", "changed", None, "second"]
    assert sorted(tasks(client)) == ["changed", "first", "second"]


def test_a_result_shows_the_todo_as_it_is_read(client):
    todo = make_todo(client)

    results = run(client, create(tags=["b", "A"], due_at="2026-11-22T09:30:00Z", priority="high"), update(todo, done=True)).json["results"]

    for result in results:
        assert result.keys() == {"op", "status", "id", "todo"}
        assert client.get(f"/todos/{result['id']}").json == result["todo"]


def test_a_created_todo_is_like_one_that_was_created_alone(client):
    alone = make_todo(client, tags=["x"], done=True)

    batched = run(client, create("build an API", tags=["x"], done=True)).json["results"][0]["todo"]

    own = {"id", "created_at", "updated_at", "completed_at", "position"}
    assert {name: batched[name] for name in batched.keys() - own} == {name: alone[name] for name in alone.keys() - own}


def test_new_todos_go_last_one_after_the_other(client):
    make_todo(client)

    assert [todo["position"] for todo in make_todos(client, "a", "b", {"task": "c", "position": 0.5}, "d")] == [2, 3, 0.5, 4]


def test_new_todos_go_after_one_that_was_placed_far_away(client):
    todo = make_todo(client)

    results = run(client, create(position=50), create(), update(todo, position=90), create()).json["results"]

    assert [result["todo"]["position"] for result in results] == [50, 51, 90, 91]


def test_a_todo_may_be_changed_twice(client):
    todo = make_todo(client)

    results = run(client, update(todo, task="second"), update(todo, version=2, priority="low")).json["results"]

    now = client.get(f"/todos/{todo['id']}").json
    assert (now["task"], now["priority"], now["version"]) == ("second", "low", 3)
    assert [result["todo"]["version"] for result in results] == [2, 3]


def test_a_todo_may_be_changed_and_deleted(client):
    todo = make_todo(client)

    assert run(client, update(todo, task="last words"), delete(todo)).status_code == 200

    assert tasks(client, trashed="true") == ["last words"]


def test_a_deleted_todo_cannot_be_changed_after(client):
    todo = make_todo(client)

    answer = run(client, delete(todo), update(todo, task="x"))

    assert answer.status_code == 404
    assert answer.json["errors"] == {"operations": {"1": [f"Todo {todo['id']} doesn't exist"]}}
    assert client.get(f"/todos/{todo['id']}").json == todo


def test_subtasks_go_along_to_the_trash_and_come_back(client):
    chain = make_chain(client, 2)

    run(client, delete(chain[0]))
    gone = tasks(client)
    client.post(f"/todos/{chain[0]['id']}/restore")

    assert gone == []
    assert len(tasks(client)) == 3


def test_subtasks_go_along_to_another_list(client):
    made = make_list(client)
    chain = make_chain(client, 2)

    run(client, update(chain[0], list_id=made["id"]))

    assert len(tasks(client, list_id=made["id"])) == 3
    assert [client.get(f"/todos/{each['id']}").json["version"] for each in chain] == [2, 2, 2]


def test_a_tree_is_turned_upside_down_step_by_step(client):
    top, part = make_chain(client, 1)

    answer = run(client, update(part, parent_id=None), update(top, parent_id=part["id"]))

    assert answer.status_code == 200
    assert client.get(f"/todos/{top['id']}").json["parent_id"] == part["id"]


def test_two_halves_of_a_circle_are_refused(client):
    a, b = make_todos(client, "a", "b")

    answer = run(client, update(a, parent_id=b["id"]), update(b, parent_id=a["id"]))

    assert answer.status_code == 422
    assert answer.json["errors"] == {"operations": {"1": {"todo": {"parent_id": ["A todo cannot be a part of itself."]}}}}
    assert client.get(f"/todos/{a['id']}").json == a


def test_the_depth_heeds_what_came_before(client):
    bottom = make_chain(client, 4)[-1]
    a, b = make_todos(client, "a", "b")

    answer = run(client, update(a, parent_id=bottom["id"]), update(b, parent_id=a["id"]))

    assert answer.json["errors"] == {"operations": {"1": {"todo": {"parent_id": ["Subtasks can be nested 5 levels deep."]}}}}


def test_all_of_it_happens_or_nothing(client):
    changed, gone = make_todos(client, "old", "gone")

    answer = run(client, create(), update(changed, task="x"), delete(gone), delete({"id": unknown()}))

    assert answer.status_code == 404
    assert sorted(tasks(client)) == ["gone", "old"]
    assert client.get(f"/todos/{changed['id']}").json == changed


def test_a_failure_names_its_operation_and_has_its_status(client, stranger):
    theirs = make_list(stranger)["id"]

    answer = run(client, create(), create(list_id=theirs))

    assert answer.status_code == 404
    assert answer.json["code"] == "not_found"
    assert answer.json["detail"] == f"List {theirs} doesn't exist"
    assert answer.json["errors"] == {"operations": {"1": [f"List {theirs} doesn't exist"]}}


def test_a_todo_of_a_stranger_is_not_there(client, stranger):
    theirs = make_todo(stranger)

    for operation in (update(theirs, task="mine"), delete(theirs)):
        assert run(client, operation).json["detail"] == f"Todo {theirs['id']} doesn't exist"
    assert stranger.get(f"/todos/{theirs['id']}").json == theirs


def test_a_todo_in_the_trash_is_not_there(client):
    todo = make_todo(client)
    client.delete(f"/todos/{todo['id']}")

    assert run(client, update(todo, task="x")).status_code == 404
    assert run(client, delete(todo)).status_code == 404


def test_a_stale_version_is_refused_with_the_current_todo(client):
    todo = make_todo(client)
    now = client.patch(f"/todos/{todo['id']}", {"task": "second", "due_on": "2026-11-22"}).json

    answer = run(client, create(), update(todo, version=1, task="late"))

    assert answer.status_code == 412
    assert answer.json["code"] == "precondition_failed"
    assert answer.json["current"] == now
    assert answer.json["errors"].keys() == {"operations"}
    assert answer.json["errors"]["operations"].keys() == {"1"}
    assert tasks(client) == ["second"]


def test_a_missing_role_is_named(client, stranger):
    shared = make_list(stranger)
    share(stranger, shared, client, "viewer")

    answer = run(client, create(), create(list_id=shared["id"]))

    assert (answer.status_code, answer.json["missing"]) == (403, "editor")
    assert answer.json["errors"]["operations"].keys() == {"1"}


@pytest.mark.parametrize(
    ("operation", "errors"),
    [
        ({}, {"op": ["Must be one of: create, update, delete."]}),
        ({"op": "move"}, {"op": ["Must be one of: create, update, delete."]}),
        ({"op": None}, {"op": ["Must be one of: create, update, delete."]}),
        ({"op": ["create"]}, {"op": ["Must be one of: create, update, delete."]}),
        ("create", ["Must be an object."]),
        (None, ["Field may not be null."]),
        ({"op": "create"}, {"todo": ["Missing data for required field."]}),
        ({"op": "create", "todo": None}, {"todo": ["Field may not be null."]}),
        ({"op": "create", "todo": {}}, {"todo": {"task": ["Task field cannot be blank!"]}}),
        ({"op": "create", "todo": {"task": "x", "x": 1}}, {"todo": {"x": ["Unknown field."]}}),
        ({"op": "create", "todo": {"task": "x"}, "id": "x"}, {"id": ["Unknown field."]}),
        ({"op": "update", "todo": {}}, {"id": ["Missing data for required field."]}),
        ({"op": "update", "id": "x", "todo": {}}, {"id": ["Not a valid id."]}),
        ({"op": "update", "id": "01a20459-32c8-7326-9abb-c55e842ba95a"}, {"todo": ["Missing data for required field."]}),
        (
            {"op": "update", "id": "01a20459-32c8-7326-9abb-c55e842ba95a", "todo": {"task": ""}},
            {"todo": {"task": ["Task field cannot be blank!"]}},
        ),
        ({"op": "update", "id": "01a20459-32c8-7326-9abb-c55e842ba95a", "todo": {}, "version": "1"}, {"version": ["Not a valid integer."]}),
        ({"op": "update", "id": "01a20459-32c8-7326-9abb-c55e842ba95a", "todo": {}, "version": 1.5}, {"version": ["Not a valid integer."]}),
        ({"op": "delete"}, {"id": ["Missing data for required field."]}),
        ({"op": "delete", "id": "01a20459-32c8-7326-9abb-c55e842ba95a", "todo": {}}, {"todo": ["Unknown field."]}),
    ],
)
def test_a_wrong_operation_is_refused_under_its_number(client, operation, errors):
    answer = run(client, create(), operation)

    assert answer.status_code == 422
    assert answer.json["errors"] == {"operations": {"1": errors}}
    assert tasks(client) == []


def test_what_does_not_go_together_is_refused_under_its_field(client):
    answer = run(client, create(), create(recurrence="FREQ=DAILY"))

    assert answer.status_code == 422
    assert answer.json["errors"] == {"operations": {"1": {"todo": {"recurrence": ["A recurrence needs due_on or due_at."]}}}}


@pytest.mark.parametrize("field", ["assignee_id", "parent_id"])
def test_who_or_what_does_not_belong_there_is_refused_under_its_field(client, field):
    answer = run(client, create(**{field: unknown()}))

    assert answer.status_code == 422
    assert answer.json["errors"]["operations"]["0"]["todo"].keys() == {field}


def test_an_assignee_of_the_list_is_taken(client, stranger):
    shared = make_list(client)
    share(client, shared, stranger)

    todo = run(client, create(list_id=shared["id"], assignee_id=stranger.account.id)).json["results"][0]["todo"]

    assert todo["assignee_id"] == stranger.account.id


def test_who_is_no_member_of_the_other_list_is_assigned_no_more(client, account, stranger):
    shared = make_list(client)
    share(client, shared, stranger)
    todo = make_todo(client, list_id=shared["id"], assignee_id=stranger.account.id)

    assert run(client, update(todo, list_id=account.inbox_id)).json["results"][0]["todo"]["assignee_id"] is None


@pytest.mark.parametrize("body", [{}, {"operations": None}, {"operations": {}}, {"operations": []}, {"operations": [], "x": 1}])
def test_a_batch_is_a_list_of_operations(client, body):
    answer = client.post("/todos/batch", body)

    assert answer.status_code == 422
    assert "operations" in answer.json["errors"]


def test_five_hundred_operations_are_done(client):
    answer = run(client, *[create(str(number)) for number in range(MOST_OPERATIONS)])

    assert answer.status_code == 200
    assert client.get("/todos?count=true&limit=1").headers["X-Total-Count"] == "500"


def test_one_operation_more_is_refused(client):
    answer = run(client, *[create() for _ in range(MOST_OPERATIONS + 1)])

    assert answer.status_code == 422
    assert answer.json["errors"] == {"operations": ["Length must be between 1 and 500."]}
    assert tasks(client) == []


def test_an_update_of_nothing_changes_nothing(client):
    todo = make_todo(client)

    assert run(client, update(todo)).json["results"][0]["todo"] == todo


def test_what_a_batch_made_is_found(client):
    todo = make_todos(client, {"task": "zebra", "notes": "stripes", "tags": ["animal"]})[0]

    run(client, update(todo, task="okapi"))

    assert (tasks(client, q="zebra"), tasks(client, q="okapi"), tasks(client, q="stripes"), tasks(client, tag="animal")) == (
        [],
        ["okapi"],
        ["okapi"],
        ["okapi"],
    )


def test_ids_are_taken_in_upper_case_too(client):
    todo = make_todo(client)

    assert run(client, update({"id": todo["id"].upper()}, task="x")).json["results"][0]["id"] == todo["id"]


def test_a_batch_is_idempotent_with_a_key(client):
    first = client.post("/todos/batch", {"operations": [create()]}, idempotency_key="batch")
    again = client.post("/todos/batch", {"operations": [create()]}, idempotency_key="batch")

    assert again.data == first.data
    assert len(find(client)) == 1


def test_reading_alone_is_not_enough(make_client, user):
    answer = run(make_client(user(role="viewer")), create())

    assert (answer.status_code, answer.json["missing"]) == (403, "todos:write")

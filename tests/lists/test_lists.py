import pytest

from tests.arrange import find, make_list, make_todo, share, tasks, unknown

FIELDS = {"id", "name", "color", "archived", "position", "inbox", "role", "open_count", "version", "created_at", "updated_at"}


def names(client, **query):
    return [each["name"] for each in find(client, "/lists", **query)]


def test_everybody_has_an_inbox_from_the_start(client, account):
    (inbox,) = find(client, "/lists")

    assert inbox.keys() == FIELDS
    assert (inbox["id"], inbox["name"], inbox["inbox"], inbox["role"]) == (account.inbox_id, "Inbox", True, "owner")


def test_a_new_list_has_defaults(client):
    answer = client.post("/lists", {"name": "Groceries"})

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/lists/{answer.json['id']}"
    assert answer.json == {
        "id": answer.json["id"],
        "name": "Groceries",
        "color": None,
        "archived": False,
        "position": 2.0,
        "inbox": False,
        "role": "owner",
        "open_count": 0,
        "version": 1,
        "created_at": answer.json["created_at"],
        "updated_at": answer.json["created_at"],
    }


def test_a_list_is_read_as_it_was_made(client):
    made = make_list(client, color="#1E90ff", archived=True, position=-3.5)

    assert (made["color"], made["archived"], made["position"]) == ("#1E90ff", True, -3.5)
    assert client.get(f"/lists/{made['id']}").json == made


def test_what_was_answered_is_read_byte_by_byte(client):
    made = client.post("/lists", {"name": "x", "position": 3})

    assert client.get(made.headers["Location"]).data == made.data


def test_a_name_is_trimmed(client):
    assert make_list(client, " \t Plans \n")["name"] == "Plans"


@pytest.mark.parametrize(
    "name", ["x", "x" * 120, "漢" * 120, "  " + "x" * 120 + "  ", "<b>&amp;</b>", "a  b", "🛒", "'; DROP TABLE lists; --"]
)
def test_a_name_is_kept_as_sent(client, name):
    assert make_list(client, name)["name"] == name.strip()


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Name field cannot be blank!"),
        ("name", " \n ", "Name field cannot be blank!"),
        ("name", None, "Name field cannot be blank!"),
        ("name", "x" * 121, "Longer than maximum length 120."),
        ("name", "a\0b", "NUL characters are not allowed."),
        ("name", 7, "Not a valid string."),
        ("color", "red", "Must be a colour such as #1e90ff."),
        ("color", "#12345", "Must be a colour such as #1e90ff."),
        ("color", "#12345g", "Must be a colour such as #1e90ff."),
        ("color", "", "Must be a colour such as #1e90ff."),
        ("archived", None, "Field may not be null."),
        ("archived", "true", "Not a valid boolean."),
        ("archived", 1, "Not a valid boolean."),
        ("position", None, "Field may not be null."),
        ("position", "far", "Not a valid number."),
        ("position", True, "Not a valid number."),
        ("position", 1e16, "Must be greater than or equal to -1000000000000000.0 and less than or equal to 1000000000000000.0."),
        ("inbox", True, "Unknown field."),
        ("role", "owner", "Unknown field."),
        ("open_count", 0, "Unknown field."),
        ("version", 1, "Unknown field."),
    ],
)
def test_a_wrong_value_is_refused_under_its_name(client, account, method, field, value, message):
    path = "/lists" if method == "post" else f"/lists/{account.inbox_id}"

    answer = client.open(path, {"name": "Plans", field: value}, method=method)

    assert answer.status_code == 422
    assert answer.json["errors"] == {field: [message]}


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_list_needs_a_name(client, account, method):
    path = "/lists" if method == "post" else f"/lists/{account.inbox_id}"

    assert client.open(path, {}, method=method).json["errors"] == {"name": ["Name field cannot be blank!"]}


def test_patch_changes_what_it_names(client):
    made = make_list(client, color="#000000")

    changed = client.patch(f"/lists/{made['id']}", {"name": "New"}).json

    assert changed == {**made, "name": "New", "version": 2, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


def test_patch_clears_a_color_with_null(client):
    made = make_list(client, color="#000000")

    assert client.patch(f"/lists/{made['id']}", {"color": None}).json["color"] is None


def test_put_lets_what_is_absent_fall_back(client):
    made = make_list(client, color="#000000", archived=True, position=9)

    changed = client.put(f"/lists/{made['id']}", {"name": "New"}).json

    assert changed == {**made, "name": "New", "color": None, "archived": False, "version": 2, "updated_at": changed["updated_at"]}


def test_lists_stand_in_my_order(client):
    make_list(client, "b", position=0.5)
    make_list(client, "c", position=7)
    make_list(client, "a", position=-2)

    assert names(client) == ["a", "b", "Inbox", "c"]


def test_a_new_list_goes_last(client):
    make_list(client, "far", position=100)

    assert make_list(client, "new")["position"] == 101


def test_the_pages_of_lists_hold_each_once(client):
    for number in range(5):
        make_list(client, str(number), position=number % 2)

    first = client.get("/lists?limit=4&count=true")
    second = client.get("/lists", query_string={"limit": 4, "cursor": first.json["next_cursor"]})

    assert first.headers["X-Total-Count"] == "6"
    assert [each["name"] for each in first.json["data"] + second.json["data"]] == ["0", "2", "4", "Inbox", "1", "3"]


@pytest.mark.parametrize(
    ("query", "expected"), [({}, ["Inbox", "old"]), ({"archived": "true"}, ["old"]), ({"archived": "false"}, ["Inbox"])]
)
def test_archived_lists_are_chosen_or_left_out(client, query, expected):
    make_list(client, "old", archived=True)

    assert names(client, **query) == expected


def test_todos_of_an_archived_list_show_only_under_it(client):
    made = make_list(client)
    make_todo(client, "hidden", list_id=made["id"], tags=["x"])
    make_todo(client, "shown")

    client.patch(f"/lists/{made['id']}", {"archived": True})

    assert tasks(client) == ["shown"]
    assert tasks(client, q="hidden") == []
    assert tasks(client, tag="x") == []
    assert client.get("/tags").json["data"] == []
    assert client.get("/todos?count=true").headers["X-Total-Count"] == "1"
    assert tasks(client, list_id=made["id"]) == ["hidden"]


def test_a_list_that_comes_back_brings_its_todos(client):
    made = make_list(client, archived=True)
    make_todo(client, "hidden", list_id=made["id"])

    client.patch(f"/lists/{made['id']}", {"archived": False})

    assert tasks(client) == ["hidden"]


def test_a_deleted_list_takes_its_todos_along(client, stranger):
    made = make_list(client)
    share(client, made, stranger)
    todo = make_todo(client, list_id=made["id"], assignee_id=stranger.account.id)
    part = make_todo(client, list_id=made["id"], parent_id=todo["id"])
    client.post(f"/todos/{todo['id']}/comments", {"body": "x"})

    answer = client.delete(f"/lists/{made['id']}")

    assert answer.status_code == 204
    assert [client.get(f"/{path}").status_code for path in (f"lists/{made['id']}", f"todos/{todo['id']}", f"todos/{part['id']}")] == [
        404
    ] * 3
    assert stranger.get(f"/lists/{made['id']}").status_code == 404


def test_a_list_is_deleted_once(client):
    made = make_list(client)
    client.delete(f"/lists/{made['id']}")

    assert client.delete(f"/lists/{made['id']}").status_code == 404


def test_a_stale_version_deletes_no_list(client):
    made = make_list(client)

    assert client.delete(f"/lists/{made['id']}", if_match=7).status_code == 412
    assert client.get(f"/lists/{made['id']}").status_code == 200


def test_the_inbox_can_be_renamed_coloured_and_placed(client, account):
    changed = client.patch(f"/lists/{account.inbox_id}", {"name": "In", "color": "#ffffff", "position": 5}).json

    assert (changed["name"], changed["color"], changed["position"], changed["inbox"]) == ("In", "#ffffff", 5, True)


def test_the_inbox_cannot_be_deleted(client, account):
    answer = client.delete(f"/lists/{account.inbox_id}")

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert client.get(f"/lists/{account.inbox_id}").status_code == 200


@pytest.mark.parametrize(("method", "body"), [("patch", {"archived": True}), ("put", {"name": "In", "archived": True})])
def test_the_inbox_cannot_be_archived(client, account, method, body):
    answer = client.open(f"/lists/{account.inbox_id}", body, method=method)

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert client.get(f"/lists/{account.inbox_id}").json["version"] == 1


def test_the_inbox_cannot_be_shared(client, stranger, account):
    answer = client.post(f"/lists/{account.inbox_id}/members", {"email": stranger.account.email, "role": "viewer"})

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_the_inbox_cannot_be_left(client, account):
    assert client.delete(f"/lists/{account.inbox_id}/members/{account.id}").status_code == 409


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_what_is_not_shared_is_not_there(stranger, client, method):
    made = make_list(client)
    body = {} if method in ("get", "delete") else {"name": "mine"}

    answer = stranger.open(f"/lists/{made['id']}", body, method=method)

    assert answer.status_code == 404
    assert answer.json["detail"] == f"List {made['id']} doesn't exist"


def test_what_is_not_shared_is_not_there_for_admins_either(admin, client):
    made = make_list(client)

    assert admin.get(f"/lists/{made['id']}").status_code == 404
    assert names(admin) == ["Inbox"]


def test_a_list_that_is_not_there_is_named(client):
    missing = unknown()

    assert client.get(f"/lists/{missing}").json["detail"] == f"List {missing} doesn't exist"

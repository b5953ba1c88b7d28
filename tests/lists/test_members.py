from concurrent.futures import ThreadPoolExecutor

import pytest

from app.todos import service as todos
from tests.arrange import find, make_list, make_todo, open_count, share, tasks, unknown
from tests.contract.problems import assert_problem


@pytest.fixture
def shared(client):
    """A list of the client's, which nobody shares yet."""
    return make_list(client)


@pytest.fixture
def path(shared):
    return f"/lists/{shared['id']}"


def members(client, shared):
    return {each["user_id"]: each["role"] for each in find(client, f"/lists/{shared['id']}/members")}


def test_a_new_list_has_its_owner_as_member(client, account, shared, path):
    (member,) = find(client, f"{path}/members")

    assert member == {
        "user_id": account.id,
        "name": account.name,
        "email": account.email,
        "role": "owner",
        "version": 1,
        "joined_at": shared["created_at"],
    }


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_an_owner_shares_a_list(client, stranger, shared, path, role):
    answer = client.post(f"{path}/members", {"email": stranger.account.email, "role": role})

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1{path}/members/{stranger.account.id}"
    assert answer.json.keys() == {"user_id", "name", "email", "role", "version", "joined_at"}
    assert (answer.json["user_id"], answer.json["role"], answer.json["name"]) == (stranger.account.id, role, "Stranger")
    assert stranger.get(path).json["role"] == role


def test_a_member_is_found_where_they_were_added(client, stranger, path):
    made = client.post(f"{path}/members", {"email": stranger.account.email, "role": "viewer"})

    for who in (client, stranger):
        assert who.get(made.headers["Location"]).data == made.data


def test_who_is_no_member_is_not_found_among_them(client, stranger, path):
    assert_problem(client.get(f"{path}/members/{stranger.account.id}"), 404)


def test_the_address_is_compared_without_case(client, stranger, path):
    answer = client.post(f"{path}/members", {"email": f" {stranger.account.email.upper()} ", "role": "viewer"})

    assert answer.status_code == 201


def test_a_member_is_taken_once(client, stranger, shared, path):
    share(client, shared, stranger)

    answer = client.post(f"{path}/members", {"email": stranger.account.email, "role": "viewer"})

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert members(client, shared)[stranger.account.id] == "editor"


@pytest.mark.parametrize("email", ["nobody@example.com", "x", "'", "ß@example.com"])
def test_an_unknown_address_is_refused(client, path, email):
    answer = client.post(f"{path}/members", {"email": email, "role": "viewer"})

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {"email"}


def test_a_disabled_account_cannot_be_invited(client, user, path):
    gone = user(active=False)

    assert client.post(f"{path}/members", {"email": gone.email, "role": "viewer"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "fields"),
    [({}, {"email", "role"}), ({"email": "", "role": "x"}, {"email", "role"}), ({"email": None, "role": None}, {"email", "role"})],
)
def test_an_invitation_names_an_address_and_a_role(client, path, body, fields):
    answer = client.post(f"{path}/members", body)

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == fields


def test_members_stand_in_the_order_in_which_they_joined(client, make_client, user, shared, path):
    others = [make_client(user()) for _ in range(4)]
    for other in others:
        share(client, shared, other)

    first = client.get(f"{path}/members?limit=3&count=true")
    second = client.get(f"{path}/members", query_string={"limit": 3, "cursor": first.json["next_cursor"]})

    assert first.headers["X-Total-Count"] == "5"
    found = [each["user_id"] for each in first.json["data"] + second.json["data"]]
    assert found == [client.account.id, *(other.account.id for other in others)]


def test_every_member_sees_the_members(client, stranger, shared):
    share(client, shared, stranger, "viewer")

    assert members(stranger, shared) == {client.account.id: "owner", stranger.account.id: "viewer"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_does_not_see_the_members(stranger, path, method):
    body = {} if method == "get" else {"email": stranger.account.email, "role": "owner"}

    assert stranger.open(f"{path}/members", body, method=method).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_sharing_takes_an_owner(client, stranger, user, shared, path, role):
    share(client, shared, stranger, role)

    answer = stranger.post(f"{path}/members", {"email": user().email, "role": "viewer"})

    assert (answer.status_code, answer.json["missing"]) == (403, "owner")


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_changing_roles_takes_an_owner(client, stranger, shared, path, role):
    share(client, shared, stranger, role)

    answer = stranger.patch(f"{path}/members/{stranger.account.id}", {"role": "owner"})

    assert (answer.status_code, answer.json["missing"]) == (403, "owner")


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_removing_others_takes_an_owner(client, account, stranger, shared, path, role):
    share(client, shared, stranger, role)

    answer = stranger.delete(f"{path}/members/{account.id}")

    assert (answer.status_code, answer.json["missing"]) == (403, "owner")


def test_a_viewer_reads(client, stranger, shared):
    todo = make_todo(client, "read me", list_id=shared["id"])

    share(client, shared, stranger, "viewer")

    assert tasks(stranger) == ["read me"]
    assert stranger.get(f"/todos/{todo['id']}").json == todo


@pytest.mark.parametrize(
    ("method", "where", "body"),
    [
        ("post", "/todos", {"task": "x", "list_id": "LIST"}),
        ("put", "/todos/TODO", {"task": "x", "list_id": "LIST"}),
        ("patch", "/todos/TODO", {"done": True}),
        ("patch", "/todos/TODO", {"parent_id": None}),
        ("delete", "/todos/TODO", {}),
        ("delete", "/todos/TODO?permanent=true", {}),
        ("post", "/todos/TODO/restore", {}),
        ("post", "/todos/TODO/move", {"after": "OTHER"}),
        ("post", "/todos/TODO/comments", {"body": "x"}),
        ("patch", "/lists/LIST", {"name": "x"}),
        ("put", "/lists/LIST", {"name": "x"}),
        ("post", "/todos/batch", {"operations": [{"op": "create", "todo": {"task": "x", "list_id": "LIST"}}]}),
        ("post", "/todos/batch", {"operations": [{"op": "update", "id": "TODO", "todo": {"done": True}}]}),
        ("post", "/todos/batch", {"operations": [{"op": "delete", "id": "TODO"}]}),
    ],
)
def test_a_viewer_changes_nothing(client, stranger, shared, method, where, body):
    ids = {
        "LIST": shared["id"],
        "TODO": make_todo(client, list_id=shared["id"])["id"],
        "OTHER": make_todo(client, list_id=shared["id"])["id"],
    }
    share(client, shared, stranger, "viewer")

    answer = stranger.open(_with_ids(where, ids), _with_ids(body, ids), method=method)

    assert (answer.status_code, answer.json["code"], answer.json["missing"]) == (403, "forbidden", "editor")


@pytest.mark.parametrize("where", ["/lists/LIST", "/todos/TODO"])
def test_a_viewer_whose_version_is_old_is_not_told_to_try_again_with_the_new_one(client, stranger, shared, where):
    ids = {"LIST": shared["id"], "TODO": make_todo(client, list_id=shared["id"])["id"]}
    share(client, shared, stranger, "viewer")
    body = {"name": "x"} if "LIST" in where else {"task": "x"}

    answer = stranger.patch(_with_ids(where, ids), body, if_match=99)

    assert (answer.status_code, answer.json["missing"]) == (403, "editor")


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_deleting_a_list_takes_an_owner(client, stranger, shared, path, role):
    share(client, shared, stranger, role)

    answer = stranger.delete(path)

    assert (answer.status_code, answer.json["missing"]) == (403, "owner")


def test_an_editor_changes_todos_and_the_list(client, stranger, shared, path):
    todo = make_todo(client, list_id=shared["id"])
    share(client, shared, stranger, "editor")

    assert stranger.patch(f"/todos/{todo['id']}", {"done": True}).status_code == 200
    assert stranger.patch(path, {"name": "Ours"}).status_code == 200
    assert make_todo(stranger, list_id=shared["id"])["created_by"] == stranger.account.id


def test_a_second_owner_may_all(client, account, stranger, shared, path):
    share(client, shared, stranger, "owner")

    assert stranger.delete(f"{path}/members/{account.id}").status_code == 204
    assert client.get(path).status_code == 404


def test_an_owner_changes_a_role(client, stranger, shared, path):
    share(client, shared, stranger, "viewer")

    answer = client.patch(f"{path}/members/{stranger.account.id}", {"role": "editor"})

    assert (answer.status_code, answer.json["role"], answer.json["version"]) == (200, "editor", 2)
    assert answer.headers["ETag"] == '"2"'
    assert stranger.get(path).json["role"] == "editor"


def test_a_change_of_nothing_leaves_a_member(client, stranger, shared, path):
    share(client, shared, stranger, "viewer")

    answer = client.patch(f"{path}/members/{stranger.account.id}", {})

    assert (answer.status_code, answer.json["role"], answer.json["version"]) == (200, "viewer", 1)


@pytest.mark.parametrize("role", ["admin", "", None, 1, "Owner"])
def test_a_role_that_there_is_not_is_refused(client, account, path, role):
    answer = client.patch(f"{path}/members/{account.id}", {"role": role})

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {"role"}


def test_a_stale_version_of_a_member_is_refused(client, stranger, shared, path):
    share(client, shared, stranger, "viewer")
    client.patch(f"{path}/members/{stranger.account.id}", {"role": "editor"})

    answer = client.delete(f"{path}/members/{stranger.account.id}", if_match=1)

    assert answer.status_code == 412
    assert answer.json["current"]["role"] == "editor"


def test_the_list_shows_another_version_with_another_role(client, stranger, shared, path):
    share(client, shared, stranger, "viewer")
    before = stranger.get(path).headers["ETag"]

    client.patch(f"{path}/members/{stranger.account.id}", {"role": "editor"})

    assert stranger.get(path).headers["ETag"] != before


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_member_that_is_not_there_is_named(client, stranger, path, method):
    body = {"role": "viewer"} if method == "patch" else {}

    answer = client.open(f"{path}/members/{stranger.account.id}", body, method=method)

    assert answer.status_code == 404
    assert answer.json["detail"] == f"Member {stranger.account.id} doesn't exist"


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_a_member_may_leave(client, stranger, shared, path, role):
    share(client, shared, stranger, role)

    answer = stranger.delete(f"{path}/members/{stranger.account.id}")

    assert answer.status_code == 204
    assert stranger.get(path).status_code == 404
    assert members(client, shared) == {client.account.id: "owner"}


def test_who_was_removed_sees_nothing_more(client, stranger, shared, path):
    share(client, shared, stranger)
    todo = make_todo(client, list_id=shared["id"])

    client.delete(f"{path}/members/{stranger.account.id}")

    assert stranger.get(f"/todos/{todo['id']}").status_code == 404
    assert tasks(stranger) == []


def test_what_somebody_changes_while_they_are_removed_is_not_written(client, stranger, shared, path, monkeypatch):
    share(client, shared, stranger)
    todo = make_todo(client, "buy milk", list_id=shared["id"])
    changed = todos.changed

    def removed_meanwhile(*args):
        monkeypatch.setattr(todos, "changed", changed)
        with ThreadPoolExecutor() as another:
            assert another.submit(client.delete, f"{path}/members/{stranger.account.id}").result().status_code == 204
        return changed(*args)

    monkeypatch.setattr(todos, "changed", removed_meanwhile)

    answer = stranger.patch(f"/todos/{todo['id']}", {"task": "buy honey", "recurrence": "FREQ=DAILY", "due_on": "2026-12-01"})

    assert answer.status_code == 404
    assert client.get(f"/todos/{todo['id']}").json["task"] == "buy milk"


def test_who_leaves_is_assigned_nothing_more(client, stranger, shared, path):
    share(client, shared, stranger)
    todo = make_todo(client, list_id=shared["id"], assignee_id=stranger.account.id)

    stranger.delete(f"{path}/members/{stranger.account.id}")

    now = client.get(f"/todos/{todo['id']}").json
    assert (now["assignee_id"], now["version"]) == (None, 2)
    assert now["updated_at"] > todo["updated_at"]


def test_what_a_member_made_stays_when_they_leave(client, stranger, shared, path):
    share(client, shared, stranger)
    todo = make_todo(stranger, "mine", list_id=shared["id"])

    stranger.delete(f"{path}/members/{stranger.account.id}")

    assert client.get(f"/todos/{todo['id']}").json["created_by"] == stranger.account.id
    assert open_count(client, shared["id"]) == 1


def test_who_left_may_come_back(client, stranger, shared, path):
    share(client, shared, stranger)
    stranger.delete(f"{path}/members/{stranger.account.id}")

    assert share(client, shared, stranger, "viewer")["role"] == "viewer"


@pytest.mark.parametrize("changes", [[], [{"name": "Another"}, {"name": "A third"}]])
def test_who_comes_back_is_not_taken_for_who_they_were(client, stranger, shared, path, changes):
    member = f"{path}/members/{stranger.account.id}"
    share(client, shared, stranger, "viewer")
    for change in changes:
        stranger.patch("/me", change)
    known = client.get(member).json
    client.delete(member)
    share(client, shared, stranger, "editor")

    assert client.get(member, if_none_match=known["version"]).json["role"] == "editor"
    assert client.get(member).json["version"] > known["version"]
    assert client.delete(member, if_match=known["version"]).status_code == 412


@pytest.mark.parametrize(("method", "body"), [("delete", {}), ("patch", {"role": "editor"})])
def test_the_last_owner_stays(client, account, stranger, shared, path, method, body):
    share(client, shared, stranger, "editor")

    answer = client.open(f"{path}/members/{account.id}", body, method=method)

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert members(client, shared)[account.id] == "owner"


def test_the_last_owner_may_stay_owner(client, account, path):
    assert client.patch(f"{path}/members/{account.id}", {"role": "owner"}).status_code == 200


def test_an_owner_may_go_once_there_is_another(client, account, stranger, shared, path):
    share(client, shared, stranger, "owner")

    assert client.patch(f"{path}/members/{account.id}", {"role": "viewer"}).status_code == 200
    assert client.delete(f"{path}/members/{account.id}").status_code == 204


def test_everybody_puts_a_shared_list_where_they_like(client, stranger, shared, path):
    share(client, shared, stranger, "viewer")

    answer = stranger.patch(path, {"position": -5})

    assert (answer.status_code, answer.json["position"]) == (200, -5)
    assert client.get(path).json["position"] == shared["position"]
    assert [each["name"] for each in find(stranger, "/lists")] == ["Plans", "Inbox"]
    assert [each["name"] for each in find(client, "/lists")] == ["Inbox", "Plans"]


def test_a_shared_list_comes_last(client, stranger, shared):
    make_list(stranger, position=9)

    share(client, shared, stranger)

    assert stranger.get(f"/lists/{shared['id']}").json["position"] == 10


@pytest.mark.parametrize("where", ["/lists/LIST/members", "/lists/LIST/members/USER"])
def test_members_of_a_list_that_is_not_there(client, account, where):
    missing = unknown()
    method, body = ("post", {"email": account.email, "role": "viewer"}) if where.endswith("members") else ("delete", {})

    answer = client.open(where.replace("LIST", missing).replace("USER", account.id), body, method=method)

    assert answer.json["detail"] == f"List {missing} doesn't exist"


def _with_ids(value, ids):
    if isinstance(value, dict):
        return {name: _with_ids(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_ids(each, ids) for each in value]
    if isinstance(value, str):
        for name, real in ids.items():
            value = value.replace(name, real)
    return value

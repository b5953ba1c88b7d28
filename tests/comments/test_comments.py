import pytest

from tests.arrange import find, make_list, make_todo, share, unknown


@pytest.fixture
def shared(client):
    return make_list(client)


@pytest.fixture
def path(client, shared):
    """Where the comments of a todo in a shared list lie."""
    return f"/todos/{make_todo(client, list_id=shared['id'])['id']}/comments"


def make_comment(client, path, body="Shall we use Flask?"):
    answer = client.post(path, {"body": body})
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_comment_is_what_was_said_by_whom(client, account, path):
    answer = client.post(path, {"body": "Shall we?"})

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1{path}/{answer.json['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.json == {
        "id": answer.json["id"],
        "todo_id": path.split("/")[2],
        "author_id": account.id,
        "author_name": account.name,
        "body": "Shall we?",
        "version": 1,
        "created_at": answer.json["created_at"],
        "updated_at": answer.json["created_at"],
    }


def test_a_comment_is_read_as_it_was_made(client, path):
    made = make_comment(client, path)

    assert client.get(f"{path}/{made['id']}").json == made


@pytest.mark.parametrize("body", ["x", "  kept \n as sent\n", "x" * 10_000, "漢" * 10_000, "<script>alert(1)</script>"])
def test_a_body_is_kept_as_sent(client, path, body):
    assert make_comment(client, path, body)["body"] == body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Body field cannot be blank!"),
        (" \n\t", "Body field cannot be blank!"),
        (None, "Body field cannot be blank!"),
        ("x" * 10_001, "Longer than maximum length 10000."),
        ("a\0b", "NUL characters are not allowed."),
        (7, "Not a valid string."),
    ],
)
@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_wrong_body_is_refused(client, path, method, body, message):
    where = path if method == "post" else f"{path}/{make_comment(client, path)['id']}"

    answer = client.open(where, {"body": body}, method=method)

    assert answer.status_code == 422
    assert answer.json["errors"] == {"body": [message]}


def test_a_comment_needs_a_body(client, path):
    assert client.post(path, {}).json["errors"] == {"body": ["Body field cannot be blank!"]}


@pytest.mark.parametrize("field", ["author_id", "todo_id", "author_name", "version"])
def test_nobody_speaks_for_another(client, path, field):
    assert client.post(path, {"body": "x", field: unknown()}).json["errors"] == {field: ["Unknown field."]}


def test_comments_stand_in_the_order_in_which_they_were_said(client, path):
    for number in range(5):
        make_comment(client, path, str(number))

    first = client.get(f"{path}?limit=3&count=true")
    second = client.get(path, query_string={"limit": 3, "cursor": first.json["next_cursor"]})

    assert first.headers["X-Total-Count"] == "5"
    assert [each["body"] for each in first.json["data"] + second.json["data"]] == ["0", "1", "2", "3", "4"]


def test_a_cursor_belongs_to_one_todo(client, path):
    make_comment(client, path)
    make_comment(client, path)
    cursor = client.get(f"{path}?limit=1").json["next_cursor"]

    answer = client.get(f"/todos/{make_todo(client)['id']}/comments", query_string={"cursor": cursor})

    assert answer.status_code == 422


def test_a_comment_is_changed_by_its_author(client, path):
    made = make_comment(client, path)

    changed = client.patch(f"{path}/{made['id']}", {"body": "Yes."}).json

    assert changed == {**made, "body": "Yes.", "version": 2, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


def test_a_change_of_nothing_leaves_a_comment(client, path):
    made = make_comment(client, path)

    assert client.patch(f"{path}/{made['id']}", {}).json == made


def test_a_comment_is_deleted_once(client, path):
    made = make_comment(client, path)

    statuses = [client.delete(f"{path}/{made['id']}").status_code for _ in range(2)]

    assert statuses == [204, 404]
    assert find(client, path) == []


@pytest.mark.parametrize(("method", "body"), [("patch", {"body": "late"}), ("delete", {})])
def test_a_stale_version_is_refused(client, path, method, body):
    made = make_comment(client, path)

    assert client.open(f"{path}/{made['id']}", body, method=method, if_match=2).status_code == 412
    assert client.open(f"{path}/{made['id']}", body, method=method, if_match=1).status_code < 300


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_who_sees_the_todo_sees_its_comments(client, stranger, shared, path, role):
    made = make_comment(client, path)

    share(client, shared, stranger, role)

    assert find(stranger, path) == [made]


@pytest.mark.parametrize("role", ["editor", "owner"])
def test_nobody_changes_what_another_said(client, stranger, shared, path, role):
    made = make_comment(client, path)
    share(client, shared, stranger, role)

    answer = stranger.patch(f"{path}/{made['id']}", {"body": "He is right."})

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert find(client, path) == [made]


def test_an_owner_may_delete_what_another_said(client, stranger, shared, path):
    share(client, shared, stranger, "editor")
    made = make_comment(stranger, path)

    assert client.delete(f"{path}/{made['id']}").status_code == 204


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_others_may_not_delete_what_another_said(client, stranger, shared, path, role):
    made = make_comment(client, path)
    share(client, shared, stranger, role)

    answer = stranger.delete(f"{path}/{made['id']}")

    assert (answer.status_code, answer.json["missing"]) == (403, "owner")


def test_a_viewer_says_nothing(client, stranger, shared, path):
    share(client, shared, stranger, "viewer")

    answer = stranger.post(path, {"body": "x"})

    assert (answer.status_code, answer.json["missing"]) == (403, "editor")


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_a_stranger_does_not_find_the_todo(client, stranger, path, method):
    made = make_comment(client, path)
    where = path if method == "post" else f"{path}/{made['id']}"

    answer = stranger.open(where, {"body": "x"} if method in ("post", "patch") else {}, method=method)

    assert answer.status_code == 404
    assert answer.json["detail"] == f"Todo {path.split('/')[2]} doesn't exist"


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_comment_is_found_under_its_own_todo_alone(client, path, method):
    made = make_comment(client, path)
    other = make_todo(client)

    answer = client.open(f"/todos/{other['id']}/comments/{made['id']}", {"body": "x"} if method == "patch" else {}, method=method)

    assert answer.status_code == 404
    assert answer.json["detail"] == f"Comment {made['id']} doesn't exist"


@pytest.mark.parametrize("comment_id", ["x", "01a20459-32c8-7326-9abb-c55e842ba95a"])
def test_a_comment_that_is_not_there_is_named(client, path, comment_id):
    assert client.get(f"{path}/{comment_id}").json["detail"] == f"Comment {comment_id} doesn't exist"


def test_comments_wait_with_their_todo_in_the_trash(client, path):
    made = make_comment(client, path)
    todo = path.removesuffix("/comments")

    client.delete(todo)
    hidden = client.get(path).status_code
    client.post(f"{todo}/restore")

    assert hidden == 404
    assert find(client, path) == [made]


def test_who_leaves_the_list_leaves_what_they_said(client, stranger, shared, path):
    share(client, shared, stranger, "editor")
    made = make_comment(stranger, path)

    stranger.delete(f"/lists/{shared['id']}/members/{stranger.account.id}")

    assert find(client, path) == [made]


def test_a_comment_leaves_the_version_of_its_todo(client, path):
    make_comment(client, path)

    assert client.get(path.removesuffix("/comments")).json["version"] == 1

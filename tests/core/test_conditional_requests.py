import pytest

from tests.arrange import make_list, make_todo


@pytest.fixture
def todo(client):
    return make_todo(client)


@pytest.fixture
def path(todo):
    return f"/todos/{todo['id']}"


def test_an_object_answers_with_its_version_as_etag(client, path):
    assert client.get(path).headers["ETag"] == '"1"'


def test_a_new_object_answers_with_its_version_as_etag(client):
    assert client.post("/todos", {"task": "x"}).headers["ETag"] == '"1"'


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_changed_object_answers_with_its_new_version(client, path, method):
    answer = client.open(path, {"task": "x"}, method=method)

    assert answer.headers["ETag"] == '"2"'
    assert answer.json["version"] == 2


def test_a_patch_of_nothing_leaves_the_version(client, path):
    assert client.patch(path, {}).headers["ETag"] == '"1"'


@pytest.mark.parametrize("header", ['"1"', 'W/"1"', '"7", "1"', "*"])
def test_what_the_client_has_is_not_sent_again(client, path, header):
    answer = client.get(path, headers={"If-None-Match": header})

    assert answer.status_code == 304
    assert answer.data == b""
    assert answer.headers["ETag"] == '"1"'
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("header", ['"2"', '"11"', '"x"', ""])
def test_what_the_client_does_not_have_is_sent(client, path, header):
    assert client.get(path, headers={"If-None-Match": header}).status_code == 200


def test_head_answers_like_get_without_a_body(client, path):
    answer = client.head(path)

    assert (answer.status_code, answer.headers["ETag"], answer.data) == (200, '"1"', b"")


def test_head_is_conditional_too(client, path):
    assert client.head(path, if_none_match=1).status_code == 304


def test_the_version_that_is_there_lets_a_change_pass(client, path):
    assert client.patch(path, {"task": "second"}, if_match=1).json["task"] == "second"


@pytest.mark.parametrize("header", ["*", '"9", "1"', '"1","2"'])
def test_one_of_several_versions_is_enough(client, path, header):
    assert client.patch(path, {"task": "second"}, headers={"If-Match": header}).status_code == 200


@pytest.mark.parametrize("header", ['"2"', '"0"', 'W/"1"', '"x"', '""', "", '"-1"', '"01"', '"1.0"', '"99999999999999999999999999"', '"١"'])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_another_version_lets_no_change_pass(client, path, method, header):
    body = {} if method == "delete" else {"task": "late"}

    answer = client.open(path, body, method=method, headers={"If-Match": header.encode().decode("latin-1")})

    assert answer.status_code == 412
    assert answer.json["code"] == "precondition_failed"
    assert client.get(path).json["task"] == "build an API"


@pytest.mark.parametrize("version", [2**31, 10**18 - 1])
@pytest.mark.parametrize("body", [{"done": True}, {"task": "late"}])
def test_a_version_that_no_todo_reaches_lets_no_change_pass(client, path, body, version):
    answer = client.patch(path, body, if_match=version)

    assert answer.status_code == 412
    assert answer.json["current"] == client.get(path).json


def test_a_stale_version_is_refused_with_the_current_todo(client, path):
    now = client.patch(path, {"task": "second", "due_at": "2026-11-22T09:30:00Z", "priority": "high"}).json

    answer = client.patch(path, {"task": "late"}, if_match=1)

    assert answer.json["current"] == now
    assert answer.json["current"]["due_at"] == "2026-11-22T09:30:00Z"


def test_a_stale_version_is_refused_with_the_current_list(client):
    made = make_list(client)

    answer = client.patch(f"/lists/{made['id']}", {"name": "x"}, if_match=9)

    assert answer.status_code == 412
    assert answer.json["current"] == made


def test_a_stale_version_is_refused_with_the_current_comment(client, path):
    comment = client.post(f"{path}/comments", {"body": "x"}).json

    answer = client.delete(f"{path}/comments/{comment['id']}", if_match=9)

    assert answer.status_code == 412
    assert answer.json["current"] == comment


def test_a_stale_version_is_refused_with_the_current_member(client, account):
    made = make_list(client)

    answer = client.patch(f"/lists/{made['id']}/members/{account.id}", {"role": "owner"}, if_match=9)

    assert answer.status_code == 412
    assert (answer.json["current"]["user_id"], answer.json["current"]["role"]) == (account.id, "owner")
    assert answer.json["current"]["joined_at"].endswith("Z")


def test_what_is_not_there_is_404_whatever_the_version(client, todo, path):
    client.delete(f"{path}?permanent=true")

    assert client.patch(path, {"task": "x"}, if_match=1).status_code == 404


def test_of_a_body_that_is_wrong_and_a_stale_version_the_body_is_named(client, path):
    assert client.patch(path, {"task": ""}, if_match=9).status_code == 422


def test_a_service_may_demand_if_match(make_app, account, client, path):
    strict = make_app(REQUIRE_IF_MATCH="on").test_client()
    strict.token = client.token

    answer = strict.patch(path, {"task": "x"})

    assert answer.status_code == 428
    assert answer.json["code"] == "precondition_required"
    assert strict.patch(path, {"task": "x"}, if_match=1).status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_demanded_if_match_is_demanded_of_every_change(make_app, client, path, method):
    strict = make_app(REQUIRE_IF_MATCH="on").test_client()
    strict.token = client.token

    assert strict.open(path, {} if method == "delete" else {"task": "x"}, method=method).status_code == 428


def test_a_demanded_if_match_is_not_demanded_of_posts(make_app, client):
    strict = make_app(REQUIRE_IF_MATCH="on").test_client()
    strict.token = client.token

    assert strict.post("/todos", {"task": "x"}).status_code == 201

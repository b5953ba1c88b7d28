import io

import pytest

from tests.arrange import make_todo, unknown

MIB = 1024 * 1024


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"])
def test_a_body_of_another_type_is_refused(client, content_type):
    answer = client.post("/todos", data=b'{"task": "x"}', content_type=content_type)

    assert answer.status_code == 415
    assert answer.json["code"] == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/json; charset=latin-1", "application/json; charset=utf-16"])
def test_a_body_in_another_encoding_is_refused(client, content_type):
    assert client.post("/todos", data=b'{"task": "x"}', content_type=content_type).status_code == 415


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_json_in_utf_8_is_taken(client, content_type):
    answer = client.post("/todos", data='{"task": "ü"}'.encode(), content_type=content_type)

    assert answer.status_code == 201
    assert answer.json["task"] == "ü"


def test_a_merge_patch_may_say_so(client):
    todo = make_todo(client)

    answer = client.patch(f"/todos/{todo['id']}", data=b'{"done": true}', content_type="application/merge-patch+json")

    assert answer.status_code == 200
    assert answer.json["done"] is True


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_merge_patch_is_for_patch_alone(client, method):
    path = "/todos" if method == "post" else f"/todos/{make_todo(client)['id']}"

    assert client.open(path, method=method, data=b'{"task": "x"}', content_type="application/merge-patch+json").status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'task': 'x'}",
        b'{"task": "x"',
        b'{"task": NaN}',
        b'{"task": "\xff"}',
        b'{"task": "\\ud800"}',
        b'\xef\xbb\xbf{"task": "x"}',
        b'{"task": "x"} {}',
        b" ",
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_not_json_is_refused(client, body):
    answer = client.post("/todos", data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["code"] == "bad_request"


def test_an_empty_body_is_refused_where_one_is_needed(client):
    answer = client.post("/todos")

    assert answer.status_code == 400
    assert answer.json["detail"] == "The body is empty; send JSON."


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "true", "null", '[{"task": "x"}]'])
def test_a_body_that_is_no_object_is_refused(client, body):
    answer = client.post("/todos", data=body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {"_schema"}


def test_an_unknown_field_is_refused(client):
    answer = client.post("/todos", {"task": "x", "colour": "red"})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"colour": ["Unknown field."]}


@pytest.mark.parametrize("field", ["id", "version", "created_by", "created_at", "updated_at", "completed_at", "series_id", "deleted_at"])
def test_a_read_only_field_is_refused(client, field):
    todo = make_todo(client)

    answer = client.patch(f"/todos/{todo['id']}", {field: todo[field]})

    assert answer.status_code == 422
    assert answer.json["errors"] == {field: ["Unknown field."]}


def test_every_wrong_field_is_named(client):
    answer = client.post("/todos", {"task": "", "done": 1, "x": 2})

    assert answer.json["errors"].keys() == {"task", "done", "x"}


def test_a_body_of_one_mebibyte_is_read(client):
    body = b'{"task": ""' + b" " * (MIB - 12) + b"}"

    answer = client.post("/todos", data=body, content_type="application/json")

    assert len(body) == MIB
    assert answer.status_code == 422


def test_a_larger_body_is_refused(client):
    answer = client.post("/todos", data=b" " * (MIB + 1), content_type="application/json")

    assert answer.status_code == 413
    assert answer.json["code"] == "payload_too_large"


def test_a_larger_body_with_an_idempotency_key_is_refused(client):
    answer = client.post("/todos", data=b" " * (MIB + 1), content_type="application/json", idempotency_key="large")

    assert answer.status_code == 413


def test_the_size_is_refused_before_the_type(client):
    assert client.post("/todos", data=b" " * (MIB + 1), content_type="text/plain").status_code == 413


@pytest.mark.parametrize(("size", "status"), [(MIB, 400), (MIB + 1, 413)])
def test_a_mebibyte_is_the_most_in_chunks_too(client, size, status):
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

    answer = client.post("/todos", input_stream=io.BytesIO(b" " * size), environ_overrides=chunked, content_type="application/json")

    assert answer.status_code == status


def test_an_operation_without_a_body_takes_an_empty_one(client):
    todo = make_todo(client)

    assert client.post(f"/todos/{todo['id']}/restore", {}).status_code == 200


def test_an_operation_without_a_body_takes_no_fields(client):
    todo = make_todo(client)

    assert client.post(f"/todos/{todo['id']}/restore", {"x": 1}).json["errors"] == {"x": ["Unknown field."]}


def test_an_operation_without_a_body_takes_no_other_type(client):
    todo = make_todo(client)

    assert client.delete(f"/todos/{todo['id']}", data=b"x", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("todo_id", ["x", "1", "01a20459-32c8-7326-9abb-c55e842ba95", "%00", "ü", "None"])
@pytest.mark.parametrize("method", ["get", "delete"])
def test_what_cannot_be_an_id_is_not_found(client, todo_id, method):
    answer = client.open(f"/todos/{todo_id}", method=method)

    assert answer.status_code == 404
    assert answer.json["code"] == "not_found"


def test_an_id_in_upper_case_is_the_same(client):
    todo = make_todo(client)

    assert client.get(f"/todos/{todo['id'].upper()}").json["id"] == todo["id"]


def test_what_is_missing_is_named(client):
    missing = unknown()

    assert client.get(f"/todos/{missing}").json["detail"] == f"Todo {missing} doesn't exist"

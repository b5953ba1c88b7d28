import re

import pytest

ANYTHING = ["/todos", "/nowhere", "/todos/x", "/healthz"]


@pytest.mark.parametrize("path", ANYTHING)
def test_every_answer_has_a_request_id(client, path):
    assert re.fullmatch("[0-9a-f]{32}", client.get(path).headers["X-Request-ID"])


def test_two_requests_have_two_ids(client):
    assert client.get("/todos").headers["X-Request-ID"] != client.get("/todos").headers["X-Request-ID"]


@pytest.mark.parametrize("sent", ["a", "0a1B-2_c.d", "x" * 64])
def test_a_sane_request_id_is_kept(client, sent):
    assert client.get("/todos", headers={"X-Request-ID": sent}).headers.getlist("X-Request-ID") == [sent]


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a/b", "<script>", "caf\u00e9", "a,b", 'a"b'])
def test_another_request_id_is_replaced(client, sent):
    assert client.get("/todos", headers={"X-Request-ID": sent}).headers["X-Request-ID"] != sent


def test_a_problem_names_the_request_id(client):
    assert client.get("/nowhere", headers={"X-Request-ID": "mine"}).json["request_id"] == "mine"


@pytest.mark.parametrize("path", ANYTHING)
@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")],
)
def test_every_answer_has_safe_headers(client, path, name, value):
    assert client.get(path).headers.getlist(name) == [value]


def test_answers_are_json(client):
    assert client.get("/todos").headers["Content-Type"] == "application/json"


def test_a_deletion_answers_without_a_body(client):
    todo = client.post("/todos", {"task": "x"})

    answer = client.delete(todo.headers["Location"])

    assert (answer.status_code, answer.data) == (204, b"")


def test_what_is_created_lies_at_its_location(client):
    answer = client.post("/todos", {"task": "x"})

    assert answer.headers["Location"] == f"/api/v1/todos/{answer.json['id']}"
    assert client.get(answer.headers["Location"]).json == answer.json


def test_nothing_sets_a_cookie_unasked(client):
    assert "Set-Cookie" not in client.get("/todos").headers

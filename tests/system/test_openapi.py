"""The OpenAPI document: valid, complete, and true."""

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate as validate_document

from app.core.openapi import VERSION

METHODS = ("get", "post", "put", "patch", "delete")
UNDOCUMENTED = {"/docs/<name>", "/", "/reset-password", "/verify-email", "/assets/<release>/<path:file>"}


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").json


@pytest.fixture(scope="module")
def operations(document):
    return [(path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item]


def follow(document, part):
    while "$ref" in part:
        found = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def faults(document, schema, value):
    """What of `value` the schema of the document does not allow."""
    whole_schema = {**schema, "components": document["components"]}
    return [error.message for error in Draft202012Validator(whole_schema, format_checker=FormatChecker()).iter_errors(value)]


def contents(document, operation):
    """Every Media Type Object of an operation."""
    bodies = [operation.get("requestBody", {}), *(follow(document, answer) for answer in operation["responses"].values())]
    return [media for body in bodies for media in body.get("content", {}).values()]


def test_it_is_valid(document):
    validate_document(document)


def test_it_says_what_it_is_of(document):
    assert document["openapi"].startswith("3.1.")
    assert (document["info"]["title"], document["info"]["version"]) == ("Tickbox", VERSION)
    assert document["servers"][0]["url"] == "/"


def test_every_route_is_in_it_with_its_methods(app, operations):
    described = {(path, method.upper()) for path, method, _ in operations}

    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in UNDOCUMENTED
    }

    assert described == routes


def test_every_operation_has_an_id_of_its_own(operations):
    ids = [operation["operationId"] for _, _, operation in operations]

    assert len(set(ids)) == len(ids)
    assert all(name.isalpha() and name[0].islower() for name in ids)


def test_every_operation_is_explained(operations):
    for path, method, operation in operations:
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert len(operation["tags"]) == 1, (method, path)


def test_every_tag_is_described(document, operations):
    described = {tag["name"] for tag in document["tags"] if tag["description"][-1:].isalpha()}

    assert {operation["tags"][0] for _, _, operation in operations} == described


def test_every_operation_says_who_may(document, operations):
    known = document["components"]["securitySchemes"].keys()

    for path, method, operation in operations:
        assert all(choice.keys() <= known for choice in operation["security"]), (method, path)
        assert not operation["security"] or "401" in operation["responses"], (method, path)


def test_every_operation_names_its_problems(document, operations):
    for path, method, operation in operations:
        failed = [status for status in operation["responses"] if status == "default" or status >= "400"]
        assert failed, (method, path)
        if path.startswith("/api/"):
            assert {"422", "429", "500", "503"} <= set(failed), (method, path)
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(failed), (method, path)


def test_every_operation_with_a_version_can_be_made_conditional(operations):
    for path, method, operation in operations:
        names = [parameter.get("$ref", "").rpartition("/")[2] for parameter in operation["parameters"]]
        assert ("IfMatch" in names) == ({"412", "428"} <= operation["responses"].keys()), (method, path)
        assert ("IfNoneMatch" in names) == ("304" in operation["responses"]), (method, path)
        assert ("IdempotencyKey" in names) == (method == "post"), (method, path)


def test_examples_are_what_their_schemas_allow(document, operations):
    for path, method, operation in operations:
        for media in contents(document, operation):
            examples = [media["example"]] if "example" in media else [example["value"] for example in media["examples"].values()]
            assert examples, (method, path)
            for example in examples:
                assert faults(document, media["schema"], example) == [], (method, path, example)


AN_ID = "01a20459-32c8-7326-9abb-c55e842ba95a"


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("assignee_id", ["me", AN_ID], ["", "ME", "none"]),
        ("parent_id", ["none", AN_ID], ["", "null", "me"]),
    ],
)
def test_an_id_in_the_query_is_an_id_or_the_one_word_that_stands_for_it(document, name, right, wrong):
    (schema,) = (part["schema"] for part in document["paths"]["/api/v1/todos"]["get"]["parameters"] if part.get("name") == name)

    assert [value for value in right if faults(document, schema, value)] == []
    assert [value for value in wrong if not faults(document, schema, value)] == []


@pytest.mark.parametrize("task", ["", " ", "\0", "a\0", "a\0b", "\x1e", "\x85\u3000"])
def test_a_line_that_the_service_refuses_is_none_to_the_document_either(document, client, task):
    schema = follow(document, {"$ref": "#/components/schemas/TodoWrite"})["properties"]["task"]

    assert faults(document, schema, task)
    assert client.post("/todos", {"task": task}).status_code == 422


def test_requests_refuse_what_is_not_declared(document, operations):
    for path, method, operation in operations:
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schema = follow(document, media["schema"])
            assert schema["additionalProperties"] is False, (method, path)
            assert not any(part.get("readOnly") for part in schema["properties"].values()), (method, path)


def test_there_is_nothing_of_openapi_3_0_in_it(app):
    text = app.test_client().get("/openapi.json").text

    assert '"nullable"' not in text


def test_it_is_not_sent_again_unchanged(anonymous):
    first = anonymous.get("/openapi.json")

    again = anonymous.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_the_command_prints_it(app, document):
    printed = app.test_cli_runner().invoke(args=["openapi"])

    assert printed.exit_code == 0
    assert app.json.loads(printed.output) == document


def test_answers_are_what_the_document_says(document, client):
    made = client.post("/lists", {"name": "Groceries"}).json
    client.post("/todos", {"task": "Buy milk", "list_id": made["id"]})
    todo = client.get("/todos").json["data"][0]
    client.post(f"/todos/{todo['id']}/comments", {"body": "Two litres"})

    paths = [
        "/me",
        "/lists",
        "/lists/{list_id}",
        "/lists/{list_id}/members",
        "/todos",
        "/todos/{todo_id}",
        "/tags",
        "/todos/{todo_id}/comments",
    ]
    for path in paths:
        answer = client.get(path.format(list_id=made["id"], todo_id=todo["id"]))
        described = document["paths"]["/api/v1" + path]["get"]["responses"][str(answer.status_code)]
        assert faults(document, described["content"]["application/json"]["schema"], answer.json) == [], path

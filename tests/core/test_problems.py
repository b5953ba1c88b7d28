import logging
import sqlite3
from datetime import UTC, datetime

import orjson
import psycopg
import pytest
from flask_jwt_extended.exceptions import NoAuthorizationError
from limits.errors import StorageError
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug import exceptions

from app.core import problems
from app.todos import listing

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


@pytest.fixture
def broken(client, monkeypatch):
    """`broken(error)`: the answer of an operation that raises the error."""

    def answer(error):
        def fail(params):
            raise error

        monkeypatch.setattr(listing, "page", fail)
        return client.get("/todos")

    return answer


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/todos/x", 404, "not_found"),
        ("get", "/nowhere", 404, "not_found"),
        ("get", "http://localhost/nowhere", 404, "not_found"),
        ("get", "/todos/", 404, "not_found"),
        ("get", "/todos?x=1", 422, "validation_failed"),
        ("post", "/todos", 400, "bad_request"),
        ("put", "/todos", 405, "method_not_allowed"),
        ("trace", "/todos", 405, "method_not_allowed"),
        ("post", "/healthz", 405, "method_not_allowed"),
    ],
)
def test_every_refusal_is_a_problem(client, method, path, status, code):
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json.keys() >= MEMBERS
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_who_is_nobody_is_told_how_to_log_in(anonymous):
    answer = anonymous.get("/todos")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["code"] == "unauthorized"


def test_a_missing_permission_is_named(make_client, user):
    answer = make_client(user(role="viewer")).post("/todos", {"task": "x"})

    assert answer.status_code == 403
    assert (answer.json["code"], answer.json["missing"]) == ("forbidden", "todos:write")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/todos", {"GET", "HEAD", "OPTIONS", "POST"}), ("/todos/x/restore", {"OPTIONS", "POST"}), ("/tags", {"GET", "HEAD", "OPTIONS"})],
)
def test_a_wrong_method_is_told_the_right_ones(client, path, allowed):
    answer = client.open(path, method="PROPFIND")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("x"), DataError("SELECT secret", {}, Exception("secret"))])
def test_an_unforeseen_error_says_nothing_of_its_cause(broken, error):
    answer = broken(error)

    assert answer.status_code == 500
    assert answer.json["code"] == "internal_error"
    assert answer.json.keys() == MEMBERS
    assert b"secret" not in answer.data
    assert b"Error" not in answer.data.replace(b"Internal Server Error", b"")


def test_an_unforeseen_error_is_logged_with_its_cause(broken, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("app"), "propagate", True)

    broken(ZeroDivisionError("the cause"))

    assert "the cause" in caplog.text


def _operational():
    return OperationalError("SELECT 1", {}, psycopg.OperationalError("no route to database.internal"))


@pytest.mark.parametrize(
    "error",
    [
        _operational(),
        InterfaceError("SELECT 1", {}, psycopg.InterfaceError("closed")),
        PoolTimeout("QueuePool limit of size 4"),
        DataError("SELECT 1", {}, Exception(), connection_invalidated=True),
        InternalError("INSERT", {}, psycopg.errors.ReadOnlySqlTransaction()),
    ],
)
def test_a_database_out_of_reach_is_503_with_the_time_to_wait(broken, error):
    answer = broken(error)

    assert answer.status_code == 503
    assert answer.json["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "2"
    assert b"internal" not in answer.data


@pytest.mark.parametrize(
    "error",
    [
        ProgrammingError("SELECT 1", {}, psycopg.errors.UndefinedColumn("column secret does not exist")),
        ProgrammingError("SELECT 1", {}, psycopg.errors.UndefinedTable("relation secret does not exist")),
        OperationalError("SELECT 1", {}, sqlite3.OperationalError("no such column: secret")),
        OperationalError("SELECT 1", {}, sqlite3.OperationalError("no such table: secret")),
        OperationalError("INSERT", {}, sqlite3.OperationalError("table todos has no column named secret")),
    ],
)
def test_a_schema_that_is_not_migrated_yet_is_503_and_logged(broken, error, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("app"), "propagate", True)

    answer = broken(error)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["detail"] == "The database is being brought up to date. Try again shortly."
    assert b"secret" not in answer.data
    assert "run flask db upgrade" in caplog.text


def test_other_mistakes_in_a_statement_are_unforeseen(broken):
    assert broken(ProgrammingError("SELECT 1", {}, psycopg.errors.SyntaxError("secret"))).status_code == 500


def test_a_broken_constraint_is_a_conflict_without_its_name(broken):
    answer = broken(IntegrityError("INSERT", {}, Exception("uq_users_email")))

    assert answer.status_code == 409
    assert answer.json["code"] == "conflict"
    assert b"uq_" not in answer.data


def test_errors_of_marshmallow_nest_under_their_fields(broken):
    answer = broken(ValidationError({"tags": {0: ["Too long."]}, "task": ["Blank."]}))

    assert answer.status_code == 422
    assert answer.json["errors"] == {"tags": {"0": ["Too long."]}, "task": ["Blank."]}


def test_the_only_message_is_the_detail(broken):
    assert broken(ValidationError({"tags": {0: ["Too long."]}})).json["detail"] == "Too long."


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (exceptions.BadRequest(), 400, "bad_request"),
        (exceptions.Unauthorized(), 401, "unauthorized"),
        (exceptions.Forbidden(), 403, "forbidden"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.Conflict(), 409, "conflict"),
        (exceptions.RequestEntityTooLarge(), 413, "payload_too_large"),
        (exceptions.UnsupportedMediaType(), 415, "unsupported_media_type"),
        (exceptions.TooManyRequests(), 429, "rate_limited"),
        (exceptions.ImATeapot(), 400, "bad_request"),
        (exceptions.InternalServerError(), 500, "internal_error"),
        (exceptions.BadGateway(), 500, "internal_error"),
    ],
)
def test_errors_of_werkzeug_become_problems(broken, error, status, code):
    answer = broken(error)

    assert (answer.status_code, answer.json["status"], answer.json["code"]) == (status, status, code)


@pytest.mark.parametrize("error", [NoAuthorizationError("x"), StorageError(OSError("redis.internal"))])
def test_what_other_libraries_raise_is_a_problem_too(broken, error):
    answer = broken(error)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert b"redis" not in answer.data


def test_every_kind_of_problem_has_a_code_and_a_default_text():
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, problems.Problem)]

    assert len(kinds) == 19
    assert all(kind.code and kind.default and kind.title and 400 <= kind.status < 600 for kind in kinds)


def test_instants_in_a_problem_end_in_z(app):
    with app.test_request_context():
        body = problems.response(problems.Conflict(current={"at": datetime(2026, 11, 22, 9, 30, tzinfo=UTC)})).data

    assert orjson.loads(body)["current"] == {"at": "2026-11-22T09:30:00Z"}

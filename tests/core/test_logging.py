"""Log lines: JSON, with what an operator looks for, and nothing that a client sent."""

import json
import logging

import pytest
from flask import g

from app.core.logging import JsonFormatter, Unquoted


def line(name="app.x", level=logging.ERROR, message="it failed", args=(), **extra):
    record = logging.makeLogRecord({"name": name, "levelno": level, "levelname": "ERROR", "msg": message, "args": args, **extra})
    Unquoted().filter(record)
    return json.loads(JsonFormatter().format(record))


def raised():
    try:
        try:
            int("secret")
        except ValueError as error:
            raise OSError(28, "secret") from error
    except OSError as error:
        return (type(error), error, error.__traceback__)


@pytest.fixture
def access(monkeypatch):
    """The lines of requests."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(JsonFormatter().format(record)))

    log = logging.getLogger("app.access")
    monkeypatch.setattr(log, "handlers", [Keep()])
    monkeypatch.setattr(log, "propagate", False)
    monkeypatch.setattr(log, "level", logging.INFO)
    log.manager._clear_cache()
    yield lines
    log.manager._clear_cache()


def test_a_line_is_an_object_that_begins_with_its_time():
    found = line(todo="x")

    assert list(found) == ["time", "level", "logger", "message", "todo"]
    assert found["time"].endswith("Z")


def test_a_line_within_a_request_has_its_id(app):
    with app.app_context():
        g.request_id = "from-a-client"

        assert line()["request_id"] == "from-a-client"


def test_an_exception_is_told_by_kinds_and_places_without_what_it_says():
    found = line(exc_info=raised())["exception"]

    assert "test_logging.py" in found
    assert "ValueError" in found
    assert found.endswith("OSError (28)")
    assert "secret" not in found


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Invalid request from ip=127.0.0.1: Invalid HTTP header name: 'secret'", "Invalid request from ip=127.0.0.1"),
        ("Invalid request from ip=2001:db8::1: secret", "Invalid request from ip=2001:db8::1"),
        ("Error handling request %s %s", "Error handling request"),
        ("Listening at: http://127.0.0.1:8000", "Listening at: http://127.0.0.1:8000"),
    ],
)
def test_gunicorn_quotes_no_client(message, told):
    args = ("GET", "/?secret") if "%s" in message else ()

    assert line("gunicorn.error", message=message, args=args)["message"] == told


def test_celery_quotes_no_arguments_and_no_exception():
    context = {"name": "jobs.work", "id": "7", "exc": "ValueError('secret')", "traceback": "secret", "args": "[secret]", "kwargs": "{}"}

    found = line("celery.app.trace", message="Task %(name)s[%(id)s] raised: %(exc)s", args=context, data=context)

    assert "secret" not in json.dumps(found)


def test_the_line_of_a_request_says_who_what_how_long_and_how_many_statements(client, account, access):
    client.get("/todos?q=secret", headers={"X-Request-ID": "mine"})

    found = access[-1]
    assert (found["request_id"], found["user"], found["method"], found["route"], found["status"]) == (
        "mine",
        account.id,
        "GET",
        "/api/v1/todos",
        200,
    )
    assert found["statements"] >= 1
    assert 0 < found["sql_ms"] < found["ms"]
    assert "secret" not in json.dumps(found)


def test_statements_of_a_line_are_those_that_ran(client, access, statements):
    client.get("/tags")

    with statements() as seen:
        client.get("/tags")

    assert access[-1]["statements"] - len(seen) in (0, 1)  # revocations are read every two seconds

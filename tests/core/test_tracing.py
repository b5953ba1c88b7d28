"""Traces and reports of errors: what is sent, what never is, and that neither costs anything when it is not wanted."""

import json
import subprocess
import sys

import pytest
from sqlalchemy import delete

from app.config import ROOT
from app.core.database import execute
from app.jobs import runner, service
from app.jobs.kinds import KINDS, Kind
from app.jobs.models import Job
from tests import collectors, factories
from tests.databases import environment
from tests.live import wait_until

CANARY = "canary-of-a-client"
CLIENTS_TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def traces():
    made = collectors.Traces()
    yield made
    made.close()


@pytest.fixture
def sentry():
    made = collectors.Sentry()
    yield made
    made.close()


@pytest.fixture
def traced(make_app, traces):
    return make_app(**traces.settings)


@pytest.fixture
def do(monkeypatch):
    """`do(function)`: jobs of the kind `test` do this."""
    return lambda function: monkeypatch.setitem(KINDS, "test", Kind("test", function, None))


@pytest.fixture
def empty_queue(app):
    """No job waits that another test has left: not one that failed either, and would be tried again."""
    with app.app_context():
        execute(delete(Job).where(Job.state == "queued"))


def attributes(span):
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def named(traces, name):
    """The spans with this name, as soon as there is one."""
    return wait_until(lambda: [span for span in traces.spans if span.name == name])


def test_a_request_is_a_span_with_its_statements_below_it(traced, traces):
    client = factories.client(traced, factories.user(traced))

    client.get(f"/todos?q={CANARY}", headers={"X-Request-ID": "mine"})

    (request,) = named(traces, "GET /api/v1/todos")
    below = wait_until(lambda: [span for span in traces.spans if span.parent_span_id == request.span_id])
    assert attributes(request) == {
        "http.request.method": "GET",
        "http.route": "/api/v1/todos",
        "http.response.status_code": 200,
        "tickbox.request_id": "mine",
    }
    assert {span.name for span in below} <= {"SELECT", "WITH"}
    assert any("FROM todos" in attributes(span)["db.query.text"] for span in below)
    assert CANARY not in traces.text


def test_the_trace_of_the_client_goes_on(traced, traces):
    traced.test_client().get("/healthz", headers={"traceparent": f"00-{CLIENTS_TRACE}-b7ad6b7169203331-01"})

    (span,) = named(traces, "GET /healthz")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (CLIENTS_TRACE, "b7ad6b7169203331")


def test_a_nonsensical_traceparent_begins_a_new_trace(traced, traces):
    answer = traced.test_client().get("/healthz", headers={"traceparent": CANARY})

    assert answer.status_code == 200
    assert named(traces, "GET /healthz")[0].parent_span_id == b""


def test_a_job_goes_on_with_the_trace_of_the_request_that_asked_for_it(empty_queue, traced, traces):
    account = factories.user(traced)
    client = factories.client(traced, account)

    assert client.post("/exports", {"format": "csv"}).status_code == 202
    with traced.app_context():
        runner.run_all()

    (request,) = named(traces, "POST /api/v1/exports")
    (job,) = named(traces, "job export")
    assert (job.trace_id, job.parent_span_id) == (request.trace_id, request.span_id)
    assert attributes(job)["tickbox.job.state"] == "succeeded"
    assert wait_until(lambda: [span for span in traces.spans if span.parent_span_id == job.span_id])


def test_what_the_function_of_a_job_gets_is_the_same_with_traces(empty_queue, traced, traces, do):
    seen = []
    do(lambda work, args: seen.append(args))
    with traced.test_request_context(), traced.app_context():
        traced.preprocess_request()
        service.enqueue("test", {"n": 1})
    with traced.app_context():
        runner.run_all()

    assert seen == [{"n": 1}]


def test_an_unforeseen_error_is_reported_without_anything_of_the_request(make_app, sentry, monkeypatch):
    app = make_app(**sentry.settings)
    client = factories.client(app, factories.user(app))

    def broken(*_, **__):
        secret = CANARY
        raise ValueError(f"bad {secret}")

    monkeypatch.setattr("app.todos.listing.page", broken)

    answer = client.get(f"/todos?q={CANARY}", headers={"X-Request-ID": "mine", "Cookie": f"a={CANARY}", "User-Agent": CANARY})

    wait_until(lambda: sentry.bodies)
    event = json.loads(sentry.bodies[0][1].splitlines()[2])
    assert answer.status_code == 500
    assert event["tags"] == {"request_id": "mine", "route": "/api/v1/todos", "kind": "ValueError"}
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "broken"
    assert client.token not in sentry.text
    assert CANARY not in sentry.text


def test_a_job_that_fails_unforeseen_is_reported(empty_queue, make_app, sentry, do):
    app = make_app(**sentry.settings)
    do(lambda work, args: 1 / 0)
    with app.app_context():
        service.enqueue("test", {})
        runner.run_all()

    wait_until(lambda: sentry.bodies)
    assert "ZeroDivisionError" in sentry.text


def test_what_is_foreseen_is_not_reported(make_app, sentry):
    app = make_app(**sentry.settings)

    app.test_client().get("/api/v1/todos")
    app.test_client().get("/nowhere")
    with app.app_context():
        app.extensions["errors"].client.flush(1)

    assert sentry.bodies == []


def start(code, tmp_path, **settings):
    """Run a piece of Python in a process of its own."""
    given = environment({"INSTANCE_PATH": str(tmp_path), **settings})
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_of_them_is_imported_where_they_are_not_set(tmp_path):
    code = "import sys, wsgi; print([name for name in sys.modules if name.startswith(('opentelemetry', 'sentry_sdk'))])"

    assert start(code, tmp_path).stdout == "[]\n"


@pytest.mark.parametrize(
    ("setting", "value", "package"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", "opentelemetry"),
        ("SENTRY_DSN", "http://public@127.0.0.1:9/7", "sentry_sdk"),
    ],
)
def test_the_service_does_not_start_without_the_package_that_a_setting_needs(tmp_path, setting, value, package):
    hidden = f"import sys; sys.modules['{package}'] = None; import wsgi"

    run = start(hidden, tmp_path, **{setting: value})

    assert run.returncode == 1
    assert f"{setting}: needs the package" in run.stderr
    assert 'pipenv sync --categories "packages extras"' in run.stderr
    assert "public" not in run.stderr

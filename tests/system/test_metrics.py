"""/metrics: who may read it, and that it counts right over all processes."""

import os
import signal
from pathlib import Path

import pytest
import requests
from billiard.exceptions import SoftTimeLimitExceeded
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, update

from app.core.database import engine, execute, transaction
from app.core.types import now
from app.extensions import db
from app.jobs import runner, service
from app.jobs.kinds import KINDS, Kind
from app.jobs.models import Job
from tests.live import wait_until


def samples(text):
    """The values by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def value(anonymous):
    """`value("tickbox_requests_total", route="/healthz", ...)`: what /metrics says now; 0 where it says nothing."""
    return lambda name, **labels: samples(anonymous.get("/metrics").text).get((name, frozenset(labels.items())), 0.0)


def test_a_request_is_counted_by_method_route_and_status(client, value):
    labels = {"method": "GET", "route": "/api/v1/todos/<todo_id>", "status": "404"}
    before = value("tickbox_requests_total", **labels)

    client.get("/todos/0199f0b2-0000-7000-8000-000000000000")

    assert value("tickbox_requests_total", **labels) == before + 1


def test_time_and_statements_of_a_request_are_counted_by_route(client, value):
    names = ("tickbox_request_seconds_count", "tickbox_request_statements_count", "tickbox_request_statements_sum")
    before = [value(name, route="/api/v1/tags") for name in names]

    client.get("/tags")

    after = [value(name, route="/api/v1/tags") for name in names]
    assert [after[0] - before[0], after[1] - before[1]] == [1, 1]
    assert 1 <= after[2] - before[2] <= 5


def test_a_stranger_cannot_make_a_series(anonymous, value):
    anonymous.open("/nowhere-4711", method="BREW")

    text = anonymous.get("/metrics").text
    assert "nowhere-4711" not in text
    assert "BREW" not in text
    assert value("tickbox_requests_total", method="other", route="unknown", status="404") >= 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_machine_itself_may_read_metrics(anonymous, address):
    answer = anonymous.get("/metrics", environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "", "nonsense"])
def test_others_may_not(anonymous, address):
    answer = anonymous.get("/metrics", environ_base={"REMOTE_ADDR": address})

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_a_network_may_be_let_in(make_app):
    client = make_app(METRICS_ALLOW="192.0.2.0/24").test_client()

    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.77"}).status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 403


def test_nobody_gets_in_by_a_forged_address(anonymous):
    answer = anonymous.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, environ_base={"REMOTE_ADDR": "192.0.2.1"})

    assert answer.status_code == 403


def test_connections_at_work_are_counted(app, value):
    before = value("tickbox_database_connections_in_use")

    with app.app_context(), engine().connect():
        during = value("tickbox_database_connections_in_use")

    assert (during - before, value("tickbox_database_connections_in_use")) == (1, before)


def test_a_connection_that_does_not_become_free_is_counted(make_app):
    app = make_app(THREADS="1")
    client = app.test_client()
    with app.app_context():
        engine().pool._timeout = 0.01
        with engine().connect(), engine().connect():
            assert client.get("/api/v1/todos", headers={"Authorization": "Bearer tbx_x.y"}).status_code in (401, 503)
            text = client.get("/metrics").text

    assert samples(text)["tickbox_database_connection_timeouts_total", frozenset()] >= 1
    assert "tickbox_database_up" not in text


def test_without_the_database_metrics_say_so(make_app, tmp_path):
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/app.db")

    found = samples(app.test_client().get("/metrics").text)

    assert found["tickbox_database_up", frozenset()] == 0
    assert ("tickbox_build_info", frozenset({("version", "1.0.0")})) in found


def test_the_queue_is_shown_with_the_age_of_its_oldest(lone_app):
    value = samples
    with lone_app.app_context():
        with transaction():
            service.enqueue("thumbnails", {}), service.enqueue("thumbnails", {})
        execute(update(Job).values(run_after=now().replace(year=2020)))

        found = value(lone_app.test_client().get("/metrics").text)

    assert found["tickbox_jobs_waiting", frozenset({("kind", "thumbnails")})] == 2
    assert found["tickbox_jobs_oldest_wait_seconds", frozenset()] > 86_400


def test_a_job_is_counted_by_how_it_ended(lone_app):
    client = lone_app.test_client()
    with lone_app.app_context(), transaction():
        service.enqueue("thumbnail", {"attachment_id": "0199f0b2-0000-7000-8000-000000000000"})
    with lone_app.app_context():
        runner.run_next()

    found = samples(client.get("/metrics").text)
    ended = {key: number for key, number in found.items() if key[0] == "tickbox_jobs_ended_total" and number}
    assert sum(ended.values()) == 1
    assert found["tickbox_job_seconds_count", frozenset({("kind", "thumbnail")})] == 1


def test_a_job_whose_time_is_up_at_its_very_end_is_counted_as_failed(lone_app, monkeypatch):
    def function(work, args):
        with transaction():
            work.finish()
            raise SoftTimeLimitExceeded

    monkeypatch.setitem(KINDS, "test", Kind("test", function, None))
    with lone_app.app_context():
        service.enqueue("test", {})
        runner.run_next()

    found = samples(lone_app.test_client().get("/metrics").text)

    assert {key: number for key, number in found.items() if key[0] == "tickbox_jobs_ended_total" and number} == {
        ("tickbox_jobs_ended_total", frozenset({("kind", "test"), ("state", "failed")})): 1
    }


def test_the_queue_is_read_by_its_indexes(lone_app):
    with lone_app.app_context():
        asked = []
        event.listen(db.engine, "before_cursor_execute", lambda c, cursor, statement, *_: asked.append(statement))
        lone_app.test_client().get("/metrics")
        plans = []
        with engine().connect() as connection:
            for statement in (text for text in list(asked) if "FROM jobs" in text):
                how = "EXPLAIN QUERY PLAN " if engine().dialect.name == "sqlite" else "EXPLAIN "
                if engine().dialect.name != "sqlite":
                    connection.exec_driver_sql("SET enable_seqscan = off")
                plans.append(str(connection.exec_driver_sql(how + statement).all()))

    assert "ix_jobs_queued" in plans[0]
    assert "ix_jobs_running" in plans[1]


def workers(server):
    """The ids of Gunicorn's worker processes: not the caretaker's."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(child) for child in children if b"gunicorn" in command_of(child)]


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return b""


def test_requests_to_all_processes_are_counted_exactly_also_when_one_is_killed(make_live_server):
    server = make_live_server(WEB_CONCURRENCY="3")
    key = ("tickbox_requests_total", frozenset({"method": "GET", "route": "/healthz", "status": "200"}.items()))

    def ask(times):
        for _ in range(times):
            assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200

    ask(60)
    slots = len(list((server.instance / "metrics").glob("counter*")))
    victim = workers(server)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in workers(server) and len(workers(server)) >= 3)
    ask(60)

    assert samples(requests.get(f"{server.url}/metrics", timeout=5).text)[key] == 120
    assert slots >= 2, "one process took all requests"
    assert len(list((server.instance / "metrics").glob("counter*"))) <= slots + 3

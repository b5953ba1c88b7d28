"""Jobs as their owner sees them."""

from __future__ import annotations

import io
import json
import logging
from datetime import timedelta

import pytest
from flask import g
from sqlalchemy import select, update

from app.core.database import execute, fetch_one, transaction
from app.core.identity import me
from app.core.logging import JsonFormatter
from app.core.problems import Invalid, Unavailable
from app.core.types import now
from app.jobs import relay, runner, scheduler, service
from app.jobs.kinds import KINDS, Kind
from app.jobs.models import Job
from app.jobs.scheduler import SteadyScheduler
from app.jobs.work import Superseded
from app.lists.models import List
from app.users import service as accounts
from tests import factories
from tests.arrange import find, unknown, walk


@pytest.fixture
def lone(lone_app):
    """An app whose jobs nobody else does."""
    with lone_app.app_context():
        yield lone_app


@pytest.fixture
def do(monkeypatch):
    """`do(function)`: lets a function do the jobs of the kind "test"."""
    return lambda function: monkeypatch.setitem(KINDS, "test", Kind("test", function, None))


@pytest.fixture
def job(app, account):
    """A job of the client's account that waits."""
    with app.app_context():
        return service.enqueue("test", {}, user_id=account.id).id


def put(**options):
    """A new job of the kind "test"."""
    return service.enqueue("test", {}, **options).id


def row(job_id):
    return fetch_one(select(Job).where(Job.id == job_id))


def test_a_job_that_waits_shows_all_of_its_fields(client, job):
    shown = client.get(f"/jobs/{job}").json

    assert {**shown, "created_at": None} == {
        "id": job, "kind": "test", "state": "queued", "progress": 0, "total": None, "processed": 0, "message": None, "result": None,
        "error": None, "created_at": None, "started_at": None, "finished_at": None,
    }  # fmt: skip


def test_a_strangers_job_is_not_there(client, stranger, job):
    assert stranger.get(f"/jobs/{job}").status_code == 404
    assert stranger.delete(f"/jobs/{job}").status_code == 404
    assert find(stranger, "/jobs") == []
    assert client.get(f"/jobs/{job}").json["state"] == "queued"


def test_jobs_are_listed_with_the_newest_first(app, client, account):
    with app.app_context():
        made = [put(user_id=account.id) for _ in range(5)]

    assert [each["id"] for each in walk(client, "/jobs", limit=2)] == made[::-1]


@pytest.mark.parametrize(
    ("query", "found"), [({"state": "queued"}, 1), ({"state": "failed"}, 0), ({"kind": "test"}, 1), ({"kind": "x"}, 0)]
)
def test_jobs_are_found_by_state_and_kind(client, job, query, found):
    assert len(find(client, "/jobs", **query)) == found


def test_a_job_of_the_service_itself_is_shown_to_nobody(app, client, admin):
    with app.app_context():
        job_id = put()

    assert [who.get(f"/jobs/{job_id}").status_code for who in (client, admin)] == [404, 404]


def test_a_job_that_waits_and_is_cancelled_never_begins(client, job):
    assert client.delete(f"/jobs/{job}").status_code == 204

    shown = client.get(f"/jobs/{job}").json
    assert (shown["state"], shown["started_at"]) == ("cancelled", None)
    assert shown["finished_at"] is not None


def test_a_job_can_be_cancelled_twice(client, job):
    assert [client.delete(f"/jobs/{job}").status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_job_that_has_ended_cannot_be_cancelled(app, client, job, state):
    with app.app_context():
        execute(update(Job).where(Job.id == job).values(state=state))

    answer = client.delete(f"/jobs/{job}")

    assert (answer.status_code, answer.json["detail"]) == (409, f"The job has {state} already.")


def test_a_job_that_does_not_exist_is_not_found(client):
    job_id = unknown()

    assert client.get(f"/jobs/{job_id}").json["detail"] == f"Job {job_id} doesn't exist"


def test_a_job_is_done_with_the_rights_of_its_owner(lone, do):
    account = factories.user(lone)
    do(lambda work, args: {"by": me().user_id})
    job_id = put(user_id=account.id)

    runner.run_all()

    assert row(job_id).result == {"by": account.id}


def test_the_id_of_the_request_stands_in_the_log_of_its_job(lone, do, monkeypatch):
    do(lambda work, args: None)
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    log = logging.Logger("jobs")
    log.addHandler(handler)
    monkeypatch.setattr(runner, "log", log)
    g.request_id = "from-a-client"
    job_id = put()

    runner.run_all()

    line = next(line for line in map(json.loads, lines.getvalue().splitlines()) if line.get("job") == job_id)
    assert (line["request_id"], line["kind"], line["attempt"], line["succeeded"]) == ("from-a-client", "test", 1, True)


def test_progress_is_seen_while_the_job_runs(lone, do):
    seen = []

    def function(work, args):
        work.step(5, total=20, message="reading")
        seen.append(row(work.job_id))

    do(function)
    put()
    runner.run_all()

    assert [(each.state, each.processed, each.total, each.message) for each in seen] == [("running", 5, 20, "reading")]


def test_a_job_that_runs_stops_at_its_next_step_and_leaves_nothing_half_done(lone, do):
    account = factories.user(lone)

    def function(work, args):
        service.call_off(row(work.job_id))
        with transaction():
            execute(update(List).where(List.id == account.inbox_id).values(name="half done"))
            work.finish()

    do(function)
    job_id = put()
    runner.run_all()

    assert row(job_id).state == "cancelled"
    assert execute(select(List.name).where(List.id == account.inbox_id)).scalar_one() == "Inbox"


def test_an_attempt_that_comes_too_late_has_no_effect(lone, do):
    account = factories.user(lone)

    def function(work, args):
        execute(update(Job).where(Job.id == work.job_id).values(attempts=work.attempt + 1))  # as another worker would
        with pytest.raises(Superseded), transaction():
            execute(update(List).where(List.id == account.inbox_id).values(name="too late"))
            work.finish()
        raise Superseded

    do(function)
    job_id = put()
    runner.run_next()

    assert (row(job_id).state, row(job_id).attempts) == ("running", 2)
    assert execute(select(List.name).where(List.id == account.inbox_id)).scalar_one() == "Inbox"


def test_what_was_asked_for_wrongly_fails_at_once_and_says_why(lone, do):
    def function(work, args):
        raise Invalid({"file": ["Not a calendar."]})

    do(function)
    job_id = put()
    runner.run_all()

    assert (row(job_id).state, row(job_id).attempts, row(job_id).error) == ("failed", 1, "Not a calendar.")


@pytest.mark.parametrize("error", [ValueError("secret"), Unavailable(), OSError(28, "No space left on device")])
def test_what_may_pass_is_tried_again_later_and_five_times_in_all(lone, do, error):
    def function(work, args):
        raise error

    do(function)
    job_id = put()
    for wait in (10, 60, 600, 3600):
        before, later = now(), timedelta(seconds=wait)
        assert runner.run_next()
        assert before + later <= row(job_id).run_after <= now() + later
        execute(update(Job).where(Job.id == job_id).values(run_after=now()))
    assert runner.run_next()

    assert not runner.run_next()
    assert row(job_id).state == "failed"
    assert row(job_id).error.startswith("It failed 5 times.")
    assert "secret" not in row(job_id).error


def test_a_cancelled_job_that_breaks_off_is_not_tried_again(lone, do):
    def function(work, args):
        service.call_off(row(work.job_id))
        raise Unavailable

    do(function)
    job_id = put()
    runner.run_next()

    assert (row(job_id).state, row(job_id).error) == ("cancelled", None)


def test_nobody_waits_for_all_that_one_account_asks_for(lone, do):
    busy, other = factories.user(lone), factories.user(lone)
    begun = []
    do(lambda work, _: begun.append(work.user_id))
    for asking in (busy, busy, busy, other):
        put(user_id=asking.id)
    put()

    runner.run_all()

    assert begun == [busy.id, other.id, busy.id, None, busy.id]


def test_there_is_one_job_for_a_key_ever(lone, do):
    do(lambda work, args: None)
    first = service.enqueue("test", {}, key="reminder:1")
    runner.run_all()

    assert service.enqueue("test", {}, key="reminder:1") is None
    assert row(first.id).state == "succeeded"


def test_a_job_of_a_request_that_fails_was_never_asked_for(lone):
    with pytest.raises(RuntimeError), transaction():
        job_id = put()
        raise RuntimeError

    assert row(job_id) is None


def test_a_job_of_an_account_that_is_disabled_is_cancelled(lone, do):
    account = factories.user(lone, active=False)
    do(lambda work, args: None)
    job_id = put(user_id=account.id)
    runner.run_all()

    assert row(job_id).state == "cancelled"


def test_a_job_that_runs_stops_when_its_account_is_disabled(lone, do):
    account = factories.user(lone)

    def work_on(work, args):
        accounts.change_account(account.id, {"active": False})
        work.step(1)

    do(work_on)
    job_id = put(user_id=account.id)
    runner.run_all()

    assert row(job_id).state == "cancelled"


@pytest.mark.parametrize(("attempts", "state"), [(1, "queued"), (4, "queued"), (5, "failed")])
def test_a_job_without_a_sign_of_life_waits_again_and_is_given_up_after_five(lone, attempts, state):
    job_id = put()
    long_ago = now() - timedelta(seconds=31)
    execute(update(Job).where(Job.id == job_id).values(state="running", attempts=attempts, heartbeat_at=long_ago))

    relay.relay()

    assert row(job_id).state == state


def test_a_job_that_gives_signs_of_life_is_left_alone(lone):
    job_id = put()
    execute(update(Job).where(Job.id == job_id).values(state="running", attempts=1, heartbeat_at=now() - timedelta(seconds=29)))

    relay.relay()

    assert row(job_id).state == "running"


def test_where_the_clock_was_set_back_no_job_waits_until_it_is_as_late_again(lone):
    new, begun = put(), put()
    later = now() + timedelta(hours=1)
    execute(update(Job).where(Job.id == new).values(run_after=later))
    execute(update(Job).where(Job.id == begun).values(state="running", attempts=1, heartbeat_at=later))

    relay.relay()

    assert row(new).run_after <= now()
    assert (row(begun).state, row(begun).run_after <= now()) == ("queued", True)


def test_a_job_that_waits_for_its_next_attempt_goes_on_waiting(lone):
    job_id = put()
    later = now() + timedelta(hours=1)
    execute(update(Job).where(Job.id == job_id).values(attempts=4, run_after=later))

    relay.relay()

    assert row(job_id).run_after == later


def test_where_the_broker_refuses_the_scheduler_it_goes_on(lone, monkeypatch):
    sent, refusals = [], [OSError("amqp://user:secret@host refused"), OSError("refused")]
    lines = io.StringIO()
    monkeypatch.setattr(logging.getLogger("app"), "handlers", [logging.StreamHandler(lines)])

    class Refusing(SteadyScheduler):
        @property
        def producer(self):
            if refusals:
                raise refusals.pop()

    beat = Refusing(lone.extensions["celery"], lazy=True)
    beat.setup_schedule()
    monkeypatch.setattr(beat, "apply_entry", lambda entry, **_: sent.append(entry.name))
    for entry in beat.schedule.values():
        entry.last_run_at = now() - timedelta(days=2)

    assert [beat.tick(), beat.tick()] == [scheduler.RETRY_SECONDS] * 2
    while beat.tick() == 0:
        pass
    assert set(sent) == set(beat.schedule)
    assert lines.getvalue() == "the broker cannot be told what is due: OSError\n" * 2


def test_a_line_tells_what_the_broker_did_not_take_without_what_it_said(lone, monkeypatch):
    beat = SteadyScheduler(lone.extensions["celery"], lazy=True)
    beat.setup_schedule()
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    for name in ("app", "celery"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [handler])

    def refuse(*_, **__):
        raise OSError(111, "secret")

    monkeypatch.setattr(type(beat.app.tasks["jobs.relay"]), "apply_async", refuse)

    beat.apply_entry(beat.schedule["jobs.relay"])

    (found,) = map(json.loads, lines.getvalue().splitlines())
    assert found["message"] == "the broker was not told of jobs.relay: ConnectionRefusedError (111)"
    assert "exception" not in found


def test_where_the_clock_was_set_back_the_scheduler_goes_on(lone, monkeypatch):
    sent, hours = [], 1.0
    beat = SteadyScheduler(lone.extensions["celery"], lazy=True)
    beat.setup_schedule()

    def clock():
        return now() + timedelta(hours=hours)

    monkeypatch.setattr(beat, "apply_entry", lambda entry, **_: sent.append(entry.name))
    monkeypatch.setattr(type(beat.app), "now", lambda self: clock())
    monkeypatch.setattr(scheduler, "time", lambda: clock().timestamp())
    for entry in beat.schedule.values():
        entry.last_run_at = clock() - timedelta(minutes=5)
    while beat.tick() == 0:
        pass

    hours = 0.0
    beat.tick()
    hours = 0.1
    while beat.tick() == 0:
        pass

    assert sent.count("jobs.relay") == 2


def test_what_a_job_made_is_let_go_after_a_day_and_the_job_after_a_month(lone):
    ended = now() - timedelta(days=30)
    old, recent = put(), put()
    execute(update(Job).where(Job.id == old).values(state="succeeded", expires_at=ended))
    execute(update(Job).where(Job.id == recent).values(state="succeeded", expires_at=ended + timedelta(days=2)))

    assert service.forget() == 1
    assert (row(old), row(recent) is not None) == (None, True)

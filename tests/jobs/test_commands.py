"""`flask jobs`: what an operator does about work in the background."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.core.database import execute
from app.core.types import now
from app.jobs import service
from app.jobs.models import Job
from tests.arrange import unknown


@pytest.fixture
def job(lone_app):
    with lone_app.app_context():
        return service.enqueue("test", {}).id


@pytest.fixture
def run(lone_app):
    """`run("list")`: the exit code and the output of `flask jobs list`."""

    def run(*words):
        done = lone_app.test_cli_runner().invoke(args=["jobs", *words])
        return done.exit_code, done.output

    return run


def change(app, job_id, **values):
    with app.app_context():
        execute(update(Job).where(Job.id == job_id).values(**values))


def state(app, job_id):
    with app.app_context():
        return execute(select(Job.state).where(Job.id == job_id)).scalar_one()


def test_jobs_are_listed_by_state(lone_app, run, job):
    change(lone_app, job, state="failed", attempts=5, error="It took too long.")

    assert run("list", "--state", "failed") == (0, f"{job}\ttest\tfailed\t0%\tattempt 5\tIt took too long.\n")
    assert run("list", "--state", "queued") == (0, "")


@pytest.mark.parametrize("ended", ["failed", "cancelled"])
def test_a_job_that_failed_begins_anew(lone_app, run, job, ended):
    change(lone_app, job, state=ended, attempts=5)

    assert run("retry", job) == (0, f"{job} is queued.\n")
    assert state(lone_app, job) == "queued"


def test_a_job_that_begins_anew_has_come_to_nothing_yet(lone_app, run, job):
    change(lone_app, job, state="failed", result={"errors": []}, started_at=now(), processed=5, total=10, message="Reading the file.")

    run("retry", job)

    with lone_app.app_context():
        columns = (Job.result, Job.started_at, Job.processed, Job.total, Job.message)
        assert execute(select(*columns).where(Job.id == job)).one() == (None, None, 0, None, None)


@pytest.mark.parametrize("job_id", ["01a20459-32c8-7326-9abb-c55e842ba95a", "x"])
def test_what_did_not_fail_cannot_begin_anew(run, job_id):
    assert run("retry", job_id) == (1, f"Error: There is no failed or cancelled job {job_id}.\n")


def test_a_job_is_called_off(lone_app, run, job):
    assert run("cancel", job)[0] == 0
    assert state(lone_app, job) == "cancelled"


def test_a_job_that_has_ended_is_not_called_off(lone_app, run, job):
    change(lone_app, job, state="succeeded")

    assert run("cancel", job) == (1, "Error: The job has succeeded already.\n")


def test_a_job_that_is_not_there_is_not_called_off(run):
    job_id = unknown()

    assert run("cancel", job_id) == (1, f"Error: There is no job {job_id}.\n")

"""Each reminder is sent once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text

from app.core.database import engine, execute, fetch_all, on_sqlite, transaction
from app.core.types import now
from app.jobs.models import Job
from app.mail import reminders
from app.todos.models import Todo
from app.todos.rules import new_todo
from tests import factories
from tests.arrange import make_todo
from tests.mail.post import jobs, run_jobs, written


def remind(app):
    with app.app_context():
        reminders.remind()


def at(offset=0):
    """An instant so many seconds from now, as it is sent."""
    return (now() + timedelta(seconds=offset)).isoformat()


@pytest.fixture
def many(app, people):
    """`many(1000)`: so many todos that are to be reminded of."""
    client = people()

    def make(number, **fields):
        defaults = {"list_id": client.account.inbox_id, "done": False, "priority": 0, "due_on": None, "due_at": None, "notes": None}
        rows = [
            new_todo(
                {**defaults, "task": str(each), "recurrence": None, "tags": [], "remind_at": now(), **fields},
                client.account.id,
                ZoneInfo("UTC"),
            )
            for each in range(number)
        ]
        with app.app_context(), transaction():
            execute(insert(Todo), [{**row, "position": float(place)} for place, row in enumerate(rows)])

    return make


def test_a_reminder_whose_time_has_come_is_mailed_once(app, people):
    client = people()
    make_todo(client, remind_at=at())
    for _ in range(3):
        remind(app)
        run_jobs(app)

    assert len(written(app, client.account.email)) == 1


def test_another_time_reminds_again(app, people):
    client = people()
    todo = make_todo(client, remind_at=at())
    remind(app)
    run_jobs(app)
    client.patch(f"/todos/{todo['id']}", {"remind_at": at()})
    remind(app)
    run_jobs(app)

    assert len(written(app)) == 2


def test_a_clock_that_is_set_back_reminds_nobody_twice(app, people, monkeypatch):
    client = people()
    make_todo(client, remind_at=at())
    remind(app)
    for hours in (-1, 1, 0):
        monkeypatch.setattr(reminders, "now", lambda hours=hours: now() + timedelta(hours=hours))
        remind(app)

    assert len(jobs(app)) == 1


def test_schedulers_at_once_ask_for_each_once(app, many):
    many(1200)
    together = Barrier(4)

    def race(_):
        together.wait()
        remind(app)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(race, range(4)))
    remind(app)

    assert len({job.args["todo_id"] for job in jobs(app)}) == len(jobs(app)) == 1200


def test_workers_at_once_mail_each_once(app, many):
    many(60)
    remind(app)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: run_jobs(app), range(4)))

    assert len(written(app)) == 60
    assert {(job.state, job.attempts) for job in jobs(app)} == {("succeeded", 1)}


def test_one_run_is_bounded(app, many, monkeypatch):
    monkeypatch.setattr(reminders, "MOST", 10)
    monkeypatch.setattr(reminders, "BATCHES", 2)
    many(25)
    remind(app)
    assert len(jobs(app)) == 20

    remind(app)
    assert len(jobs(app)) == 25


def test_a_run_that_breaks_off_forgets_nobody(app, many, monkeypatch):
    many(3)

    def break_off(*_, **__):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(reminders, "update", break_off)
        with pytest.raises(RuntimeError):
            remind(app)
    assert jobs(app) == []

    remind(app)
    assert len(jobs(app)) == 3


def test_looking_for_reminders_takes_the_index_that_holds_those_alone(app, many):
    many(2000, remind_at=None)
    many(2000, remind_at=now() + timedelta(days=9))
    many(10)

    with app.app_context():
        execute(text("ANALYZE"))
        statement = reminders.due(500).compile(engine(), compile_kwargs={"literal_binds": True})
        plan = str(fetch_all(text(f"{'EXPLAIN QUERY PLAN' if on_sqlite() else 'EXPLAIN'} {statement}")))
    assert "ix_todos_remind" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_quiet_look_takes_one_statement_and_no_lock(app):
    with factories.statements(app) as seen:
        remind(app)

    assert len(seen) == 1


def test_the_job_is_the_services_own_and_holds_ids_alone(app, people):
    client = people()
    todo = make_todo(client, "a secret plan", remind_at=at())
    remind(app)

    with app.app_context():
        [job] = fetch_all(select(Job))
    assert (job.user_id, job.args["todo_id"], set(job.args)) == (None, todo["id"], {"todo_id", "remind_at"})
    assert client.get("/jobs").json["data"] == []
    assert client.get(f"/jobs/{job.id}").status_code == 404

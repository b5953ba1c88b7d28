"""No accepted job is lost, and each is done once, whatever dies: with real workers, on every broker."""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from app.core.types import now
from app.jobs.bell import send
from tests import factories
from tests.arrange import make_todos
from tests.brokers import BROKERS
from tests.conftest import installation, service
from tests.jobs.live import Queue, Worker
from tests.live import wait_until

JOBS = 300
DEAD_AFTER = float(os.environ.get("TEST_DEAD_AFTER", "3"))  # seconds without a sign of life; 30 in the service, which takes longer
BOUND = 60.0
REMINDERS = 30


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in BROKERS])
def broker(request, tmp_path_factory, migrated):
    with ExitStack() as stack:
        settings = stack.enter_context(installation(migrated, tmp_path_factory))
        folder = settings["INSTANCE_PATH"] if request.param == "folder" else tmp_path_factory.mktemp(request.param)
        found = BROKERS[request.param](type(tmp_path_factory.getbasetemp())(folder))
        stack.callback(found.stop)
        found.start()
        found.app = stack.enter_context(service(**settings | found.settings))
        yield found


@pytest.fixture
def make_worker(broker):
    with ExitStack() as stack:

        def make(**settings):
            worker = Worker(broker.app, DEAD_AFTER)
            worker.environment |= settings
            stack.callback(worker.kill)
            return worker.start()

        yield make


@pytest.fixture
def queue(broker):
    return Queue(broker.app)


def test_a_worker_is_killed_with_its_whole_group_and_started_again(queue, make_worker):
    worker = make_worker()
    queue.put_many(JOBS, seconds=0.05)
    queue.wait_for("succeeded", 20)

    worker.kill()
    make_worker()

    queue.assert_done_once(BOUND)


def test_a_broker_is_killed_and_loses_all_that_it_held(broker, queue, make_worker):
    worker = make_worker()
    queue.put_many(JOBS, seconds=0.02)
    queue.wait_for("succeeded", 20)

    broker.kill()
    queue.put_many(20)
    time.sleep(0.5)  # so long it is away, at least
    broker.start()

    queue.assert_done_once(BOUND)
    assert worker.process.poll() is None


def test_a_broker_hangs_and_nobody_who_asks_for_work_waits(broker, queue, make_worker):
    if not hasattr(broker, "hang"):
        pytest.skip("a folder does not hang")
    make_worker()
    queue.put("probe", seconds=0)
    queue.wait_for("succeeded", 1)
    broker.hang()
    try:
        waits = []
        for _ in range(10):
            begun = time.monotonic()
            queue.put("probe", seconds=0)
            waits.append(time.monotonic() - begun)
            time.sleep(0.3)  # so that messages are sent one by one, and each meets the broker
    finally:
        broker.resume()

    assert max(waits) < 1.5
    queue.assert_done_once(BOUND)


def test_operators_learn_of_a_broker_that_takes_no_messages_while_it_still_hangs(broker):
    if not hasattr(broker, "hang"):
        pytest.skip("a folder does not hang")
    bell = broker.app.extensions["bell"]
    send(bell.celery)
    before = bell.failures

    def is_told():
        """a failure is counted"""
        bell.ring()
        return bell.failures > before

    broker.hang()
    try:
        wait_until(is_told)
    finally:
        broker.resume()


def test_a_worker_that_the_broker_refuses_asks_again_in_peace(broker, make_worker):
    if not broker.app.config["BROKER_URL"].startswith("amqp"):
        pytest.skip("only RabbitMQ lets somebody connect and then refuses them")
    make_worker(BROKER_URL=broker.app.config["BROKER_URL"].removesuffix("/") + "nowhere")
    log = Path(broker.app.config["INSTANCE_PATH"]) / "worker.log"
    consumer = "celery.worker.consumer.consumer"

    def refusals():
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        return [
            datetime.fromisoformat(line["time"])
            for line in map(json.loads, lines)
            if line["logger"] == consumer and "nowhere" in line["message"]
        ]

    wait_until(lambda: len(refusals()) >= 3, 30)

    first, _, third = refusals()[:3]
    assert (third - first).total_seconds() > 3


def test_a_broker_that_comes_back_gets_the_messages_of_those_that_knew_it_before(broker, queue):
    bell = broker.app.extensions["bell"]
    send(bell.celery)

    broker.kill()
    broker.start()

    send(bell.celery)  # raises where the lost connection stays lost


def test_an_api_dies_between_the_commit_and_the_message(broker, queue, make_worker, monkeypatch):
    make_worker()
    monkeypatch.setattr(type(broker.app.extensions["bell"]), "ring", lambda self: None)
    queue.put_many(20)

    queue.assert_done_once(BOUND)


def test_a_job_that_kills_its_worker_each_time_fails_after_five_attempts_while_the_others_flow(queue, make_worker):
    make_worker()
    queue.put("deadly")
    queue.put_many(50, seconds=0.05)

    queue.wait_for("succeeded", 50, BOUND)
    queue.wait_for("failed", 1, 2 * BOUND)  # five workers have to be missed, and begun anew

    assert queue.job(0).attempts == 5
    assert queue.job(0).error == "Its worker died 5 times while doing it."


def test_two_workers_and_two_schedulers_do_each_job_once(queue, make_worker):
    make_worker(), make_worker()
    queue.put_many(JOBS)

    queue.assert_done_once(BOUND)


def test_two_workers_and_two_schedulers_send_each_reminder_once(broker, make_worker):
    client = factories.client(broker.app, factories.user(broker.app))
    make_worker(), make_worker()
    make_todos(client, *({"task": f"reminder {number}", "remind_at": now().isoformat()} for number in range(REMINDERS)))
    folder = Path(broker.app.config["INSTANCE_PATH"]) / "mail"

    def sent():
        return [re.search("reminder [0-9]+", mail.read_text())[0] for mail in folder.glob("*.eml")]

    wait_until(lambda: len(set(sent())) == REMINDERS, BOUND)

    assert len(sent()) == REMINDERS


def test_a_worker_that_is_asked_to_end_finishes_what_it_does(queue, make_worker):
    worker = make_worker()
    queue.put("probe", seconds=2)
    queue.wait_for("running")

    assert worker.stop() == 0

    assert queue.states() == {"succeeded": 1}

"""Faults of workers, and of the brokers that wake them."""

from __future__ import annotations

import time

import redis

from tests.faults.journal import clock
from tests.faults.servers import wait_for
from tests.faults.stack import kill
from tests.faults.suite import fault
from tests.faults.trial import Trial
from tests.jobs.live import Queue

WITHIN = 60.0
REVOKED_WITHIN = 5.0


@fault(4, "workers killed: mid-task, the whole group, between effect and acknowledgement")
def workers_of_jobs_are_killed(trial: Trial) -> None:
    queue = trial.queue()
    with trial.load():
        queue.put("faults.last_words")
        queue.put("faults.effect_undone")
        _kill_mid_task(trial, queue, trial.stack.job_processes)
        _kill_mid_task(trial, queue, lambda: [trial.stack.pid("worker"), *trial.stack.job_processes()])
        trial.mended(within=5)
        began = clock()
    _expect_done_once(trial, queue, began)


@fault(12, "a job that kills its worker every time (6 s without a sign of life for 30)", variables=lambda _: {"FAULTS_DEAD_AFTER": "6"})
def a_job_is_deadly(trial: Trial) -> None:
    deadly, others = trial.queue(), trial.queue()
    with trial.load(writers=1, readers=1):
        deadly.put("faults.deadly")
        for _ in range(30):
            others.put("faults.slow", seconds=0.2)
        trial.expect(_is_within(others, "succeeded", 30, WITHIN), f"others do not flow: {others.states()}")
        trial.expect(_is_within(deadly, "failed", 1, 2 * WITHIN), f"the deadly one does not end: {deadly.states()}")
    job = deadly.job()
    trial.note(f"failed after {job.attempts} attempts")
    trial.expect(job.attempts == 5 and job.error, f"it ended after {job.attempts} attempts: {job.error}")
    _require_effects_once(trial, others)


@fault(6, "Redis (limits and broker) hung, killed, flushed, full", broker="redis")
def redis_is_away(trial: Trial) -> None:
    server, queue = trial.servers.redis, trial.queue()
    with trial.load():
        leaving, disabled, admin = trial.client().log_in(), trial.client().log_in(), _admin(trial)
        server.hang()
        _put(queue, 5, seconds=4)
        server.resume()
        server.kill()
        _put(queue, 5, seconds=1)
        _expect_revocations(trial, leaving, disabled, admin)
        server.start()
        with redis.Redis.from_url(server.url) as connection:
            _put(queue, 5, seconds=1)
            connection.flushall()
            _put(queue, 5, seconds=1)
            connection.config_set("maxmemory", "1")
            _put(queue, 5, seconds=4)
            connection.config_set("maxmemory", "0")
        trial.mended(within=5)
        began = clock()
        trial.expect(wait_for(lambda: _is_limited(trial), 10), "requests are not counted again")
    _expect_unharmed(trial)
    _expect_failures_are_counted(trial)
    _expect_done_once(trial, queue, began)


@fault(7, "RabbitMQ hung, killed")
def rabbitmq_is_away(trial: Trial) -> None:
    server, queue = trial.servers.rabbitmq, trial.queue()
    with trial.load():
        times = [clock()]
        time.sleep(5)
        times.append(clock())
        server.hang()
        _put(queue, 5, seconds=5)
        server.resume()
        server.kill()
        _put(queue, 5, seconds=3)
        times.append(clock())
        server.start()
        trial.mended(within=5)
        began = clock()
    before, during = trial.journal.p99(times[0], times[1]), trial.journal.p99(times[1], times[2])
    trial.note(f"p99 {before * 1000:.0f} ms before, {during * 1000:.0f} ms meanwhile")
    trial.expect(during < 2 * before + 0.25, f"p99 was {before:.2f} s, and {during:.2f} s without RabbitMQ")
    _expect_unharmed(trial)
    _expect_done_once(trial, queue, began)


def _kill_mid_task(trial: Trial, queue: Queue, victims) -> None:
    queue.put("faults.slow", seconds=2)
    trial.expect(wait_for(lambda: queue.job().state == "running", WITHIN), "no worker takes a job")
    time.sleep(0.3)
    kill(*victims())


def _put(queue: Queue, many: int, seconds: float) -> None:
    """Ask for jobs over so many seconds."""
    for _ in range(many):
        queue.put("faults.slow", seconds=0.1)
        time.sleep(seconds / many)


def _is_within(queue: Queue, state: str, many: int, seconds: float) -> bool:
    return wait_for(lambda: queue.states().get(state, 0) >= many, seconds)


def _expect_done_once(trial: Trial, queue: Queue, began: float) -> None:
    done = _is_within(queue, "succeeded", len(queue.ids), WITHIN - (clock() - began))
    trial.note(f"jobs done {clock() - began:.0f} s after")
    trial.expect(done, f"jobs are not done within {WITHIN:g} s: {queue.states()}")
    _require_effects_once(trial, queue)


def _require_effects_once(trial: Trial, queue: Queue) -> None:
    """No job was done twice, and none that says so was not done."""
    succeeded = queue.states().get("succeeded", 0)
    effects = queue.effects()
    trial.require(set(effects.values()) <= {1}, "a job was done more than once")
    trial.require(len(effects) >= succeeded, "a job succeeded without effect")


def _expect_unharmed(trial: Trial) -> None:
    failed = trial.failed()
    trial.expect(not failed, f"{len(failed)} requests failed: {'; '.join(map(str, failed[:3]))}")


def _admin(trial: Trial):
    client = trial.client().log_in()
    trial.servers.postgresql.ask(f"UPDATE users SET role = 'admin' WHERE id = '{client.account['id']}' RETURNING id")
    return client.log_in_again()


def _expect_revocations(trial: Trial, leaving, disabled, admin) -> None:
    """A session that ended and an account that was disabled are known everywhere in time."""
    trial.expect(leaving.insist("POST", "/auth/logout").status_code == 204, "nobody can log out")
    off = admin.insist("PATCH", f"/users/{disabled.account['id']}", json={"active": False})
    trial.expect(off.status_code == 200, f"nobody can be disabled: {off.text}")
    time.sleep(REVOKED_WITHIN)
    for client in (leaving, disabled):
        statuses = {client.send("GET", "/me").status_code for _ in range(16)}  # of each process, some
        trial.require(200 not in statuses, f"a revoked credential is taken after {REVOKED_WITHIN:g} s")
        trial.expect(statuses == {401}, f"a revoked credential is answered {statuses} after {REVOKED_WITHIN:g} s")


def _is_limited(trial: Trial) -> bool:
    answer = trial.client().send("GET", "/me")
    return answer is not None and "RateLimit" in answer.headers


def _expect_failures_are_counted(trial: Trial) -> None:
    answer = trial.client().session.get(f"{trial.stack.url}/metrics", timeout=10)
    if answer.status_code != 200:
        trial.note("no /metrics to ask")
        return
    counts = [float(line.split()[-1]) for line in answer.text.splitlines() if line.startswith("tickbox_limiter_failures_total")]
    trial.expect(sum(counts) > 0, "the metric of the limiter counts no failure")

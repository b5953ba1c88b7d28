"""Faults of the processes that answer requests."""

from __future__ import annotations

import random
import signal
import time

from tests.faults.servers import wait_for
from tests.faults.stack import INSTANCES, children, kill, mean, resident
from tests.faults.suite import fault
from tests.faults.trial import Trial

PATIENCE = 90.0  # seconds, for what nobody has promised to be quick: code is loaded twice at each reload


@fault(1, "Gunicorn workers killed (-9) 20 times")
def workers_are_killed(trial: Trial) -> None:
    with trial.load():
        for _ in range(20):
            kill(random.choice(wait_for(trial.stack.workers, 5)))
            time.sleep(0.4)
        trial.mended(within=5)
    _expect_reads_unharmed(trial)


@fault(2, "a Gunicorn master killed, then the other one")
def a_master_is_killed(trial: Trial) -> None:
    with trial.load():
        for name in INSTANCES:
            master = trial.stack.pid(name)
            kill(master)
            trial.mended(within=5)
            trial.expect(wait_for(lambda: _has_successor(trial, name, master), PATIENCE), f"{name} did not begin anew")  # noqa: B023
            time.sleep(1)
    _expect_reads_unharmed(trial)


@fault(3, "reload (HUP): 5 times each of two Gunicorns, once the whole stack")
def it_is_reloaded(trial: Trial) -> None:
    with trial.load(writers=2, readers=2):
        before = _masters_memory(trial)
        for _ in range(5):
            old = trial.stack.workers()
            for name in INSTANCES:
                kill(trial.stack.pid(name), number=signal.SIGHUP)
            trial.expect(wait_for(lambda: not set(old) & set(trial.stack.workers()), PATIENCE), f"a reload was not done in {PATIENCE:g} s")  # noqa: B023
        after = _masters_memory(trial)
        trial.note(f"memory of a master {before:.0f} MiB, then {after:.0f}")
        trial.expect(after < before + 20, f"old code stays in memory: {before:.0f} MiB before, {after:.0f} after")
        worker = trial.stack.pid("worker")
        kill(trial.stack.process.pid, number=signal.SIGHUP)
        trial.expect(wait_for(lambda: trial.stack.pid("worker") != worker, PATIENCE), "the worker did not take up new code")
        trial.mended(within=5)
    failed = trial.failed()
    trial.expect(not failed, f"{len(failed)} requests failed: {'; '.join(map(str, failed[:3]))}")


def _expect_reads_unharmed(trial: Trial) -> None:
    failed = trial.failed("GET")
    trial.note(f"GET failed {len(failed)}, others {len(trial.failed()) - len(failed)}, which came through on retry")
    trial.expect(not failed, f"{len(failed)} reads failed: {'; '.join(map(str, failed[:3]))}")


def _masters_memory(trial: Trial) -> float:
    return mean(resident(trial.stack.pid(name)) for name in INSTANCES)


def _has_successor(trial: Trial, name: str, master: int) -> bool:
    return trial.stack.pid(name) != master and bool(children(trial.stack.pid(name)))

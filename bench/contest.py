"""The contest: all services run at once on the same rows, and are measured in turn, round by round."""

from __future__ import annotations

import multiprocessing
import secrets
import signal
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import generator
from bench.checks import check
from bench.contestants import CONTESTANTS, Service
from bench.database import database
from bench.environments import HOME, environment_of
from bench.operations import OPERATIONS, plans
from bench.people import People
from bench.progress import Progress, say
from bench.summary import quantile

WARM_UP = 0.4  # of a run's length
AROUND = 0.25  # seconds that a run takes beside its load
PREPARING, PER_TODO = 60, 0.0004  # seconds: for starting and checking all, and for each todo


@dataclass(frozen=True)
class Level:
    """How many connections, how many rounds beside the one that warms up, and how many seconds a run."""

    connections: int
    rounds: int
    seconds: float

    def runs(self):
        """The lengths of one contestant's runs of one operation."""
        return [self.seconds * WARM_UP, *[self.seconds] * self.rounds]


def takes_part(name, operation):
    return not (CONTESTANTS[name].only_reads and OPERATIONS[operation].writes)


def run_seconds(operation, connections, seconds):
    """How long a run takes from its plans to its last answer."""
    return seconds + AROUND + connections * OPERATIONS[operation].seconds


def measuring_seconds(names, operations, levels):
    """How long the runs of all levels will take."""
    return sum(
        run_seconds(operation, level.connections, seconds)
        for level in levels
        for seconds in level.runs()
        for operation in operations
        for name in names
        if takes_part(name, operation)
    )


def estimate(names, operations, levels, todos):
    """How many seconds the whole bench will take, once the rivals are installed."""
    return PREPARING + todos * PER_TODO + measuring_seconds(names, operations, levels)


class Contest:
    """Services that run and have been found to give the same answers."""

    def __init__(self, services, people, base, sender):
        self.services, self.people, self.database, self.sender = services, people, base, sender
        self.turn = 0

    def measure(self, operations, levels):
        """The records of all rounds, as `bench.summary` describes them."""
        progress = Progress(measuring_seconds([service.name for service in self.services], operations, levels))
        records = []
        for level in levels:
            for number, seconds in enumerate(level.runs()):
                self.database.tidy()
                for operation in operations:
                    for service in self._in_turn(operation):
                        what = f"round {number} of {level.rounds}" if number else "warming up"
                        progress.tell(f"{level.connections} connections, {what}: {OPERATIONS[operation].title}, {service.name}")
                        measured = self._run(service, operation, level.connections, seconds)
                        if number:
                            where = {"connections": level.connections, "round": number}
                            records.append({**where, "operation": operation, "contestant": service.name, **measured})
                        progress.step(run_seconds(operation, level.connections, seconds))
        progress.end()
        return records

    def _in_turn(self, operation):
        """Those who take part, each time another one first."""
        self.turn += 1
        fit = [service for service in self.services if takes_part(service.name, operation)]
        first = self.turn % len(fit) if fit else 0
        return fit[first:] + fit[:first]

    def _run(self, service, operation, connections, seconds):
        sent = plans(operation, self.people, connections)
        application, stored = service.cpu(), self.database.cpu()
        try:
            outcome = self.sender.submit(generator.run, service.port, sent, seconds).result()
        except generator.Failed as failure:
            raise SystemExit(f"\n{service.name}, {operation}: {failure}\n\nThe end of its log:\n{service.last_words()}") from None
        application = service.cpu() - application
        stored = None if stored is None else self.database.cpu() - stored
        ordered, many = sorted(outcome.latencies), len(outcome.latencies)
        return {
            "requests": many,
            "rate": many / outcome.seconds,
            "p50": quantile(ordered, 0.5) * 1000,
            "p99": quantile(ordered, 0.99) * 1000,
            "application": application / many * 1000,
            "database": None if stored is None else stored / many * 1000,
            "generator": outcome.cpu / many * 1000,
            "reconnects": outcome.reconnects,
        }


@contextmanager
def contest(names, operations, connections, todos):
    """A contest of these contestants, ready to be measured with up to so many connections. Leaves nothing behind, however it ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that what is below is undone
    for folder in {CONTESTANTS[name].folder for name in names} - {None}:
        environment_of(folder, say)
    HOME.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=HOME, prefix="run-")))
        folder.chmod(0o755)  # where root runs the bench, PostgreSQL is somebody else
        say("Starting PostgreSQL ...")
        base = stack.enter_context(database(folder / "postgresql"))
        settings = {
            "INSTANCE_PATH": str(folder / "instance"),
            "DATABASE_URL": base.url,
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "WEB_CONCURRENCY": "2",
            "RATE_LIMIT_DEFAULT": "100000000/minute",  # counted as ever, and never reached
        }
        say(f"Filling the database {base.name} ...")
        base.fill(settings, todos)
        people = People(settings, connections)
        stack.callback(people.close)
        if any(OPERATIONS[operation].writes for operation in operations):
            say("Making an account for each connection ...")
            people.writers  # noqa: B018  # made when first asked for, which must not be in a run
        say("Starting the contestants ...")
        services = []
        for name in names:
            services.append(Service(CONTESTANTS[name], settings | {"BENCH_CALLER": people.reader.user.id}, folder, say))
            stack.callback(services[-1].stop)
        stack.callback(lambda: [service.process.terminate() for service in services])  # all at once, before each is waited for
        for service in services:
            service.wait()
        say("Checking that all give the same answers ...")
        check(services, operations, people, base)
        base.prepare()
        spawn = multiprocessing.get_context("spawn")  # a process that knows the generator alone
        # Ctrl-C ends the bench, which lets the generator finish its run.
        sender = stack.enter_context(ProcessPoolExecutor(1, spawn, signal.signal, (signal.SIGINT, signal.SIG_IGN)))
        yield Contest(services, people, base, sender)

"""`python -m bench load`: the whole stack under the load of many connections, for minutes.

Starts what `pipenv run stack` starts, over a PostgreSQL and a Redis of its own, with accounts full of todos, and lets clients with TLS
ask all that it can take. Exit code 1: an answer was none, a connection broke, the slowest waited too long, or memory grew.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, TimeoutError
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import select

from app import create_app
from app.auth import sessions
from app.core.database import engine, execute, fetch_one
from app.models import Member, Todo, User
from bench import stack_clients
from bench.memory import Memory, memory_of
from bench.processes import children_of, family_cpu
from bench.progress import say
from bench.stack_clients import Account
from bench.summary import quantile
from bench.tables import table
from tests.brokers import Redis
from tests.deploy.live import LiveStack
from tests.faults.servers import PostgreSQL

LARGE, SMALL = (2, 20_000), (62, 200)
"""How many accounts there are, and how many todos each of them has."""
POSTGRESQL = {"max_connections": 100, "shared_buffers": "128MB", "min_wal_size": "80MB", "max_wal_size": "1GB"}
"""PostgreSQL's own defaults: the class that the tests have in common makes all of them small."""
PAGES = 4
LONGEST_MINUTES = 14  # for which the access tokens are good
TAIL = 5
MOST_GROWTH = 4.0
"""MiB that a process of the API may grow by after the first minute."""


@dataclass
class Sample:
    """The memory of each process at a moment, by its title."""

    seconds: float
    memory: dict[str, Memory]


def main(arguments):
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, with nothing left behind
    with _stack() as (stack, accounts):
        outcome, samples, cpu = _load(stack, accounts, options.connections, options.minutes * 60)
        begun = time.perf_counter()
        stack.stop()
        stopped = time.perf_counter() - begun
    misses = verdicts(outcome, samples)
    text = "\n\n".join(
        [
            f"{options.connections} connections with TLS, {options.minutes:g} min, {os.cpu_count()} cores, "
            f"{len([title for title in samples[0].memory if 'API process' in title])} API processes; ended {stopped:.1f} s after SIGTERM.",
            latencies(outcome),
            memory(samples),
            f"CPU ms a request: {', '.join(f'{part} {seconds / outcome.statuses.total() * 1000:.2f}' for part, seconds in cpu.items())}.",
            "\n".join(misses) or "All bounds are kept.",
        ]
    )
    print(text)
    if options.markdown:
        options.markdown.write_text(f"{text}\n")
    return 1 if misses else 0


def verdicts(outcome, samples):
    """What should not have been, in a line each."""
    wrong = {status: count for status, count in outcome.statuses.items() if not 200 <= status < 300}
    misses = [
        f"{count} answers have the status {status}; the first that was no success:\n{outcome.complaint}" for status, count in wrong.items()
    ]
    if outcome.broken:
        misses.append(f"{outcome.broken} connections broke.")
    for name, took in _by_operation(outcome).items():
        if (p99 := quantile(took, 0.99)) >= TAIL * (p50 := quantile(took, 0.5)):
            misses.append(f"{name}: p99 is {p99 / p50:.1f} times p50.")
    for title in samples[-1].memory:
        before = samples[1].memory.get(title)
        grown = samples[-1].memory[title].uss - before.uss if before else None
        if "API process" in title and (grown is None or grown > MOST_GROWTH):
            misses.append(f"{title} has grown by {grown:.1f} MiB." if before else f"{title} was begun anew.")
    return misses


def latencies(outcome):
    rows = [
        [name, f"{len(took)}", f"{len(took) / outcome.seconds:.0f}", *(_ms(quantile(took, part)) for part in (0.5, 0.95, 0.99, 1)),
         f"{quantile(took, 0.99) / quantile(took, 0.5):.1f}"]
        for name, took in _by_operation(outcome).items()
    ]  # fmt: skip
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
    head = ["operation", "requests", "requests/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "p99 / p50"]
    ends = f"{outcome.broken} connections broke, {outcome.reconnects} were ended by nginx after their thousandth request"
    return f"{table(head, rows)}\n\nStatuses: {statuses}. {ends}."


def memory(samples):
    """What each process held at the moments of the samples: PSS and USS, in MiB."""
    titles = list(dict.fromkeys(chain.from_iterable(sample.memory for sample in samples)))
    rows = [[title, *(_mib(sample.memory.get(title)) for sample in samples)] for title in titles]
    rows.append(["all", *(f"{sum(each.pss for each in sample.memory.values()):.1f}" for sample in samples)])
    return table(["PSS / USS in MiB", *(f"after {sample.seconds:.0f} s" for sample in samples)], rows)


def _by_operation(outcome):
    """Ordered seconds by operation, all together first; without those that were never asked for."""
    found = {name: sorted(took) for name, took in outcome.took.items() if took}
    return {"all": sorted(chain.from_iterable(found.values())), **found}


def _ms(seconds):
    return f"{seconds * 1000:.0f}"


def _mib(held):
    return f"{held.pss:.1f} / {held.uss:.1f}" if held else "-"


@contextmanager
def _stack():
    """The stack, ready, and the accounts that it serves."""
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="tickbox-load-")))
        folder.chmod(0o711)  # PostgreSQL runs as somebody else
        own = PostgreSQL(folder / "postgresql", *(SimpleNamespace(folder=folder / name) for name in ("data", "wal")))
        redis = Redis(folder / "redis")
        for server in (own.start(**POSTGRESQL), redis.start()):
            undo.callback(server.stop)
        settings = {
            "DATABASE_URL": own.url,
            "REDIS_URL": redis.url,
            "BROKER_URL": redis.url.removesuffix("0") + "1",
            "SECRET_KEY": secrets.token_hex(32),
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "RATE_LIMIT_DEFAULT": "1000000000/minute",  # counted in Redis all the same
            "WORKER_CONCURRENCY": "",
        }
        stack = LiveStack(folder / "instance", **settings)
        stack.instance.mkdir()
        undo.callback(stack.kill)
        say("Filling the database ...")
        accounts = _accounts(stack.settings)
        say("Starting the stack ...")
        stack.start()
        yield stack, [_with_cursors(stack, account) for account in accounts]


def _accounts(settings):
    """The accounts, made as `flask demo` makes them, each with a session."""
    app = create_app({**settings, "LOG_LEVEL": "WARNING"})
    commands = app.test_cli_runner()
    for command in (["db", "upgrade"], *(["demo", "--todos", str(todos), "--email", email] for email, todos in _people())):
        done = commands.invoke(args=command)
        if done.exit_code:
            raise SystemExit(f"flask {' '.join(command)} failed:\n{done.output}{done.exception!r}")
    with app.app_context():
        accounts = [_account(email) for email, _ in _people()]
        engine().dispose()
    return accounts


def _people():
    return [(f"demo{todos}-{number}@example.org", todos) for many, todos in (LARGE, SMALL) for number in range(many)]


def _account(email):
    user = fetch_one(select(User).where(User.email == email))
    lists = execute(select(Member.list_id).where(Member.user_id == user.id)).scalars().all()
    todos = execute(select(Todo.id).where(Todo.created_by == user.id).limit(500)).scalars().all()
    return Account(sessions.begin(user, sessions.Device("bench", "127.0.0.1"))["access_token"], list(lists), list(todos), [])


def _with_cursors(stack, account):
    """The account, with cursors of its pages of todos."""
    with stack.session(account.token) as session:
        query = {"limit": "20"}
        for _ in range(PAGES):
            page = session.get(f"{stack.api}/todos", params=query, timeout=10)
            page.raise_for_status()
            query["cursor"] = page.json()["next_cursor"]
            account.cursors.append(query["cursor"])
    return account


def _load(stack, accounts, connections, seconds):
    """What the clients got, samples of memory at the start, when it has settled and at the end, and CPU seconds by part."""
    parts = ("nginx", "api-1", "api-2", "worker", "scheduler")
    samples, settled = [_sample(stack, 0)], min(60, seconds / 2)
    before = {part: family_cpu(stack.pid(part)) for part in parts}
    say(f"{connections} connections, {seconds / 60:g} min ...")
    begun = time.perf_counter()
    with ProcessPoolExecutor(1) as pool:
        running = pool.submit(stack_clients.run, stack.https, str(stack.trusted), accounts, connections, seconds)
        for moment in (settled, seconds - 1):
            try:
                running.result(max(0, begun + moment - time.perf_counter()))
            except TimeoutError:
                samples.append(_sample(stack, time.perf_counter() - begun))
        outcome = running.result()
    return outcome, samples, {part: family_cpu(stack.pid(part)) - before[part] for part in parts}


def _sample(stack, seconds):
    found = {}
    for part, title, below in (("nginx", "nginx", "nginx process"), ("api-1", "API 1", "API process 1."), ("api-2", "API 2", "API process 2."),
                               ("worker", "worker", "worker process"), ("scheduler", "scheduler", "scheduler process")):  # fmt: skip
        found[title] = memory_of(stack.pid(part))
        for number, pid in enumerate(sorted(children_of(stack.pid(part))), start=1):
            found[f"{below}{number}" if below.endswith(".") else f"{below} {number}"] = memory_of(pid)
    return Sample(seconds, found)


def _parse(arguments):
    parser = argparse.ArgumentParser("python -m bench load", description=__doc__)
    parser.add_argument("--connections", type=int, default=256, help="(default: %(default)s)")
    parser.add_argument("--minutes", type=_minutes, default=5, help=f"at most {LONGEST_MINUTES} (default: %(default)s)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables here too")
    return parser.parse_args(arguments)


def _minutes(text):
    minutes = float(text)
    if not 0 < minutes <= LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"between 0 and {LONGEST_MINUTES}")
    return minutes

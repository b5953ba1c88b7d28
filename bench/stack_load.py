"""`python -m bench load`: the whole stack under the load of many connections, for minutes.

Starts what `pipenv run stack` starts, over a PostgreSQL and a Redis of its own, with accounts full of todos, and lets clients with TLS
ask all that it can take. Exit code 1: an answer was none, a connection broke, the slowest waited too long, twice, or memory grew.
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
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import select

from app import create_app
from app.auth import sessions
from app.core.database import engine, execute, fetch_one
from app.models import Member, Todo, User
from bench import stack_clients
from bench.memory import memory_of
from bench.processes import children_of, family_cpu
from bench.progress import say
from bench.stack_clients import Account
from bench.stack_report import TAIL, Run, Sample, long_tails, report, verdicts
from tests.brokers import Redis
from tests.deploy.live import LiveStack
from tests.faults.servers import PostgreSQL

LARGE, SMALL = (2, 20_000), (62, 200)
"""How many accounts there are, and how many todos each of them has."""
POSTGRESQL = {"max_connections": 100, "shared_buffers": "128MB", "min_wal_size": "80MB", "max_wal_size": "1GB"}
"""PostgreSQL's own defaults: the class that the tests have in common makes all of them small."""
PAGES = 4
LONGEST_MINUTES = 6  # twice that, and what is between, the access tokens are good for


def main(arguments):
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, with nothing left behind
    with _stack() as (stack, accounts):
        runs = try_twice(lambda: _load(stack, accounts, options.connections, options.minutes * 60))
        begun = time.perf_counter()
        stack.stop()
        stopped = time.perf_counter() - begun
    misses = verdicts(runs)
    text = "\n\n".join(
        [
            f"{options.connections} connections with TLS, {options.minutes:g} min, {os.cpu_count()} cores, "
            f"{len([title for title in runs[0].samples[0].memory if 'API process' in title])} API processes; ended {stopped:.1f} s after SIGTERM.",
            *(report(run) for run in runs),
            "\n".join(misses)
            or ("All bounds are kept." if len(runs) == 1 else "All bounds are kept: what was slow at first was not slow again."),
        ]
    )
    print(text)
    if options.markdown:
        options.markdown.write_text(f"{text}\n")
    return 1 if misses else 0


def try_twice(load):
    """The run that `load()` gives, and a second one where an operation had a long tail: what else the machine did may have made it."""
    runs = [load()]
    if tails := long_tails(runs[0].outcome):
        say(f"p99 is {TAIL} times p50 or more ({', '.join(tails)}): once more ...")
        runs.append(load())
    return runs


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
    """One run."""
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
    return Run(outcome, samples, {part: family_cpu(stack.pid(part)) - before[part] for part in parts})


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

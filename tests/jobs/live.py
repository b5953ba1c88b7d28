"""A worker with its scheduler, as a process group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy import func, select

from app.config import ROOT
from app.core.database import execute, fetch_all, transaction
from app.files.models import StoredFile
from app.jobs import service
from app.jobs.models import Job
from tests.databases import environment
from tests.live import wait_until


class Worker:
    """`celery worker --beat` with two processes."""

    def __init__(self, app, dead_after: float) -> None:
        self.app = app
        self.log = (Path(app.config["INSTANCE_PATH"]) / "worker.log").open("ab")  # as long as the worker is
        names = ("INSTANCE_PATH", "DATABASE_URL", "BROKER_URL", "SECRET_KEY", "JWT_SECRET_KEY")
        settings = {name: app.config[name].replace("+psycopg", "") for name in names}
        self.environment = environment(settings) | {"TEST_DEAD_AFTER": str(dead_after), "WORKER_CONCURRENCY": "2"}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self):
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.jobs.worker",
            "--quiet",
            "worker",
            "--beat",
            "--hostname",
            f"{os.urandom(4).hex()}@%h",
        ]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )
        return self

    def kill(self):
        """Kill all of its processes."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)

    def stop(self):
        """End it as an operator would."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


class Queue:
    """Jobs of one test, as the database has them."""

    def __init__(self, app) -> None:
        self.app = app
        self.ids: list[str] = []

    def put(self, kind, **args):
        with self.app.app_context(), transaction():
            self.ids.append(service.enqueue(kind, args).id)

    def put_many(self, many, seconds=0.0):
        with self.app.app_context(), transaction():
            self.ids += [service.enqueue("probe", {"seconds": seconds}).id for _ in range(many)]

    def states(self):
        """How many jobs are in each state."""
        with self.app.app_context():
            rows = fetch_all(select(Job.state, func.count()).where(Job.id.in_(self.ids)).group_by(Job.state))
        return {row[0]: row[1] for row in rows}

    def job(self, number=-1):
        with self.app.app_context():
            return execute(select(Job).where(Job.id == self.ids[number])).one()

    def effects(self):
        """How many times the jobs were done, by job."""
        with self.app.app_context():
            rows = fetch_all(select(StoredFile.name, func.count()).where(StoredFile.name.in_(self.ids)).group_by(StoredFile.name))
        return {row[0]: row[1] for row in rows}

    def wait_for(self, state, many=1, seconds=60.0):
        """Wait until so many jobs are in a state."""
        wait_until(lambda: self.states().get(state, 0) >= many, seconds)

    def assert_done_once(self, seconds=60.0):
        """Every job succeeds within the time, and had its effect once."""
        self.wait_for("succeeded", len(self.ids), seconds)
        assert self.effects() == dict.fromkeys(self.ids, 1)

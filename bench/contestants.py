"""Who takes part, and how each is started and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from app.config import ROOT
from bench.environments import RIVALS, environment_of
from bench.processes import family_cpu
from tests.databases import environment
from tests.ports import free_port

PROCESSES, THREADS = 2, 4
GUNICORN = (sys.executable, "-m", "gunicorn")


@dataclass(frozen=True)
class Contestant:
    """A service: its name in tables, its folder among the rivals (none: it is Tickbox's own), what it reads from its environment."""

    name: str
    title: str
    folder: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("sh", "serve")
    only_reads: bool = False


CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("tickbox", "Tickbox", command=(*GUNICORN, "wsgi:app")),
        Contestant(
            "limit",
            "bare WSGI, JSON built by SQL",
            # Gunicorn as it is by itself, without Tickbox's configuration.
            command=(*GUNICORN, "-c", "/dev/null", "-k", "gthread", "-w", str(PROCESSES), "--threads", str(THREADS), "bench.limit:app"),
            only_reads=True,
        ),
        Contestant("fastapi_async", "FastAPI async", "fastapi_async", {"READ_USER": "1"}),
        Contestant("fastapi_async_claims", "FastAPI async, user not read", "fastapi_async", {"READ_USER": "0"}),
        Contestant("fastapi_template", "FastAPI, full-stack template", "fastapi_template"),
        Contestant("litestar", "Litestar", "litestar"),
        Contestant("django_rest", "Django REST framework", "django_rest"),
        Contestant("flask_classic", "Flask-RESTful, classic", "flask_classic"),
    )
}


def available():
    """The names of those whose code is there."""
    return [name for name, each in CONTESTANTS.items() if each.folder is None or (RIVALS / each.folder / "requirements.txt").exists()]


class Service:
    """A contestant that runs, on a port of its own. `settings` are Tickbox's; of them a rival is told what it must know."""

    def __init__(self, contestant, settings, logs: Path, say=print):
        self.contestant, self.name = contestant, contestant.name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = logs / f"{contestant.name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                contestant.command,
                cwd=RIVALS / contestant.folder if contestant.folder else ROOT,
                env=self._environment(settings, say),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the bench, and the bench ends the service
            )

    def wait(self, seconds=60):
        """Return as soon as it answers anything, be it a 401."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                urlopen(f"{self.url}/api/v1/todos?limit=20", timeout=5).close()
                return self
            except HTTPError:
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.name} does not start:\n{self.last_words()}")

    def last_words(self):
        return self.log.read_text(errors="replace")[-3000:]

    def cpu(self):
        return family_cpu(self.process.pid)

    def stop(self):
        """End it; what does not end within ten seconds is killed."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _environment(self, settings, say):
        own = {"PORT": str(self.port), **self.contestant.variables}
        if self.contestant.folder is None:
            where = {"GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port}"} if self.name == "limit" else {}
            return environment({**settings, **own}) | where
        programs = environment_of(self.contestant.folder, say)
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        told = {name: settings[name] for name in ("DATABASE_URL", "JWT_SECRET_KEY")}
        return {**kept, **told, **own, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(programs.parent)}

"""The stack as an operator starts it (`flask stack`), over servers of its own, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import requests
from flask import Flask

from app import create_app
from app.config import ROOT
from app.config import SETTINGS as SETTINGS_OF_APP
from tests.brokers import RabbitMQ, Redis
from tests.databases import environment
from tests.faults.servers import Disk, PostgreSQL, wait_for
from tests.ports import free_port

INSTANCES = ("api-1", "api-2")
WORKERS, THREADS, WORKER_PROCESSES = 2, 4, 2
SETTINGS = {
    "SECRET_KEY": "k1-of-the-faults-and-of-nothing-else-0123456789",
    "JWT_SECRET_KEY": "k2-of-the-faults-and-of-nothing-else-0123456789",
    "RATE_LIMITS": "on",
    "RATE_LIMIT_DEFAULT": "1000000/minute",  # counted in Redis all the same
    "RATE_LIMIT_AUTH": "1000000/minute",
    "WEB_CONCURRENCY": str(WORKERS),
    "THREADS": str(THREADS),
    "WORKER_CONCURRENCY": str(WORKER_PROCESSES),
}
# Workers also know the jobs of tests.faults.kinds. What is given as `config.py` is a program, which every process runs.
CONFIG = """\
import os
import sys

if "celery" in sys.argv[0]:
    import tests.faults.kinds
if "FAULTS_CLOCK" in os.environ:
    import tests.faults.shifted
"""


class Servers:
    """PostgreSQL, Redis and RabbitMQ, three small disks, and the folder that holds them."""

    def __init__(self) -> None:
        self.undo = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="faults-"))
        self.undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o711)  # PostgreSQL runs as somebody else
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.disks = {name: self._disk(name, size) for name, size in (("data", 192), ("wal", 96), ("uploads", 48), ("logs", 64))}
        for name in ("redis", "rabbitmq"):
            (self.folder / name).mkdir()
        self.postgresql = PostgreSQL(self.folder / "postgresql", self.disks["data"], self.disks["wal"])
        self.redis = Redis(self.folder / "redis")
        self.rabbitmq = RabbitMQ(self.folder / "rabbitmq")
        for server in (self.postgresql, self.redis, self.rabbitmq):
            self.undo.callback(server.stop)
            server.start()

    def _disk(self, name, size):
        disk = Disk(self.folder / name, size)
        self.undo.callback(disk.remove)
        return disk

    def mend(self) -> None:
        """Undo what a fault has left behind that was not tried to its end."""
        for disk in self.disks.values():
            disk.empty()
        if not self.postgresql.is_running():
            self.postgresql.start()
        for server in (self.redis, self.rabbitmq):
            server.kill()
            server.start()

    def stop(self) -> None:
        self.undo.close()


class Stack:
    """One run of the stack. `broker` is "rabbitmq" or "redis"; `variables` are of the environment of all its processes."""

    process: subprocess.Popen[bytes] | None = None
    _app: Flask | None = None

    def __init__(self, servers: Servers, broker: str = "rabbitmq", **variables: str) -> None:
        self.servers, self.broker, self.variables = servers, broker, variables
        self.instance = Path(tempfile.mkdtemp(prefix="instance-", dir=servers.folder))
        self.log = servers.disks["logs"].folder / f"{self.instance.name}.log"
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.certificate = str(self.instance / "stack" / "certificate.pem")
        (self.instance / "uploads").symlink_to(servers.disks["uploads"].folder, target_is_directory=True)
        (self.instance / "config.py").write_text(CONFIG)
        self.settings = SETTINGS | {
            "INSTANCE_PATH": str(self.instance),
            "DATABASE_URL": servers.postgresql.url,
            "REDIS_URL": servers.redis.url,
            "BROKER_URL": getattr(servers, broker).url,
            "HTTPS_PORT": str(self.port),
            "HTTP_PORT": str(free_port()),
        }

    def start(self) -> Stack:
        """Start it and wait until it is ready."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "stack"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(self.settings) | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if not wait_for(self.is_ready, 60):
            raise RuntimeError(f"the stack does not start:\n{self.log.read_text()[-4000:]}")
        return self

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the stack ended by itself:\n{self.log.read_text()[-4000:]}")
        with suppress(OSError):  # of the certificate, before it is made
            whole = all(children(self.pid(name)) for name in (*INSTANCES, "worker"))
            return whole and self._asked("/readyz").status_code == 200
        return False

    def _asked(self, path: str) -> requests.Response:
        """An answer of this machine, whatever proxy the environment names."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.url}{path}", timeout=5, verify=self.certificate)

    def stop(self) -> None:
        """End it as an operator would, and kill what is left."""
        if self.process is None:
            return
        family = [self.process.pid, *descendants(self.process.pid)]
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(90)  # it gives nginx 40 s, and the others 40 more
        kill(*family)
        self.process.wait()

    def app(self) -> Flask:
        """An app over the same database and broker, for what has no address in the API."""
        if self._app is None:
            self._app = create_app({setting.name: "" for setting in SETTINGS_OF_APP} | self.settings | {"LOG_LEVEL": "ERROR"})
        return self._app

    def pid(self, part: str) -> int:
        """The process of a part: nginx, api-1, api-2, worker or scheduler."""
        return int((self.instance / "stack" / f"{part}.pid").read_text())

    def workers(self) -> list[int]:
        """The processes of both Gunicorns that answer requests."""
        return [pid for name in INSTANCES for pid in children(self.pid(name))]

    def job_processes(self) -> list[int]:
        """The processes of the worker that do jobs."""
        return children(self.pid("worker"))

    def usage(self) -> dict[str, float]:
        """What the stack holds: memory (MiB) and open files of its processes on average, and connections to the database."""
        api, work = self.workers(), self.job_processes()
        return {
            "MiB of an API process": mean(memory(pid) for pid in api),
            "MiB of a worker process": mean(memory(pid) for pid in work),
            "files of an API process": mean(files(pid) for pid in api),
            "files of a worker process": mean(files(pid) for pid in work),
            "database connections": self.connections(),
        }

    def connections(self) -> int:
        own = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        return self.servers.postgresql.ask(own)[0][0]


def children(pid: int) -> list[int]:
    """The processes that a process has begun, without those that have ended and wait to be noticed."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = place.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(place.parent.name))
    return sorted(found)


def descendants(pid: int) -> list[int]:
    return [below for child in children(pid) for below in (child, *descendants(child))]


def kill(*pids: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to processes, of which some may have ended."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def memory(pid: int) -> float:
    """The memory of a process that it shares with no other, in MiB."""
    with suppress(OSError):
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        return sum(int(lines[name].split()[0]) for name in ("Private_Clean", "Private_Dirty")) / 1024
    return 0.0


def resident(pid: int) -> float:
    """The memory of a process with what it shares, in MiB."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    return 0.0


def files(pid: int) -> int:
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def mean(values) -> float:
    given = list(values)
    return sum(given) / len(given) if given else 0.0


def is_there(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False

"""The servers that the faults happen to, each of its own, and what a machine must have for them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.brokers import RABBITMQ
from tests.ports import free_port

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)


def wait_for(condition, seconds):
    """What `condition()` gives as soon as that is true, or the last that it gave."""
    deadline = time.monotonic() + seconds
    while not (outcome := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return outcome


def missing():
    """What the machine lacks, each with how to get it."""
    needed = {
        "PostgreSQL: apt-get install postgresql": postgresql_programs(),
        "Redis: apt-get install redis-server": shutil.which("redis-server"),
        "RabbitMQ: apt-get install rabbitmq-server": RABBITMQ.exists(),
        "nginx: apt-get install nginx": NGINX,
    }
    return [how for how, found in needed.items() if not found]


def postgresql_programs():
    """The folder with the programs of the newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    installed = shutil.which("initdb")
    return found[-1].parent if found else Path(installed).parent if installed else None


class Disk:
    """A small disk of its own (tmpfs), which can be filled. `is_real` is False where mounting is not permitted: then it is a mere folder."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
        self.is_real = bool(shutil.which("mount")) and subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def fill(self):
        """Leave no byte."""
        with self.ballast.open("wb", buffering=0) as file, suppress(OSError):
            for block in (1024 * 1024, 4096, 1):
                with suppress(OSError):
                    while file.write(b"x" * block):
                        pass

    def empty(self):
        """Give the room back."""
        self.ballast.unlink(missing_ok=True)

    def remove(self):
        if self.is_real:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)


class PostgreSQL:
    """A server whose data and write-ahead log lie on two disks."""

    process: subprocess.Popen[bytes] | None = None

    def __init__(self, folder: Path, data: Disk, log: Disk) -> None:
        self.programs = postgresql_programs()
        self.folder, self.port = folder, free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.data = data.folder / "data"
        for place in (folder, data.folder, log.folder):
            place.mkdir(exist_ok=True)
            if self._user():
                shutil.chown(place, "postgres")
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-X", log.folder / "wal")

    def start(self, **settings):
        """Start it and wait until it answers."""
        sizes = {"shared_buffers": "16MB", "min_wal_size": "32MB", "max_wal_size": "48MB"}
        own = {"port": self.port, "unix_socket_directories": "", "listen_addresses": "127.0.0.1", "max_connections": 60}
        options = [part for name, value in (sizes | own | settings).items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *options],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **self._user(),
            )  # fmt: skip
        if not wait_for(self.answers, 60):
            raise RuntimeError(f"PostgreSQL does not start:\n{(self.folder / 'log').read_text()[-2000:]}")
        return self

    def answers(self):
        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def ask(self, statement):
        """The rows that a statement gives."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
            return connection.execute(statement).fetchall()

    def connect(self):
        return psycopg.connect(self.url, autocommit=True, connect_timeout=2)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def crash(self):
        """Stop it at once, as `pg_ctl stop -m immediate` does, without writing anything down."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    def stop(self):
        if self.is_running():
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _run(self, program, *arguments):
        done = subprocess.run([self.programs / program, *arguments], capture_output=True, text=True, check=False, cwd="/", **self._user())
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _user(self):
        """Who runs it: PostgreSQL refuses to run as root."""
        return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

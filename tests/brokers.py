"""The brokers that tests run on, each a server of its own on a free port: they are killed, hung and emptied without harm to anybody.

A server that the machine does not have skips the test, and says how to get it; in CI it fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live import wait_until
from tests.ports import free_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one in /usr/sbin changes the user and forgets the environment


def need(found, how):
    """Skip the test, or in CI fail it, where something that it needs is not there."""
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(how)


class Folder:
    """The embedded default: a folder of the instance. It cannot hang, but it can be emptied."""

    settings = {"BROKER_URL": ""}

    def __init__(self, folder: Path) -> None:
        self.messages = folder / "broker" / "messages"

    def start(self):
        return self

    def kill(self):
        """Lose every message."""
        for message in self.messages.glob("*"):
            with suppress(FileNotFoundError):
                message.unlink()

    stop = kill


class Server:
    """A broker that is a process."""

    process: subprocess.Popen[bytes] | None = None
    greeting = b""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()

    @property
    def settings(self):
        return {"BROKER_URL": self.url}

    def start(self):
        """Start it, with no data, and wait until it answers."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        (self.folder / "data").mkdir(parents=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.answers, 60)
        return self

    def answers(self):
        """the broker answers"""
        if self.process.poll() is not None:
            pytest.fail((self.folder / "log").read_text()[-2000:])
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(self.greeting)
                return bool(connection.recv(8))
        except OSError:
            return False

    def environment(self):
        return dict(os.environ)

    def kill(self):
        """Kill it: what it held is gone."""
        self._signal(signal.SIGKILL)
        self.process.wait(10)

    def hang(self):
        """Let it answer nobody, and refuse nobody."""
        self._signal(signal.SIGSTOP)

    def resume(self):
        self._signal(signal.SIGCONT)

    def stop(self):
        if self.process is not None:
            self.kill()

    def _signal(self, number):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Redis(Server):
    """Redis that keeps nothing on disk."""

    greeting = b"PING\r\n"

    def __init__(self, folder: Path) -> None:
        need(shutil.which("redis-server"), "This needs Redis: apt-get install redis-server")
        super().__init__(folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self):
        return [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--maxmemory-policy",
            "noeviction",
        ]


class RabbitMQ(Server):
    """RabbitMQ as a node of its own."""

    greeting = b"AMQP\x00\x00\x09\x01"

    def __init__(self, folder: Path) -> None:
        need(RABBITMQ.exists(), "This needs RabbitMQ: apt-get install rabbitmq-server")
        super().__init__(folder)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.names_port = str(free_port())
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = true\ndisk_free_limit.absolute = 1MB\n"
        )
        (folder / "plugins").write_text("[].\n")

    def command(self):
        return [str(RABBITMQ)]

    def environment(self):
        own = {
            "HOME": self.folder,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "plugins",
            "RABBITMQ_MNESIA_BASE": self.folder / "data",
            "RABBITMQ_NODENAME": f"tests{self.port}@localhost",
            "RABBITMQ_DIST_PORT": free_port(),
            "RABBITMQ_LOGS": "-",
            "ERL_CRASH_DUMP": "/dev/null",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": self.names_port,
        }
        return os.environ | {name: str(value) for name, value in own.items()}

    def stop(self):
        """Kill it, and the daemon that it started to be found by."""
        super().stop()
        deadline = time.monotonic() + 5
        while self._has_names() and time.monotonic() < deadline:  # it refuses to end until it has noticed that the node is gone
            subprocess.run(["epmd", "-kill"], env=self.environment(), check=False, capture_output=True)
            time.sleep(0.05)

    def _has_names(self):
        try:
            socket.create_connection(("127.0.0.1", int(self.names_port)), timeout=1).close()
        except OSError:
            return False
        return True


BROKERS = {"folder": Folder, "redis": Redis, "rabbitmq": RabbitMQ}

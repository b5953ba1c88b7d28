"""The real service as a process of its own, for tests of what only a running one can show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from app.config import ROOT
from tests.databases import environment
from tests.ports import free_port


def wait_until(condition, seconds=10.0):
    """What `condition()` gives, as soon as that is true; fails the test when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (outcome := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {getattr(condition, '__doc__', None) or condition}")
        time.sleep(0.02)
    return outcome


class LiveServer:
    """`flask serve` on a free port, in a process group of its own."""

    command: tuple[str, ...] = (sys.executable, "-m", "flask", "--app", "wsgi", "serve")

    def __init__(self, instance: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = f"{self.url}/api/v1"
        self.instance = instance
        self.log = instance / "server.log"
        self.settings = {"PORT": str(self.port), "INSTANCE_PATH": str(instance), **settings}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> LiveServer:
        """Start it and wait until it is ready."""
        self.launch()
        wait_until(self.is_ready, 60)
        return self

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_ready(self, path: str = "/readyz") -> bool:
        """the service is ready"""
        if self.process is None or self.process.poll() is not None:
            pytest.fail(f"the service ended by itself:\n{self.log.read_text()[-4000:]}")
        try:
            return requests.get(f"{self.url}{path}", timeout=5).status_code == 200
        except (requests.ConnectionError, requests.Timeout):  # some servers listen before they have loaded the application
            return False

    def stop(self, sent: signal.Signals = signal.SIGTERM, seconds: float = 15.0) -> int:
        """Send the signal to the whole process group, wait for its end and give the exit code."""
        assert self.process is not None, "the service was not started"
        self._signal(sent)
        try:
            return self.process.wait(seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill the whole process group, as a power cut would."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait(5)

    def _signal(self, sent: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, sent)

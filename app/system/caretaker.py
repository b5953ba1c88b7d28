"""The worker beside an API that `flask serve` starts: begun again when it dies, ended when the API ends, however that comes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from time import monotonic, sleep

from app.config import ROOT

log = logging.getLogger(__name__)

PROCESS = "TICKBOX_CARETAKER"
WORKER = (sys.executable, "-m", "celery", "-A", "app.worker", "--quiet", "worker", "--beat", "--without-gossip", "--without-mingle")
LOOK_SECONDS = 0.5
STOP_SECONDS = 20.0
LONGEST_PAUSE = 30.0


def start() -> None:
    """Fork a caretaker of a worker. It is a child of this process, whatever program that becomes, and ends soon after it."""
    parent = os.getpid()
    child = os.fork()
    os.environ[PROCESS] = str(child or os.getpid())
    if child:
        return
    try:
        _Caretaker(parent, WORKER).run()
    finally:
        os._exit(0)


def stop() -> None:
    """End the caretaker that this process has as a child, and its worker, and wait for it."""
    child = int(os.environ.get(PROCESS, "0"))
    try:
        if child:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        log.debug("the caretaker has ended before")


def end_with_parent() -> None:
    """In a worker that has a caretaker: end when it does, as a worker in a session of its own would not."""
    if PROCESS in os.environ:
        follow_parent()


def follow_parent(**_: object) -> None:
    """End this process soon after its parent has ended, even where that was killed. Celery's embedded scheduler would go on for ever."""
    threading.Thread(target=_watch, args=(os.getppid(),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


class _Caretaker:
    def __init__(self, parent: int, command: Sequence[str]) -> None:
        self.parent = parent
        self.command = command
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._stop)

    def run(self) -> None:
        pause = LOOK_SECONDS
        while self.is_wanted():
            begun = monotonic()
            # In a session of its own: a Ctrl-C is for the worker's parent, and a signal that reaches all of its processes at once
            # can leave Celery's pool waiting for a lock that one of the dead held.
            worker = subprocess.Popen(self.command, cwd=ROOT, start_new_session=True)  # noqa: S603  # a command of our own
            self._watch(worker)
            if self.is_wanted():
                pause = LOOK_SECONDS if monotonic() - begun > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
                log.error("the worker ended with %s; another one begins in %s s", worker.returncode, pause)
                self._wait(pause)

    def is_wanted(self) -> bool:
        return not self.stopping and os.getppid() == self.parent

    def _watch(self, worker: subprocess.Popen[bytes]) -> None:
        """Wait for the end of the worker, or bring it about when it is not wanted any more."""
        while worker.poll() is None:
            if not self.is_wanted():
                worker.terminate()
                try:
                    worker.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    worker.kill()
                return
            try:
                worker.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue

    def _wait(self, seconds: float) -> None:
        end = monotonic() + seconds
        while self.is_wanted() and monotonic() < end:
            sleep(LOOK_SECONDS)

    def _stop(self, *_: object) -> None:
        self.stopping = True

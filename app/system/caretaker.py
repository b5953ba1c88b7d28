"""The worker and the scheduler beside an API that `flask serve` starts: begun again when one dies, ended when the API ends.

Each is a process of its own. A scheduler inside of the worker, as Celery offers, would stay away when it alone dies: no reminder would
be sent any more, and nobody told.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from time import sleep

from app.system.supervisor import Part, Supervisor

log = logging.getLogger(__name__)

PROCESS = "TICKBOX_CARETAKER"
_CELERY = (sys.executable, "-m", "celery", "-A", "app.worker", "--quiet")
# A worker lets nobody wait for the signs of other workers: there is nothing that they have to agree on.
WORKER = (*_CELERY, "worker", "--without-gossip", "--without-mingle")
SCHEDULER = (*_CELERY, "beat")
LOOK_SECONDS = 0.5


def start() -> None:
    """Fork a caretaker of both. It is a child of this process, whatever program that becomes, and ends soon after it."""
    parent = os.getpid()
    child = os.fork()
    os.environ[PROCESS] = str(child or os.getpid())
    if child:
        return
    try:
        Supervisor([Part("scheduler", SCHEDULER), Part("worker", WORKER)], is_wanted=lambda: os.getppid() == parent).run()
    except Exception:  # which would end here unsaid
        log.exception("nobody looks after the worker and the scheduler any more")
    finally:
        os._exit(0)


def stop() -> None:
    """End the caretaker that this process has as a child, with its worker and scheduler, and wait for it."""
    child = int(os.environ.get(PROCESS, "0"))
    try:
        if child:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        log.debug("the caretaker has ended before")


def end_with_parent() -> None:
    """In a worker or scheduler that has a caretaker: end when it does, as one in a session of its own would not."""
    if PROCESS in os.environ:
        follow_parent()


def follow_parent(**_: object) -> None:
    """End this process soon after its parent has ended, even where that was killed. Celery's embedded scheduler would go on for ever."""
    threading.Thread(target=_watch, args=(os.getppid(),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)

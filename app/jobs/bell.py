"""Messages that wake workers. They carry nothing: what there is to do stands in the database, so one that is lost loses no job.

A thread of its own sends them. However long a broker takes, or hangs, no request waits for it; what a broker that is away does
not get, the relay sends later.
"""

from __future__ import annotations

import logging
import os
import threading
from time import monotonic
from typing import Any

from celery import Celery

from app.core.metrics import BROKER_FAILURES, Metrics

log = logging.getLogger(__name__)

MOST_WAITING = 8  # a worker that wakes goes on until nothing is left
PAUSE_SECONDS = 2.0  # after a failure
TASK = "jobs.work"
ONCE_MORE: dict[str, Any] = {
    "retry": True,
    "retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    "confirm_timeout": 2.0,
}
"""How messages are sent: a connection that was lost is made anew only where there is another try. RabbitMQ that hangs, or has no memory
or disk left, confirms nothing and refuses nothing: without a limit whoever sends would wait for it, and say nothing, for as long."""


class Bell:
    """Wakes the workers of one app."""

    def __init__(self, celery: Celery[Any], metrics: Metrics) -> None:
        self.celery = celery
        self.metrics = metrics
        self.failures = 0
        self._wanted = threading.Condition()
        self._waiting = 0
        self._process: int | None = None

    def ring(self) -> None:
        """Wake a worker, soon."""
        with self._wanted:
            self._waiting = min(self._waiting + 1, MOST_WAITING)
            if self._process != os.getpid():  # a thread does not come along into a fork
                self._process = os.getpid()
                threading.Thread(target=self._send_all, name="bell", daemon=True).start()
            self._wanted.notify()

    def _send_all(self) -> None:
        paused_until = 0.0
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._waiting)
                self._waiting -= 1
            if monotonic() < paused_until:
                continue
            try:
                send(self.celery)
            except Exception as error:  # each transport has its own kinds
                self.failures += 1
                self.metrics.count(BROKER_FAILURES)
                paused_until = monotonic() + PAUSE_SECONDS
                log.warning("no worker was woken, the relay will: %s", type(error).__name__)


def send(celery: Celery[Any], expires: float | None = None) -> None:
    """Send one message, which nobody takes any more after so many seconds. Raises what the broker's client raises."""
    celery.send_task(TASK, ignore_result=True, expires=expires, **ONCE_MORE)

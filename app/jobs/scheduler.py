"""Celery's scheduler, for clocks that are set and brokers that refuse."""

from __future__ import annotations

import logging
from time import time
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from app.core.logging import kind_of

log = logging.getLogger(__name__)
RETRY_SECONDS = 2.0


class SteadyScheduler(Scheduler):
    """A scheduler that goes on where the clock is set back, and where the broker refuses it.

    Celery's own would wait until it is again as late as it has been, and end by a refusal while it connects.
    """

    looked_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; gives the seconds until the next look."""
        moment = time()
        if moment < self.looked_at:
            for entry in self.schedule.values():
                entry.last_run_at = entry.default_now()
            self._heap = None  # it holds when each was due by the clock as it was
        self.looked_at = moment
        try:
            self.producer  # noqa: B018  # connects, before anything is taken for sent
        except Exception as error:  # each transport has its own kinds
            log.warning("the broker cannot be told what is due: %s", _reason(error))
            return RETRY_SECONDS
        return float(super().tick(*args, **kwargs))

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send what is due. Where the broker does not take it a line says so; Celery's own would be two whole stacks each time."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # each transport has its own kinds
            log.warning("the broker was not told of %s: %s", entry.task, _reason(error))


def _reason(error: Exception) -> str:
    """What a transport made its own error of; what that says may quote an address with its password."""
    return kind_of(error.__cause__ or error.__context__ or error)

"""Celery's scheduler, for clocks that are set."""

from __future__ import annotations

from time import time
from typing import Any

from celery.beat import Scheduler


class SteadyScheduler(Scheduler):
    """A scheduler that goes on where the clock is set back. Celery's own would wait until it is again as late as it has been."""

    looked_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; gives the seconds until the next look."""
        moment = time()
        if moment < self.looked_at:
            for entry in self.schedule.values():
                entry.last_run_at = entry.default_now()
            self._heap = None  # it holds when each was due by the clock as it was
        self.looked_at = moment
        return float(super().tick(*args, **kwargs))

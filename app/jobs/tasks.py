"""What Celery runs for jobs."""

from __future__ import annotations

from celery import shared_task

from app.jobs import relay as relays
from app.jobs import runner, service
from app.jobs.bell import TASK

SWEEP = 20  # batches of a thousand


@shared_task(name=TASK)
def work() -> None:
    """Do the jobs that wait."""
    runner.run_all()


@shared_task(name="jobs.relay")
def relay() -> None:
    """Keep jobs going when messages or workers are lost."""
    relays.relay()


@shared_task(name="jobs.sweep")
def sweep() -> None:
    """Let go of what ended long ago."""
    for step in (service.expire, service.forget):
        for _ in range(SWEEP):
            if not step():
                break

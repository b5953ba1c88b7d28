"""Removing files that nothing refers to any more."""

from __future__ import annotations

from celery import shared_task

from app.files import service

BATCHES = 20
MOST = 1000


@shared_task(name="files.sweep")
def sweep() -> None:
    """Remove files whose todo, list, account or job is gone."""
    for _ in range(BATCHES):
        if service.sweep(most=MOST) < MOST:
            break


@shared_task(name="files.sweep_strays")
def sweep_strays() -> None:
    """Remove what was stored for requests and jobs that failed."""
    service.sweep_strays()

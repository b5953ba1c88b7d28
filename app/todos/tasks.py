"""What Celery runs for todos."""

from __future__ import annotations

from celery import shared_task

from app.todos import service

BATCH, BATCHES = 1000, 20


@shared_task(name="todos.purge")
def purge() -> None:
    """Remove for good what has been in the trash for 30 days: at most 20,000 todos, and their subtasks."""
    for _ in range(BATCHES):
        if not service.purge(most=BATCH):
            break

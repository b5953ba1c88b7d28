"""What Celery runs for the service as a whole."""

from __future__ import annotations

from celery import shared_task

from app.core import idempotency

BATCHES = 20


@shared_task(name="system.sweep")
def sweep() -> None:
    """Remove answers to an Idempotency-Key that are kept no longer: at most 20,000."""
    for _ in range(BATCHES):
        if not idempotency.forget():
            break

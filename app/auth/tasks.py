"""What Celery runs for credentials."""

from __future__ import annotations

from celery import shared_task

from app.auth import retention

BATCHES = 20


@shared_task(name="auth.sweep")
def sweep() -> None:
    """Remove credentials that have had their time: at most 20,000 of each kind."""
    for _ in range(BATCHES):
        if not retention.expire():
            break

"""The map of background work: which modules do it, and what comes round by itself."""

from __future__ import annotations

from flask import Flask

from app.jobs import broker, relay
from app.jobs import tasks as jobs
from app.transfers import tasks as transfers

KINDS_FROM = (transfers,)
"""Where the kinds of jobs are found that nothing else here names."""

EVERY = {
    jobs.relay: relay.EVERY_SECONDS,
    jobs.sweep: 300,
}
"""Tasks and how many seconds lie between two runs. Each is bounded, and safe to run twice at once."""


def init_app(app: Flask) -> None:
    """Give the app its Celery, with all of it."""
    broker.init_app(app)
    app.extensions["celery"].conf.beat_schedule = {
        task.name: {"task": task.name, "schedule": float(seconds), "options": {"expires": 3 * seconds}} for task, seconds in EVERY.items()
    }

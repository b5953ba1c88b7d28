"""The map of background work: which modules do it, and what comes round by itself."""

from __future__ import annotations

from flask import Flask

from app.attachments import tasks as attachments
from app.auth import tasks as auth
from app.files import tasks as files
from app.jobs import broker, relay
from app.jobs import tasks as jobs
from app.jobs.bell import ONCE_MORE
from app.mail import digests, reminders
from app.mail import tasks as mail
from app.reports import tasks as reports
from app.system import metrics
from app.system import tasks as system
from app.todos import tasks as todos
from app.transfers import tasks as transfers

EVERY = {
    jobs.relay: relay.EVERY_SECONDS,
    jobs.sweep: 300,
    files.sweep: 600,
    files.sweep_strays: 3600,
    mail.remind: reminders.EVERY_SECONDS,
    mail.begin_digests: digests.EVERY_SECONDS,
    auth.sweep: 300,
    system.sweep: 300,
    todos.purge: 3600,
}
"""Tasks and how many seconds lie between two runs. Each is bounded, and safe to run twice at once."""

KINDS_OF_JOBS = (attachments, mail, reports, transfers)
"""Modules whose functions do jobs: that they are imported is all it takes."""


def init_app(app: Flask) -> None:
    """Give the app its Celery, with all of it."""
    broker.init_app(app)
    metrics.init_app(app)
    app.extensions["celery"].conf.beat_schedule = {
        task.name: {"task": task.name, "schedule": float(seconds), "options": {"expires": 3 * seconds, **ONCE_MORE}}
        for task, seconds in EVERY.items()
    }

"""What keeps jobs going when messages or workers are lost. Safe to run twice at once, and by any worker."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, update

from app.core import metrics
from app.core.database import execute, fetch_all
from app.core.types import now
from app.jobs.bell import Bell, send
from app.jobs.models import QUEUED, RUNNING, Job
from app.jobs.runner import MOST_ATTEMPTS
from app.jobs.work import KEPT

EVERY_SECONDS = 5
DEAD_AFTER = timedelta(seconds=30)
OVERDUE_AFTER = timedelta(seconds=2)
MOST_MESSAGES = 8
DIED = f"Its worker died {MOST_ATTEMPTS} times while doing it."


def relay() -> None:
    """Let jobs wait again whose worker gives no sign of life, give up those that killed five, and wake workers for what is overdue.

    Where the clock was set back, signs of life and jobs that came before are of the future: neither is waited for.
    """
    moment = now()
    no_sign = (Job.heartbeat_at < moment - DEAD_AFTER) | (Job.heartbeat_at > moment + DEAD_AFTER)
    dead = (RUNNING, no_sign)
    given_up = {"state": "failed", "error": DIED, "finished_at": moment, "expires_at": moment + KEPT}
    called_off = {"state": "cancelled", "finished_at": moment, "expires_at": moment + KEPT}
    for ended in (
        update(Job).where(*dead, Job.cancelling).values(**called_off),
        update(Job).where(*dead, Job.attempts >= MOST_ATTEMPTS).values(**given_up),
    ):
        for job in fetch_all(ended.returning(Job.kind, Job.state)):
            metrics.current().count(metrics.JOBS_ENDED, job.kind, job.state)
    execute(update(Job).where(*dead).values(state="queued", run_after=moment))
    execute(update(Job).where(QUEUED, Job.attempts == 0, Job.run_after > moment + DEAD_AFTER).values(run_after=moment))
    overdue = select(Job.id).where(QUEUED, Job.run_after <= moment - OVERDUE_AFTER).limit(MOST_MESSAGES)
    bell: Bell = current_app.extensions["bell"]
    for _ in range(execute(select(func.count()).select_from(overdue.subquery())).scalar_one()):
        send(bell.celery, expires=3 * EVERY_SECONDS)

"""Doing jobs: a worker takes the next one, does it, and writes down how it ended."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from flask import current_app, g
from sqlalchemy import ColumnElement, Row, select, update

from app.core import metrics, tally, tracing
from app.core.database import execute, fetch_one
from app.core.identity import Identity
from app.core.problems import Problem
from app.core.types import now
from app.jobs.kinds import KINDS
from app.jobs.models import Job
from app.jobs.service import ring
from app.jobs.work import KEPT, Cancelled, Failed, Superseded, Work
from app.users.models import User
from app.users.permissions import ROLES

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
_LAST_SERVED = "last account served"  # among the app's extensions, so of this process
PAUSES = (10, 60, 600, 3600)  # seconds before the second to fifth attempt
SECONDS = 5.0


def run_all() -> int:
    """Do jobs until none is waiting, or for about 5 seconds, and then wake another worker; gives how many were done."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # how Flask says to get at the app itself
    begun = monotonic()
    done = 0
    while monotonic() - begun < SECONDS:
        with app.app_context():  # of its own, so that no job finds what another one left
            if not run_next():
                return done
        done += 1
    ring()
    return done


def run_next() -> bool:
    """Do the job that has waited longest; says whether there was one."""
    job = _take()
    if job is None:
        return False
    g.request_id, g.tally = job.request_id or job.id, tally.begin()
    begun = monotonic()
    args = tracing.begin_job(job.args)
    work = Work(job)
    try:
        with work.alive():
            _do(work, job, args)
    except Superseded:
        log.warning("attempt %s at job %s came too late", work.attempt, work.job_id)
    except Cancelled:
        _end(work, "cancelled")
    except Failed as failed:
        _end(work, "failed", failed.error, failed.result)
    except SoftTimeLimitExceeded:
        _end(work, "failed", "It took too long.")
    except Problem as problem:
        if problem.status < 500:
            _end(work, "failed", problem.detail)
        else:
            _try_again(work, problem)
    except Exception as error:
        _try_again(work, error)
    _tell(work, job, monotonic() - begun)
    return True


def _tell(work: Work, job: Row[Any], seconds: float) -> None:
    kind = job.kind if job.kind in KINDS else "unknown"
    metrics.current().observe(metrics.JOB_SECONDS, seconds, kind)
    state = work.ended or ("succeeded" if work.finished else None)  # what had finished may have been undone
    if state:
        metrics.current().count(metrics.JOBS_ENDED, kind, state)
    tracing.end_job(kind, state or "waiting again")
    told = {"job": job.id, "kind": job.kind, "attempt": work.attempt, "succeeded": state == "succeeded"}
    sql = {"statements": g.tally.statements, "sql_ms": round(g.tally.seconds * 1000, 2)}
    log.info("job", extra={**told, "ms": round(seconds * 1000, 2), **sql, "user": job.user_id})


def _take() -> Row[Any] | None:
    """The job that has waited longest, as this worker's: nobody else gets it while it gives signs of life.

    After one of an account's comes one of somebody else's, if there is any, so that nobody waits for all that one account asks for.
    """
    served = current_app.extensions.get(_LAST_SERVED)
    job = (_take_first(Job.user_id.is_distinct_from(served)) if served else None) or _take_first()
    current_app.extensions[_LAST_SERVED] = job.user_id if job else None
    return job


def _take_first(*which: ColumnElement[bool]) -> Row[Any] | None:
    moment = now()
    waiting = select(Job.id).where(Job.state == "queued", Job.run_after <= moment, *which)
    next_one = waiting.order_by(Job.run_after, Job.id).limit(1)
    begun = {"state": "running", "attempts": Job.attempts + 1, "heartbeat_at": moment, "started_at": moment}
    taken = update(Job).where(Job.id == next_one.with_for_update(skip_locked=True).scalar_subquery(), Job.state == "queued")
    return fetch_one(taken.values(**begun, processed=0, total=None, message=None).returning(Job))


def _do(work: Work, job: Row[Any], args: dict[str, Any]) -> None:
    kind = KINDS.get(job.kind)
    if kind is None:
        raise LookupError(f"this code does not know jobs of the kind {job.kind}")
    if job.user_id is not None:
        g.identity = _identity(job.user_id)
    result = kind.run(work, args)
    if not work.finished:
        work.finish(result)


def _identity(user_id: str) -> Identity:
    """The account whose job it is, with what it may do now. Raises Superseded where it is gone, Cancelled where it is disabled."""
    user = fetch_one(select(User).where(User.id == user_id))
    if user is None:
        raise Superseded
    if not user.active:
        raise Cancelled
    return Identity(user.id, ROLES[user.role], user.time_zone, user.inbox_id)


def _end(work: Work, state: str, error: str | None = None, result: dict[str, Any] | None = None) -> None:
    moment = now()
    work.end(state=state, error=error and error[:1000], result=result, finished_at=moment, expires_at=moment + KEPT)


def _try_again(work: Work, error: Exception) -> None:
    """Let the job wait for another attempt, or fail with its last. One that was called off meanwhile is over."""
    work.finished = False  # whatever it had done was undone
    log.error("attempt %s at job %s failed", work.attempt, work.job_id, exc_info=error)
    if not isinstance(error, Problem):
        tracing.report(error)
    if work.attempt >= MOST_ATTEMPTS:
        _end(
            work,
            "failed",
            f"It failed {MOST_ATTEMPTS} times. The operator finds the reason in the log under the request id {g.request_id}.",
        )
        return
    waiting = (
        update(Job)
        .where(Job.id == work.job_id, Job.state == "running", Job.attempts == work.attempt, Job.cancelling.is_(False))
        .values(state="queued", run_after=now() + timedelta(seconds=PAUSES[work.attempt - 1]), message="It will be tried again.")
    )
    if not execute(waiting).rowcount:
        _end(work, "cancelled")

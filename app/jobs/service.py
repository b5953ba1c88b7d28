"""Jobs: asking for them, looking at them, and calling them off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app, g
from sqlalchemy import ColumnElement, Row, Select, null, select, update

from app.core import metrics, tracing
from app.core.database import after_commit, execute, fetch_all, fetch_one, insert_or, remove_some, transaction
from app.core.identity import me
from app.core.paging import Listing, Order
from app.core.problems import Conflict, NotFound
from app.core.types import id_time, new_id, now
from app.files.models import StoredFile
from app.jobs.bell import Bell
from app.jobs.models import Job
from app.jobs.work import KEPT

ENDED = ("succeeded", "failed", "cancelled")
HISTORY = timedelta(days=30)


def enqueue(
    kind: str, args: dict[str, Any], *, user_id: str | None = None, key: str | None = None, upload_id: str | None = None
) -> Row[Any] | None:
    """Ask for a job, in the transaction that is open: it is there if that one commits. Args hold ids, never secrets.

    Without a `user_id` it is the service's own. There is one job for a `key` while `HISTORY` keeps it; None where it is there already.
    """
    statement = insert_or(Job).values(_new(kind, args, key) | {"user_id": user_id, "upload_id": upload_id})
    job = execute(statement.on_conflict_do_nothing(index_elements=["key"]).returning(Job)).first()
    if job is not None:
        after_commit(ring)
    return job


def enqueue_all(kind: str, args_by_key: Mapping[str, dict[str, Any]]) -> None:
    """`enqueue` many jobs of the service's own at once."""
    if args_by_key:
        statement = insert_or(Job).on_conflict_do_nothing(index_elements=["key"])
        execute(statement, [_new(kind, args, key) for key, args in args_by_key.items()])
        after_commit(ring)


def start(kind: str, args: dict[str, Any], *, upload_id: str | None = None) -> Row[Any]:
    """A job of the caller's."""
    job = enqueue(kind, args, user_id=me().user_id, upload_id=upload_id)
    assert job is not None, "a job without a key is always new"
    return job


def ring() -> None:
    """Wake a worker."""
    bell: Bell = current_app.extensions["bell"]
    bell.ring()


def listing(state: str | None = None, kind: str | None = None) -> Listing:
    """The caller's jobs, the newest first."""
    statement = _own()
    for column, value in ((Job.state, state), (Job.kind, kind)):
        statement = statement if value is None else statement.where(column == value)
    return Listing(statement, Order(Job.id, Job.id, descending=True), {"of": "jobs", "state": state, "kind": kind})


def find(job_id: str) -> Row[Any]:
    """A job of the caller's. Raises NotFound."""
    job = fetch_one(_own().where(Job.id == job_id))
    if job is None:
        raise NotFound.of("Job", job_id)
    return job


def _own() -> Select[Any]:
    """The caller's jobs. What one came to tells of todos, and is shown to who may read those."""
    hidden = () if "todos:read" in me().permissions else ("result",)
    return select(*[null().label(column.name) if column.name in hidden else column for column in Job.__table__.columns]).where(
        Job.user_id == me().user_id
    )


def file_of(job_id: str) -> Row[Any]:
    """The row of the file that a job of the caller's made. Raises NotFound, also once it is over 24 hours old."""
    job = find(job_id)
    file = fetch_one(select(StoredFile).where(StoredFile.id == job.file_id)) if job.file_id and job.expires_at > now() else None
    if file is None:
        raise NotFound("The job made no file, or made it over 24 hours ago.")
    return file


def cancel(job_id: str) -> None:
    """Call off a job of the caller's: one that waits never begins, one that runs stops at its next step.

    Raises NotFound, and Conflict where it has ended otherwise.
    """
    call_off(find(job_id))


def call_off(job: Row[Any]) -> None:
    """Call off a job, whosever it is. Raises Conflict where it has ended."""
    which, moment = Job.id == job.id, now()
    with transaction():
        state = execute(select(Job.state).where(which).with_for_update()).scalar_one_or_none()
        if state == "queued":
            execute(update(Job).where(which).values(state="cancelled", finished_at=moment, expires_at=moment))
            after_commit(lambda: metrics.current().count(metrics.JOBS_ENDED, job.kind, "cancelled"))
        elif state == "running":
            execute(update(Job).where(which).values(cancelling=True))
    if state in ("succeeded", "failed"):
        raise Conflict(f"The job has {state} already.")


def stop_all(user_id: str) -> None:
    """Let the jobs of an account that run stop at their next step. Those that wait find out for themselves whose they are."""
    execute(update(Job).where(Job.user_id == user_id, Job.state == "running").values(cancelling=True))


def retry(job_id: str) -> bool:
    """Let a job that failed, or was cancelled, begin anew; says whether there was one."""
    again = {"state": "queued", "attempts": 0, "cancelling": False, "processed": 0}
    again |= dict.fromkeys(("total", "message", "result", "error", "started_at", "finished_at", "expires_at"))
    statement = update(Job).where(Job.id == job_id, Job.state.in_(("failed", "cancelled"))).values(**again, run_after=now())
    done = fetch_one(statement.returning(Job.id)) is not None
    if done:
        ring()
    return done


def expire(most: int = 1000) -> int:
    """Let go of the files of jobs that ended a day ago, at most so many; gives how many jobs those were."""
    old = select(Job.id).where(Job.expires_at < now(), Job.file_id.is_not(None) | Job.upload_id.is_not(None)).limit(most)
    return execute(update(Job).where(Job.id.in_(old)).values(file_id=None, upload_id=None)).rowcount


def forget(most: int = 1000) -> int:
    """Remove jobs that ended 30 days ago, at most so many; gives how many those were."""
    return remove_some(Job.id, Job.expires_at < now() - HISTORY + KEPT, Job.state.in_(ENDED), most=most)


def matching(*which: ColumnElement[bool], most: int) -> list[Row[Any]]:
    """The newest jobs that meet these conditions, whosever they are."""
    return list(fetch_all(select(Job).where(*which).order_by(Job.id.desc()).limit(most)))


def _new(kind: str, args: dict[str, Any], key: str | None) -> dict[str, Any]:
    job_id = new_id()
    moment = id_time(job_id)
    return {
        "id": job_id,
        "kind": kind,
        "key": key,
        "args": {**args, **tracing.carried()},
        "request_id": g.get("request_id", ""),
        "created_at": moment,
        "run_after": moment,
    }

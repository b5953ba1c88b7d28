"""One attempt at a job: its progress, its signs of life, and its end, which counts only while no other attempt has begun."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Row, Update, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import engine, execute, fetch_one, in_transaction
from app.core.types import now
from app.jobs.models import Job

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
REPORT_SECONDS = 0.5
KEPT = timedelta(hours=24)  # what came with a job, and what it made


class Superseded(Exception):
    """Another attempt has begun, or the job is gone: what this one still does must not count."""


class Cancelled(Exception):
    """Whoever asked for the job wants it no more."""


class Failed(Exception):
    """The job has failed for good: why, for people, and what it has found out, for its `result`."""

    def __init__(self, error: str, result: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error
        self.result = result


class Work:
    """What the function of a job gets: whose it is, and how to tell how far it is."""

    def __init__(self, job: Row[Any]) -> None:
        self.job_id: str = job.id
        self.user_id: str | None = job.user_id
        self.upload_id: str | None = job.upload_id
        self.attempt: int = job.attempts
        self.created_at = job.created_at
        self.total: int | None = None
        self.processed = 0
        self.message: str | None = None
        self.finished = False
        self.ended: str | None = None  # how it ended otherwise
        self._reported_at = float("-inf")
        self._stop: type[Exception] | None = None

    def step(self, processed: int | None = None, *, total: int | None = None, message: str | None = None) -> None:
        """Tell how far the work is; to be called often, as this is where a cancelled job stops.

        Raises Cancelled and Superseded. Inside a transaction nobody sees the progress before its end.
        """
        if self._stop:
            raise self._stop
        self.processed = self.processed if processed is None else processed
        self.total = self.total if total is None else total
        changed = message is not None and message != self.message
        self.message = message if changed else self.message
        if not in_transaction() and (changed or monotonic() - self._reported_at >= REPORT_SECONDS):
            self._reported_at = monotonic()
            self._check(fetch_one(self._signed().values(**self._progress()).returning(Job.cancelling)))

    def finish(self, result: dict[str, Any] | None = None, *, file_id: str | None = None) -> None:
        """End the job well. As the last statement of a transaction it lets its effects count once, or not at all.

        Raises Cancelled and Superseded, which undo them.
        """
        moment = now()
        ended = self._signed().where(Job.cancelling.is_(False)).values(**self._progress())
        ended = ended.values(
            state="succeeded", result=result, file_id=file_id, upload_id=None, error=None, finished_at=moment, expires_at=moment + KEPT
        )
        if fetch_one(ended.returning(Job.id)) is None:
            self._check(fetch_one(select(Job.cancelling).where(*self._mine())))
        self.finished = True

    def end(self, **values: Any) -> None:
        """Let the attempt end in another way, if it still counts."""
        if execute(self._signed().values(**self._progress() | values)).rowcount:
            self.ended = values["state"]

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Give signs of life while the block runs, and learn whether to stop."""
        over = threading.Event()
        bound = engine()

        def beat() -> None:
            while not over.wait(HEARTBEAT_SECONDS):
                try:
                    with bound.connect() as connection:
                        self._beat(connection)
                except SQLAlchemyError as error:
                    log.warning("no sign of life of job %s: %s", self.job_id, type(error).__name__)

        thread = threading.Thread(target=beat, name=f"heartbeat of {self.job_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, connection: Connection) -> None:
        row = connection.execute(self._signed().returning(Job.cancelling)).first()
        if row is None and not self.finished:
            self._stop = Superseded
        elif row is not None and row.cancelling:
            self._stop = Cancelled

    def _check(self, row: Row[Any] | None) -> None:
        if row is None:
            raise Superseded
        if row.cancelling:
            raise Cancelled

    def _mine(self) -> tuple[Any, ...]:
        return Job.id == self.job_id, Job.state == "running", Job.attempts == self.attempt

    def _signed(self) -> Update:
        return update(Job).where(*self._mine()).values(heartbeat_at=now())

    def _progress(self) -> dict[str, Any]:
        return {"processed": self.processed, "total": self.total, "message": self.message and self.message[:500]}

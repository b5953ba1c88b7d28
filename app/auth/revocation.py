"""How a revoked credential, a changed role or a disabled account reaches every process within 5 seconds.

What changed is written to one small table. Each process keeps the part of it in memory that is younger than an access
token can be, and reads the news at most every 2 seconds; so a request asks a dictionary, not the database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import Any

from flask import current_app
from sqlalchemy import Row, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.auth.models import CredentialChange
from app.core.database import after_commit, engine, execute, insert_or, remove_some
from app.core.problems import Unavailable
from app.core.types import now

log = logging.getLogger(__name__)

READ_SECONDS = 2.0
STALE_SECONDS = 5.0
RETRY_SECONDS = 0.5
LIFE_SECONDS = 16 * 60.0
OVERLAP_SECONDS = 30.0
KEPT = timedelta(days=1)
_SWEPT = 10  # old changes removed with each new one


@dataclass(frozen=True, slots=True)
class Change:
    """The newest news of a session, a token or an account. `applied` is when this process made it itself (monotonic)."""

    revoked: bool
    role: str | None
    time_zone: str | None
    changed_at: float
    applied: float = float("-inf")


class Register:
    """The changes that credentials of one app must be held against.

    It fails closed: when the database is away for longer than 5 seconds no credential can be trusted, and asking raises
    Unavailable. Until then the set as it was last read counts.
    """

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._reading = threading.Lock()
        self._merging = threading.Lock()
        self._read_at = float("-inf")  # monotonic, when the last successful reading began
        self._failed_at = float("-inf")
        self._read_until = 0.0  # the same instant by the wall clock, which `changed_at` is in

    def changes(self) -> dict[str, Change]:
        """The changes by the id of what changed, at most 5 seconds old. Raises Unavailable."""
        if time() < self._read_until:  # the clock was set back: tokens count again whose revocation was forgotten
            self._read_at = float("-inf")
        age = monotonic() - self._read_at
        if age >= READ_SECONDS:
            self._refresh(age)
        return self._changes

    def apply(self, subject_id: str, change: Change) -> None:
        """Know of a change that this process has just committed."""
        with self._merging:
            self._changes[subject_id] = change

    def _refresh(self, age: float) -> None:
        """Read the news. One thread does; the others go on with the old set while it is fresh enough, else they wait."""
        if self._reading.acquire(timeout=STALE_SECONDS if age > STALE_SECONDS else 0):
            try:
                due = monotonic() - self._read_at >= READ_SECONDS and monotonic() - self._failed_at >= RETRY_SECONDS
                if due:
                    self._read()
            except SQLAlchemyError as error:
                self._failed_at = monotonic()
                log.warning("revocations cannot be read: %s", type(error).__name__)
            finally:
                self._reading.release()
        if monotonic() - self._read_at > STALE_SECONDS:
            raise Unavailable()

    def _read(self) -> None:
        began, wall = monotonic(), time()
        first = not self._read_until or wall < self._read_until  # a clock that was set back makes `changed_at` unreliable
        since = wall - LIFE_SECONDS if first else self._read_until - OVERLAP_SECONDS
        rows = _changed_since(since)
        with self._merging:
            for row in rows:
                known = self._changes.get(row.subject_id)
                if known is None or known.applied < began:
                    self._changes[row.subject_id] = Change(row.revoked, row.role, row.time_zone, row.changed_at.timestamp())
            for subject_id, change in list(self._changes.items()):
                if change.changed_at < wall - LIFE_SECONDS:
                    del self._changes[subject_id]
        self._read_at, self._read_until = began, wall


def announce(subject_id: str, revoked: bool, role: str | None = None, time_zone: str | None = None) -> None:
    """Let every process know that a session, token or account is revoked, or is what it is now.

    To be called last in a transaction: processes find it by the time of this call, if it is committed within 30 seconds.
    """
    announce_all([subject_id], revoked, role, time_zone)


def announce_all(subject_ids: Iterable[str], revoked: bool, role: str | None = None, time_zone: str | None = None) -> None:
    """`announce` for several at once."""
    moment = now()
    subjects = sorted(subject_ids)  # in one order everywhere, so that two transactions cannot deadlock
    if not subjects:
        return
    news = {"revoked": revoked, "role": role, "time_zone": time_zone, "changed_at": moment}
    statement = insert_or(CredentialChange)
    execute(
        statement.on_conflict_do_update(index_elements=["subject_id"], set_={name: statement.excluded[name] for name in news}),
        [{"subject_id": subject_id, **news} for subject_id in subjects],
    )
    remove_some(CredentialChange.subject_id, CredentialChange.changed_at < moment - KEPT, most=_SWEPT)
    register: Register = current_app.extensions["credential_register"]

    def apply() -> None:
        for subject_id in subjects:
            register.apply(subject_id, Change(revoked, role, time_zone, moment.timestamp(), monotonic()))

    after_commit(apply)


def announce_account(user: Any) -> None:
    """`announce` an account, whose row this is, as it is now."""
    announce(user.id, not user.active, user.role, user.time_zone)


def _changed_since(wall: float) -> list[Row[Any]]:
    statement = select(CredentialChange).where(CredentialChange.changed_at >= datetime.fromtimestamp(wall, UTC))
    try:
        return _fetch(statement)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return _fetch(statement)  # the connection had lain in the pool while the database was restarted


def _fetch(statement: Any) -> list[Row[Any]]:
    with engine().connect() as connection:
        return list(connection.execute(statement).all())

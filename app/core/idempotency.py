"""Idempotency-Key: a POST that is sent again is answered again, not done again.

The answer is stored in the very transaction that does the work, so a process that dies leaves either both or neither, and
a retry at once does the right thing. Two requests at once: on PostgreSQL an advisory lock lets one through and the other
gets a 409; on SQLite the second waits for the write lock and then finds the first one's answer. Answers may hold tokens,
so they are sealed (Fernet) and bodies are kept as a keyed hash only.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
from cryptography.fernet import Fernet
from flask import Response, current_app, g, request
from sqlalchemy import CHAR, LargeBinary, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import Headers

from app.core.database import execute, fetch_one, is_deadlock, on_sqlite, remove_some, transaction
from app.core.problems import Conflict, IdempotencyMismatch, Invalid, Overtaken, Problem, from_exception, response
from app.core.types import Instant, now
from app.extensions import Model

KEPT = timedelta(hours=24)
_SWEPT = 10  # old answers removed with each new one, so that they never pile up
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Set-Cookie", "Retry-After", "WWW-Authenticate")


class IdempotentAnswer(Model):
    """The first answer to a POST with an Idempotency-Key."""

    __tablename__ = "idempotent_answers"

    digest: Mapped[str] = mapped_column(CHAR(64), primary_key=True, comment="HMAC-SHA-256 of caller, address and key")
    body_hash: Mapped[str] = mapped_column(CHAR(64), comment="HMAC-SHA-256 of the request's body")
    answer: Mapped[bytes] = mapped_column(LargeBinary, comment="status, headers and body, sealed")
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)


def once(act: Callable[[], Response], told: bytes) -> Response:
    """The answer of `act`, or the one that the same key got before. `told` is what the request says, which must be the same.

    Raises Conflict and IdempotencyMismatch.
    """
    digest, body_hash = _digest(), _keyed(told)
    try:
        with transaction():
            stored = _claim(digest, body_hash)
            if stored is not None:
                return stored
            answer = act()
            _store(digest, body_hash, answer)
            return answer
    except (IdempotencyMismatch, Overtaken, _StillRunning):
        raise
    except Exception as error:
        if is_deadlock(error):
            raise
        problem = from_exception(error)
        if problem.status < 500 and problem.status != 429:
            _store_problem(digest, body_hash, problem)
        raise problem from None


def forget(most: int = 1000) -> int:
    """Remove answers that are kept no longer, at most so many; gives how many those were."""
    return remove_some(IdempotentAnswer.digest, IdempotentAnswer.created_at < now() - KEPT, most=most)


class _StillRunning(Conflict):
    default = "The first request with this Idempotency-Key is still running."


def _claim(digest: str, body_hash: str) -> Response | None:
    if not on_sqlite() and not execute(select(func.pg_try_advisory_xact_lock(int(digest[:15], 16)))).scalar_one():
        raise _StillRunning(headers={"Retry-After": "1"})
    row = fetch_one(select(IdempotentAnswer).where(IdempotentAnswer.digest == digest))
    if row is None:
        return None
    if row.created_at < now() - KEPT:
        execute(delete(IdempotentAnswer).where(IdempotentAnswer.digest == digest))
        return None
    if not hmac.compare_digest(row.body_hash, body_hash):
        raise IdempotencyMismatch()
    status, headers, body = orjson.loads(_seal().decrypt(row.answer))
    answer = Response(body, status)
    answer.headers = Headers(headers)  # and no type where the first had none
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _store(digest: str, body_hash: str, answer: Response) -> None:
    headers = [(name, value) for name, value in answer.headers.items() if name in _KEPT_HEADERS]
    sealed = _seal().encrypt(orjson.dumps([answer.status_code, headers, answer.get_data(as_text=True)]))
    execute(insert(IdempotentAnswer).values(digest=digest, body_hash=body_hash, answer=sealed, created_at=now()))
    forget(_SWEPT)


def _store_problem(digest: str, body_hash: str, problem: Problem) -> None:
    with transaction():
        if _claim(digest, body_hash) is None:
            _store(digest, body_hash, response(problem))


def _digest() -> str:
    key = request.headers["Idempotency-Key"]
    if not (1 <= len(key) <= 255 and all("!" <= character <= "~" for character in key)):
        raise Invalid({"Idempotency-Key": ["Must be 1 to 255 visible ASCII characters."]})
    caller = g.identity.user_id if g.get("identity") else "anonymous"
    return _keyed("\n".join((caller, request.full_path, key)).encode())


def _keyed(text: bytes) -> str:
    return hmac.new(current_app.config["SECRET_KEY"].encode(), text, "sha256").hexdigest()


def _seal() -> Fernet:
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"idempotency" + current_app.config["SECRET_KEY"].encode()).digest()))

"""Guessing passwords is slow: ten failures in 15 minutes for one account, whatever the addresses they came from.

An address without an account counts alike, so being slowed down tells nothing about it.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, insert, select

from app.auth import passwords
from app.auth.models import LoginFailure
from app.core.database import after_end, execute, fetch_all, remove_some, transaction
from app.core.problems import RateLimited
from app.core.types import new_id, now

ALLOWED = 10
WINDOW = timedelta(minutes=15)
_SWEPT = 10  # old failures removed with each new one; all at once, after an attack, would be more than a request may take


def is_right(email: str, password_hash: str | None, password: str) -> bool:
    """Whether this is the password of the account; a failure counts, a success clears the count.

    Raises RateLimited, without a look at the password, after ten failures in 15 minutes, and Unavailable.
    """
    account = _account(email)
    _slow_down(account)
    if not passwords.matches(password_hash, password):
        after_end(lambda: _record(account))
        _slow_down(account, ALLOWED + 1)  # guesses made at the same time do not see each other before
        return False
    _slow_down(account)
    execute(delete(LoginFailure).where(LoginFailure.account_hash == account))
    return True


def prepare(email: str, password_hash: str | None, password: str) -> bool:
    """Look at the password now, so that `is_right` need not; whether it is right. After too many failures nobody looks, and it is not."""
    try:
        _slow_down(_account(email))
    except RateLimited:
        return False
    return passwords.matches(password_hash, password)


def forget(email: str) -> None:
    """Let an account be tried anew: whoever reads its mail has proved to be its owner."""
    execute(delete(LoginFailure).where(LoginFailure.account_hash == _account(email)))


def _account(email: str) -> str:
    key = hashlib.sha256(b"login" + current_app.config["SECRET_KEY"].encode()).digest()
    return hmac.new(key, email.lower().encode(), "sha256").hexdigest()


def _slow_down(account: str, failures: int = ALLOWED) -> None:
    moment = now()
    recent = fetch_all(
        select(LoginFailure.failed_at)
        .where(LoginFailure.account_hash == account, LoginFailure.failed_at > moment - WINDOW)
        .order_by(LoginFailure.failed_at.desc())
        .limit(failures)
    )
    if len(recent) == failures:
        raise RateLimited(
            "Too many failed logins. Wait as long as Retry-After says.",
            headers={"Retry-After": str(_seconds(recent[-1].failed_at, moment))},
        )


def _seconds(oldest: datetime, moment: datetime) -> int:
    return max(1, math.ceil((oldest + WINDOW - moment).total_seconds()))


def _record(account: str) -> None:
    moment = now()
    with transaction():
        remove_some(LoginFailure.id, LoginFailure.failed_at <= moment - WINDOW, most=_SWEPT)
        execute(insert(LoginFailure).values(id=new_id(), account_hash=account, failed_at=moment))

"""Tokens that are mailed: whoever brings one back reads the mail of an address (RFC 9700 has no word on them, OWASP's Forgot
Password Cheat Sheet has).

No job and no table holds a token. The job that mails one derives it, from a key and its own id, so a job that is run again
mails the same; the table has its SHA-256. A reset token that was used stays there, spent: the job must not make it good again.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Row, delete, func, select, update

from app.auth.models import MailedToken
from app.core.database import execute, fetch_all, fetch_one, insert_or, transaction
from app.core.problems import Invalid
from app.core.types import now
from app.users.models import User

RESET, VERIFY, _SPENT = "reset", "verify", "spent"
LIFE = {RESET: timedelta(hours=1), VERIFY: timedelta(days=3)}
MOST_AN_HOUR = 5
WAITED_FOR = timedelta(days=1)  # nobody looks for a mail that was asked for longer ago
_COUNTED = {RESET: (RESET, _SPENT), VERIFY: (VERIFY,)}


def issue(purpose: str, email: str, job_id: str, asked_at: datetime) -> str | None:
    """The token that a job is to mail to the account of an address.

    None where no active account has the address, where there is nothing to prove, where the account got five in the last
    hour, where the token was used already, and where it was asked for a day ago.
    """
    token, moment = _derived(purpose, job_id), now()
    if asked_at < moment - WAITED_FOR:
        return None
    with transaction():  # the lock lets one job at a time count
        user = fetch_one(select(User).where(User.email == email, User.active.is_(True)).with_for_update())
        if user is None or (purpose == VERIFY and user.email_verified) or _too_many(purpose, user.id, token, moment):
            return None
        row = {"user_id": user.id, "purpose": purpose, "email": email, "created_at": moment, "expires_at": moment + LIFE[purpose]}
        kept = insert_or(MailedToken).values(token_hash=_digest(token), **row)
        kept = kept.on_conflict_do_update(
            index_elements=["token_hash"], set_={"expires_at": row["expires_at"]}, where=MailedToken.purpose == purpose
        )
        return token if fetch_one(kept.returning(MailedToken.token_hash)) else None


def owner(purpose: str, token: str) -> Row[Any]:
    """The active account that a good token was mailed to, at the address that it has now. Raises Invalid."""
    user = fetch_one(
        select(User)
        .join(MailedToken, MailedToken.user_id == User.id)
        .where(MailedToken.token_hash == _digest(token), MailedToken.purpose == purpose, MailedToken.expires_at > now())
        .where(MailedToken.email == User.email, User.active.is_(True))
    )
    if user is None:
        raise _wrong()
    return user


def spend_resets(user_id: str) -> list[str]:
    """Let no token that was mailed to an account set its password any more; gives the hashes of those that could."""
    waiting = update(MailedToken).where(MailedToken.user_id == user_id, MailedToken.purpose == RESET)
    return [row.token_hash for row in fetch_all(waiting.values(purpose=_SPENT).returning(MailedToken.token_hash))]


def use_reset(user_id: str, token: str) -> None:
    """Spend a token, and every other one that could set the account's password. Raises Invalid where another was faster."""
    if _digest(token) not in spend_resets(user_id):
        raise _wrong()


def use_verification(token: str) -> None:
    """Spend a token that proves an address. Raises Invalid where another was faster."""
    which = (MailedToken.token_hash == _digest(token), MailedToken.purpose == VERIFY)
    if fetch_one(delete(MailedToken).where(*which).returning(MailedToken.token_hash)) is None:
        raise _wrong()


def _too_many(purpose: str, user_id: str, token: str, moment: datetime) -> bool:
    others = select(func.count()).where(
        MailedToken.user_id == user_id,
        MailedToken.purpose.in_(_COUNTED[purpose]),
        MailedToken.created_at > moment - timedelta(hours=1),
        MailedToken.token_hash != _digest(token),
    )
    return bool(execute(others).scalar_one() >= MOST_AN_HOUR)


def _derived(purpose: str, job_id: str) -> str:
    key = hashlib.sha256(b"mailed token" + current_app.config["SECRET_KEY"].encode()).digest()
    return urlsafe_b64encode(hmac.digest(key, f"{purpose} {job_id}".encode(), "sha256")).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _wrong() -> Invalid:
    return Invalid({"token": ["The token is wrong, was used already, or is too old."]})

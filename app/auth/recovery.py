"""What a token that was mailed lets its bearer do: choose another password, and prove an address."""

from __future__ import annotations

from sqlalchemy import update

from app.auth import attempts, mailed_tokens, passwords, sessions
from app.auth.mailed_tokens import RESET, VERIFY
from app.core.database import execute, transaction
from app.jobs.service import enqueue
from app.users import service as users
from app.users.models import User


def ask_for_reset(email: str) -> None:
    """Let the way to another password be mailed to an address. Whether an account has it is for the job to find out."""
    enqueue("mail.password_reset", {"email": email})


def reset_password(token: str, password: str) -> None:
    """Give the bearer of a mailed token another password, and end all their sessions. Raises Invalid and Unavailable."""
    user = mailed_tokens.owner(RESET, token)
    passwords.refuse_weak(password, user.email)
    password_hash = passwords.hashed(password)
    with transaction():
        execute(update(User).where(User.id == user.id).values(password_hash=password_hash))  # first: it locks the account
        mailed_tokens.use_reset(user.id, token)
        users.mark_verified(user.id, user.email)
        attempts.forget(user.email)
        sessions.end_all(user.id)


def prepare_reset(token: str, password: str) -> None:
    """Do the slow part of `reset_password` now, before a transaction is opened around it."""
    passwords.refuse_weak(password, mailed_tokens.owner(RESET, token).email)
    passwords.hashed(password)


def verify_email(token: str) -> None:
    """Note that the bearer of a mailed token reads the mail of their address. Raises Invalid."""
    with transaction():
        user = mailed_tokens.owner(VERIFY, token)
        users.mark_verified(user.id, user.email)
        mailed_tokens.use_verification(token)

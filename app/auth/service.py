"""Registering, logging in and out, and changing the password."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import Row, update

from app.auth import attempts, mailed_tokens, passwords, sessions
from app.auth.sessions import Device, TokenPair
from app.core.database import execute, transaction
from app.core.identity import me
from app.core.problems import Forbidden, Invalid, Unauthorized
from app.users import service as users
from app.users.models import User

WRONG = "The e-mail address or the password is wrong."


def register(email: str, password: str, name: str = "") -> Row[Any]:
    """A new account. Raises Forbidden while registration is closed, Conflict and Invalid."""
    if current_app.config["REGISTRATION"] == "closed":
        raise Forbidden("Registration is closed. Ask an admin for an account.")
    return users.create_user(email, password, name, verify=True)


def login(email: str, password: str, device: Device) -> TokenPair:
    """A new session for whom this is the address and password of.

    Raises Unauthorized, the same and as late for an unknown address; Forbidden for a disabled account, to whom knows its
    password; RateLimited after many failures; Unavailable where many log in at once.
    """
    email = email.lower()
    user = users.by_email(email)
    if not attempts.is_right(email, user.password_hash if user else None, password) or user is None:
        raise Unauthorized(WRONG)
    if not user.active:
        raise Forbidden("This account is disabled. Ask an admin.")
    renewed = passwords.hashed(password) if passwords.is_outdated(user.password_hash) else None
    with transaction():
        if not users.is_still(user):
            raise Unauthorized(WRONG)
        if renewed:
            _keep(user.id, renewed)
        return sessions.begin(user, device)


def logout() -> None:
    """End the caller's session: its tokens stop working."""
    sessions.end_current()


def change_password(current_password: str, new_password: str) -> None:
    """Give the caller another password, and end all other sessions. Raises Invalid and RateLimited."""
    caller = me()
    user = users.by_id(caller.user_id)
    passwords.refuse_weak(new_password, user.email, "new_password")
    users.confirm(user, current_password)
    password_hash = passwords.hashed(new_password)
    with transaction():
        if not users.is_still(user):
            raise Invalid(users.WRONG_PASSWORD)
        _keep(user.id, password_hash)
        mailed_tokens.spend_resets(user.id)
        sessions.end_all(user.id, but=caller.session_id)


def prepare_registration(email: str, password: str, name: str = "") -> None:
    """Do the slow part of `register` now, before a transaction is opened around it."""
    if current_app.config["REGISTRATION"] == "open" and users.by_email(email) is None:
        passwords.hashed(password)


def prepare_login(email: str, password: str, cookies: bool = False) -> None:
    """Do the slow part of `login` now, before a transaction is opened around it."""
    user = users.by_email(email)
    attempts.prepare(email, user.password_hash if user else None, password)


def prepare_password_change(current_password: str, new_password: str) -> None:
    """Do the slow part of `change_password` now, before a transaction is opened around it."""
    user = users.by_id(me().user_id)
    if attempts.prepare(user.email, user.password_hash, current_password):
        passwords.hashed(new_password)


def _keep(user_id: str, password_hash: str) -> None:
    execute(update(User).where(User.id == user_id).values(password_hash=password_hash))

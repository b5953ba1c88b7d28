"""Personal access tokens: for scripts, made by their owner, with some of the owner's permissions."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select

from app.auth.models import PersonalToken
from app.auth.revocation import announce
from app.core.database import execute, fetch_one, transaction
from app.core.identity import me
from app.core.paging import Listing, Order
from app.core.problems import Invalid, NotFound, Unauthorized
from app.core.types import id_time, new_id, now
from app.users.models import User

PREFIX = "tbx_"


def listing() -> Listing:
    """The caller's tokens, the oldest first."""
    own = select(PersonalToken).where(PersonalToken.user_id == me().user_id)
    return Listing(own, Order(PersonalToken.id, PersonalToken.id), {"of": "tokens"})


def find(token_id: str) -> Row[Any]:
    """What is kept of a token of the caller. Raises NotFound."""
    row = fetch_one(select(PersonalToken).where(PersonalToken.id == token_id, PersonalToken.user_id == me().user_id))
    if row is None:
        raise NotFound.of("Token", token_id)
    return row


def create(name: str, scopes: list[str], expires_at: datetime | None = None) -> dict[str, Any]:
    """A new token of the caller, `token` itself included, which nobody can learn later. Raises Invalid."""
    if expires_at is not None and expires_at <= now():
        raise Invalid({"expires_at": ["Must be in the future."]})
    token = PREFIX + secrets.token_urlsafe(32)
    token_id = new_id()
    row = {
        "id": token_id,
        "user_id": me().user_id,
        "name": name,
        "token_hash": _digest(token),
        "scopes": sorted(set(scopes)),
        "expires_at": expires_at,
        "created_at": id_time(token_id),
    }
    execute(insert(PersonalToken).values(row))
    return {**row, "token": token}


def revoke(token_id: str) -> None:
    """Delete a token of the caller; it stops working. Raises NotFound."""
    with transaction():
        own = (PersonalToken.id == token_id, PersonalToken.user_id == me().user_id)
        if not execute(delete(PersonalToken).where(*own)).rowcount:
            raise NotFound.of("Token", token_id)
        announce(token_id, revoked=True)


def bearer_of(token: str) -> Row[Any]:
    """What is kept of the token, and its owner's role, time zone and inbox. Raises Unauthorized unless both are good."""
    row = fetch_one(
        select(
            PersonalToken.id,
            PersonalToken.user_id,
            PersonalToken.scopes,
            PersonalToken.expires_at,
            User.role,
            User.time_zone,
            User.inbox_id,
        )
        .join(User, User.id == PersonalToken.user_id)
        .where(PersonalToken.token_hash == _digest(token), User.active)
    )
    if row is None or (row.expires_at is not None and row.expires_at <= now()):
        raise Unauthorized("The token is not valid, or it has expired.")
    return row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

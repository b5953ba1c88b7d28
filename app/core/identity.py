"""Who is asking: what a verified credential says about its bearer, without looking at the database."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import g

from app.core.problems import Forbidden, Unauthorized


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request. `session_id` is set for a login, `token_id` for a personal access token."""

    user_id: str
    permissions: frozenset[str]
    time_zone: str
    inbox_id: str
    session_id: str | None = None
    token_id: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The caller's time zone."""
        return ZoneInfo(self.time_zone)


def me() -> Identity:
    """The caller. Raises Unauthorized where nobody is logged in."""
    identity: Identity | None = g.get("identity")
    if identity is None:
        raise Unauthorized()
    return identity


def check(permission: str) -> None:
    """Let the caller pass if their role, and the scopes of their token, allow `permission`. Raises Forbidden."""
    if permission not in me().permissions:
        raise Forbidden(f"This takes the permission {permission}.", missing=permission)

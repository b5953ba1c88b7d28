"""Sessions: where an account is logged in. Refresh tokens rotate, and one that comes back ends its session (RFC 9700, 4.14.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypedDict

from sqlalchemy import Row, delete, insert, select, update

from app.auth import tokens
from app.auth.models import Session
from app.auth.revocation import announce_all
from app.auth.tokens import ACCESS_LIFE, REFRESH_LIFE, Claims
from app.core.database import after_end, execute, fetch_all, fetch_one, transaction
from app.core.identity import me
from app.core.paging import Listing, Order
from app.core.problems import NotFound, Unauthorized
from app.core.types import id_time, new_id, now
from app.users.models import User

GRACE = timedelta(seconds=10)


@dataclass(frozen=True)
class Device:
    """Where a login came from, as the session shows it."""

    user_agent: str = ""
    ip_address: str = ""


class TokenPair(TypedDict):
    """What a login or a refresh gives; `expires_in` is of the access token, in seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user: Row[Any]


def begin(user: Row[Any], device: Device) -> TokenPair:
    """Log the user in."""
    session_id, jti = new_id(), new_id()
    started = id_time(session_id)
    with transaction():
        execute(delete(Session).where(Session.user_id == user.id, Session.expires_at <= started))
        execute(
            insert(Session).values(
                id=session_id,
                user_id=user.id,
                refresh_jti=jti,
                rotated={},
                user_agent=device.user_agent[:200],
                ip_address=device.ip_address[:45],
                created_at=started,
                last_used_at=started,
                expires_at=started + REFRESH_LIFE,
            )
        )
    return _pair(user, session_id, jti, started + REFRESH_LIFE)


def refresh(claims: Claims) -> TokenPair:
    """A new pair for the bearer of a refresh token. Raises Unauthorized.

    A token that was used up to 10 seconds ago gives a pair too, as tabs of one page refresh at the same time; an older
    one was copied by somebody, so its session ends.
    """
    with transaction():
        session = fetch_one(select(Session).where(Session.id == claims["sid"], Session.user_id == claims["sub"]).with_for_update())
        user = fetch_one(select(User).where(User.id == claims["sub"]))
        if session is None or user is None:
            raise Unauthorized("The session is over. Log in again.")
        moment = now()
        used = session.rotated.get(claims["jti"])
        if session.expires_at <= moment or not user.active:
            _refuse(session)
        if claims["jti"] == session.refresh_jti:
            return _rotate(session, user, moment)
        if used is not None and _is_recent(used, moment):
            return _pair(user, session.id, session.refresh_jti, session.expires_at)
        _refuse(session)


def end(session_id: str) -> None:
    """End a session of the caller: its tokens stop working. Raises NotFound."""
    with transaction():
        if not _end(Session.id == session_id, Session.user_id == me().user_id):
            raise NotFound.of("Session", session_id)


def end_current() -> None:
    """End the session of this request, which may have been ended meanwhile."""
    with transaction():
        _end(Session.id == me().session_id)


def end_all(user_id: str, but: str | None = None) -> None:
    """End every session of an account, or every other one than `but`."""
    with transaction():
        _end(Session.user_id == user_id, *([Session.id != but] if but else []))


def listing() -> Listing:
    """The caller's sessions, the oldest first."""
    own = (Session.user_id == me().user_id, Session.expires_at > now())
    current = (Session.id == me().session_id).label("current")
    statement: Any = select(Session, current).where(*own)
    return Listing(statement, Order(Session.id, Session.id), {"of": "sessions"})


def _rotate(session: Row[Any], user: Row[Any], moment: datetime) -> TokenPair:
    jti = new_id()
    recent = {used_jti: used for used_jti, used in session.rotated.items() if _is_recent(used, moment)}
    execute(
        update(Session)
        .where(Session.id == session.id)
        .values(
            refresh_jti=jti,
            rotated={**recent, session.refresh_jti: moment.isoformat()},
            last_used_at=moment,
            expires_at=moment + REFRESH_LIFE,
        )
    )
    return _pair(user, session.id, jti, moment + REFRESH_LIFE)


def _refuse(session: Row[Any]) -> NoReturn:
    """Raise Unauthorized and end the session, which must last although the request fails."""

    def end_it() -> None:
        with transaction():
            _end(Session.id == session.id)

    after_end(end_it)
    raise Unauthorized("The session is over. Log in again.")


def _end(*which: Any) -> list[str]:
    ended = [row.id for row in fetch_all(delete(Session).where(*which).returning(Session.id))]
    announce_all(ended, revoked=True)
    return ended


def _is_recent(used: str, moment: datetime) -> bool:
    return abs(moment - datetime.fromisoformat(used)) <= GRACE


def _pair(user: Row[Any], session_id: str, jti: str, expires_at: datetime) -> TokenPair:
    return {
        "access_token": tokens.issue_access(user, session_id),
        "refresh_token": tokens.issue_refresh(user.id, session_id, jti, expires_at),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "user": user,
    }

"""Finds out who sends a request, in a few microseconds where the same token came before."""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import dataclass, replace

from flask import Flask, current_app, g, request

from app.auth import personal_tokens, tokens
from app.auth.revocation import Register
from app.core.identity import Identity
from app.core.problems import CsrfFailed, Unauthorized
from app.users.permissions import ROLES

CACHED_TOKENS = 10_000
PERSONAL_TOKEN_SECONDS = 60.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIES = {"access": "access_token_cookie", "refresh": "refresh_token_cookie"}


@dataclass(frozen=True, slots=True)
class Credential:
    """What a token was found to say. `expires_at` is when to verify it anew, in seconds since 1970."""

    identity: Identity
    expires_at: float
    csrf: str = ""
    scopes: frozenset[str] | None = None


class Cache:
    """Verified credentials by their token: a bounded number, of which the oldest makes room for a new one."""

    def __init__(self, size: int = CACHED_TOKENS) -> None:
        self._size = size
        self._found: dict[str, Credential] = {}
        self._writing = threading.Lock()

    def get(self, token: str) -> Credential | None:
        """What the token was found to say, if that still counts."""
        found = self._found.get(token)
        return found if found and found.expires_at > time.time() else None

    def put(self, token: str, credential: Credential) -> None:
        """Remember a verified token."""
        with self._writing:
            self._found.pop(token, None)
            while len(self._found) >= self._size:
                del self._found[next(iter(self._found))]
            self._found[token] = credential


def init_app(app: Flask) -> None:
    """Give the app its memory of verified and of revoked credentials."""
    app.extensions["credential_cache"] = Cache()
    app.extensions["credential_register"] = Register()


def authenticate(credential: str) -> None:
    """Let `g.identity` be the bearer of the request's token, which must be of this kind ("access" or "refresh").

    The Authorization header comes before cookies. Of a refresh token also `g.refresh_claims` is left. Raises
    Unauthorized, CsrfFailed for a cookie without its CSRF token, and Unavailable.
    """
    extensions, sent = current_app.extensions, request
    header: str | None = sent.environ.get("HTTP_AUTHORIZATION")
    token = _bearer(header) if header is not None else sent.cookies.get(_COOKIES[credential])
    if not token:
        raise Unauthorized()
    cache: Cache = extensions["credential_cache"]
    found = cache.get(token) if credential == "access" else None
    if found is None:
        found = _verify(token, credential, cache, personal=header is not None)
    identity = _as_of_now(found, extensions["credential_register"])
    if header is None:
        _check_cookie(found)
    g.identity = identity


def _bearer(header: str) -> str:
    """The token of an Authorization header (RFC 6750). Raises Unauthorized for any other form."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("The Authorization header must be `Bearer <token>`.")
    return token


def _verify(token: str, kind: str, cache: Cache, *, personal: bool) -> Credential:
    if personal and token.startswith(personal_tokens.PREFIX):
        return _verify_personal(token, cache)
    if kind == "refresh":
        claims = g.refresh_claims = tokens.read(token, "refresh")
        nothing_else = Identity(claims["sub"], frozenset(), "UTC", "", session_id=claims["sid"])
        return Credential(nothing_else, claims["exp"], claims["csrf"])
    claims = tokens.read(token, "access")
    identity = Identity(claims["sub"], ROLES[claims["role"]], claims["tz"], claims["inbox"], session_id=claims["sid"])
    found = Credential(identity, claims["exp"], claims["csrf"])
    cache.put(token, found)
    return found


def _verify_personal(token: str, cache: Cache) -> Credential:
    found = cache.get(token)
    if found is None:
        row = personal_tokens.bearer_of(token)
        scopes = frozenset(row.scopes)
        identity = Identity(row.user_id, scopes & ROLES[row.role], row.time_zone, row.inbox_id, token_id=row.id)
        until = time.time() + PERSONAL_TOKEN_SECONDS
        found = Credential(identity, min(until, row.expires_at.timestamp()) if row.expires_at else until, scopes=scopes)
        cache.put(token, found)
    return found


def _as_of_now(credential: Credential, register: Register) -> Identity:
    """The identity with what changed since the token was made. Raises Unauthorized where it was revoked."""
    changes = register.changes()
    identity = credential.identity
    own = changes.get(identity.session_id or identity.token_id or "")
    account = changes.get(identity.user_id)
    if (own and own.revoked) or (account and account.revoked):
        raise Unauthorized("The token was revoked. Log in again.")
    if account and account.role and account.time_zone and identity.inbox_id:
        allowed = ROLES[account.role]
        permissions = allowed if credential.scopes is None else allowed & credential.scopes
        return replace(identity, permissions=permissions, time_zone=account.time_zone)
    return identity


def _check_cookie(found: Credential) -> None:
    """Let pass what may come as a cookie, which browsers send along unasked: a login's token, with the page's consent."""
    if found.scopes is not None:
        raise Unauthorized()
    sent: str = request.environ.get("HTTP_X_CSRF_TOKEN", "")
    if request.method not in SAFE_METHODS and not hmac.compare_digest(sent.encode(), found.csrf.encode()):
        raise CsrfFailed()

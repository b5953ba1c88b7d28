"""Access and refresh tokens: JSON Web Tokens (RFC 7519) of one strict form, whatever a forger tries.

Flask-JWT-Extended makes and reads them. It leaves doors open that are closed here: any `type` but "refresh" passes for an
access token, `exp`, `jti` and `typ` may be missing, and some malformed tokens end in a 500 (RFC 8725 has the whole list).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    decode_token,
    set_access_cookies,
    set_refresh_cookies,
    unset_access_cookies,
    unset_refresh_cookies,
)
from flask_jwt_extended.exceptions import CSRFError
from jwt.exceptions import InvalidTokenError

from app.config import is_embedded
from app.core.problems import CsrfFailed, Unauthorized, response
from app.core.types import is_id
from app.extensions import jwt
from app.users.permissions import ROLES

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
CLOCK_SKEW = timedelta(seconds=30)
LONGEST_TOKEN = 4096
_NAME = "tickbox"
# A signature of 32 bytes has one spelling; PyJWT also takes padding, and passes over the spare bits of the last character.
_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]", re.ASCII)

Claims = Mapping[str, Any]


def init_app(app: Flask) -> None:
    """Set the form, the keys and the cookies of the app's tokens."""
    app.config.from_mapping(
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_ALGORITHM="HS256",
        JWT_DECODE_ALGORITHMS=["HS256"],
        JWT_ENCODE_ISSUER=_NAME,
        JWT_DECODE_ISSUER=_NAME,
        JWT_ENCODE_AUDIENCE=_NAME,
        JWT_DECODE_AUDIENCE=_NAME,
        JWT_ENCODE_NBF=False,
        JWT_DECODE_LEEWAY=CLOCK_SKEW,  # for `iat` of another machine's clock; `read` itself is strict about `exp`
        JWT_ACCESS_TOKEN_EXPIRES=ACCESS_LIFE,
        JWT_REFRESH_TOKEN_EXPIRES=REFRESH_LIFE,
        JWT_ACCESS_COOKIE_PATH="/api/v1",
        JWT_REFRESH_COOKIE_PATH="/api/v1/auth",
        JWT_COOKIE_SAMESITE="Lax",
        JWT_COOKIE_SECURE=not (is_embedded(app.config) and app.config["PUBLIC_URL"].startswith("http://")),
    )
    keys = [key for key in (app.config["JWT_SECRET_KEY"], app.config["JWT_PREVIOUS_KEY"]) if key]
    app.extensions["jwt_keys"] = {key_id(key): key for key in keys}
    jwt.init_app(app)
    app.register_error_handler(CSRFError, lambda _: response(CsrfFailed()))


def key_id(key: str) -> str:
    """The `kid` of a key: tells keys apart, and nothing about them."""
    return hashlib.sha256(b"kid" + key.encode()).hexdigest()[:16]


def issue_access(user: Any, session_id: str) -> str:
    """An access token that carries all that a request must know of its user, so that none reads the user's row."""
    claims = {"sid": session_id, "role": user.role, "tz": user.time_zone, "inbox": user.inbox_id}
    return str(create_access_token(user.id, additional_claims=claims))


def issue_refresh(user_id: str, session_id: str, jti: str, expires_at: datetime) -> str:
    """The refresh token `jti` of a session, good until `expires_at`."""
    claims = {"sid": session_id, "jti": jti, "exp": int(expires_at.timestamp())}
    return str(create_refresh_token(user_id, additional_claims=claims))


def read(token: str, kind: str) -> Claims:
    """The claims of a genuine token of this `kind` ("access" or "refresh") that has not expired. Raises Unauthorized.

    Whether it was revoked is not asked here.
    """
    try:
        if len(token) > LONGEST_TOKEN or not _FORM.fullmatch(token):
            raise InvalidTokenError
        claims: Claims = decode_token(token)
        well_formed = _is_ours(claims, kind)
    except Exception:  # the libraries raise a dozen kinds for forged tokens, RecursionError and OverflowError among them
        well_formed = False
    if not well_formed:
        raise Unauthorized("The token is not valid, or it has expired.")
    return claims


def _is_ours(claims: Claims, kind: str) -> bool:
    """Whether the claims are those that `issue_access` or `issue_refresh` writes."""
    ids = ("sub", "sid", "jti", "inbox") if kind == "access" else ("sub", "sid", "jti")
    life = ACCESS_LIFE if kind == "access" else REFRESH_LIFE
    return (
        claims["type"] == kind
        and claims["iss"] == _NAME
        and claims["aud"] == _NAME
        and type(claims["iat"]) is int
        and type(claims["exp"]) is int
        and time.time() < claims["exp"] <= claims["iat"] + life.total_seconds()  # revocations are remembered for no longer
        and all(isinstance(claims[name], str) and is_id(claims[name]) for name in ids)
        and isinstance(claims["csrf"], str)
        and (kind == "refresh" or (claims["role"] in ROLES and ZoneInfo(claims["tz"]) is not None))
    )


def set_cookies(answer: Response, access_token: str, refresh_token: str) -> None:
    """Put the tokens into HttpOnly cookies, and what must be sent as X-CSRF-TOKEN into readable ones."""
    set_access_cookies(answer, access_token, max_age=int(ACCESS_LIFE.total_seconds()))
    set_refresh_cookies(answer, refresh_token, max_age=int(REFRESH_LIFE.total_seconds()))


def unset_cookies(answer: Response) -> None:
    """Make the browser forget the tokens."""
    unset_access_cookies(answer)
    unset_refresh_cookies(answer)


def _headers(_: Any) -> dict[str, Any]:
    return {"kid": key_id(current_app.config["JWT_SECRET_KEY"])}


def _key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    if header.get("typ") != "JWT" or header.get("alg") != "HS256" or "crit" in header:
        raise InvalidTokenError("not a header of ours")
    if "type" not in claims:  # it would be given the type "access" later
        raise InvalidTokenError("not claims of ours")
    keys: dict[str, str] = current_app.extensions["jwt_keys"]
    return keys[header["kid"]]


def _refuse(*_: Any) -> Response:
    return response(Unauthorized())


jwt.additional_headers_loader(_headers)
jwt.decode_key_loader(_key)
for _loader in (
    jwt.unauthorized_loader,
    jwt.invalid_token_loader,
    jwt.expired_token_loader,
    jwt.revoked_token_loader,
    jwt.needs_fresh_token_loader,
    jwt.user_lookup_error_loader,
    jwt.token_verification_failed_loader,
):
    _loader(_refuse)

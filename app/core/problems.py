"""Problem documents (RFC 9457): every answer that is not a success.

Problem
├── BadRequest              400  unreadable JSON, broken multipart
├── Unauthorized            401  no, expired, revoked or forged credential
├── Forbidden               403  known, but not allowed; `missing` names what it would take
│   └── CsrfFailed          403  the CSRF token is missing or wrong
├── NotFound                404  no such thing, or one that the caller may not know of
├── MethodNotAllowed        405
├── Conflict                409  a unique name is taken, or the state does not allow it
├── PreconditionFailed      412  If-Match names another version; `current` is the object now
├── PayloadTooLarge         413
├── UnsupportedMediaType    415
├── RangeNotSatisfiable     416  the file does not reach as far as that
├── Invalid                 422  a value is wrong; `errors` says which and why
│   └── IdempotencyMismatch 422  the key came before with another body
├── PreconditionRequired    428  the service wants If-Match
├── RateLimited             429  too many requests; `Retry-After` says when to come back
├── InternalError           500  says nothing of the cause; the log has it
└── Unavailable             503  database out of reach; `Retry-After` says when to come back
"""

from __future__ import annotations

import logging
import re
from typing import Any, ClassVar

from flask import Flask, Response, g
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.core import tracing
from app.core.dumping import to_json

log = logging.getLogger(__name__)

Errors = dict[str, Any]

_NOT_THERE = {"42P01", "42703"}  # undefined_table, undefined_column
_READ_ONLY = "25006"  # PostgreSQL, of a standby or where its provider saw the disk fill up
_NOT_THERE_ON_SQLITE = re.compile(r"^no such (table|column)|has no column named")


class Problem(Exception):
    """An answer that says what went wrong and what to do about it. `extra` members stand in the document as given."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal Server Error"
    default: ClassVar[str] = "Something went wrong here. The operator finds it in the log under the request id."

    def __init__(self, detail: str | None = None, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail or self.default)
        self.detail = detail or self.default
        self.headers = headers or {}
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The problem as an RFC 9457 object."""
        return {
            "type": f"/docs#problem-{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": g.get("request_id", ""),
            **self.extra,
        }


class BadRequest(Problem):
    status, code, title = 400, "bad_request", "Bad Request"
    default = "The request could not be read."


class Unauthorized(Problem):
    status, code, title = 401, "unauthorized", "Unauthorized"
    default = "Log in first, and send the access token as `Authorization: Bearer <token>`."

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **extra)


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "Forbidden"
    default = "You are not allowed to do this."


class CsrfFailed(Forbidden):
    code = "csrf_failed"
    default = "Send the value of the csrf_access_token cookie (csrf_refresh_token to refresh) as X-CSRF-TOKEN."


class NotFound(Problem):
    status, code, title = 404, "not_found", "Not Found"
    default = "There is nothing at this address."

    @classmethod
    def of(cls, kind: str, key: str) -> NotFound:
        """The problem of a thing that does not exist, or that the caller may not know of."""
        return cls(f"{kind} {key} doesn't exist")


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "Method Not Allowed"
    default = "This address does not take that method."


class Conflict(Problem):
    status, code, title = 409, "conflict", "Conflict"
    default = "This conflicts with what is there."


class Overtaken(Conflict):
    """Others changed what the request was about while it was on its way: it is done again before anybody is told."""

    default = "Others kept changing the same meanwhile. Try again."


class PreconditionFailed(Problem):
    status, code, title = 412, "precondition_failed", "Precondition Failed"
    default = "It was changed meanwhile. Look at `current` and try again with its version."


class PayloadTooLarge(Problem):
    status, code, title = 413, "payload_too_large", "Payload Too Large"
    default = "The body is too large."


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported_media_type", "Unsupported Media Type"
    default = "Send the body as Content-Type: application/json."


class RangeNotSatisfiable(Problem):
    status, code, title = 416, "range_not_satisfiable", "Range Not Satisfiable"
    default = "The file ends before the first byte that was asked for."


class Invalid(Problem):
    status, code, title = 422, "validation_failed", "Unprocessable Content"
    default = "Some values are not valid. `errors` says which and why."

    def __init__(self, errors: Errors, detail: str | None = None) -> None:
        super().__init__(detail or _only_message(errors), errors=errors)
        self.errors = errors


class IdempotencyMismatch(Problem):
    status, code, title = 422, "idempotency_mismatch", "Unprocessable Content"
    default = "This Idempotency-Key came before with another body. Use a new key for a new request."


class PreconditionRequired(Problem):
    status, code, title = 428, "precondition_required", "Precondition Required"
    default = "Send If-Match with the ETag of the object as you know it."


class RateLimited(Problem):
    status, code, title = 429, "rate_limited", "Too Many Requests"
    default = "Too many requests. Wait as long as Retry-After says."


class InternalError(Problem):
    pass


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "Service Unavailable"
    default = "The database is out of reach. Try again shortly."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


def response(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    answer = Response(to_json(problem.document()), problem.status, content_type="application/problem+json")
    answer.headers.extend(problem.headers)
    return answer


def from_exception(error: Exception) -> Problem:
    """The problem that an exception of any library stands for. What is unforeseen is logged and becomes a 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return Invalid(_with_text_keys(error.normalized_messages()))
    if isinstance(error, HTTPException):
        return _from_http(error)
    if isinstance(error, IntegrityError):
        return Conflict("It was changed or removed meanwhile. Read it again and try again.")
    if isinstance(error, DBAPIError) and is_of_another_schema(error):
        log.error("the database lacks what this code needs; run flask db upgrade", exc_info=error)
        return Unavailable("The database is being brought up to date. Try again shortly.")
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)) or (
        isinstance(error, DBAPIError) and (error.connection_invalidated or getattr(error.orig, "sqlstate", None) == _READ_ONLY)
    ):
        log.warning("database unavailable: %s", type(error).__name__)
        return Unavailable()
    log.exception("unhandled error")
    tracing.report(error)
    return InternalError()


def is_of_another_schema(error: DBAPIError) -> bool:
    """Whether a table or a column is not there (yet): this code runs on the database of another version."""
    if isinstance(error, ProgrammingError):
        return getattr(error.orig, "sqlstate", None) in _NOT_THERE
    return isinstance(error, OperationalError) and _NOT_THERE_ON_SQLITE.search(str(error.orig)) is not None


def init_app(app: Flask) -> None:
    """Answer every exception with a problem document, and pass none on to the server."""
    app.register_error_handler(Exception, lambda error: response(from_exception(error)))


def _with_text_keys(errors: Any) -> Any:
    """The errors as JSON takes them: an item of a list stands under its number as text."""
    return {str(key): _with_text_keys(value) for key, value in errors.items()} if isinstance(errors, dict) else errors


def _only_message(errors: Errors) -> str | None:
    """The one message of the errors, for people; None where there are more."""
    match list(errors.values()):
        case [[str(message)]]:
            return message
        case [dict(nested)]:
            return _only_message(nested)
    return None


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        BadRequest,
        Unauthorized,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        PayloadTooLarge,
        UnsupportedMediaType,
        RateLimited,
    )
}


def _from_http(error: HTTPException) -> Problem:
    status = error.code or 500
    kind = _BY_STATUS.get(status) or (BadRequest if 400 <= status < 500 else InternalError)
    problem = kind()
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        problem.headers["Allow"] = ", ".join(sorted(allowed))
    return problem

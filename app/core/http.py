"""What every answer carries: a request id, safe headers, the standing of the limits; and one line in the log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core.problems import BadRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("app.access")

MAX_BODY_BYTES = 1024 * 1024
_ADDED = "tickbox.headers"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
]
EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "Location",
    "X-Request-ID",
    "X-Total-Count",
    "Retry-After",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
]
CSP = "default-src 'none'; frame-ancestors 'none'"


class Service(Flask):
    """Flask without what this service does not use."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none is asynchronous, and asking each of the five of a request costs 15 µs."""
        return func


class NoSession(SessionInterface):
    """The API keeps no Flask session; looking for one in each request would cost 10 µs."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        """No session."""
        return None

    def is_null_session(self, obj: object) -> bool:
        """Always: there is none to save."""
        return True


def read_data() -> bytes:
    """The request's body as it came. Raises BadRequest where it is broken on its way, and what Werkzeug raises."""
    try:
        return request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception as error:  # each server has its own kinds for chunks that are none, and they are no subclasses of OSError
        raise BadRequest() from error


def init_app(app: Flask) -> None:
    """Set the limits of a request and hook into its begin and end."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.session_interface = NoSession()
    app.url_map.strict_slashes = True
    app.wsgi_app = add_headers(app.wsgi_app)  # type: ignore[method-assign, assignment]  # as Flask documents it
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask documents it
    app.before_request(begin)
    app.after_request(finish)


def add_headers(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Let every answer carry the headers that `finish` leaves. One by one through werkzeug's Headers they cost 40 µs."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
            return start_response(status, [*headers, *environ.get(_ADDED, ())], exc_info)

        return wsgi_app(environ, start)

    return application


def begin() -> None:
    """Give the request its id."""
    g.started = time.perf_counter()
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _SANE_ID.fullmatch(sent) else secrets.token_hex(16)


def finish(answer: Response) -> Response:
    """Complete the answer's headers and log the request."""
    headers = [*HEADERS, ("X-Request-ID", g.request_id), *g.get("limit_headers", ())]
    if "Content-Security-Policy" not in answer.headers:
        headers.append(("Content-Security-Policy", CSP))
    if "Cache-Control" not in answer.headers:
        headers.append(("Cache-Control", "no-store"))
    request.environ[_ADDED] = headers
    if log.isEnabledFor(logging.INFO):
        log.handle(logging.makeLogRecord(_line(answer)))  # `log.info` would first walk the stack for the name of this line
    return answer


def _line(answer: Response) -> dict[str, Any]:
    caller = g.get("identity")
    return {
        "name": log.name,
        "levelno": logging.INFO,
        "levelname": "INFO",
        "msg": "request",
        "request_id": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": answer.status_code,
        "ms": round((time.perf_counter() - g.started) * 1000, 2),
        "user": caller.user_id if caller else None,
    }

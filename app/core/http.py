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
from werkzeug.routing import MapAdapter

from app.core import metrics, routing, tally
from app.core.logging import Line
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

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the request's address in the map of URLs."""
        if request is None or self.config["TRUSTED_HOSTS"] is not None:
            return super().create_url_adapter(request)
        return routing.Adapter(request, super().create_url_adapter, self.extensions["routes"])


class JsonAnswer(Response):
    """An answer whose body is JSON, whole and at hand: what werkzeug would look for to find its length and headers is known (20 µs)."""

    def __init__(self, body: bytes, status: int) -> None:
        super().__init__(body, status, content_type="application/json")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer to the request."""
        if self.status_code == 304 or environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, list(self.headers))
        return self.response  # type: ignore[return-value]  # a list with the body in it


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
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1  # of a chunked body Werkzeug gives so much, and does not say that there is more
    app.extensions["routes"] = {}
    app.session_interface = NoSession()
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False  # by itself it would redirect, with a page of HTML
    app.wsgi_app = add_headers(app.wsgi_app)  # type: ignore[method-assign, assignment]  # as Flask documents it
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask documents it
    counts: metrics.Metrics = app.extensions["metrics"]
    app.before_request(begin)
    app.after_request(lambda answer: finish(answer, counts))


def add_headers(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Let every answer carry the headers that `finish` leaves. One by one through werkzeug's Headers they cost 40 µs."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
            return start_response(status, [*headers, *environ.get(_ADDED, ())], exc_info)

        return wsgi_app(environ, start)

    return application


def current_request() -> Request:
    """The request itself. Through Flask's `request` each look at it costs half a microsecond more."""
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]  # how Flask says to get at it


def begin() -> None:
    """Give the request its id."""
    own = g._get_current_object()
    own.started, own.tally = time.perf_counter(), tally.begin()
    sent = current_request().environ.get("HTTP_X_REQUEST_ID", "")
    own.request_id = sent if _SANE_ID.fullmatch(sent) else secrets.token_hex(16)


def finish(answer: Response, counts: metrics.Metrics) -> Response:
    """Complete the answer's headers, count the request and log it."""
    own, sent = g._get_current_object(), current_request()
    headers = [*HEADERS, ("X-Request-ID", own.request_id), *own.get("limit_headers", ())]
    if "Content-Security-Policy" not in answer.headers:
        headers.append(("Content-Security-Policy", CSP))
    if "Cache-Control" not in answer.headers:
        headers.append(("Cache-Control", "no-store"))
    sent.environ[_ADDED] = headers
    seconds = time.perf_counter() - own.started
    counts.request(metrics.method_of(sent), metrics.route_of(sent), str(answer.status_code), seconds, own.tally.statements)
    if log.isEnabledFor(logging.INFO):
        caller = own.get("identity")
        fields = {
            "request_id": own.request_id,
            "method": sent.method,
            "route": sent.url_rule.rule if sent.url_rule else None,
            "status": answer.status_code,
            "ms": round(seconds * 1000, 2),
            "statements": own.tally.statements,
            "sql_ms": round(own.tally.seconds * 1000, 2),
            "user": caller.user_id if caller else None,
        }
        log.handle(Line(log.name, "request", fields))
    return answer

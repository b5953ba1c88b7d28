"""What an operator may have besides logs and metrics: traces (OpenTelemetry) and reports of errors (Sentry).

Both are extras: where they are not set nothing of them is imported, and no request does anything for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask, Response, current_app, g, request

from app.config import ConfigurationError
from app.core import metrics, tally

EXTRAS = 'pipenv sync --categories "packages extras"'
TRACEPARENT = "traceparent"  # reserved among the args of a job


def init_app(app: Flask, release: str) -> None:
    """Trace and report where that is set. Raises ConfigurationError where a package for it is missing."""
    endpoint, dsn = app.config["OTEL_EXPORTER_OTLP_ENDPOINT"], app.config["SENTRY_DSN"]
    if endpoint:
        app.extensions["traces"] = _extra("app.core.otel", "OTEL_EXPORTER_OTLP_ENDPOINT").Traces(endpoint)
        app.before_request(_begin)
        app.after_request(_end)
    if dsn:
        app.extensions["errors"] = _extra("app.core.sentry", "SENTRY_DSN").Errors(dsn, release)


def report(error: BaseException) -> None:
    """Report an error that nobody foresaw, if somebody wants to know."""
    errors = current_app.extensions.get("errors")
    if errors:
        route = request.url_rule.rule if request and request.url_rule else ""
        errors.report(error, {"request_id": g.get("request_id", ""), "route": route})


def begin_job(args: dict[str, Any]) -> dict[str, Any]:
    """Go on with the trace of the request that asked for the job, if there is one; gives the args without it."""
    given = dict(args)
    traceparent = given.pop(TRACEPARENT, None)
    traces = current_app.extensions.get("traces")
    if traces:
        g.tally.trace = traces.begin("job", traceparent, serves=False)
    return given


def end_job(kind: str, state: str) -> None:
    """End the span of the job."""
    if g.tally.trace:
        about = {"tickbox.job.kind": kind, "tickbox.job.state": state, "tickbox.request_id": g.request_id}
        g.tally.trace.end(f"job {kind}", about, failed=state in ("failed", "waiting again"))


def carried() -> dict[str, str]:
    """What a job keeps among its args to go on with the trace of whoever asks for it."""
    counted = tally.current()
    return {TRACEPARENT: counted.trace.traceparent()} if counted and counted.trace else {}


def _begin() -> None:
    g.tally.trace = current_app.extensions["traces"].begin("request", request.headers.get(TRACEPARENT), serves=True)


def _end(answer: Response) -> Response:
    trace = g.tally.trace
    if trace:
        method, route = metrics.method_of(request), metrics.route_of(request)
        about = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": answer.status_code,
            "tickbox.request_id": g.request_id,
        }
        trace.end(f"{method} {route}", about, failed=answer.status_code >= 500)
    return answer


def _extra(module: str, setting: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise ConfigurationError([f"{setting}: needs the package {missing.name} of the extras; get it with: {EXTRAS}"]) from None

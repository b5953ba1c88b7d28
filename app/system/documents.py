"""The API describes itself: the OpenAPI document, and a page to read it and try it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import click
import flask_swagger_ui
import orjson
from flask import Blueprint, Flask, Response, current_app, render_template, request, send_from_directory, url_for
from flask.cli import with_appcontext

from app.config import ROOT
from app.core.openapi import VERSION, Document, View, problem_kinds
from app.core.problems import NotFound

blueprint = Blueprint("documents", __name__)

VIEWS = {
    "/healthz": View("text/plain", {200: "ok\n"}),
    "/readyz": View(
        "text/plain", {200: "database: ok\nmigrations: ok\nbroker: ok\n", 503: "database: out of reach\nmigrations: unknown\nbroker: ok\n"}
    ),
    "/metrics": View("text/plain", {200: "tickbox_database_up 1.0\n"}),
    "/openapi.json": View("application/json", {200: {"openapi": "3.1.0"}}),
    "/docs": View("text/html", {200: "<!doctype html>"}),
}
_OURS = ROOT / "app" / "static" / "docs"
_SWAGGER = Path(flask_swagger_ui.__file__).parent / "dist"
_ASSETS = {
    "docs.css": _OURS,
    "docs.js": _OURS,
    "swagger-ui.css": _SWAGGER,
    "swagger-ui-bundle.js": _SWAGGER,
    "favicon-32x32.png": _SWAGGER,
}
_CSP = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """This document."""
    app = current_app
    if "openapi" not in app.extensions:
        app.extensions["openapi"] = orjson.dumps(document(app))
    answer = Response(app.extensions["openapi"], content_type="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@blueprint.get("/docs")
def docs() -> Response:
    """This document as a page, to read and to try.

    Each code that a problem can have is explained under `#problem-<code>`, where its `type` points.
    """
    page = render_template("docs.html", version=VERSION, problems=problem_kinds(), asset=asset_url)
    return Response(page, headers={"Content-Security-Policy": _CSP, "Cache-Control": "no-cache"}, content_type="text/html; charset=utf-8")


@blueprint.get("/docs/<name>")
def asset(name: str) -> Response:
    """A file of the page. Its address changes with its content, so it may be kept for good."""
    if name not in _ASSETS:
        raise NotFound()
    answer = send_from_directory(_ASSETS[name], name, max_age=31_536_000)
    answer.cache_control.immutable = True
    return answer


def asset_url(name: str) -> str:
    """The address of a file of the page."""
    return url_for("documents.asset", name=name, v=_fingerprint(name))


def document(app: Flask) -> dict[str, object]:
    """The OpenAPI document of the app. The first server is the one that it was read from, whatever it is called from outside."""
    info = {
        "summary": "Todos, for one and for many.",
        "description": render_template("guide.md", problems=problem_kinds()),
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    servers = [
        {"url": "/", "description": "The service that gave this document, local or in production", "x-internal": False},
        {"url": app.config["PUBLIC_URL"], "description": "Its public address, in production", "x-internal": False},
    ]
    return Document(app, VIEWS).write(info, servers)


@click.command("openapi")
@with_appcontext
def print_openapi() -> None:
    """Print the OpenAPI document."""
    click.echo(orjson.dumps(document(current_app), option=orjson.OPT_INDENT_2))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((_ASSETS[name] / name).read_bytes()).hexdigest()[:12]

"""What operators ask a service: does it live, is it ready."""

from __future__ import annotations

from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import MIGRATIONS, engine
from app.jobs import broker

blueprint = Blueprint("system", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether the process serves. Touches nothing."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether everything that the service needs is there: one line a dependency, 503 when one is missing."""
    lines: dict[str, str] = {}
    try:
        with engine().connect() as connection:
            lines["database"] = "ok"
            lines["migrations"] = _migrations(connection)
    except SQLAlchemyError:
        lines = {"database": "out of reach", "migrations": "unknown"}
    lines["broker"] = "ok" if broker.answers(current_app) else "out of reach; jobs wait until it is back"
    ready = all(state == "ok" for state in lines.values())
    text = "".join(f"{name}: {state}\n" for name, state in lines.items())
    return Response(text, 200 if ready else 503, content_type="text/plain; charset=utf-8")


def _migrations(connection: Connection) -> str:
    current = MigrationContext.configure(connection).get_current_revision()
    return "ok" if current == _head() else f"at {current}, not at {_head()}: run flask db upgrade"


@cache
def _head() -> str | None:
    """The newest migration of this code; reading them all takes 150 ms, and a running service has the same ones always."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()

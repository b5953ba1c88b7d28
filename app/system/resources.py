"""What operators ask a service: does it live, is it ready."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import engine

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
    ready = all(state == "ok" for state in lines.values())
    text = "".join(f"{name}: {state}\n" for name, state in lines.items())
    return Response(text, 200 if ready else 503, content_type="text/plain; charset=utf-8")


def _migrations(connection: Connection) -> str:
    config = current_app.extensions["migrate"].migrate.get_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    current = MigrationContext.configure(connection).get_current_revision()
    return "ok" if current == head else f"at {current}, not at {head}: run flask db upgrade"

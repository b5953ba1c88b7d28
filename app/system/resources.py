"""What operators ask a service: does it live, is it ready."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import engine
from app.core.migrations import revisions
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
    body = "".join(f"{name}: {state}\n" for name, state in lines.items())
    return Response(body, 200 if ready else 503, content_type="text/plain; charset=utf-8")


def _migrations(connection: Connection) -> str:
    """A migration that this code does not know came with newer code, and leaves the older running (docs/migrations.md)."""
    is_migrated = connection.dialect.has_table(connection, "alembic_version")
    current = connection.scalar(text("SELECT version_num FROM alembic_version")) if is_migrated else None
    newest, *older = revisions()
    return f"at {current}, not at {newest}: run flask db upgrade" if current is None or current in older else "ok"

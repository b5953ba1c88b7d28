"""The migrations and Flask-Migrate, for the few who ask: Alembic takes an eighth of the time to start, and hardly any request needs it."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask

from app.config import ROOT
from app.extensions import db

MIGRATIONS = str(ROOT / "migrations")


def init_app(app: Flask) -> None:
    """Let the commands of `flask db` find what they look for at the app."""
    app.extensions["migrate"] = Migrations(app)


class Migrations:
    """What Flask-Migrate looks up at the app, made when it is first asked for."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate  # noqa: PLC0415  # see the top

        Migrate(self._app, db, directory=MIGRATIONS, render_as_batch=False)
        return getattr(self._app.extensions["migrate"], name)


@cache
def revisions() -> list[str]:
    """The migrations of this code, the newest first; a running service has the same ones always."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see the top

    return [script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()]

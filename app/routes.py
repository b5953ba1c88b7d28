"""The map of URLs: one line a resource."""

from __future__ import annotations

from flask import Flask

from app.auth.authentication import authenticate
from app.core.api import Api
from app.system import resources as system


def init_app(app: Flask) -> None:
    """Put every resource at its address."""
    api = Api(app, prefix="/api/v1", authenticate=authenticate)

    app.register_blueprint(system.blueprint)

"""The commands of `flask`, beside Flask's own and `flask db`."""

from __future__ import annotations

from flask import Flask

from app.users.commands import users


def init_app(app: Flask) -> None:
    """Add them all."""
    app.cli.add_command(users)

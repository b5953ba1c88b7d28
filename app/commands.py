"""The commands of `flask`, beside Flask's own and `flask db`."""

from __future__ import annotations

from flask import Flask

from app.jobs.commands import jobs
from app.system.commands import serve, show_config
from app.system.demo import demo
from app.system.documents import print_openapi
from app.todos.commands import todos
from app.users.commands import users


def init_app(app: Flask) -> None:
    """Add them all."""
    for command in (demo, jobs, print_openapi, serve, show_config, todos, users):
        app.cli.add_command(command)

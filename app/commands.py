"""The commands of `flask`, beside Flask's own."""

from __future__ import annotations

from typing import Any

from click import ClickException, Command, Context
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.utils import import_string

from app.core.database import why_unreachable
from app.core.problems import is_of_another_schema

COMMANDS = {
    "backup": "app.system.backup.commands:backup",
    "config": "app.system.commands:show_config",
    "db": "flask_migrate.cli:db",
    "demo": "app.system.demo:demo",
    "jobs": "app.jobs.commands:jobs",
    "openapi": "app.system.documents:print_openapi",
    "restore": "app.system.backup.commands:restore",
    "serve": "app.system.commands:serve",
    "stack": "app.system.commands:run_stack",
    "todos": "app.todos.commands:todos",
    "users": "app.users.commands:users",
}

_NOT_ALLOWED = "42501"


class Commands(AppGroup):
    """Imports a command when it is asked for: a server has no use for them, nor for Alembic, which they bring along."""

    def list_commands(self, ctx: Context) -> list[str]:
        """The names of all."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of that name, if there is one."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.add_command(_told(import_string(COMMANDS[cmd_name])), cmd_name)
        return super().get_command(ctx, cmd_name)


def _told(command: Command) -> Command:
    """The command, which says in a line that the database is out of reach, fails, belongs to somebody else, or was not migrated."""
    invoke = command.invoke

    def told(ctx: Context) -> Any:
        try:
            return invoke(ctx)
        except DBAPIError as error:
            if error.statement is None:
                raise ClickException(f"DATABASE_URL: the database is out of reach: {why_unreachable(error)}") from None
            if getattr(error.orig, "sqlstate", None) == _NOT_ALLOWED:
                raise ClickException(f"DATABASE_URL: {why_unreachable(error)}. The user must own the database.") from None
            if is_of_another_schema(error):
                raise ClickException("The database lacks a table or a column: bring it up to date with `flask db upgrade`.") from None
            if isinstance(error, OperationalError):
                raise ClickException(f"DATABASE_URL: the database failed: {why_unreachable(error)}") from None
            raise

    command.invoke = told  # type: ignore[method-assign]  # groups and commands of others, as `db`, take no class of ours
    return command


def init_app(app: Flask) -> None:
    """Give them to the app."""
    app.cli = Commands(app.name)

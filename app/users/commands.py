"""`flask users`: accounts from the command line, such as the first admin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask.cli import AppGroup
from marshmallow import ValidationError
from sqlalchemy import Row, select

from app.core.database import streamed
from app.core.problems import Invalid, Problem
from app.users import service
from app.users.models import User
from app.users.permissions import ROLES
from app.users.schemas import LONGEST_NAME, Email

users = AppGroup("users", help="Create and change accounts.")
_role = click.Choice(list(ROLES))


@users.command("create")
@click.argument("email")
@click.option("--role", type=_role, default="member", show_default=True)
@click.option("--name", default="")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for where it is not given.")
def create(email: str, role: str, name: str, password: str) -> None:
    """Create an account."""
    with _errors_for_people():
        if len(name.strip()) > LONGEST_NAME or "\0" in name:
            raise Invalid({"name": [f"Longer than maximum length {LONGEST_NAME}."]})
        user = service.create_user(Email().deserialize(email, "email"), password, name.strip(), role)
    click.echo(f"{user.email} has the role {user.role}.")


@users.command("list")
def show_all() -> None:
    """List all accounts, the oldest first."""
    accounts = select(User.email, User.role, User.active, User.name).order_by(User.id)
    with _errors_for_people(), streamed(accounts, {}) as rows:
        for user in rows:
            click.echo("\t".join((user.email, user.role, "active" if user.active else "disabled", _shown(user.name))))


@users.command("set-role")
@click.argument("email")
@click.argument("role", type=_role)
def set_role(email: str, role: str) -> None:
    """Change an account's role."""
    _change(email, role=role)
    click.echo(f"{email} has the role {role}.")


@users.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Refuse an account every access, and end its sessions."""
    _change(email, active=False)
    click.echo(f"{email} is disabled.")


@users.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let a disabled account in again."""
    _change(email, active=True)
    click.echo(f"{email} is active.")


def _change(email: str, **changes: Any) -> Row[Any]:
    with _errors_for_people():
        user = service.by_email(email.strip())
        if user is None:
            raise click.ClickException(f"There is no account with the address {email}.")
        return service.change_account(user.id, changes)


def _shown(name: str) -> str:
    """A name as its line takes it: whose it is could make up other lines, and colours, with it."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


@contextmanager
def _errors_for_people() -> Iterator[None]:
    """Turn what goes wrong into a line on standard error and exit code 1."""
    try:
        yield
    except Invalid as problem:
        raise click.ClickException("; ".join(f"{name}: {' '.join(said)}" for name, said in problem.errors.items())) from None
    except ValidationError as error:
        raise click.ClickException("; ".join(map(str, error.messages))) from None
    except Problem as problem:
        raise click.ClickException(problem.detail) from None

"""Commands for who runs the service."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app.config import ROOT, masked
from app.core.database import engine
from app.system import caretaker


@click.command()
@with_appcontext
def serve() -> NoReturn:
    """Bring the database up to date, then serve in the foreground until Ctrl-C, with a worker and its scheduler beside."""
    upgrade()
    engine().dispose()
    click.echo(f"Tickbox serves {current_app.config['PUBLIC_URL']}, and explains itself at {current_app.config['PUBLIC_URL']}/docs")
    sys.stdout.flush()
    caretaker.start()
    os.environ["WEB_CONCURRENCY"] = str(current_app.config["WEB_CONCURRENCY"])  # Gunicorn reads it too, and fails where it is empty
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"])


@click.command("config")
@with_appcontext
def show_config() -> None:
    """Show the settings in force, with secrets masked."""
    for name, value in masked(current_app.config).items():
        click.echo(f"{name}={value}")

"""Commands for who runs the service."""

from __future__ import annotations

import os
import sys
import threading
from time import sleep
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app.config import ConfigurationError, is_embedded, masked
from app.core.database import engine
from app.system import caretaker, stack
from app.system.supervisor import Supervisor


@click.command()
@with_appcontext
def serve() -> NoReturn:
    """Bring the database up to date, then serve in the foreground until Ctrl-C, with a worker and its scheduler beside."""
    host, port = current_app.config["HOST"], current_app.config["PORT"]
    if not host.startswith("unix:") and (said := stack.is_refused(host, port)):  # Gunicorn would try it for 5 s, and say that it serves
        sys.exit(str(ConfigurationError([f"PORT: port {port} {said}"])))
    upgrade()
    engine().dispose()
    click.echo(f"Tickbox serves {current_app.config['PUBLIC_URL']}, and explains itself at {current_app.config['PUBLIC_URL']}/docs")
    sys.stdout.flush()
    caretaker.start()
    os.environ["WEB_CONCURRENCY"] = str(current_app.config["WEB_CONCURRENCY"])  # Gunicorn reads it too, and fails where it is empty
    os.execv(sys.executable, stack.GUNICORN)


@click.command("stack")
@with_appcontext
def run_stack() -> None:
    """Serve in the production shape: nginx with TLS, two instances of the API, a worker and a scheduler, until Ctrl-C.

    SIGHUP lets all of them take up new code, without a request that fails.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # how Flask says to get at the app itself
    try:
        made = stack.prepare(app)
    except ConfigurationError as wrong:
        sys.exit(str(wrong))
    upgrade()
    engine().dispose()
    if is_embedded(app.config):
        click.echo("On SQLite. For many users set DATABASE_URL, REDIS_URL and BROKER_URL; the README says how.")
    threading.Thread(target=_announce, args=(made,), daemon=True).start()
    try:
        Supervisor(stack.parts(made), made.folder).run()
    finally:
        stack.clean(made)


def _announce(made: stack.Stack) -> None:
    while not stack.answers(made):
        sleep(0.1)
    click.echo(f"Tickbox serves {made.url}, and explains itself at {made.url}/docs")
    sys.stdout.flush()


@click.command("config")
@with_appcontext
def show_config() -> None:
    """Show the settings in force, with secrets masked."""
    for name, value in masked(current_app.config).items():
        click.echo(f"{name}={value}")

"""`flask todos ...`: what an operator does about todos."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import AppGroup

from app.todos import service

todos = AppGroup("todos", help="Look after todos.")


@todos.command()
@click.option("--days", default=service.TRASH_KEPT.days, show_default=True, type=click.IntRange(0), help="How long the trash is kept.")
def purge(days: int) -> None:
    """Remove for good what has been in the trash for longer."""
    total = 0
    while gone := service.purge(timedelta(days=days)):
        total += gone
    click.echo(f"Removed {total} todos.")

"""`flask backup` and `flask restore`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.system.backup import restoring, writing
from app.system.backup.archive import BackupError
from app.system.backup.writing import Tick, Written, new_file

STDOUT = Path("-")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@with_appcontext
def backup(file: Path, force: bool) -> None:
    """Write all rows and stored files to FILE, or to standard output where it is -, while the service serves.

    SECRET_KEY and JWT_SECRET_KEY are not in it.
    """
    with _told(), _progress("Backing up") as (begin, tick):
        if file == STDOUT:
            written = writing.write(sys.stdout.buffer, begin, tick)
        else:
            with new_file(file, replace=force) as target:
                written = writing.write(target, begin, tick)
    _summarize(written)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(file: Path) -> None:
    """Bring back a backup, into an installation without accounts, and bring its database up to date."""
    with _told(), _progress("Restoring") as (begin, tick):
        manifest = restoring.restore(file, begin, tick)
    rows = sum(table["rows"] for table in manifest["tables"])
    click.echo(f"Restored {rows:,} rows and {manifest['files']:,} files of {manifest['created_at']:%Y-%m-%d %H:%M:%S %Z}.", err=True)


def _summarize(written: Written) -> None:
    click.echo(f"Backed up {written.rows:,} rows and {written.files:,} files of {written.file_bytes:,} bytes.", err=True)
    if written.removed:
        click.echo(f"{len(written.removed):,} files were removed meanwhile, and are left out with what they belonged to.", err=True)
    if written.lost:
        click.echo(f"Warning: the storage has lost or changed {len(written.lost):,} files, which are left out:", err=True)
        for file_id in written.lost:
            click.echo(f"  {file_id}", err=True)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _progress(label: str) -> Iterator[tuple[Tick, Callable[[int], None]]]:
    """A bar on standard error where that is a terminal."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def begin(steps: int) -> None:
            bar.length = steps

        yield begin, bar.update

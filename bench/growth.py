"""How the service slows down as its rows grow: every operation at 10^4, 10^5, 10^6 and 10^7 todos.

    python -m bench growth [--most 10000000] [--chart docs/growth.svg] [--markdown FILE] [--folder FOLDER]

At each size a database is filled anew (`bench.filling`). One account, whose requests are timed, has all of its todos up to a million;
beyond that nine tenths and more belong to others, who have a thousand each, and whose rows lie between its own. The service runs as
shipped, on Gunicorn with one worker process, and one client asks over a kept connection, so that nothing waits for anything else.

Latency is what the client sees, database time what the service's log has as `sql_ms`; both are medians. The database is the
server of BENCH_DATABASE_URL, or a PostgreSQL of its own in `--folder`, which needs 1.7 kB of disk for each todo and 5 GB beside.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
from flask import g
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import make_url, select

from app import create_app
from app.auth import sessions
from app.config import ROOT
from app.core.database import fetch_one
from app.core.identity import Identity
from app.core.migrations import MIGRATIONS
from app.core.paging import write_cursor
from app.core.types import now
from app.todos.listing import listing_of
from app.todos.models import Todo
from app.users.models import User
from bench.filling import DAYS, EMAIL, fill
from bench.growth_asker import Asker
from bench.growth_chart import draw
from bench.growth_report import Measured, markdown, table
from tests.databases import environment
from tests.faults.servers import PostgreSQL, wait_for
from tests.ports import free_port

MOST_OF_ONE = 1_000_000
BYTES_EACH, BYTES_BESIDE = 1700, 5_000_000_000
SECONDS = 4.0
SERVER = {
    "shared_buffers": "2GB", "max_wal_size": "4GB", "checkpoint_timeout": "1h", "wal_level": "minimal", "max_wal_senders": 0,
    "maintenance_work_mem": "1GB", "autovacuum": "off",
}  # fmt: skip


def main(arguments=None):
    """Measure at each size, print the table, and draw the chart."""
    options = _options().parse_args(arguments)
    sizes = [size for size in (10**power for power in range(4, 9)) if size <= options.most]
    measured = []
    with ExitStack() as undo:
        folder = Path(tempfile.mkdtemp(prefix="growth-", dir=options.folder))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # PostgreSQL runs as somebody else
        server = os.environ.get("BENCH_DATABASE_URL") or undo.enter_context(_own_server(folder, sizes[-1]))
        address = undo.enter_context(_database(server))
        settings = {
            "DATABASE_URL": address, "INSTANCE_PATH": str(folder), "RATE_LIMIT_DEFAULT": "100000000/minute", "WEB_CONCURRENCY": "1",
            "SECRET_KEY": secrets.token_hex(32), "JWT_SECRET_KEY": secrets.token_hex(32), "PORT": str(free_port()),
        }  # fmt: skip
        app = create_app(settings)
        with app.app_context():
            upgrade(MIGRATIONS)
        for size in sizes:
            _fill(address, size)
            measured += _measure(app, settings, size, options.seconds)
            print(table([each for each in measured if each.todos == size]), flush=True)
    print(table(measured))
    if options.markdown:
        options.markdown.write_text(markdown(measured))
    if options.chart:
        draw(measured, options.chart)


def _options():
    options = argparse.ArgumentParser(
        prog="python -m bench growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--most", type=int, default=10_000_000, help="the largest number of todos (default: %(default)s)")
    options.add_argument("--seconds", type=float, default=SECONDS, help="for each operation at most (default: %(default)s)")
    options.add_argument("--chart", type=Path, help="an SVG to draw")
    options.add_argument("--markdown", type=Path, help="a file for the table")
    options.add_argument("--folder", type=Path, help="where the database lies meanwhile (default: that of temporary files)")
    return options


@contextmanager
def _own_server(folder, most):
    needed, free = BYTES_EACH * most + BYTES_BESIDE, shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(f"This needs {needed / 1e9:.0f} GB in {folder}, and there are {free / 1e9:.0f}. Name another place with --folder.")
    disk = SimpleNamespace(folder=folder / "disk")
    server = PostgreSQL(folder / "postgresql", disk, disk)
    server.start(**SERVER)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def _database(server):
    url = make_url(server).set(drivername="postgresql")
    name = f"tickbox_growth_{secrets.token_hex(3)}"
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _fill(address, size):
    begun = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - begun:5.0f} s  {text}", file=sys.stderr, flush=True)

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        fill(connection, size, min(size, MOST_OF_ONE), say=say)
        connection.execute("CHECKPOINT")
        ((bytes_used,),) = connection.execute("SELECT pg_database_size(current_database())").fetchall()
        say(f"{size:,} todos, {bytes_used / 1e9:.1f} GB")


def _measure(app, settings, size, seconds):
    """All operations at this size, in the order of the table."""
    log = Path(settings["INSTANCE_PATH"]) / "growth.log"
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=file, stderr=file)
    try:
        with app.app_context():
            asker = Asker(int(settings["PORT"]), log, *_caller(app))
        if not wait_for(asker.is_answered, 60):
            raise SystemExit(log.read_text())
        return [Measured(size, name, *asker.time(requests, seconds)) for name, requests in asker.operations().items()]
    finally:
        process.terminate()
        process.wait()


def _caller(app):
    """A token of the large account, its row, and the cursor of the page after nine tenths of its todos."""
    user = fetch_one(select(User).where(User.email == EMAIL))
    token = sessions.begin(user, sessions.Device("growth", "127.0.0.1"))["access_token"]
    with app.test_request_context():
        g.identity = Identity(user.id, frozenset(), user.time_zone, user.inbox_id)
        old = select(Todo.created_at, Todo.id).where(Todo.list_id == user.inbox_id, Todo.created_at < now() - timedelta(days=0.9 * DAYS))
        place = fetch_one(old.order_by(Todo.created_at.desc()).limit(1))
        return token, user, write_cursor(place.created_at, place.id, listing_of({}).identity)


if __name__ == "__main__":
    main()

"""Migrations run forward and back, and leave what the models say."""

from __future__ import annotations

import subprocess
import sys

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import event, inspect

from app.config import ROOT
from app.core.database import engine
from tests import databases
from tests.conftest import service

MIGRATIONS = str(ROOT / "migrations")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_app(request, tmp_path):
    """An app whose database has no tables yet."""
    if request.param == "sqlite":
        with service(INSTANCE_PATH=str(tmp_path)) as app:
            yield app
    else:
        with databases.postgresql() as address, service(INSTANCE_PATH=str(tmp_path), DATABASE_URL=address) as app:
            yield app


def tables():
    return set(inspect(engine()).get_table_names())


def test_forward_back_and_forward_again_ends_at_the_models(empty_app):
    with empty_app.app_context():
        upgrade(MIGRATIONS)
        first = tables()
        downgrade(MIGRATIONS, "base")
        between = tables()
        upgrade(MIGRATIONS)

        assert tables() == first > {"users", "lists", "todos"}
        assert between == {"alembic_version"}
        check(MIGRATIONS)  # exits where the models and the tables differ


def test_a_migration_that_breaks_off_leaves_the_schema_as_it_was(empty_app):
    def break_off(connection, cursor, statement, parameters, context, executemany):
        if "todos_inserted" in statement:
            raise KeyboardInterrupt

    with empty_app.app_context():
        event.listen(engine(), "before_cursor_execute", break_off)
        with pytest.raises(KeyboardInterrupt):
            upgrade(MIGRATIONS)
        event.remove(engine(), "before_cursor_execute", break_off)

        assert tables() == set()
        upgrade(MIGRATIONS)
        check(MIGRATIONS)


def test_processes_that_migrate_at_once_do_so_once(empty_app, tmp_path):
    settings = {name: str(empty_app.config[name]) for name in ("DATABASE_URL", "INSTANCE_PATH", "SECRET_KEY", "JWT_SECRET_KEY")}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]

    processes = [subprocess.Popen(command, cwd=ROOT, env=databases.environment(settings)) for _ in range(3)]

    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with empty_app.app_context():
        check(MIGRATIONS)

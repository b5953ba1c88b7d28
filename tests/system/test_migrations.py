"""Migrations run forward and back, and leave what the models say."""

from __future__ import annotations

import subprocess
import time

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import event, inspect, text, update
from sqlalchemy.exc import IntegrityError

from app.core.database import engine, execute
from app.users.models import User
from tests import databases, factories
from tests.conftest import service
from tests.live import wait_until
from tests.system.migrating import HEAD, MIGRATIONS, NEXT, folder_with, folder_with_examples, start


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


def test_the_examples_of_the_documentation_run_forward_and_back(empty_app, tmp_path):
    def made():
        found = inspect(engine())
        keys = [key["constrained_columns"] for key in found.get_foreign_keys("todos")]
        return ["reviewer_id"] in keys, "ix_todos_color" in {index["name"] for index in found.get_indexes("todos")}

    folder = folder_with_examples(tmp_path)
    with empty_app.app_context():
        upgrade(folder)
        assert made() == (True, True)

        downgrade(folder, NEXT)
        assert made() == (False, False)


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


def version_and(query):
    with engine().connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version")), connection.scalar(text(query))


def test_code_that_was_rolled_back_leaves_a_newer_database_as_it_is(empty_app, caplog):
    with empty_app.app_context():
        upgrade(MIGRATIONS)
        with engine().begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
        before = tables()

        upgrade(MIGRATIONS)

        assert version_and("SELECT count(*) FROM users") == ("0099", 0)
        assert tables() == before
        assert "further than this code knows" in caplog.text


def test_processes_that_migrate_at_once_do_so_once(empty_app):
    processes = [start(empty_app, "upgrade") for _ in range(3)]

    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with empty_app.app_context():
        check(MIGRATIONS)


def test_who_comes_while_another_migrates_waits_for_its_end(empty_app):
    with empty_app.app_context(), engine().connect() as other:
        on_sqlite = other.dialect.name == "sqlite"
        other.exec_driver_sql("BEGIN IMMEDIATE" if on_sqlite else "SELECT pg_advisory_lock(7282465)")
        process = start(empty_app, "upgrade")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(6)
        assert tables() == set()
        other.exec_driver_sql("ROLLBACK" if on_sqlite else "SELECT pg_advisory_unlock(7282465)")

        assert process.wait(60) == 0
        check(MIGRATIONS)


def test_an_index_is_built_beside_writers_while_other_instances_wait(empty_app, tmp_path):
    folder = folder_with(
        tmp_path,
        """
        op.execute("INSERT INTO login_failures (id, account_hash, failed_at) "
                   "VALUES ('00000000-0000-7000-8000-000000000000', 'x', '2030-01-01 00:00:00')")
        with op.get_context().autocommit_block():
            op.drop_index("ix_made_up", "todos", postgresql_concurrently=True, if_exists=True)
            op.create_index("ix_made_up", "todos", ["notes"], postgresql_concurrently=True)
        op.add_column("todos", sa.Column("made_up", sa.Text()))
        """,
    )

    processes = [start(empty_app, "upgrade", folder=folder) for _ in range(3)]

    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with empty_app.app_context():
        assert version_and("SELECT count(*) FROM login_failures") == (NEXT, 1)
        assert "ix_made_up" in {index["name"] for index in inspect(engine()).get_indexes("todos")}
        assert "made_up" in {column["name"] for column in inspect(engine()).get_columns("todos")}


@pytest.fixture
def postgresql_app(tmp_path):
    """An app on PostgreSQL, at head."""
    with databases.postgresql() as address, service(INSTANCE_PATH=str(tmp_path), DATABASE_URL=address) as app:
        with app.app_context():
            upgrade(MIGRATIONS)
        yield app


@pytest.mark.postgresql
def test_a_migration_that_waits_for_a_lock_lets_others_pass_and_is_done_later(postgresql_app, tmp_path):
    folder = folder_with(tmp_path, 'op.add_column("todos", sa.Column("made_up", sa.Text()))')
    client = factories.client(postgresql_app, factories.user(postgresql_app))
    with postgresql_app.app_context(), engine().connect() as long_one:
        long_one.exec_driver_sql("BEGIN")
        long_one.exec_driver_sql("SELECT 1 FROM todos")
        process = start(postgresql_app, "upgrade", folder=folder)
        waits = []

        def somebody_waited():
            """a request waited behind the migration"""
            asked = time.monotonic()
            assert client.get("/todos").status_code == 200
            waits.append(time.monotonic() - asked)
            return waits[-1] > 0.5

        wait_until(somebody_waited, 40)
        assert process.poll() is None
        long_one.exec_driver_sql("ROLLBACK")

        assert process.wait(30) == 0
        assert version_and("SELECT count(made_up) FROM todos") == (NEXT, 0)
    assert max(waits) < 4
    assert "waited 1 s for a lock" in process.stderr.read()


@pytest.mark.postgresql
def test_a_migration_may_take_longer_than_a_request(postgresql_app, tmp_path):
    folder = folder_with(
        tmp_path,
        """
        op.execute("CREATE TABLE made_up AS SELECT current_setting('statement_timeout') || "
                   "current_setting('idle_in_transaction_session_timeout') || current_setting('lock_timeout') AS limits")
        """,
    )
    with postgresql_app.app_context():
        upgrade(folder)

        assert version_and("SELECT limits FROM made_up") == (NEXT, "001s")
        assert version_and("SELECT current_setting('statement_timeout') || current_setting('lock_timeout')") == (NEXT, "30s2s")


@pytest.mark.postgresql
def test_a_migration_that_fails_outside_of_its_transaction_can_be_run_again(postgresql_app, tmp_path):
    folder = folder_with(
        tmp_path,
        """
        with op.get_context().autocommit_block():
            op.drop_index("ix_made_up", "users", postgresql_concurrently=True, if_exists=True)
            op.create_index("ix_made_up", "users", ["name"], unique=True, postgresql_concurrently=True)
        """,
    )
    first, second = factories.user(postgresql_app, name="same"), factories.user(postgresql_app, name="same")
    with postgresql_app.app_context():
        with pytest.raises(IntegrityError):
            upgrade(folder)
        assert version_and("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = 'ix_made_up'::regclass") == (HEAD, True)
        execute(update(User).where(User.id == second.id).values(name="other"))

        upgrade(folder)

        assert version_and("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_made_up'::regclass") == (NEXT, True)
    assert first.name == "same"

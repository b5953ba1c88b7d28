"""No migration locks a table that is served from for long, or takes away what running code needs. squawk reads their SQL."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import current_app

from app.config import ROOT
from tests.brokers import need
from tests.conftest import service
from tests.system.migrating import HEAD, MIGRATIONS, NEXT, folder_with, folder_with_examples

ALLOWED = {  # and why
    "0001": "makes the first tables",
    "0002": "adds triggers and indexes to tables that nobody had filled before the first release",
    "0003": "the last one before the first release",
}
SQUAWK = shutil.which("squawk") or shutil.which("squawk", path=str(Path(sys.executable).parent))


@pytest.fixture
def warnings_of(tmp_path):
    """`warnings_of("0003:0004", folder)`: what squawk says of the SQL of a migration. No database is asked."""
    need(SQUAWK, "This needs squawk: pip install squawk-cli")

    def lint(revisions, folder=MIGRATIONS):
        with service(INSTANCE_PATH=str(tmp_path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing") as app, app.app_context():
            config = current_app.extensions["migrate"].migrate.get_config(folder)
            config.output_buffer = io.StringIO()
            command.upgrade(config, revisions, sql=True)
        script = tmp_path / "migration.sql"
        script.write_text(config.output_buffer.getvalue())
        assert f"version_num='{revisions.split(':')[1]}'" in script.read_text()
        arguments = [SQUAWK, "--config", str(ROOT / ".squawk.toml"), "--reporter", "gcc", str(script)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == (not done.stdout), done.stderr
        return done.stdout

    return lint


def test_no_migration_locks_for_long(warnings_of):
    scripts = ScriptDirectory(MIGRATIONS).walk_revisions()

    found = {
        script.revision: warnings_of(f"{script.down_revision}:{script.revision}") for script in scripts if script.revision not in ALLOWED
    }

    assert {revision: said for revision, said in found.items() if said} == {}


def test_the_examples_of_the_documentation_lock_nothing_for_long(warnings_of, tmp_path):
    folder = folder_with_examples(tmp_path)

    assert [warnings_of(f"{number}:{number + 1}", folder) for number in (int(NEXT), int(NEXT) + 1)] == ["", ""]


@pytest.mark.parametrize(
    ("upgrade", "rule"),
    [
        ('op.create_index("ix_made_up", "todos", ["notes"])', "require-concurrent-index-creation"),
        ('op.create_index("ix_made_up", "todos", ["notes"], postgresql_concurrently=True)', "ban-concurrent-index-creation-in-transaction"),
        ('op.alter_column("todos", "priority", type_=sa.Integer())', "changing-column-type"),
        ('op.alter_column("todos", "task", new_column_name="title")', "renaming-column"),
        ('op.rename_table("todos", "tasks")', "renaming-table"),
        ('op.drop_column("todos", "notes")', "ban-drop-column"),
        ('op.drop_table("comments")', "ban-drop-table"),
        ('op.add_column("todos", sa.Column("made_up", sa.Text(), nullable=False))', "adding-required-field"),
        ('op.alter_column("todos", "notes", nullable=False)', "adding-not-nullable-field"),
        ('op.create_check_constraint("ck_made_up", "todos", "version > 0")', "constraint-missing-not-valid"),
        ('op.create_foreign_key("fk_made_up", "todos", "users", ["series_id"], ["id"])', "adding-foreign-key-constraint"),
        ('op.create_unique_constraint("uq_made_up", "lists", ["name"])', "disallowed-unique-constraint"),
    ],
)
def test_a_migration_that_locks_or_takes_away_is_found(warnings_of, tmp_path, upgrade, rule):
    assert rule in warnings_of(f"{HEAD}:{NEXT}", folder_with(tmp_path, upgrade))


@pytest.mark.parametrize(
    "upgrade",
    [
        'op.add_column("todos", sa.Column("made_up", sa.Text()))',
        'op.add_column("todos", sa.Column("made_up", sa.Integer(), nullable=False, server_default="0"))',
        'op.create_table("made_up", sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("name", sa.String(10), nullable=False))',
        """
        with op.get_context().autocommit_block():
            op.drop_index("ix_made_up", "todos", postgresql_concurrently=True, if_exists=True)
            op.create_index("ix_made_up", "todos", ["notes"], postgresql_concurrently=True)
        """,
        """
        op.create_check_constraint("ck_made_up", "todos", "notes IS NOT NULL", postgresql_not_valid=True)
        """,
        'op.execute("ALTER TABLE todos VALIDATE CONSTRAINT ck_made_up")',
    ],
)
def test_a_migration_that_only_adds_passes(warnings_of, tmp_path, upgrade):
    assert warnings_of(f"{HEAD}:{NEXT}", folder_with(tmp_path, upgrade)) == ""

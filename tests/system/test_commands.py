"""What goes wrong with the database is a line that names the setting, whatever the command."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import psycopg
import pytest

from app.config import ROOT
from tests.conftest import service
from tests.databases import environment, postgresql
from tests.ports import free_port

ALL = [["serve"], ["stack"], ["db", "upgrade"], ["users", "list"], ["jobs", "list"], ["todos", "purge"], ["demo"]]
SECRETS = {"SECRET_KEY": "a1" * 24, "JWT_SECRET_KEY": "b2" * 24}


def run(words, tmp_path, **settings):
    with service(INSTANCE_PATH=str(tmp_path), **settings) as app:
        return app.test_cli_runner().invoke(args=words)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_database_that_is_out_of_reach_is_named(words, tmp_path):
    address = f"postgresql://tickbox:canary-password@127.0.0.1:{free_port()}/tickbox"

    done = run(words, tmp_path, DATABASE_URL=address, **SECRETS)

    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit), done.exception
    assert "DATABASE_URL" in done.output + str(done.exception)
    assert "Connection refused" in done.output + str(done.exception)
    assert "canary-password" not in done.output


@pytest.mark.parametrize("words", [words for words in ALL if len(words) == 2 and words[0] != "db"] + [["demo"]], ids=" ".join)
def test_a_database_that_was_not_migrated_is_told_how_to_be(words, tmp_path):
    done = run(words, tmp_path, DATABASE_URL="")

    assert (done.exit_code, done.output) == (
        1,
        "Error: The database lacks a table or a column: bring it up to date with `flask db upgrade`.\n",
    )


@pytest.mark.parametrize("words", [["db", "upgrade"], ["users", "list"]], ids=" ".join)
def test_a_file_that_cannot_be_opened_is_named(words, tmp_path):
    done = run(words, tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/app.db")

    assert (done.exit_code, done.output) == (1, "Error: DATABASE_URL: the database is out of reach: unable to open database file\n")


@pytest.mark.parametrize("words", [["serve"], ["db", "upgrade"]], ids=" ".join)
def test_a_disk_without_room_is_named(words, tmp_path):
    own = {"INSTANCE_PATH": str(tmp_path), "PORT": str(free_port())}
    room = ["prlimit", "--fsize=300000"]  # the counts of metrics find room, all tables do not

    done = subprocess.run(
        [*room, sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env=environment(own),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.fullmatch(r"Error: DATABASE_URL: the database failed: (disk I/O error|database or disk is full)\n", done.stderr), done.stderr


@pytest.fixture
def of_somebody_else():
    """The address of a database that its user may connect to, and make nothing in: as if it belonged to somebody else."""
    with postgresql() as address, psycopg.connect(address, autocommit=True) as owner:
        if owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,):
            pytest.skip("Nothing is refused to a superuser: name a user in TEST_DATABASE_URL who may create databases, and no more.")
        owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner")
        yield address


@pytest.mark.postgresql
@pytest.mark.parametrize("words", [["serve"], ["db", "upgrade"]], ids=" ".join)
def test_who_does_not_own_the_database_is_told_so(words, tmp_path, of_somebody_else):
    done = run(words, tmp_path, DATABASE_URL=of_somebody_else, PORT=str(free_port()), **SECRETS)

    refused = "DATABASE_URL: permission denied for schema public. The user must own the database."
    assert (done.exit_code, done.output.splitlines()[-1]) == (1, f"Error: {refused}")


def test_a_port_that_is_taken_is_named_and_nobody_is_told_that_it_serves(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(["serve"], tmp_path, DATABASE_URL="", HOST="127.0.0.1", PORT=str(port))

    assert done.exit_code == 1
    assert "Tickbox serves" not in done.output
    assert f"PORT: port {port} is in use; choose another one" in done.output

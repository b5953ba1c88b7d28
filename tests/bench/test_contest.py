"""The contest itself, and what it compares before it starts."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import psycopg
import pytest

from app.config import ROOT
from bench.checks import Different, check
from bench.command import levels_of, parse
from bench.contest import Level, estimate
from bench.contestants import CONTESTANTS
from bench.operations import OPERATIONS
from tests import databases


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(self.server.answer).encode()
        self.send_response(200 if "Authorization" in self.headers else self.server.stranger)
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serving():
    """Starts services that give always the same answer."""
    servers = []

    def start(name, answer, stranger=401):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.answer, server.stranger = answer, stranger
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return SimpleNamespace(name=name, url=f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def people():
    reader = SimpleNamespace(todos=["t"], user=SimpleNamespace(id="u"))
    return SimpleNamespace(reader=reader, writers=[], connections=1, token=lambda *_, **__: "x")


def test_whoever_gives_another_answer_than_tickbox_does_not_take_part(serving, people):
    services = [serving("tickbox", {"data": [1], "next_cursor": "a"}), serving("litestar", {"data": [2], "next_cursor": "b"})]

    with pytest.raises(Different, match=r"litestar differs in GET /todos\?limit=20"):
        check(services, ["list-20"], people, None)


def test_nor_does_the_limit_with_other_rows(serving, people):
    services = [serving("tickbox", {"data": [{"id": 1}]}), serving("limit", {"data": [{"id": 2}]})]

    with pytest.raises(Different, match="limit differs in the ids"):
        check(services, ["list-20"], people, None)


def test_the_limit_may_write_its_rows_otherwise(serving, people):
    services = [serving("tickbox", {"data": [{"id": 1, "priority": "high"}]}), serving("limit", {"data": [{"id": 1, "priority": 3}]})]

    check(services, ["list-20"], people, None)


def test_the_whole_bench_takes_less_than_half_an_hour():
    options = parse([])

    assert estimate(list(CONTESTANTS), list(OPERATIONS), levels_of(options), options.todos) < 30 * 60


def test_further_levels_have_as_many_rounds_of_shorter_runs():
    assert levels_of(parse(["--rounds", "7", "--seconds", "2"])) == [Level(16, 7, 2.0), Level(64, 7, 1.2)]


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse(["--only", "tickbox,nobody"])

    assert "unknown: nobody" in capsys.readouterr().err


@pytest.mark.postgresql
def test_a_contest_prints_its_tables_and_leaves_nothing_behind(tmp_path):
    short = shlex.split("--only tickbox,limit --operations list-20,create --rounds 1 --seconds 0.2 --connections 2 --todos 1000")
    written = {"markdown": tmp_path / "tables.md", "json": tmp_path / "runs.json", "chart": tmp_path / "chart.svg"}
    files = [part for name, path in written.items() for part in (f"--{name}", str(path))]

    done = subprocess.run(
        [sys.executable, "-m", "bench", *short, *files],
        cwd=ROOT,
        env=os.environ | {"BENCH_DATABASE_URL": databases.SERVER, "INSTANCE_PATH": str(tmp_path / "instance")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert "### list of 20" in done.stdout
    assert written["markdown"].read_text() == done.stdout
    runs = json.loads(written["json"].read_text())
    assert [(run["operation"], run["contestant"]) for run in runs if run["contestant"] == "limit"] == [("list-20", "limit")]
    assert all(run["requests"] > 0 and run["application"] > 0 for run in runs)
    assert written["chart"].exists()
    assert list((tmp_path / "instance" / "bench").iterdir()) == []
    name = re.search(r"tickbox_bench_\w+", done.stderr)[0]
    with psycopg.connect(databases.SERVER) as connection:
        assert connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall() == []

"""Disks without room."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress

import psycopg

from tests.faults.journal import clock
from tests.faults.servers import PostgreSQL, wait_for
from tests.faults.suite import fault
from tests.faults.trial import Trial

KEPT = b"kept " * 1000
MANY = b"x" * 2_000_000


@fault(8, "disks full: of logs, of uploads, of the database, of its write-ahead log")
def disks_are_full(trial: Trial) -> None:
    disks = trial.servers.disks
    if not all(disk.is_real for disk in disks.values()):
        trial.skip("mounting small disks takes the rights of root")
        return
    with trial.load():
        client = trial.client().log_in()
        todo = client.insist("POST", "/todos", json={"task": "with files"}).json()["id"]
        kept = client.insist("POST", f"/todos/{todo}/attachments", files={"file": ("kept.txt", KEPT)}).json()["id"]
        _fill_logs(trial)
        _fill_uploads(trial, client, f"/todos/{todo}/attachments", kept)
        reads_until = _fill_database(trial)
        _fill_wal(trial)
    harmed = [one for one in trial.failed("GET") if one.began < reads_until]
    trial.expect(not harmed, f"{len(harmed)} reads failed: {'; '.join(map(str, harmed[:3]))}")


def _fill_logs(trial: Trial) -> None:
    disk = trial.servers.disks["logs"]
    disk.fill()
    time.sleep(4)
    trial.expect(not trial.failed(), f"requests failed without room for logs: {'; '.join(map(str, trial.failed()[:3]))}")
    disk.empty()


def _fill_uploads(trial: Trial, client, path: str, kept: str) -> None:
    disk, incoming = trial.servers.disks["uploads"], trial.stack.instance / "uploads" / "incoming"
    of_the_killed = set(incoming.iterdir())  # in the faults before; they go when they are a day old
    disk.fill()
    refused = client.send("POST", path, files={"file": ("many.bin", MANY)})
    trial.note(f"an upload without room: {refused.status_code}")
    trial.expect(refused.status_code in (503, 507), f"an upload without room was answered {refused.status_code}")
    trial.require(client.insist("GET", f"{path}/{kept}/content").content == KEPT, "what was stored cannot be read")
    time.sleep(2)
    disk.empty()
    stored = client.insist("POST", path, files={"file": ("many.bin", MANY)}, key=secrets.token_hex(8))
    trial.expect(stored.status_code == 201, "nothing can be stored again")
    trial.expect(wait_for(lambda: set(incoming.iterdir()) <= of_the_killed, 5), "half a file is left")
    names = {one["filename"] for one in client.walk(path)}
    trial.require(len(client.walk(path)) == 2, f"half a file is listed: {names}")


def _fill_database(trial: Trial) -> float:
    """Fill the disk of the data, with what has room in memory written down first. Gives until when reads went on."""
    disk, began = trial.servers.disks["data"], clock()
    disk.fill()
    trial.expect(wait_for(lambda: trial.failed("POST", "PATCH", since=began), 20), "the database found room")
    time.sleep(3)
    ended = clock()
    trial.expect(trial.servers.postgresql.is_running(), "PostgreSQL ended")
    disk.empty()
    trial.mended(within=10)
    time.sleep(2)
    return ended


def _fill_wal(trial: Trial) -> None:
    """Fill the disk of the write-ahead log, at which PostgreSQL panics; if it does not come back, whoever gives it room starts it."""
    disk, server = trial.servers.disks["wal"], trial.servers.postgresql
    before = _panics(server)
    disk.fill()

    def has_panicked() -> bool:
        _use_up_segments(server)
        return _panics(server) > before

    trial.expect(wait_for(has_panicked, 30), "PostgreSQL found room for its log")
    time.sleep(2)
    disk.empty()
    wait_for(lambda: not server.is_running() or server.answers(), 30)  # it may be about to give up, for want of the room that is there now
    if not server.is_running():
        server.start()
    trial.mended(within=10)


def _panics(server: PostgreSQL) -> int:
    """How many times PostgreSQL has panicked so far."""
    return (server.folder / "log").read_text(errors="replace").count("PANIC")


def _use_up_segments(server: PostgreSQL) -> None:
    """Use up the segments that PostgreSQL keeps for reuse."""
    with suppress(psycopg.Error):
        server.ask("SELECT pg_logical_emit_message(true, 'faults', repeat('x', 8000000)) FROM generate_series(1, 3)")

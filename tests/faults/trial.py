"""One fault, tried: what was seen while it lasted and after it, held against what is promised."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults import journal
from tests.faults.journal import Journal, clock
from tests.faults.load import Client, Load
from tests.faults.servers import wait_for
from tests.faults.stack import THREADS, Stack
from tests.jobs.live import Queue

CALM = 1.5  # seconds without a failure, after which the service counts as back
JOBS_WITHIN = 60.0
BUSY = 2 * THREADS + (THREADS + 1) + THREADS  # files of an API process with all it may open: clients, database, Redis
ROOM = {"MiB of an API process": 40, "MiB of a worker process": 60, "files of an API process": BUSY, "files of a worker process": 8}


@dataclass
class Row:
    """A line of the table."""

    number: int
    name: str
    requests: int = 0
    failed: int = 0
    lost: int = 0
    doubled: int = 0
    back_after: float = 0.0
    note: str = ""
    misses: list[str] = field(default_factory=list)
    tried: bool = True
    seconds: float = 0.0
    is_harmed: bool = False
    """Whether something is lost, doubled or let in, or may be, as nobody could look: no busy machine excuses that."""
    is_second: bool = False
    """Whether it is of a second try."""


class Trial:
    """What a fault has at hand: the stack, clients under whose load things break, and a list of what was promised and not kept."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.servers = stack.servers
        self.journal = Journal()
        self.misses: list[str] = []
        self.notes: list[str] = []
        self.tried = True
        self.is_harmed = False
        self.mended_at: float | None = None
        self.within = 10.0
        self.back_after = 0.0
        self._loads: list[Load] = []
        self._usage: dict[str, float] = {}

    def client(self) -> Client:
        return Client(self.stack.url, self.stack.certificate, self.journal)

    def queue(self) -> Queue:
        """Jobs of tests.faults.kinds, put straight into the database."""
        return Queue(self.stack.app())

    @contextmanager
    def load(self, **how):
        """Clients at work while the block runs, and after it until the service has been back for a while."""
        made = Load(self.client, **how)
        self._loads.append(made)
        with made:
            time.sleep(1)
            self._usage = self._usage or self.stack.usage()
            yield made
            self._come_back()

    def mended(self, within: float = 10.0) -> None:
        """From now on the service has to come back by itself, within so many seconds."""
        self.mended_at, self.within = clock(), within

    def expect(self, holds: object, promise: str) -> None:
        """Note that a promise was not kept."""
        if not holds:
            self.misses.append(promise)

    def require(self, holds: object, promise: str) -> None:
        """Note that a promise was not kept which no busy machine excuses: something is lost, doubled or let in."""
        self.expect(holds, promise)
        self.is_harmed = self.is_harmed or not holds

    def skip(self, reason: str) -> None:
        """Note that this machine does not allow the fault."""
        self.tried = False
        self.note(f"not tried: {reason}")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def failed(self, *methods: str, since: float = 0.0) -> list[journal.Attempt]:
        """Attempts that failed, of these methods, or of all."""
        return [one for one in self.journal.failed if (not methods or one.method in methods) and one.began >= since]

    def finish(self, row: Row) -> Row:
        """Compare what clients were told with what is there, wait for jobs, and fill the line."""
        for made in self._loads:
            made.end()
            self.require(not made.broken, f"a client saw what it must not: {'; '.join(made.broken)[:500]}")
        lost, doubled = self._compare()
        self._check_answers()
        self._check_usage()
        row.requests, row.failed = len(self.journal.attempts), len(self.journal.failed)
        row.lost, row.doubled, row.back_after = len(lost), len(doubled), self.back_after
        self.require(not lost, f"{len(lost)} acknowledged writes are lost: {'; '.join(lost[:3])}")
        self.require(not doubled, f"{len(doubled)} requests were done twice: {'; '.join(doubled[:3])}")
        row.note, row.misses, row.tried, row.is_harmed = "; ".join(self.notes), self.misses, self.tried, self.is_harmed
        return row

    def _come_back(self) -> None:
        if self.mended_at is None:
            self.mended()
        began = self.mended_at or 0.0

        def is_calm() -> bool:
            return clock() - max(self.journal.last_failure_since(began) or began, began) >= CALM

        wait_for(is_calm, self.within + CALM)
        self.back_after = journal.back_after(self.journal, began)
        self.expect(is_calm() and self.back_after <= self.within, f"the service was not back within {self.within:g} s")

    def _compare(self) -> tuple[list[str], list[str]]:
        kept, lost, doubled = {}, [], []
        for made in self._loads:
            for client in made.writers:
                todos = client.walk("/todos")
                kept |= {todo["id"]: todo for todo in todos}
                doubled += journal.doubled(todos)
            if made.importer:
                more_lost, more_doubled = self._compare_jobs(made.importer)
                lost, doubled = lost + more_lost, doubled + more_doubled
        return lost + journal.lost(self.journal, kept), doubled

    def _compare_jobs(self, client: Client) -> tuple[list[str], list[str]]:
        """Every accepted import ended, and made its todos once; one that failed says why and made none."""
        began = clock()

        def jobs():
            return {job["id"]: job for job in client.walk("/jobs") if job["id"] in self.journal.jobs}

        ended = wait_for(lambda: all(job["state"] not in ("queued", "running") for job in jobs().values()), JOBS_WITHIN)
        self.expect(ended, f"a job was not done within {JOBS_WITHIN:g} s")
        if clock() - began > 5:
            self.note(f"jobs done {clock() - began:.0f} s after")
        found = jobs()
        unsaid = [job["id"] for job in found.values() if job["state"] == "failed" and not job["error"]]
        self.require(not unsaid, f"jobs failed without a reason: {unsaid[:3]}")
        failed = [job["error"] for job in found.values() if job["state"] != "succeeded"]
        self.expect(not failed, f"{len(failed)} jobs were not done: {failed[:1]}")
        todos = client.walk("/todos")
        made = sum(rows for key, rows in self.journal.jobs.items() if key in found and found[key]["state"] == "succeeded")
        lost = [f"job {key}" for key in self.journal.jobs if key not in found]
        lost += [f"{made - len(todos)} imported todos"] if len(todos) < made and ended else []
        return lost, journal.doubled(todos)

    def _check_answers(self) -> None:
        untold = journal.untold(self.journal.attempts)
        self.expect(not untold, f"{len(untold)} failures were not told as they should be: {'; '.join(map(str, untold[:3]))}")
        given_up = self.journal.given_up
        self.expect(not given_up, f"{len(given_up)} requests never came through: {'; '.join(map(str, given_up[:3]))}")

    def _check_usage(self) -> None:
        """Memory, files and connections are where they were, give or take what a process has before and after its first requests."""
        most = self._usage | {name: self._usage.get(name, 0) + room for name, room in ROOM.items()}
        most["database connections"] = max(self._usage.get("database connections", 0), len(self.stack.workers()) * (THREADS + 1) + 8)
        over = {}

        def is_fine() -> bool:
            over.clear()
            over.update({name: value for name, value in self.stack.usage().items() if value > most[name]})
            return not over

        wait_for(is_fine, 5)
        self.expect(not self._usage or not over, f"more is held than before: {over}, at most {most}")

"""What clients were told, and whether it is so: every acknowledged write once, every accepted job done once, failures told as they should be."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attempt:
    """One request as its client saw it. `status` is None where no answer came; `problem` is the code of a problem document."""

    method: str
    status: int | None
    began: float
    seconds: float
    problem: str | None = None
    retry_after: str | None = None
    path: str = ""
    error: str = ""

    @property
    def failed(self) -> bool:
        return self.status is None or self.status >= 500

    @property
    def ended(self) -> float:
        return self.began + self.seconds

    def __str__(self) -> str:
        what = f"{self.status} {self.problem or 'without a problem document'}" if self.status else f"no answer ({self.error})"
        return f"{self.method} {self.path}: {what} after {self.seconds:.2f} s"


@dataclass
class Written:
    """A todo as its one writer knows it: what was acknowledged, and what was sent since then without an answer."""

    id: str
    task: str
    notes: str | None = None
    unsure: set[str | None] = field(default_factory=set)
    deleted: bool = False
    maybe_deleted: bool = False

    def allows(self, kept: Mapping[str, object] | None) -> bool:
        """Whether what is there now can be what its client was told."""
        if kept is None:
            return self.deleted or self.maybe_deleted
        return not self.deleted and kept["task"] == self.task and kept["notes"] in {self.notes, *self.unsure}


class Journal:
    """All attempts of all clients, and what each account was acknowledged."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.todos: dict[str, Written] = {}
        self.jobs: dict[str, int] = {}
        """Imports that were accepted, with how many todos each is to make."""
        self.given_up: list[Attempt] = []
        self._lock = threading.Lock()

    def note(self, attempt: Attempt) -> None:
        with self._lock:
            self.attempts.append(attempt)

    def give_up(self, attempt: Attempt) -> None:
        with self._lock:
            self.given_up.append(attempt)

    def created(self, written: Written) -> None:
        with self._lock:
            self.todos[written.id] = written

    def accepted(self, job_id: str, rows: int) -> None:
        with self._lock:
            self.jobs[job_id] = rows

    @property
    def failed(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.failed]

    def last_failure_since(self, moment: float) -> float | None:
        """When the last request ended that failed after this moment; None where none did."""
        return max((attempt.ended for attempt in self.attempts if attempt.failed and attempt.ended >= moment), default=None)

    def p99(self, since: float = 0.0, until: float = float("inf")) -> float:
        """The time that 99 of 100 requests were answered within, of those that began in a span."""
        times = sorted(attempt.seconds for attempt in self.attempts if since <= attempt.began < until)
        return times[math.ceil(len(times) * 0.99) - 1] if times else 0.0


def lost(journal: Journal, kept: Mapping[str, Mapping[str, object]]) -> list[str]:
    """What was acknowledged and is not so: todos by their id, as the API gives them now."""
    return [f"{written} is now {kept.get(key)}" for key, written in journal.todos.items() if not written.allows(kept.get(key))]


def doubled(kept: Iterable[Mapping[str, object]]) -> list[str]:
    """Requests that were done more than once: each client wrote the request's key into the task."""
    return [f"{task} is there {times} times" for task, times in Counter(str(todo["task"]) for todo in kept).items() if times > 1]


def untold(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Failures that were not told as they should be: by a problem document, with Retry-After where the service is away, and never 500."""
    failed = [attempt for attempt in attempts if attempt.failed]
    return [one for one in failed if not one.problem or one.status == 500 or (one.status == 503 and not one.retry_after)]


def back_after(journal: Journal, mended: float) -> float:
    """How many seconds after it was mended the last request failed."""
    return max(0.0, (journal.last_failure_since(mended) or mended) - mended)


def clock() -> float:
    return time.monotonic()

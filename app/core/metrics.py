"""Counts for Prometheus, over all processes of an installation: each counts in files of its own, and who is asked adds them up.

A process takes the first slot whose lock is free, and goes on counting in that slot's files. The lock is the operating system's
and ends with the process, however that comes; so sums never fall, and there are never more files than processes at one time.
Gauges count only while their process lives.

Files are written through memory, which costs no system call. Their room is allocated before (posix_fallocate): writing to a
hole of a file on a full disk would kill the process. Where there is no room, or no folder, nothing is counted, and requests
go on.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from struct import Struct
from typing import IO
from weakref import finalize

from flask import Flask, Request, current_app
from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from app.config import database_connections
from app.core.measures import Counter, Gauge, Histogram, Measure

log = logging.getLogger(__name__)

ROOM = 256 * 1024  # bytes of a file at first; it doubles when full
PAUSE_SECONDS = 60  # after a failure

REQUESTS = Counter("tickbox_requests", "Requests answered.", ("method", "route", "status"))
REQUEST_SECONDS = Histogram(
    "tickbox_request_seconds",
    "Time from a request to its answer.",
    ("route",),
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUEST_STATEMENTS = Histogram(
    "tickbox_request_statements", "SQL statements of a request, BEGIN and COMMIT included.", ("route",), (0, 1, 2, 3, 5, 8, 13, 21, 34, 100)
)
POOL_IN_USE = Gauge("tickbox_database_connections_in_use", "Database connections that are at work.")
POOL_SIZE = Gauge("tickbox_database_connections_limit", "Database connections that may be at work at once.")
POOL_TIMEOUTS = Counter("tickbox_database_connection_timeouts", "Times that no database connection became free in time.")
LIMITER_FAILURES = Counter("tickbox_limiter_failures", "Times that Redis was out of reach, and requests passed uncounted for 2 s.")
BROKER_FAILURES = Counter("tickbox_broker_failures", "Messages to workers that the broker did not take; the relay sends others.")
JOBS_ENDED = Counter("tickbox_jobs_ended", "Jobs that ended.", ("kind", "state"))
JOB_SECONDS = Histogram(
    "tickbox_job_seconds", "Time of an attempt at a job.", ("kind",), (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
)

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class _File(MmapedDict):
    """Numbers by key in a file that never has a hole."""

    def __init__(self, path: Path) -> None:
        with path.open("ab") as file:
            _allocate(file, 0, max(ROOM, os.fstat(file.fileno()).st_size))
        super().__init__(str(path))

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + 64 > self._capacity:
            _allocate(self._f, self._capacity, self._capacity)
        super()._init_value(key)

    def place_of(self, key: str) -> int:
        """Where the number under the key stands. It stays there."""
        self.read_value(key)
        place: int = self._positions[key]
        return place

    def add(self, place: int, amount: float) -> None:
        """Add to the number at a place. By a slice, as the library does: whoever reads meanwhile sees the old number or the new one."""
        self._m[place : place + 8] = _NUMBER.pack(_NUMBER.unpack_from(self._m, place)[0] + amount)


_NUMBER = Struct("d")
_Places = tuple[_File, list[int]]


class _Slot:
    """The files that this process counts in. Whoever forks gets others."""

    def __init__(self, folder: Path) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        # The lock belongs to the open file: to a child as well until it opens its own, which is harmless.
        self.claim, number = next(filter(None, (_claim(folder, number) for number in count(1))))
        (folder / f"{Gauge.file}_{number}.db").unlink(missing_ok=True)
        self.files = {kind.file: _opened(folder / f"{kind.file}_{number}.db") for kind in (Counter, Gauge, Histogram)}
        finalize(self, _close, self.claim, [*self.files.values()])
        self.series: dict[tuple[Measure, tuple[str, ...]], _Places] = {}
        self.requests: dict[tuple[str, str, str], tuple[_Places, _Places, _Places]] = {}

    def places(self, measure: Measure, labels: tuple[str, ...]) -> _Places:
        """Where the numbers of these labels stand. All of a histogram's are there from its first value on."""
        known = self.series.get((measure, labels))
        if known is None:
            file = self.files[measure.file]
            with self.lock:
                known = self.series[measure, labels] = file, [file.place_of(key) for key in measure.keys(labels)]
        return known

    def of_request(self, method: str, route: str, status: str) -> tuple[_Places, _Places, _Places]:
        """Where a request counts: as such, by its time and by its statements."""
        known = self.requests.get((method, route, status))
        if known is None:
            known = self.requests[method, route, status] = (
                self.places(REQUESTS, (method, route, status)),
                self.places(REQUEST_SECONDS, (route,)),
                self.places(REQUEST_STATEMENTS, (route,)),
            )
        return known


class Metrics:
    """What one app counts, and the counts of all processes of its installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.beginnings: list[tuple[Measure, tuple[str, ...], float]] = []
        self._slot: _Slot | None = None
        self._claiming = threading.Lock()
        self._paused_until = 0.0

    def begin_with(self, measure: Counter | Gauge, *labels: str, value: float = 0) -> None:
        """Let each process begin with this value, so that it is there before the first event. A counter begins where it stood."""
        self.beginnings.append((measure, labels, value))

    def count(self, measure: Counter | Gauge, *labels: str, amount: float = 1) -> None:
        """Add an amount."""
        try:
            if slot := self._mine():
                file, places = slot.places(measure, labels)
                with slot.lock:
                    file.add(places[0], amount)
        except Exception as error:  # whatever is wrong with the files, it must not be what fails a request
            self._pause(error)

    def observe(self, measure: Histogram, value: float, *labels: str) -> None:
        """Take note of a value."""
        try:
            if slot := self._mine():
                file, places = slot.places(measure, labels)
                with slot.lock:
                    file.add(places[bisect_left(measure.bounds, value)], 1)
                    file.add(places[-1], value)
        except Exception as error:  # see count
            self._pause(error)

    def request(self, method: str, route: str, status: str, seconds: float, statements: int) -> None:
        """Count a request with its time and statements. All at once, which takes half as long as one by one."""
        try:
            if slot := self._mine():
                (file, counter), (values, times), (_, numbers) = slot.of_request(method, route, status)
                with slot.lock:
                    file.add(counter[0], 1)
                    values.add(times[bisect_left(REQUEST_SECONDS.bounds, seconds)], 1)
                    values.add(times[-1], seconds)
                    values.add(numbers[bisect_left(REQUEST_STATEMENTS.bounds, statements)], 1)
                    values.add(numbers[-1], statements)
        except Exception as error:  # see count
            self._pause(error)

    def collect(self) -> Iterator[Metric]:
        """The sums over all processes, as prometheus_client's registries ask for them."""
        try:
            self._mine()
        except Exception as error:  # see count
            self._pause(error)
        files = [str(path) for path in self.folder.glob("*.db") if not path.name.startswith("gauge") or _is_held(_lock_of(path))]
        try:
            yield from MultiProcessCollector.merge(files)
        except Exception as error:  # a file that a power cut left in pieces; its process will begin it anew
            log.warning("some metrics cannot be read: %s", type(error).__name__)
            yield from MultiProcessCollector.merge([file for file in files if _is_whole(file)])

    def _mine(self) -> _Slot | None:
        slot = self._slot
        if slot is not None and slot.process == os.getpid():
            return slot
        if time.monotonic() < self._paused_until:
            return None
        with self._claiming:
            if self._slot is None or self._slot.process != os.getpid():
                slot = _Slot(self.folder)
                for measure, labels, value in self.beginnings:
                    file, places = slot.places(measure, labels)
                    file.add(places[0], value)
                self._slot = slot
            return self._slot

    def _pause(self, error: Exception) -> None:
        if time.monotonic() >= self._paused_until:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            log.warning("metrics are not counted: %s", getattr(error, "strerror", None) or type(error).__name__)


def init_app(app: Flask) -> None:
    """Give the app its metrics. Nothing is written before something is counted."""
    metrics = app.extensions["metrics"] = Metrics(Path(app.config["INSTANCE_PATH"]) / "metrics")
    for measure in (POOL_IN_USE, POOL_TIMEOUTS, LIMITER_FAILURES, BROKER_FAILURES):
        metrics.begin_with(measure)
    metrics.begin_with(POOL_SIZE, value=database_connections(app.config))


def current() -> Metrics:
    """The metrics of the app."""
    metrics: Metrics = current_app.extensions["metrics"]
    return metrics


def route_of(request: Request) -> str:
    """The template of the request's address. What has none is unknown: no stranger makes a series."""
    return request.url_rule.rule if request.url_rule else "unknown"


def method_of(request: Request) -> str:
    """The request's method, or `other` for the same reason."""
    return request.method if request.method in METHODS else "other"


def _allocate(file: IO[bytes], begin: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):  # macOS has none
        os.posix_fallocate(file.fileno(), begin, size)


def _claim(folder: Path, number: int) -> tuple[IO[bytes], int] | None:
    """The slot of this number for as long as the file given is open; None where another process has it."""
    file = (folder / f"slot-{number}.lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file, number


def _close(claim: IO[bytes], files: list[_File]) -> None:
    for file in files:
        file.close()
    claim.close()


def _opened(path: Path) -> _File:
    try:
        return _File(path)
    except OSError:
        raise
    except Exception as error:  # what it holds is no file of ours, or was left in pieces
        log.warning("the metrics in %s begin anew: %s", path.name, type(error).__name__)
        path.unlink()
        return _File(path)


def _lock_of(path: Path) -> Path:
    return path.with_name(f"slot-{path.stem.rpartition('_')[2]}.lock")


def _is_held(lock: Path) -> bool:
    with suppress(OSError), lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    return True


def _is_whole(file: str) -> bool:
    try:
        MultiProcessCollector.merge([file])
    except Exception:  # each kind of damage has its own
        return False
    return True

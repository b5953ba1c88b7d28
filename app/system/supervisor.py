"""Keeps the parts of a service running: begins those anew that die, and ends them all, in order, when it is asked to."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from app.config import ROOT

log = logging.getLogger(__name__)

STDOUT = 1
LOOK_SECONDS = 0.1
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
GRACE_SECONDS = 40.0  # more than Gunicorn gives its requests


@dataclass
class Part:
    """A program that is to run for as long as the service does."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_with: signal.Signals = signal.SIGTERM
    reload_with: signal.Signals | None = None
    """What lets it take up new code in place; None: it is ended, and begun anew."""

    is_relayed: bool = False
    """Whether it opens standard output by its name: of a socket, as systemd gives, it could not, and in a file it would be written over."""

    process: subprocess.Popen[bytes] | None = None
    begin_at: float = 0.0
    begun_at: float = 0.0
    pause: float = FIRST_PAUSE
    is_asked_to_end: bool = False


class Supervisor:
    """Runs parts, each in a session of its own, until SIGTERM, SIGINT or SIGQUIT; SIGHUP lets them take up new code.

    In sessions of their own, as a Ctrl-C is for the supervisor alone, and a signal that reaches all processes of a Celery worker at
    once can leave its pool waiting for a lock that one of the dead held. The number of each part's process stands in
    `<folder>/<name>.pid`. With `is_wanted` it ends, too, once that says no.
    """

    def __init__(self, parts: Sequence[Part], folder: Path | None = None, is_wanted: Callable[[], bool] = lambda: True) -> None:
        self.parts = parts
        self.folder = folder
        self.is_wanted = is_wanted
        self.stopping = False
        self.reloading = False

    def run(self) -> None:
        """Run the parts until it is asked to end; gives back once all have ended."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._reload)
        while not self.stopping and self.is_wanted():
            if self.reloading:
                self.reloading = False
                self.reload()
            for part in self.parts:
                self._look_after(part)
            sleep(LOOK_SECONDS)
        self.end()

    def reload(self) -> None:
        """Let each part take up new code, one after the other."""
        for part in self.parts:
            if part.process is not None and part.process.poll() is None:
                log.info("%s takes up new code", part.name)
                part.is_asked_to_end = part.reload_with is None
                part.process.send_signal(part.reload_with or part.stop_with)

    def end(self) -> None:
        """End the parts: the first one first, which is what lets requests in, the others together. What takes too long is killed."""
        for group in (self.parts[:1], self.parts[1:]):
            for part in group:
                if part.process is not None and part.process.poll() is None:
                    part.process.send_signal(part.stop_with)
            deadline = monotonic() + GRACE_SECONDS
            for part in group:
                self._await(part, deadline)

    def _look_after(self, part: Part) -> None:
        if part.process is not None and part.process.poll() is not None:
            is_well = part.is_asked_to_end or monotonic() - part.begun_at > LONGEST_PAUSE
            part.pause = FIRST_PAUSE if is_well else min(2 * part.pause, LONGEST_PAUSE)
            part.begin_at = monotonic() + part.pause
            with suppress(ProcessLookupError):  # those that it left behind: they would hold its port
                os.killpg(part.process.pid, part.stop_with)
            level = logging.INFO if part.is_asked_to_end else logging.ERROR
            log.log(level, "%s ended with %s; it begins anew in %s s", part.name, part.process.returncode, round(part.pause, 1))
            part.process, part.is_asked_to_end = None, False
        if part.process is None and monotonic() >= part.begin_at:
            self._begin(part)

    def _begin(self, part: Part) -> None:
        own = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the part has this from here: until it listens to SIGHUP that must not end it
        try:
            part.process = subprocess.Popen(  # noqa: S603  # a command of our own
                [*_bound_to_this_process(), *part.command],
                cwd=ROOT,
                env={**os.environ, **part.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if part.is_relayed else None,
                start_new_session=True,
            )
        except OSError as error:  # the machine has no process, no memory or no file left
            part.pause = min(2 * part.pause, LONGEST_PAUSE)
            part.begin_at = monotonic() + part.pause
            log.error("%s cannot begin: %s; another try comes in %s s", part.name, error.strerror, round(part.pause, 1))
            return
        finally:
            signal.signal(signal.SIGHUP, own)
        if part.process.stdout:
            threading.Thread(target=_relay, args=(part.process.stdout,), daemon=True).start()
        part.begun_at = monotonic()
        if self.folder:
            with suppress(OSError):  # that nobody can look it up must not keep it from running
                begun = self.folder / f"{part.name}.pid.new"  # whoever looks meanwhile finds a whole number
                begun.write_text(f"{part.process.pid}\n")
                begun.replace(self.folder / f"{part.name}.pid")

    def _await(self, part: Part, deadline: float) -> None:
        if part.process is None:
            return
        try:
            part.process.wait(max(0.0, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            log.error("%s did not end by itself", part.name)
            with suppress(ProcessLookupError):
                os.killpg(part.process.pid, signal.SIGKILL)
            part.process.wait()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _reload(self, *_: object) -> None:
        self.reloading = True


def _relay(lines: IO[bytes]) -> None:
    with lines:
        for line in lines:
            with suppress(OSError):  # of a full disk: what a part says may be lost, and must not hold it up
                os.write(STDOUT, line)


def _bound_to_this_process() -> list[str]:
    """What lets a program get a SIGTERM when this process dies without a word, as it would otherwise hold its port for ever."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []

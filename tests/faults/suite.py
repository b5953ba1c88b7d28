"""The table of faults, and how one of them is tried."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.faults.stack import Servers, Stack
from tests.faults.trial import Row, Trial


def _none(_: Servers) -> dict[str, str]:
    return {}


FAULTS: dict[int, Fault] = {}
PROBLEMS = (Exception, pytest.fail.Exception)
"""What can go wrong with trying a fault: servers that the tests share tell of theirs as a failed test, which is no Exception."""


@dataclass(frozen=True)
class Fault:
    """A line of the table of faults: what happens, and over which stack."""

    number: int
    name: str
    happen: Callable[[Trial], None]
    broker: str = "rabbitmq"
    variables: Callable[[Servers], dict[str, str]] = _none


def fault(number: int, name: str, *, broker: str = "rabbitmq", variables: Callable[[Servers], dict[str, str]] = _none):
    """Let a function be what happens in a fault."""

    def remember(happen: Callable[[Trial], None]) -> Callable[[Trial], None]:
        FAULTS[number] = Fault(number, name, happen, broker, variables)
        return happen

    return remember


def _told(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}"


def _errors(stack: Stack) -> str:
    """What the log of the stack says of errors, each kind once, the last of them; of a traceback its end."""
    lines = [line for line in stack.log.read_text(errors="replace").splitlines() if '"level":"ERROR"' in line or "[ERROR]" in line]
    ends = {line[-120:]: f"{line[:140]} ... {line[-700:]}" if len(line) > 840 else line for line in lines}
    return "\n".join([*ends.values()][-6:])


class Suite:
    """Tries faults one after the other. The stack runs on from one to the next that needs no other."""

    def __init__(self) -> None:
        self._undo = ExitStack()
        self._stack: Stack | None = None
        self._kind: tuple[object, ...] = ()

    def __enter__(self) -> Suite:
        self.servers = Servers()
        self._undo.callback(self.servers.stop)
        self._undo.callback(self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def run(self, tried: Fault, *, fresh: bool = False) -> Row:
        """Try one fault, on a stack that nothing has happened to where it is to be fresh; gives its line of the table."""
        row, began = Row(tried.number, tried.name), time.monotonic()
        try:
            self._observe(tried, row, fresh)
        except PROBLEMS as problem:
            row.misses.append(_told(problem))
        if row.misses:
            row.misses.append(f"the load of the machine was {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            self._begin_anew(row)
        row.seconds = time.monotonic() - began
        return row

    def _observe(self, tried: Fault, row: Row, fresh: bool) -> None:
        """Let the fault happen and look what it has done. Where trying it goes wrong, that is a miss, and what clients were told is compared all the same."""
        if fresh:
            self._stop()
        trial = Trial(self._stack_for(tried))
        row.misses, row.is_harmed = trial.misses, True
        try:
            tried.happen(trial)
        except PROBLEMS as problem:
            trial.misses.append(_told(problem))
            self.servers.mend()
        trial.finish(row)

    def _begin_anew(self, row: Row) -> None:
        """Let the next fault begin on a sound stack."""
        try:
            if self._stack:
                row.misses.append(f"the log of the stack says:\n{_errors(self._stack)}")
            self._stop()
            self.servers.mend()
        except PROBLEMS as problem:
            row.misses.append(f"what it left could not be mended: {_told(problem)}")

    def _stack_for(self, tried: Fault) -> Stack:
        kind = (tried.broker, tried.variables)
        if self._stack is None or kind != self._kind:
            self._stop()
            self._stack, self._kind = Stack(self.servers, tried.broker, **tried.variables(self.servers)), kind
            self._stack.start()
        return self._stack

    def _stop(self) -> None:
        if self._stack is not None:
            stack, self._stack = self._stack, None
            stack.stop()

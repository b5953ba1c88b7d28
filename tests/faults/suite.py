"""The table of faults, and how one of them is tried."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from tests.faults.stack import Servers, Stack
from tests.faults.trial import Row, Trial


def _none(_: Servers) -> dict[str, str]:
    return {}


FAULTS: dict[int, Fault] = {}


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

    def run(self, tried: Fault) -> Row:
        """Try one fault; gives its line of the table. What goes wrong with trying it is a miss too."""
        row, began = Row(tried.number, tried.name), time.monotonic()
        misses: list[str] = []
        try:
            trial = Trial(self._stack_for(tried))
            misses = trial.misses
            tried.happen(trial)
            row = trial.finish(row)
        except Exception as error:
            row.misses = [*misses, f"{type(error).__name__}: {error}"]
        if row.misses and self._stack:
            row.misses.append(f"the log of the stack says:\n{_errors(self._stack)}")
            self._stop()  # the next fault begins on a sound one
            self.servers.mend()
        row.seconds = time.monotonic() - began
        return row

    def _stack_for(self, tried: Fault) -> Stack:
        kind = (tried.broker, tried.variables)
        if self._stack is None or kind != self._kind:
            self._stop()
            self._stack, self._kind = Stack(self.servers, tried.broker, **tried.variables(self.servers)), kind
            self._stack.start()
        return self._stack

    def _stop(self) -> None:
        if self._stack is not None:
            self._stack.stop()
            self._stack = None

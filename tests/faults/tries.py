"""When a fault is tried once more: on a busy machine a bound of time can be missed by chance. A write that is lost is never chance."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tests.faults.suite import Fault
from tests.faults.trial import Row

AGAIN_UNTIL = 600.0  # seconds after the beginning: what begins by then has ended within 15 minutes
SHORT = 100


class Run(Protocol):
    """Tries a fault, on a stack that nothing has happened to where it is to be fresh."""

    def __call__(self, tried: Fault, *, fresh: bool = False) -> Row: ...


def try_all(chosen: Sequence[Fault], run: Run, tell: Callable[[Row], None], clock: Callable[[], float] = time.monotonic) -> list[Row]:
    """The lines of these faults, each told as soon as it was tried.

    What missed a bound, with nothing lost, doubled or let in, is tried once more at the end, when what else the machine had to do may
    be over. Then that try counts.
    """
    began, rows = clock(), []
    for tried in chosen:
        rows.append(run(tried))
        tell(rows[-1])
    for place, (tried, first) in enumerate(zip(chosen, rows, strict=True)):
        if first.misses and not first.is_harmed and clock() < began + AGAIN_UNTIL:
            rows[place] = _second(run(tried, fresh=True), first)
            tell(rows[place])
    return rows


def _second(row: Row, first: Row) -> Row:
    """The line of a second try, which says what the first one missed."""
    row.is_second = True
    if not row.misses:
        row.note = "; ".join(filter(None, [f"kept at the second try: {short(first.misses[0])}", row.note]))
    return row


def short(miss: str) -> str:
    """The beginning of a miss, in one line of a table."""
    line = miss.splitlines()[0].replace("|", "/")
    return line if len(line) <= SHORT else f"{line[: SHORT - 4]} ..."

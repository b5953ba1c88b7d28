"""The table of what was seen, for a terminal and for the README."""

from __future__ import annotations

from collections.abc import Sequence

from tests.faults.trial import Row

HEAD = ("#", "fault", "requests", "failed", "lost", "doubled", "back after", "bound kept", "seen")


def plain(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    lines = [HEAD, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]).rstrip() for line in lines
    )


def markdown(rows: Sequence[Row]) -> str:
    """The table as Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (HEAD, ("---",) * len(HEAD), *map(_cells, rows))) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (row.requests, row.failed, row.lost, row.doubled)
    kept = "no" if row.misses else "yes" if row.tried else "not tried"
    return (str(row.number), row.name, *map(str, numbers), f"{row.back_after:.1f} s", kept, row.note)

"""What the growth bench has measured, as tables."""

from __future__ import annotations

from dataclasses import dataclass

FLAT = 1.3


@dataclass(frozen=True)
class Measured:
    """One operation at one size; medians in ms."""

    todos: int
    operation: str
    latency: float
    database: float
    times: int


def series(measured):
    """The measured of each operation, from few todos to many."""
    found = {}
    for each in sorted(measured, key=lambda each: each.todos):
        found.setdefault(each.operation, []).append(each)
    return {name: found[name] for name in dict.fromkeys(each.operation for each in measured)}


def factor(points, what):
    """How many times the first the last one is."""
    return getattr(points[-1], what) / getattr(points[0], what)


def table(measured):
    """A table for people: for each size latency and, behind the stroke, database time in ms; then how many times the first the last is."""
    rows = series(measured)
    sizes = [f"{each.todos:,}" for each in next(iter(rows.values()))]
    lines = [f"{'median ms: latency | database':30}" + "".join(f"{size:>17}" for size in sizes) + f"{'times':>17}"]
    for name, points in rows.items():
        cells = [f"{each.latency:8.2f} | {each.database:6.2f}" for each in points]
        lines.append(
            f"{name:30}" + "".join(f"{cell:>17}" for cell in [*cells, f"{_times(points, 'latency')} | {_times(points, 'database')}"])
        )
    return "\n".join(lines)


def markdown(measured):
    """The same for a document."""
    rows = series(measured)
    sizes = [f"{each.todos:,}" for each in next(iter(rows.values()))]
    lines = [f"| median ms: latency, database | {' | '.join(sizes)} | times |", f"|---|{'---|' * len(sizes)}---|"]
    for name, points in rows.items():
        cells = [f"{each.latency:.2f}, {each.database:.2f}" for each in points]
        lines.append(f"| {name} | {' | '.join(cells)} | {_times(points, 'latency')}, {_times(points, 'database')} |")
    return "\n".join(lines) + "\n"


def _times(points, what):
    return f"{factor(points, what):.1f}"

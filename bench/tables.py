"""The results as Markdown."""

from __future__ import annotations

from statistics import median

from bench.contestants import CONTESTANTS
from bench.operations import OPERATIONS
from bench.summary import application, medians, ratios, whole

NONE = "-"


def report(records):
    """All tables: of each level its numbers, then the ratios and the orders."""
    levels = sorted({record["connections"] for record in records})
    parts = [numbers(records, level) for level in levels]
    parts += [f"## Times the CPU of Tickbox, {level} connections\n\nApplication alone:\n\n{ratio_table(records, level)}"
              + (f"\n\nApplication and database together:\n\n{together}" if (together := ratio_table(records, level, whole)) else "")
              for level in levels]  # fmt: skip
    if len(levels) > 1:
        parts.append(orders(records, levels))
    return "\n\n".join(parts) + "\n"


def numbers(records, level):
    """Of each operation a table of the medians."""
    middle = medians(records)
    parts = [f"## {level} connections"]
    for operation, names in _present(records, level).items():
        rows = []
        for name in names:
            run = middle[level, operation, name]
            rows.append(
                [_title(name), f"{run['rate']:.0f}", *(_number(run[measure]) for measure in ("p50", "p99", "application", "database"))]
            )
        head = ["contestant", "requests/s", "p50 ms", "p99 ms", "CPU ms application", "CPU ms database"]
        parts.append(f"### {OPERATIONS[operation].title}\n\n{table(head, rows)}")
    generator = median(record["generator"] for record in records if record["connections"] == level)
    parts.append(f"The load generator itself takes {generator:.3f} ms of CPU for a request (median of all runs).")
    return "\n\n".join(parts)


def ratio_table(records, level, cost=application):
    """How many times Tickbox's cost each rival's is, by operation; with the least and the most of the rounds."""
    found = {(operation, name): ratio for (connections, operation, name), ratio in ratios(records, cost).items() if connections == level}
    if not found:
        return ""
    present = _present(records, level)
    names = [name for name in CONTESTANTS if any(key[1] == name for key in found)]
    rows = [[OPERATIONS[operation].title, *(_ratio(found.get((operation, name))) for name in names)] for operation in present]
    return table(["operation", *map(_title, names)], rows)


def orders(records, levels):
    """Who costs less than whom, at each level."""
    middle = medians(records)
    rows = []
    for operation, names in _present(records, levels[0]).items():
        ranked = [sorted(names, key=lambda name, level=level: middle[level, operation, name]["application"]) for level in levels]
        rows.append(
            [
                OPERATIONS[operation].title,
                *(" < ".join(map(_title, each)) for each in ranked),
                "same" if ranked[0] == ranked[-1] else "changed",
            ]
        )
    return "## By CPU ms of the application, cheapest first\n\n" + table(
        ["operation", *(f"{level} connections" for level in levels), "order"], rows
    )


def table(head, rows):
    """A Markdown table: the first column is text, the others are aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _present(records, level):
    """The operations that were measured, and who was, both in their usual order."""
    pairs = {(record["operation"], record["contestant"]) for record in records if record["connections"] == level}
    found = {operation: [name for name in CONTESTANTS if (operation, name) in pairs] for operation in OPERATIONS}
    return {operation: names for operation, names in found.items() if names}


def _title(name):
    return CONTESTANTS[name].title


def _number(value):
    return NONE if value is None else f"{value:.2f}"


def _ratio(ratio):
    return NONE if ratio is None else f"{ratio.median:.2f} ({ratio.least:.2f} to {ratio.most:.2f})"

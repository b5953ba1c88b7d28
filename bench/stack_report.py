"""What a load of the whole stack came to: its tables, and whether its bounds are kept."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from bench.memory import Memory
from bench.stack_clients import Outcome
from bench.summary import quantile
from bench.tables import table

TAIL = 5
MOST_GROWTH = 4.0
"""MiB that a process of the API may grow by after the first minute."""


@dataclass
class Sample:
    """The memory of each process at a moment, by its title."""

    seconds: float
    memory: dict[str, Memory]


@dataclass
class Run:
    """What the clients got, samples of memory at the start, when it has settled and at the end, and CPU seconds by part."""

    outcome: Outcome
    samples: list[Sample]
    cpu: dict[str, float]


def verdicts(runs):
    """What should not have been, in a line each: in any of the runs, or a long tail in all of them."""
    misses = [miss for run in runs for miss in failures(run.outcome) + growth(run.samples)]
    tails = [long_tails(run.outcome) for run in runs]
    return misses + [
        f"{name}: p99 is {' and then '.join(f'{found[name]:.1f}' for found in tails)} times p50."
        for name in tails[0]
        if all(name in found for found in tails)
    ]


def failures(outcome):
    """Answers that are no success, and connections that broke."""
    wrong = {status: count for status, count in outcome.statuses.items() if not 200 <= status < 300}
    misses = [
        f"{count} answers have the status {status}; the first that was no success:\n{outcome.complaint}" for status, count in wrong.items()
    ]
    return misses + ([f"{outcome.broken} connections broke."] if outcome.broken else [])


def long_tails(outcome):
    """How many times as long as half of the requests the slowest hundredth takes, by operation, where that is too long."""
    ratios = {name: quantile(took, 0.99) / quantile(took, 0.5) for name, took in _by_operation(outcome).items()}
    return {name: ratio for name, ratio in ratios.items() if ratio >= TAIL}


def growth(samples):
    """API processes that hold more at the end than when they had settled."""
    misses = []
    for title in samples[-1].memory:
        before = samples[1].memory.get(title)
        grown = samples[-1].memory[title].uss - before.uss if before else None
        if "API process" in title and (grown is None or grown > MOST_GROWTH):
            misses.append(f"{title} has grown by {grown:.1f} MiB." if before else f"{title} was begun anew.")
    return misses


def report(run):
    """The tables of a run."""
    requests = run.outcome.statuses.total()
    cpu = ", ".join(f"{part} {seconds / requests * 1000:.2f}" for part, seconds in run.cpu.items())
    return "\n\n".join([latencies(run.outcome), memory(run.samples), f"CPU ms a request: {cpu}."])


def latencies(outcome):
    rows = [
        [name, f"{len(took)}", f"{len(took) / outcome.seconds:.0f}", *(_ms(quantile(took, part)) for part in (0.5, 0.95, 0.99, 1)),
         f"{quantile(took, 0.99) / quantile(took, 0.5):.1f}"]
        for name, took in _by_operation(outcome).items()
    ]  # fmt: skip
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(outcome.statuses.items()))
    head = ["operation", "requests", "requests/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "p99 / p50"]
    ends = f"{outcome.broken} connections broke, {outcome.reconnects} were ended by nginx after their thousandth request"
    return f"{table(head, rows)}\n\nStatuses: {statuses}. {ends}."


def memory(samples):
    """What each process held at the moments of the samples: PSS and USS, in MiB."""
    titles = list(dict.fromkeys(chain.from_iterable(sample.memory for sample in samples)))
    rows = [[title, *(_mib(sample.memory.get(title)) for sample in samples)] for title in titles]
    rows.append(["all", *(f"{sum(each.pss for each in sample.memory.values()):.1f}" for sample in samples)])
    return table(["PSS / USS in MiB", *(f"after {sample.seconds:.0f} s" for sample in samples)], rows)


def _by_operation(outcome):
    """Ordered seconds by operation, all together first; without those that were never asked for."""
    found = {name: sorted(took) for name, took in outcome.took.items() if took}
    return {"all": sorted(chain.from_iterable(found.values())), **found}


def _ms(seconds):
    return f"{seconds * 1000:.0f}"


def _mib(held):
    return f"{held.pss:.1f} / {held.uss:.1f}" if held else "-"

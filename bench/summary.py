"""From the records of single runs to medians and ratios.

A record is what one run of load gave: connections, round, operation, contestant, requests, rate (requests/s), p50 and p99 (ms),
application and database (CPU ms a request; database None where it is out of sight), generator (its own CPU ms), reconnects.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import median

MEASURES = ("rate", "p50", "p99", "application", "database", "generator")


@dataclass(frozen=True)
class Ratio:
    """How a ratio came out over the rounds."""

    median: float
    least: float
    most: float


def quantile(ordered, part):
    """The value that `part` of the ordered values are not above (nearest rank)."""
    return ordered[max(0, ceil(len(ordered) * part) - 1)]


def application(record):
    return record["application"]


def whole(record):
    """What application and database take together; None where the database is out of sight."""
    return None if record["database"] is None else record["application"] + record["database"]


def medians(records):
    """By (connections, operation, contestant): the median of each measure over the rounds."""
    return {
        key: {measure: median_of([run[measure] for run in runs]) for measure in MEASURES}
        for key, runs in _grouped(records, ("connections", "operation", "contestant")).items()
    }


def median_of(values):
    return None if None in values else median(values)


def ratios(records, cost=application, base="tickbox"):
    """By (connections, operation, rival): how many times `base`'s cost the rival's is. Each ratio is of one round."""
    by_round = {(run["connections"], run["operation"], run["round"], run["contestant"]): cost(run) for run in records}
    found = {}
    for (connections, operation, number, name), value in by_round.items():
        own = by_round.get((connections, operation, number, base))
        if name != base and own and value is not None:
            found.setdefault((connections, operation, name), []).append(value / own)
    return {key: Ratio(median(values), min(values), max(values)) for key, values in found.items()}


def _grouped(records, names):
    groups = {}
    for record in records:
        groups.setdefault(tuple(record[name] for name in names), []).append(record)
    return groups

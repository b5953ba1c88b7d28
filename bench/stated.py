"""`python -m bench check`: whether the ratios that bench/stated.json states still hold, as a short bench of three operations finds.

A ratio is lost when a rival's CPU time is more than 15 % fewer times Tickbox's than stated. Machines are noisy: what falls short is
measured again, twice at most and for longer, and only what falls short each time is lost. Exit code 1: a ratio is lost; 2: none is stated to compare with.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from bench.contest import Level, contest, estimate, takes_part
from bench.contestants import CONTESTANTS
from bench.operations import OPERATIONS
from bench.progress import clock, say
from bench.summary import ratios
from bench.tables import ratio_table

STATED = Path(__file__).with_name("stated.json")
NAMES = ["tickbox", "limit", "fastapi_async"]
MEASURED = ["list-20", "one", "create"]
CONNECTIONS = 16
TRIES = tuple(Level(CONNECTIONS, rounds, seconds=1.0) for rounds in (5, 9, 15))
TODOS = 50_000
TOLERANCE = 0.15


@dataclass(frozen=True)
class Shortfall:
    """A ratio that is worse than stated."""

    operation: str
    rival: str
    stated: float
    found: float

    def __str__(self):
        behind = (1 - self.found / self.stated) * 100
        rival, operation = CONTESTANTS[self.rival].title, OPERATIONS[self.operation].title
        return f"{operation}: {rival} takes {self.found:.2f} times the CPU of Tickbox, {self.stated:.2f} is stated: {behind:.0f} % behind"


def main(arguments):
    """The exit code."""
    parser = argparse.ArgumentParser("python -m bench check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    stated = read()
    if missing := unstated(stated):
        lacks = f"states nothing of {', '.join(missing)} with {CONNECTIONS} connections" if STATED.exists() else "is not there"
        say(f"bench/{STATED.name} {lacks}: `pipenv run bench --state` measures everything and writes it.")
        return 2
    say(f"About {clock(estimate(NAMES, MEASURED, TRIES[:1], TODOS))} min")
    with contest(NAMES, MEASURED, CONNECTIONS, TODOS) as arena:
        lost = check(stated, lambda operations, level: _measure(arena, operations, level))
    for shortfall in lost:
        print(shortfall)
    return 1 if lost else 0


def check(stated, measure):
    """What falls short in each of the tries; `measure(operations, level)` gives the ratios of one."""
    operations = MEASURED
    for level in TRIES:
        lost = shortfalls(stated, measure(operations, level))
        operations = [name for name in MEASURED if any(shortfall.operation == name for shortfall in lost)]
        if not operations:
            return []
    return lost


def shortfalls(stated, found):
    """What is found worse than stated, by more than the tolerance. Both are by operation, then rival."""
    return [
        Shortfall(operation, rival, stated[operation][rival], ratio)
        for operation, by_rival in found.items()
        for rival, ratio in by_rival.items()
        if ratio < stated[operation][rival] * (1 - TOLERANCE)
    ]


def unstated(stated):
    """The operations of which a ratio is not stated that would be measured."""
    rivals = {operation: {name for name in NAMES[1:] if takes_part(name, operation)} for operation in MEASURED}
    return [OPERATIONS[operation].title for operation, names in rivals.items() if names - stated.get(operation, {}).keys()]


def read():
    """The ratios that are stated for so many connections, by operation, then rival; none where nobody has stated any."""
    if not STATED.exists():
        return {}
    stated = json.loads(STATED.read_text())
    return stated["ratios"] if stated["connections"] == CONNECTIONS else {}


def write(records):
    """State the ratios of these records, at their first level."""
    level = records[0]["connections"]
    STATED.write_text(json.dumps({"connections": level, "ratios": by_operation(records, level)}, indent=2) + "\n")


def by_operation(records, level):
    found = {}
    for (connections, operation, rival), ratio in ratios(records).items():
        if connections == level:
            found.setdefault(operation, {})[rival] = round(ratio.median, 2)
    return found


def _measure(arena, operations, level):
    records = arena.measure(operations, [level])
    print(ratio_table(records, level.connections), flush=True)
    return by_operation(records, level.connections)

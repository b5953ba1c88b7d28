"""`python -m bench`: the contest with its options, its tables and its chart."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench import chart, stated
from bench.contest import Level, contest, estimate
from bench.contestants import CONTESTANTS, available
from bench.operations import OPERATIONS
from bench.progress import clock, say
from bench.tables import report


def main(arguments):
    options = parse(arguments)
    levels = levels_of(options)
    say(
        f"{len(options.only)} contestants, {len(options.operations)} operations: about {clock(estimate(options.only, options.operations, levels, options.todos))} min"
    )
    with contest(options.only, options.operations, max(options.connections), options.todos) as arena:
        records = arena.measure(options.operations, levels)
    text = report(records)
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n")
    if options.chart:
        chart.draw(records, options.chart)
    if options.state:
        stated.write(records)


def levels_of(options):
    """The first level as asked for; the others with as many rounds of shorter runs."""
    first, *others = options.connections
    rest = [Level(connections, options.rounds, options.seconds * 0.6) for connections in others]
    return [Level(first, options.rounds, options.seconds), *rest]


def parse(arguments):
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("--only", type=_names(CONTESTANTS), default=available(), metavar="NAME,...", help=f"of: {', '.join(CONTESTANTS)}")
    parser.add_argument(
        "--operations", type=_names(OPERATIONS), default=list(OPERATIONS), metavar="NAME,...", help=f"of: {', '.join(OPERATIONS)}"
    )
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[16, 64], metavar="N,...")
    parser.add_argument("--rounds", type=int, default=5, help="beside one that warms up (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.75, help="of a run (default: %(default)s)")
    parser.add_argument("--todos", type=int, default=200_000, help="in the table (default: %(default)s)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables here too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the record of each run here")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the CPU times as SVG")
    parser.add_argument(
        "--state", action="store_true", help="write the ratios into bench/stated.json, which `python -m bench check` holds them to"
    )
    return parser.parse_args(arguments)


def _names(known):
    def parse_names(text):
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
        return [name for name in known if name in names]

    return parse_names

"""`python -m tests.faults`: tries the faults, all or those whose numbers are given, and prints what was seen. Exit code 1: a bound was missed."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from tests.faults import api_faults, clock_faults, data_faults, disk_faults, job_faults, servers, table  # noqa: F401  # they fill the table
from tests.faults.suite import FAULTS, Fault, Suite
from tests.faults.trial import Row
from tests.faults.tries import short, try_all


def main() -> int:
    arguments = _arguments()
    chosen = arguments.numbers or sorted(FAULTS)
    if arguments.list:
        print("\n".join(f"{number:2}  {FAULTS[number].name}" for number in chosen))
        return 0
    missing = servers.missing()
    if missing:
        print("The faults need:\n" + "\n".join(f"  - {how}" for how in missing), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, with nothing left behind
    began = time.monotonic()
    with Suite() as suite:

        def run(tried: Fault, *, fresh: bool = False) -> Row:
            _say(f"{tried.number}: {tried.name} ...")
            return suite.run(tried, fresh=fresh)

        rows = try_all([FAULTS[number] for number in chosen], run, _tell)
    print(f"\n{table.plain(rows)}\n\n{len(rows)} faults in {time.monotonic() - began:.0f} s")
    if arguments.markdown:
        arguments.markdown.write_text(table.markdown(rows))
    for row in rows:
        if row.misses:
            print(f"fault {row.number} missed what is promised: {short(row.misses[0])}", file=sys.stderr)
    return 1 if any(row.misses for row in rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("numbers", metavar="number", type=int, nargs="*", choices=[[], *FAULTS], help="faults to try; all by default")
    parser.add_argument("--list", action="store_true", help="list the faults")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table to a file too")
    return parser.parse_args()


def _tell(row: Row) -> None:
    """How a fault ended, and all that it missed: at once, as what comes later may never be printed."""
    _say("")
    outcome = "missed" if row.misses else "kept"
    print(f"{row.number}: {row.name}: {outcome}{' at the second try' if row.is_second else ''}, {row.seconds:.0f} s", flush=True)
    for miss in row.misses:
        print(f"\nfault {row.number}: {miss}\n", file=sys.stderr, flush=True)


def _say(text: str) -> None:
    """What is going on, on a terminal."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

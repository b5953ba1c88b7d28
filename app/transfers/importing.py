"""Importing a file, in two phases.

First the rows are read, checked and made ready in a temporary file, outside of any transaction: that is where the time goes, and where
progress is told. Then all of them are written in one transaction as fast as possible, as on SQLite nobody else writes meanwhile.
What the first phase found is checked again in the second; where it has changed, both begin anew.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.database import execute, release
from app.core.identity import me
from app.core.problems import Conflict
from app.files.models import StoredFile
from app.files.storage import storage
from app.jobs.work import Failed, Work
from app.transfers.formats import FORMATS, Format
from app.transfers.lists import Shelves
from app.transfers.preparing import Preparation
from app.transfers.rows import Counting, Row, Unreadable
from app.transfers.writing import Stale, write

MOST_ROWS = 200_000
"""Of one file: SQLite is held for about 7 s for each hundred thousand, and others wait 15 s for it."""
_BATCH = 500
_TURNS = 4


def run(work: Work, args: dict[str, Any]) -> dict[str, Any] | None:
    """Import the job's upload as `args` say; gives the result. Raises Failed with the bad rows, Conflict, and NotFound and Forbidden for the list."""
    for _ in range(_TURNS):
        try:
            return _attempt(work, args)
        except (Stale, IntegrityError):
            work.finished = False
    raise Conflict("Others kept changing the same todos meanwhile. Try again.")


def _attempt(work: Work, args: dict[str, Any]) -> dict[str, Any] | None:
    shelves = Shelves.load(args.get("list_id"), adding=args["new_lists"] and "lists:write" in me().permissions)
    with Preparation(shelves, unique_ids=FORMATS[args["format"]].unique_ids) as made:
        unread = _prepare(work, made, FORMATS[args["format"]])
        if unread or (made.error_count and args["on_error"] == "abort"):
            raise Failed(_summary(made), made.result(kept=False))
        if args["dry_run"]:
            return made.result()
        work.step(message="Writing the todos.")
        write(work, made)
        return None


def _prepare(work: Work, made: Preparation, kind: Format) -> bool:
    """Make all rows ready; says whether the file could not be read to its end."""
    if work.upload_id is None:  # of one that failed, and was begun anew by hand later
        raise Conflict("Its file is kept for a day only. Send it again.")
    size: int = execute(select(StoredFile.size).where(StoredFile.id == work.upload_id)).scalar_one()
    work.step(0, total=0, message="Reading the file.")
    unread = None
    with storage().open(work.upload_id) as upload:
        counting = Counting(upload)
        rows = kind.read(io.BufferedReader(counting, 64 * 1024), me().zone)
        try:
            for batch in _batches(rows):
                made.add(batch)
                # As many rows again as the rest of the file has room for.
                work.step(made.count, total=max(made.count, made.count * size // max(counting.count, 1)))
                release()
        except Unreadable as error:
            unread = error
    if unread:
        made.refuse(unread.number, unread.message)
    made.close_outline()
    work.step(made.count, total=made.count)
    return unread is not None


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows by the hundreds. What was read before a row that cannot be read comes first. Raises Unreadable."""
    total = 0
    while batch := list(islice(rows, _BATCH)):
        total += len(batch)
        if total > MOST_ROWS:
            raise Unreadable(MOST_ROWS + 1, f"A file may have {MOST_ROWS} rows. Cut it into several.")
        yield batch


def _summary(made: Preparation) -> str:
    shown = " ".join(f"Row {error['row']}: {error['message']}" for error in made.errors()[:5])
    more = f" And {made.error_count - 5} more." if made.error_count > 5 else ""
    return f"Nothing was imported. {shown[:900]}{more}"

"""Writing the todos that the caller sees into a file.

They go in the order of their ids, as that lasts: it is the order in which they were created, and an import keeps it also where it
cannot keep the ids. A series goes on from its newest todo wherever it comes to, so its COUNT is what is left then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.core.database import release, streamed, transaction
from app.core.identity import me
from app.core.types import now, to_text
from app.files import service as files
from app.jobs.work import KEPT, Work
from app.lists.models import List
from app.todos.listing import listing_of
from app.todos.models import Todo
from app.todos.occurrences import rule_from_here
from app.todos.rules import PRIORITIES
from app.transfers.formats import FORMATS
from app.transfers.schemas import FILTER_FIELDS

_LIST = select(List.name).where(List.id == Todo.list_id).correlate(Todo).scalar_subquery().label("list")
_STEP = 500


def run(work: Work, args: dict[str, Any]) -> None:
    """Export the todos that meet the filters in `args`, and end the job with the file."""
    kind = FORMATS[args["format"]]
    with files.draft() as path:
        with path.open("wb") as file:
            kind.write(_todos(work, args), file, me().zone)
        work.step(message="Keeping the file.")
        stored = files.store(path)
        result = {"url": f"/api/v1/jobs/{work.job_id}/file", "size": stored.size, "count": work.processed}
        result["expires_at"] = to_text(now() + KEPT)
        with transaction():
            work.finish(result, file_id=files.register(stored, kind.filename, kind.content_type))


def _todos(work: Work, args: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The todos, as they were at one instant."""
    params = {name: field.values(args[name]) for name, field in FILTER_FIELDS.items() if name in args}
    listing = listing_of({**params, "sort": "created_at"})
    work.step(0, total=listing.total(), message="Writing the file.")
    release()
    written = 0
    with streamed(listing.statement.add_columns(_LIST, Todo.due_key, Todo.series_start).order_by(Todo.id), listing.values) as rows:
        for row in rows:
            todo = row._asdict()
            yield {**todo, "priority": PRIORITIES[row.priority], "recurrence": rule_from_here(todo, me().zone)}
            written += 1
            if written % _STEP == 0:
                work.step(written)
    work.step(written, total=written)

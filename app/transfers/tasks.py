"""The jobs that import and export."""

from __future__ import annotations

from typing import Any

from app.core.identity import check
from app.jobs.kinds import kind
from app.jobs.work import Work
from app.transfers import exporting, importing
from app.transfers.schemas import ExportResultSchema, ImportResultSchema


@kind("import", ImportResultSchema())
def import_file(work: Work, args: dict[str, Any]) -> dict[str, Any] | None:
    """Import the file that came with the request, if whose it is may still write."""
    check("todos:write")
    return importing.run(work, args)


@kind("export", ExportResultSchema())
def export_file(work: Work, args: dict[str, Any]) -> None:
    """Export the todos that meet the filters."""
    exporting.run(work, args)

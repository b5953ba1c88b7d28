"""Reports over HTTP."""

from __future__ import annotations

from typing import Any

from app.core.api import Resource
from app.core.contract import raises, requires, takes
from app.core.problems import NotFound
from app.jobs.contract import gives_job
from app.reports import service
from app.reports.schemas import ReportRequestSchema


class ReportCollection(Resource):
    """What was done, and what is left to do."""

    @requires("todos:read")
    @takes(ReportRequestSchema())
    @gives_job
    @raises(NotFound)
    def post(self, values: dict[str, Any]) -> Any:
        """Ask for a report. A job counts, and draws charts where the format is not JSON."""
        return service.ask(values)

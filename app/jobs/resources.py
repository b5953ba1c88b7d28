"""Work in the background over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.core.api import Resource
from app.core.contract import gives, gives_file, gives_nothing, gives_page, raises, requires
from app.core.paging import Page, page_of
from app.core.problems import Conflict
from app.core.query import Argument, Query, words
from app.files.serving import send
from app.jobs import service
from app.jobs.schemas import STATES, JobSchema

FILTERS = Query(
    Argument("state", choices=STATES, help="Only jobs in this state."),
    Argument("kind", type=words, help="Only jobs of this kind."),
)


class JobCollection(Resource):
    """The caller's jobs."""

    @requires("jobs:read")
    @gives_page(JobSchema(), FILTERS)
    def get(self, params: dict[str, Any]) -> Page:
        """List my jobs, the newest first."""
        return page_of(service.listing(params.get("state"), params.get("kind")), params)


class JobDetail(Resource):
    """One job of the caller's."""

    @requires("jobs:read")
    @gives(JobSchema())
    def get(self, job_id: str) -> Any:
        """Show how far a job is."""
        return service.find(job_id)

    @requires("jobs:write")
    @gives_nothing
    @raises(Conflict)
    def delete(self, job_id: str) -> None:
        """Cancel a job. One that waits never begins; one that runs stops at its next step and leaves nothing half done."""
        service.cancel(job_id)


class JobFile(Resource):
    """The file of a job of the caller's."""

    @requires("todos:read")
    @gives_file("*/*")
    def get(self, job_id: str) -> Response:
        """Download what a job made. It is kept for 24 hours, and holds todos."""
        return send(service.file_of(job_id), ours=True)

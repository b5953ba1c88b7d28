"""Imports and exports over HTTP."""

from __future__ import annotations

from typing import Any

from app.core.api import Resource
from app.core.contract import raises, requires, takes, takes_upload
from app.core.problems import NotFound
from app.jobs.contract import gives_job
from app.transfers import service
from app.transfers.schemas import ExportSchema, ImportSchema


class ImportCollection(Resource):
    """Files of todos that come in."""

    @requires("todos:write")
    @takes_upload(ImportSchema(), "IMPORT_MAX_BYTES")
    @gives_job
    @raises(NotFound)
    def post(self, values: dict[str, Any]) -> Any:
        """Import todos from a file. A row with the `id` of a todo of an earlier export changes that one.

        A subtask whose parent is neither in the file nor in its list begins at the top of the list, or stays where it is.
        CSV has a header; its rows are counted without it. Ask for the job, whose `result` holds what the import came to.
        """
        return service.start_import(values)


class ExportCollection(Resource):
    """Files of todos that go out."""

    @requires("todos:read")
    @takes(ExportSchema())
    @gives_job
    def post(self, values: dict[str, Any]) -> Any:
        """Export todos to a file. Ask for the job, whose `result.url` has the file for 24 hours."""
        return service.start_export(values)

"""Asking for imports and exports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from app.core.database import transaction
from app.core.identity import me
from app.files import service as files
from app.jobs import service as jobs
from app.lists import service as lists
from app.lists.permissions import require
from app.transfers.formats import FORMATS


def start_import(values: dict[str, Any]) -> Row[Any]:
    """A job that imports the file. Raises NotFound and Forbidden for the list, Unavailable where there is no room for the file."""
    if "list_id" in values:
        require(lists.find(values["list_id"]).role, "editor")
    file, args = values["file"], {name: value for name, value in values.items() if name != "file"}
    args["new_lists"] = "lists:write" in me().permissions  # those of the token that asks, which the job itself does not know
    kind = FORMATS[values["format"]]
    with transaction():
        return jobs.start("import", args, upload_id=files.keep(file, file.name or kind.filename, kind.content_type))


def start_export(values: dict[str, Any]) -> Row[Any]:
    """A job that exports the todos that meet the filters when it runs."""
    with transaction():
        return jobs.start("export", values)

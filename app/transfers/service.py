"""Asking for imports and exports."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import Row, func, select

from app.core.database import execute, transaction
from app.core.identity import me
from app.core.locks import lock
from app.core.problems import PayloadTooLarge
from app.files import service as files
from app.files.models import StoredFile
from app.jobs import service as jobs
from app.jobs.models import Job
from app.lists import service as lists
from app.transfers.formats import FORMATS

MOST_FULL_FILES = 10
"""Of the largest size, that one account may have waiting, or kept for a day as their import failed."""


def start_import(values: dict[str, Any]) -> Row[Any]:
    """A job that imports the file. Raises NotFound and Forbidden for the list, PayloadTooLarge and Unavailable where there is no room."""
    if "list_id" in values:
        lists.editable(values["list_id"])
    file, args = values["file"], {name: value for name, value in values.items() if name != "file"}
    args["new_lists"] = "lists:write" in me().permissions  # those of the token that asks, which the job itself does not know
    kind = FORMATS[values["format"]]
    with transaction():
        _check_room(file.size)
        return jobs.start("import", args, upload_id=files.keep(file, file.name or kind.filename, kind.content_type))


def start_export(values: dict[str, Any]) -> Row[Any]:
    """A job that exports the todos that meet the filters when it runs."""
    return jobs.start("export", values)


def _check_room(size: int) -> None:
    """Let one import of the caller's at a time find out whether their files are not too many. Raises PayloadTooLarge."""
    lock(f"imports of {me().user_id}")
    kept = select(func.sum(StoredFile.size)).join(Job, Job.upload_id == StoredFile.id).where(Job.user_id == me().user_id)
    if int(execute(kept).scalar_one() or 0) + size > MOST_FULL_FILES * current_app.config["IMPORT_MAX_BYTES"]:
        raise PayloadTooLarge("Too many files of yours wait to be imported, or failed within the last day. Try again later.")

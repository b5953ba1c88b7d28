"""The job that makes a report."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import current_app

from app.core.database import release, transaction
from app.core.dumping import Dump, to_json
from app.core.types import now
from app.core.uploads import incoming_folder, no_room
from app.files import service as files
from app.jobs.kinds import kind
from app.jobs.work import KEPT, Work
from app.reports import service
from app.reports.schemas import ReportResultSchema, ReportSchema

CONTENT_TYPES = {"json": "application/json", "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml"}
_RESULT = ReportResultSchema()
_dump = Dump(ReportSchema())


@kind("report", _RESULT)
def report(work: Work, args: dict[str, Any]) -> None:
    """Count, draw, and keep the file; the same todos give the same bytes, whichever attempt it is."""
    work.step(0, total=2, message="Counting todos.")
    made = service.report(args, work.created_at)
    work.step(1, message="Writing the report.")
    release()
    form = args["format"]
    name = f"{args['kind']}-{args['from']}-{args['to']}.{form}"
    with _folder() as folder:
        path = Path(folder) / name
        _write(path, form, made, work.created_at)
        work.step(2)
        stored = files.store(path)
        about = {"filename": name, "content_type": CONTENT_TYPES[form], "size": stored.size, "expires_at": now() + KEPT}
        result = _RESULT.dump({"report": made, "url": f"/api/v1/jobs/{work.job_id}/file", **about})
        with transaction():
            work.finish(result, file_id=files.register(stored, name, CONTENT_TYPES[form]))


def _write(path: Path, form: str, made: dict[str, Any], made_at: datetime) -> None:
    """Write the report. Raises Unavailable where there is no room for it."""
    try:
        if form == "json":
            path.write_bytes(to_json(_dump(made)))
        else:
            _draw(made, form, path, made_at)
    except OSError as error:
        raise no_room(error) from error


def _draw(made: dict[str, Any], form: str, path: Path, made_at: datetime) -> None:
    # Imported here, as every process of the service imports this module: Matplotlib would cost each of them 0.5 s and 37 MB,
    # and only workers that draw need it. It keeps what it knows of fonts in this folder, or the home folder, which may not be ours.
    os.environ.setdefault("MPLCONFIGDIR", str(Path(current_app.config["INSTANCE_PATH"]) / "matplotlib"))
    from app.reports.charts import draw  # noqa: PLC0415  # see above

    draw(made, form, path, made_at)


def _folder() -> TemporaryDirectory[str]:
    """A folder on the disk where files are kept, so that a file only has to be moved."""
    return TemporaryDirectory(dir=incoming_folder())

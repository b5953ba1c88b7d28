"""Imports and exports as a client does them, with the jobs done in between."""

from __future__ import annotations

import io

from sqlalchemy import select

from app.core.database import fetch_one
from app.files.storage import storage
from app.jobs.models import Job
from tests.arrange import do_jobs


def start_import(client, data, kind, **fields):
    """The answer to an import."""
    data = data.encode() if isinstance(data, str) else data
    form = {"file": (io.BytesIO(data), f"todos.{kind}"), "format": kind, **fields}
    return client.post("/imports", data=form, content_type="multipart/form-data")


def import_job(client, data, kind, **fields):
    """The job of an import, at its end."""
    answer = start_import(client, data, kind, **fields)
    assert answer.status_code == 202, answer.json
    do_jobs(client.application)
    return client.get(answer.headers["Location"]).json


def imported(client, data, kind, **fields):
    """The result of an import that went well."""
    job = import_job(client, data, kind, **fields)
    assert job["state"] == "succeeded", job
    return job["result"]


def export_job(client, kind, **filters):
    """The job of an export, at its end."""
    answer = client.post("/exports", {"format": kind, **filters})
    assert answer.status_code == 202, answer.json
    do_jobs(client.application)
    return client.get(answer.headers["Location"]).json


def exported(client, kind, **filters):
    """The bytes of an export."""
    job = export_job(client, kind, **filters)
    assert job["state"] == "succeeded", job
    with client.application.app_context():
        row = fetch_one(select(Job.file_id).where(Job.id == job["id"]))
        with storage().open(row.file_id) as file:
            return file.read()

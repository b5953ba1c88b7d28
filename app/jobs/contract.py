"""How an operation says that it answers with a job."""

from __future__ import annotations

from app.core.contract import gives
from app.jobs.schemas import JobSchema

gives_job = gives(JobSchema(), 202, location="/api/v1/jobs/{id}")
"""Answers 202 with the job that the method returns, and where to ask for it."""

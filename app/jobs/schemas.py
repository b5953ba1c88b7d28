"""Jobs as JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app.core.fields import AnyOf, InstantField, ObjectSchema, Reference
from app.jobs.kinds import KINDS

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
_AN_INSTANT = "2026-11-22T09:30:00Z"
_PERCENT = {"type": "integer", "minimum": 0, "maximum": 100, "description": "How far it is, in percent.", "example": 40}


def percent(job: Any) -> int:
    """How far a job is: 100 at its good end and not before."""
    if job.state == "succeeded":
        return 100
    return min(99, 100 * job.processed // job.total) if job.total else 0


def results() -> list[Schema]:
    """What jobs come to, of every kind that people ask for."""
    return [each.result for each in KINDS.values() if each.result is not None]


class JobSchema(ObjectSchema):
    """Work that goes on in the background. Ask for it again until `state` is succeeded, failed or cancelled."""

    id = Reference(dump_only=True)
    kind = fields.String(dump_only=True, metadata={"example": "import"})
    state = fields.String(dump_only=True, validate=validate.OneOf(STATES), metadata={"example": "running"})
    progress = fields.Function(percent, dump_only=True, metadata=_PERCENT)
    total = fields.Integer(dump_only=True, allow_none=True, metadata={"description": "Steps, as far as is known.", "example": 20000})
    processed = fields.Integer(dump_only=True, metadata={"description": "Steps that are done.", "example": 8000})
    message = fields.String(dump_only=True, allow_none=True, metadata={"description": "What it is doing."})
    result = AnyOf(results, metadata={"description": "What it came to, by its kind; null before; of a failed job what it found out."})
    error = fields.String(dump_only=True, allow_none=True, metadata={"description": "Why it failed."})
    created_at = InstantField(dump_only=True, metadata={"example": _AN_INSTANT})
    started_at = InstantField(dump_only=True, allow_none=True)
    finished_at = InstantField(dump_only=True, allow_none=True)

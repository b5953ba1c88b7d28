"""Jobs as JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from app.core.fields import InstantField, ObjectSchema, Reference

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
_AN_INSTANT = "2026-11-22T09:30:00Z"
_PERCENT = {"type": "integer", "minimum": 0, "maximum": 100, "description": "How far it is, in percent.", "example": 40}


def percent(job: Any) -> int:
    """How far a job is: 100 at its good end and not before."""
    if job.state == "succeeded":
        return 100
    return min(99, 100 * job.processed // job.total) if job.total else 0


class JobSchema(ObjectSchema):
    """Work that goes on in the background. Ask for it again until `state` is succeeded, failed or cancelled."""

    id = Reference(dump_only=True)
    kind = fields.String(dump_only=True, metadata={"example": "import"})
    state = fields.String(dump_only=True, validate=validate.OneOf(STATES), metadata={"example": "running"})
    progress = fields.Function(percent, dump_only=True, metadata=_PERCENT)
    total = fields.Integer(dump_only=True, allow_none=True, metadata={"description": "Steps, as far as is known.", "example": 20000})
    processed = fields.Integer(dump_only=True, metadata={"description": "Steps that are done.", "example": 8000})
    message = fields.String(dump_only=True, allow_none=True, metadata={"description": "What it is doing."})
    result = fields.Dict(dump_only=True, allow_none=True, metadata={"description": "What it came to, or found out before it failed."})
    error = fields.String(dump_only=True, allow_none=True, metadata={"description": "Why it failed."})
    created_at = InstantField(dump_only=True, metadata={"example": _AN_INSTANT})
    started_at = InstantField(dump_only=True, allow_none=True)
    finished_at = InstantField(dump_only=True, allow_none=True)

"""Attachments as JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from app.core.fields import LARGEST_SIZE, InstantField, ObjectSchema, Reference, UploadField

_THUMBNAIL = {"type": ["string", "null"], "description": "Where a small picture of it is; null until there is one, and for all but images."}


def thumbnail_path(row: Any) -> str | None:
    """The address of the thumbnail of an attachment, without a host."""
    return f"/api/v1/todos/{row.todo_id}/attachments/{row.id}/thumbnail" if row.thumbnail_id else None


class AttachmentSchema(ObjectSchema):
    """A file that somebody put on a todo."""

    file = UploadField(required=True, load_only=True)
    id = Reference(dump_only=True)
    filename = fields.String(dump_only=True, metadata={"example": "plan.png"})
    content_type = fields.String(dump_only=True, metadata={"description": "By its content, not by its name.", "example": "image/png"})
    size = fields.Integer(dump_only=True, metadata={"description": "In bytes.", "example": 48213, "maximum": LARGEST_SIZE})
    sha256 = fields.String(dump_only=True, metadata={"example": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
    width = fields.Integer(dump_only=True, allow_none=True, metadata={"description": "Of an image, in pixels, as it is seen."})
    height = fields.Integer(dump_only=True, allow_none=True)
    thumbnail = fields.Function(thumbnail_path, dump_only=True, metadata=_THUMBNAIL)
    created_at = InstantField(dump_only=True, metadata={"example": "2026-11-22T09:30:00Z"})

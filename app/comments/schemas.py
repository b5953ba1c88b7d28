"""Comments as JSON."""

from __future__ import annotations

from marshmallow import fields

from app.core.fields import InstantField, ObjectSchema, Reference, Text


class CommentSchema(ObjectSchema):
    """What somebody said about a todo."""

    id = Reference(dump_only=True, metadata={"example": "01a20459-32c8-7326-9abb-c55e842ba95a"})
    todo_id = Reference(dump_only=True, metadata={"example": "01a20459-32c8-7326-9abb-c55e842ba95a"})
    author_id = Reference(dump_only=True, allow_none=True, metadata={"description": "Null where the account is gone."})
    author_name = fields.String(dump_only=True, allow_none=True, metadata={"example": "Ada"})
    body = Text(required=True, longest=10_000, blank="Body field cannot be blank!", metadata={"example": "Shall we use Flask?"})
    version = fields.Integer(dump_only=True, metadata={"example": 1})
    created_at = InstantField(dump_only=True, metadata={"example": "2026-11-22T09:30:00Z"})
    updated_at = InstantField(dump_only=True, metadata={"example": "2026-11-22T09:30:00Z"})

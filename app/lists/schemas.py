"""Lists and members as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from app.core.fields import Flag, InstantField, Line, ObjectSchema, Reference
from app.lists.permissions import ROLES

COLOR = validate.Regexp(r"#[0-9a-fA-F]{6}\Z", error="Must be a colour such as #1e90ff.")
LARGEST_POSITION = 1e15
_POSITION = {"description": "Its place in the order by hand; a new one goes to the end.", "example": 2.0}


class Number(fields.Float):
    """A number, and not the text of one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, str):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs) + 0.0  # which takes the sign of a zero away, as SQLite does


def position_field(**options: object) -> fields.Float:
    """A place in an order: any number, fractions included."""
    return Number(validate=validate.Range(-LARGEST_POSITION, LARGEST_POSITION), metadata=_POSITION, **options)  # type: ignore[arg-type]  # options of Float


class ListSchema(ObjectSchema):
    """A list as one of its members sees it."""

    id = Reference(dump_only=True, metadata={"example": "01a20459-32c8-7326-9abb-c55e842ba95a"})
    name = Line(required=True, longest=120, blank="Name field cannot be blank!", metadata={"example": "Groceries"})
    color = Line(longest=7, allow_none=True, load_default=None, pattern=COLOR, metadata={"example": "#1e90ff"})
    archived = Flag(load_default=False, metadata={"description": "Todos of archived lists show only under their list_id."})
    position = position_field()
    inbox = Flag(dump_only=True, metadata={"description": "Whether this is the list that new todos go to."})
    role = fields.String(dump_only=True, validate=validate.OneOf(ROLES), metadata={"description": "The caller's role.", "example": "owner"})
    open_count = fields.Integer(dump_only=True, metadata={"description": "Todos neither done nor in the trash.", "example": 3})
    version = fields.Integer(dump_only=True, metadata={"example": 1})
    created_at = InstantField(dump_only=True, metadata={"example": "2026-11-22T09:30:00Z"})
    updated_at = InstantField(dump_only=True, metadata={"example": "2026-11-22T09:30:00Z"})


class MemberSchema(ObjectSchema):
    """Somebody who shares a list."""

    user_id = Reference(dump_only=True, metadata={"example": "01a20459-32c8-7326-9abb-c55e842ba95a"})
    name = fields.String(dump_only=True, metadata={"example": "Ada"})
    email = fields.String(dump_only=True, metadata={"example": "ada@example.org"})
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "editor"})
    version = fields.Integer(dump_only=True, metadata={"example": 1})
    joined_at = InstantField(dump_only=True, metadata={"example": "2026-11-22T09:30:00Z"})


class InvitationSchema(ObjectSchema):
    """Whom to share a list with, and as what."""

    email = Line(required=True, longest=254, blank="Email field cannot be blank!", metadata={"example": "ada@example.org"})
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "editor"})

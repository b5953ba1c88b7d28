"""Todos as JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import DayField, Few, Flag, InstantField, Line, ObjectSchema, Reference, Tagged, Text, Word
from app.lists.schemas import position_field
from app.todos.recurrence import check_rule
from app.todos.rules import PRIORITIES

MOST_TAGS = 20
_MOST_SPELLINGS = 100  # of tags that are sent, before those that differ in case alone are one
MOST_OPERATIONS = 500
MOST_OCCURRENCES = 100
_AN_ID = "01a20459-32c8-7326-9abb-c55e842ba95a"
_AN_INSTANT = "2026-11-22T09:30:00Z"


class Tags(Few):
    """A set of tags, compared without case and given back sorted; of two spellings the first one stays."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Line(shortest=1, longest=50), most=MOST_TAGS, most_sent=_MOST_SPELLINGS, **kwargs)

    def collect(self, tags: list[Any]) -> list[Any]:
        """What becomes of the tags that were sent."""
        spellings: dict[str, str] = {}
        for tag in tags:
            spellings.setdefault(tag.casefold(), tag)
        return [spellings[key] for key in sorted(spellings)]


class TodoSchema(ObjectSchema):
    """A todo."""

    id = Reference(dump_only=True, metadata={"example": _AN_ID})
    version = fields.Integer(dump_only=True, metadata={"example": 1})
    list_id = Reference(metadata={"description": "The list that it is in; the inbox by default."})
    parent_id = Reference(allow_none=True, load_default=None, metadata={"description": "The todo that it is a part of, in the same list."})
    task = Line(required=True, longest=500, blank="Task field cannot be blank!", metadata={"example": "build an API"})
    notes = Text(longest=20_000, allow_none=True, load_default=None, metadata={"description": "Markdown by convention."})
    done = Flag(load_default=False)
    completed_at = InstantField(dump_only=True, allow_none=True, metadata={"description": "When it was done; null while it is open."})
    priority = Word(PRIORITIES, load_default=0, metadata={"example": "high"})
    due_on = DayField(allow_none=True, load_default=None, metadata={"description": "Due some time on this day.", "example": "2026-11-30"})
    due_at = InstantField(allow_none=True, load_default=None, metadata={"description": "Due at this instant."})
    remind_at = InstantField(
        allow_none=True, load_default=None, metadata={"description": "When a mail reminds the assignee, else who created it."}
    )
    recurrence = Line(
        longest=500,
        allow_none=True,
        load_default=None,
        check=check_rule,
        metadata={"description": "An RRULE of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO; needs a due."},
    )
    series_id = Reference(dump_only=True, allow_none=True, metadata={"description": "Shared by the todos that one recurrence made."})
    tags = Tags(load_default=list, metadata={"description": "Compared without case, and given back sorted.", "example": ["home", "urgent"]})
    assignee_id = Reference(allow_none=True, load_default=None, metadata={"description": "The member of the list who does it."})
    position = position_field()
    created_by = Reference(dump_only=True, allow_none=True, metadata={"description": "Null where the account is gone.", "example": _AN_ID})
    created_at = InstantField(dump_only=True, metadata={"example": _AN_INSTANT})
    updated_at = InstantField(dump_only=True, metadata={"example": _AN_INSTANT})
    deleted_at = InstantField(dump_only=True, allow_none=True, metadata={"description": "When it went to the trash."})

    @validates_schema
    def one_due(self, data: dict[str, Any], **_: Any) -> None:
        """A day or an instant, not both."""
        if data.get("due_on") is not None and data.get("due_at") is not None:
            raise ValidationError({name: ["Send due_on or due_at, not both."] for name in ("due_on", "due_at")})


class OccurrenceSchema(ObjectSchema):
    """When a todo is due again: a day or an instant, as the todo itself."""

    due_on = DayField(allow_none=True, metadata={"example": "2026-12-07"})
    due_at = InstantField(allow_none=True, metadata={"description": "Null where the todo is due on a day."})


class OccurrencesSchema(ObjectSchema):
    """The next dues of a todo that recurs, in order, as a collection of one page."""

    data = fields.List(fields.Nested(OccurrenceSchema), validate=validate.Length(max=MOST_OCCURRENCES))
    next_cursor = fields.String(allow_none=True, metadata={"description": "Always null, as no more are told than `limit`."})


class MoveSchema(ObjectSchema):
    """Where a todo is to go: right before or right after another one of the list."""

    before = Reference(metadata={"description": "The todo that comes right behind it then.", "example": _AN_ID})
    after = Reference(metadata={"description": "Or the one that comes right before it."})
    list_id = Reference(metadata={"description": "The list of that other todo, where it is not the same."})

    @validates_schema
    def one_place(self, data: dict[str, Any], **_: Any) -> None:
        """Before or after, not both and not neither."""
        if ("before" in data) == ("after" in data):
            raise ValidationError("Send either before or after.")


class CreateOperation(ObjectSchema):
    """Create a todo."""

    op = fields.String(required=True, validate=validate.Equal("create"), metadata={"example": "create"})
    todo = fields.Nested(TodoSchema, required=True)


class UpdateOperation(ObjectSchema):
    """Change some fields of a todo."""

    op = fields.String(required=True, validate=validate.Equal("update"), metadata={"example": "update"})
    id = Reference(required=True, metadata={"example": _AN_ID})
    todo = fields.Nested(TodoSchema(partial=True), required=True)
    version = fields.Integer(strict=True, metadata={"description": "Change it only at this version."})


class DeleteOperation(ObjectSchema):
    """Move a todo to the trash."""

    op = fields.String(required=True, validate=validate.Equal("delete"), metadata={"example": "delete"})
    id = Reference(required=True, metadata={"example": _AN_ID})


class BatchSchema(ObjectSchema):
    """Operations to do one after the other, all or nothing."""

    operations = Few(
        Tagged("op", {"create": CreateOperation(), "update": UpdateOperation(), "delete": DeleteOperation()}),
        required=True,
        fewest=1,
        most=MOST_OPERATIONS,
    )


class ResultSchema(ObjectSchema):
    """What became of one operation."""

    op = fields.String(metadata={"example": "create"})
    status = fields.Integer(metadata={"description": "The status that it would have had alone.", "example": 201})
    id = Reference(metadata={"example": _AN_ID})
    todo = fields.Nested(TodoSchema, allow_none=True, metadata={"description": "The todo after it; null where it was deleted."})


class BatchResultSchema(ObjectSchema):
    """What became of each operation, in order."""

    results = fields.List(fields.Nested(ResultSchema), validate=validate.Length(max=MOST_OPERATIONS))


class TagSchema(ObjectSchema):
    """A tag and how many todos carry it."""

    name = fields.String(metadata={"example": "home"})
    open_count = fields.Integer(metadata={"description": "Open todos that carry it.", "example": 2})
    count = fields.Integer(metadata={"example": 5})


class TagsSchema(ObjectSchema):
    """All tags of the todos that the caller sees, as a collection of one page."""

    data = fields.List(fields.Nested(TagSchema))
    next_cursor = fields.String(allow_none=True, metadata={"description": "Always null, as all tags come at once."})

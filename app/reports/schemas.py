"""Reports as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import LARGEST_SIZE, DayField, InstantField, ObjectSchema, Reference
from app.todos.rules import PRIORITIES

KINDS = ("productivity",)
FORMATS = ("json", "pdf", "png", "svg")
MOST_DAYS = 366
MOST_TAGS = 10
# Whatever zone a day of these years is in, the instants at which it begins and ends are ones that Python has.
_EARLIEST, _LATEST = date(1970, 1, 1), date(9998, 12, 31)
_FROM = {"description": "The first day.", "example": "2026-11-01"}
_TO = {"description": f"The last day. At most {MOST_DAYS} days are reported.", "example": "2026-11-30"}
_LIST = {"description": "Only todos of this list. Without it those of all lists that are not archived."}
_A_COUNT = {"example": 3}


class ReportRequestSchema(ObjectSchema):
    """What to report on. Days are those of the caller's time zone."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "productivity"})
    list_id = Reference(metadata=_LIST)
    format = fields.String(required=True, validate=validate.OneOf(FORMATS), metadata={"example": "pdf"})

    class Meta(ObjectSchema.Meta):
        include = {"from": DayField(required=True, metadata=_FROM), "to": DayField(required=True, metadata=_TO)}

    @validates_schema
    def known_calendar(self, data: dict[str, Any], **_: Any) -> None:
        """Days before there were todos, or at the end of the calendar, are none."""
        wrong = [name for name in ("from", "to") if not _EARLIEST <= data.get(name, _EARLIEST) <= _LATEST]
        if wrong:
            raise ValidationError({name: [f"Must be a date from {_EARLIEST} to {_LATEST}."] for name in wrong})


class ReportDaySchema(ObjectSchema):
    """What happened on one day."""

    date = DayField(dump_only=True)
    created = fields.Integer(dump_only=True, metadata=_A_COUNT)
    completed = fields.Integer(dump_only=True, metadata=_A_COUNT)
    open = fields.Integer(dump_only=True, metadata={"description": "Open todos at its end, or now where it has not ended: the burn-down."})


class ReportTagSchema(ObjectSchema):
    """How many open todos carry a tag."""

    tag = fields.String(dump_only=True, metadata={"example": "home"})
    count = fields.Integer(dump_only=True, metadata=_A_COUNT)


ReportPrioritiesSchema = ObjectSchema.from_dict(
    {word: fields.Integer(dump_only=True, metadata=_A_COUNT) for word in PRIORITIES}, name="ReportPrioritiesSchema"
)


class ReportSchema(ObjectSchema):
    """The numbers of a report. Todos in the trash never count."""

    kind = fields.String(dump_only=True, metadata={"example": "productivity"})
    time_zone = fields.String(dump_only=True, metadata={"description": "Where the days are days.", "example": "Europe/Berlin"})
    as_of = InstantField(dump_only=True, metadata={"description": "The instant at which todos are, or are not, overdue."})
    list_id = Reference(dump_only=True, allow_none=True)
    list_name = fields.String(dump_only=True, allow_none=True)
    created = fields.Integer(dump_only=True, metadata={"description": "Todos created in these days."})
    completed = fields.Integer(dump_only=True, metadata={"description": "Todos completed in these days."})
    open = fields.Integer(dump_only=True, metadata={"description": "Todos that are open now."})
    overdue = fields.Integer(dump_only=True, metadata={"description": "Those of them that are past their due."})
    median_completion_seconds = fields.Float(
        dump_only=True,
        allow_none=True,
        metadata={
            "description": "From creation to completion, of those completed in these days; null where there are none.",
            "example": 86400.0,
        },
    )
    days = fields.List(fields.Nested(ReportDaySchema), dump_only=True, validate=validate.Length(max=MOST_DAYS))
    open_by_priority = fields.Nested(ReportPrioritiesSchema, dump_only=True)
    open_by_tag = fields.List(
        fields.Nested(ReportTagSchema),
        dump_only=True,
        validate=validate.Length(max=MOST_TAGS),
        metadata={"description": "The most frequent ones."},
    )
    open_by_other_tags = fields.Integer(dump_only=True, metadata={"description": "How often open todos carry other tags."})

    class Meta(ObjectSchema.Meta):
        include = {"from": DayField(dump_only=True), "to": DayField(dump_only=True)}


class ReportResultSchema(ObjectSchema):
    """What the job of a report comes to: its numbers, and where the file is, in whatever format."""

    report = fields.Nested(ReportSchema, dump_only=True)
    url = fields.String(dump_only=True, metadata={"format": "uri-reference", "description": "Where the file can be downloaded."})
    filename = fields.String(dump_only=True, metadata={"example": "productivity-2026-11-01-2026-11-30.pdf"})
    content_type = fields.String(dump_only=True, metadata={"example": "application/pdf"})
    size = fields.Integer(dump_only=True, metadata={"description": "Of the file, in bytes.", "example": 48000, "maximum": LARGEST_SIZE})
    expires_at = InstantField(dump_only=True, metadata={"description": "When the file goes."})

"""Requests and answers as JSON."""

from datetime import UTC

from derived import PRIORITIES, unique_tags
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema


class Line(fields.String):
    """Text without white space around it."""

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value.strip() if isinstance(value, str) else value, attr, data, **kwargs)
        if "\0" in text:
            raise ValidationError("NUL characters are not allowed.")
        return text


class Flag(fields.Boolean):
    def _deserialize(self, value, attr, data, **kwargs):
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Priority(fields.String):
    def _serialize(self, value, attr, obj, **kwargs):
        return PRIORITIES[value]

    def _deserialize(self, value, attr, data, **kwargs):
        word = super()._deserialize(value, attr, data, **kwargs)
        if word not in PRIORITIES:
            raise ValidationError(f"Must be one of: {', '.join(PRIORITIES)}.")
        return PRIORITIES.index(word)


class Instant(fields.AwareDateTime):
    def _serialize(self, value, attr, obj, **kwargs):
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


class Tags(fields.List):
    def __init__(self, **kwargs):
        super().__init__(Line(validate=validate.Length(1, 50)), validate=validate.Length(max=20), **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        return unique_tags(super()._deserialize(value, attr, data, **kwargs))


class StrictSchema(Schema):
    class Meta:
        unknown = RAISE


class TodoSchema(StrictSchema):
    id = fields.UUID(dump_only=True)
    version = fields.Integer(dump_only=True)
    list_id = fields.UUID(dump_only=True)
    parent_id = fields.UUID(dump_only=True)
    task = Line(required=True, validate=validate.Length(1, 500))
    notes = fields.String(allow_none=True, validate=validate.Length(max=20_000))
    done = Flag()
    completed_at = Instant(dump_only=True)
    priority = Priority()
    due_on = fields.Date(allow_none=True)
    due_at = Instant(allow_none=True)
    remind_at = Instant(dump_only=True)
    recurrence = fields.String(dump_only=True)
    series_id = fields.UUID(dump_only=True)
    tags = Tags()
    assignee_id = fields.UUID(dump_only=True)
    position = fields.Float(dump_only=True)
    created_by = fields.UUID(dump_only=True)
    created_at = Instant(dump_only=True)
    updated_at = Instant(dump_only=True)
    deleted_at = Instant(dump_only=True)

    @validates_schema
    def one_due(self, data, **kwargs):
        if data.get("due_on") is not None and data.get("due_at") is not None:
            raise ValidationError({name: ["Send due_on or due_at, not both."] for name in ("due_on", "due_at")})


class CreateSchema(StrictSchema):
    op = fields.String(required=True)
    todo = fields.Nested(TodoSchema, required=True)


class UpdateSchema(StrictSchema):
    op = fields.String(required=True)
    id = fields.UUID(required=True)
    todo = fields.Nested(TodoSchema(partial=True), required=True)
    version = fields.Integer(strict=True)


class Operation(fields.Field):
    """An operation, whose `op` says what else it holds."""

    kinds = {"create": CreateSchema(), "update": UpdateSchema()}

    def _deserialize(self, value, attr, data, **kwargs):
        kind = self.kinds.get(str(value.get("op"))) if isinstance(value, dict) else None
        if kind is None:
            raise ValidationError("Must be an object whose op is create or update.")
        return kind.load(value)


class BatchSchema(StrictSchema):
    operations = fields.List(Operation(), required=True, validate=validate.Length(1, 500))


class ResultSchema(Schema):
    op = fields.String()
    status = fields.Integer()
    id = fields.UUID()
    todo = fields.Nested(TodoSchema)

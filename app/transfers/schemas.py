"""What imports and exports take, and what they come to, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.core.fields import LARGEST_SIZE, Flag, InstantField, ObjectSchema, Reference, UploadField
from app.core.query import Argument
from app.todos.filters import FILTERS
from app.transfers.formats import FORMATS

MOST_VALUES = 100
MOST_ERRORS = 100
_FORMAT = validate.OneOf(list(FORMATS))


class FilterField(fields.Field[Any]):
    """A parameter of a query string as a field of a body: a flag is true or false there, and what may be repeated may be an array.

    It is checked as the query string's is, and kept as it came, so that a job can be given it.
    """

    def __init__(self, argument: Argument) -> None:
        self.argument = argument
        self.repeated = argument.action == "append"
        self.is_flag = argument.schema.get("type") == "boolean"
        schema = dict(argument.schema) | ({"enum": list(argument.choices)} if argument.choices else {})
        if self.repeated:
            schema = {"anyOf": [schema, {"type": "array", "items": schema, "maxItems": MOST_VALUES}]}
        super().__init__(metadata={**schema, "description": (argument.help or "").replace(" when repeated", " of an array")})

    def values(self, value: Any) -> Any:
        """What the filter takes. Raises ValidationError."""
        if self.repeated:
            given = value if isinstance(value, list) else [value]
            if len(given) > MOST_VALUES:
                raise ValidationError(f"Must be at most {MOST_VALUES} values.")
            return [self._one(each) for each in given]
        return self._one(value)

    def _one(self, value: Any) -> Any:
        if self.is_flag:
            if not isinstance(value, bool):
                raise ValidationError("Must be true or false.")
            return value
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        return self.argument.read(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        self.values(value)
        return value


class ImportSchema(ObjectSchema):
    """A file of todos."""

    file = UploadField(required=True)
    format = fields.String(required=True, validate=_FORMAT, metadata={"example": "csv"})
    list_id = Reference(
        metadata={
            "description": "Where all of them go. By default each goes to the list that the file names, which is made where it is not there, or else to the inbox."
        }
    )
    dry_run = Flag(load_default=False, metadata={"description": "Only tell what it would come to."})
    on_error = fields.String(
        load_default="abort",
        validate=validate.OneOf(["abort", "skip"]),
        metadata={"description": "Whether one bad row keeps all others out, or is left out alone."},
    )


FILTER_FIELDS = {argument.name: FilterField(argument) for argument in FILTERS.args}
_FILTERS = Schema.from_dict(dict(FILTER_FIELDS))


class ExportSchema(ObjectSchema, _FILTERS):  # type: ignore[misc, valid-type]  # made of the filters
    """Which todos to export, and how. The filters are those of GET /todos."""

    format = fields.String(required=True, validate=_FORMAT, metadata={"example": "csv"})


class RowErrorSchema(ObjectSchema):
    """What is wrong with a row of a file."""

    row = fields.Integer(metadata={"description": "Counted from 1, without the header of a CSV file.", "example": 3})
    message = fields.String(metadata={"example": "task: Task field cannot be blank!"})


class ImportResultSchema(ObjectSchema):
    """What an import came to."""

    created = fields.Integer(metadata={"example": 40})
    updated = fields.Integer(metadata={"description": "Rows with the id of a todo that was there.", "example": 2})
    skipped = fields.Integer(metadata={"description": "Bad rows that were left out, and what is no todo.", "example": 1})
    errors = fields.List(
        fields.Nested(RowErrorSchema), validate=validate.Length(max=MOST_ERRORS), metadata={"description": "The first hundred."}
    )
    error_count = fields.Integer(metadata={"example": 1})


class ExportResultSchema(ObjectSchema):
    """Where to get what was exported, and until when."""

    url = fields.String(metadata={"example": "/api/v1/jobs/01a20459-32c8-7326-9abb-c55e842ba95a/file"})
    size = fields.Integer(metadata={"description": "In bytes.", "example": 2048, "maximum": LARGEST_SIZE})
    count = fields.Integer(metadata={"description": "How many todos.", "example": 42})
    expires_at = InstantField(metadata={"example": "2026-11-22T09:30:00Z"})

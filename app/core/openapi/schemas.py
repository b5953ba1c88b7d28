"""Marshmallow schemas as JSON Schema (2020-12), once as what a request may hold and once as what an answer holds."""

# mypy: disallow-untyped-calls=False
# (apispec is typed in parts only.)

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.common import make_schema_key, resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from app.core.fields import AnyOf, DayField, InstantField, Line, Reference, Tagged, Text, UploadField, Word
from app.core.openapi.limits import WITHOUT_NUL
from app.core.openapi.shared import Json

# The service trims these five too, which are no \s of ECMA-262.
_NOT_BLANK = r"^[^\u0000]*[^\u0000\s\u001c-\u001f\u0085][^\u0000]*$"
_SAMPLES: dict[str, Any] = {
    "uuid": "01a20459-32c8-7326-9abb-c55e842ba95a",
    "date-time": "2026-11-22T09:30:00Z",
    "date": "2026-11-24",
    "email": "ada@example.org",
    "string": "text",
    "binary": "(the bytes of the file)",
    "uri-reference": "/api/v1/jobs/01a20459-32c8-7326-9abb-c55e842ba95a/file",
    "boolean": False,
    "number": 1.0,
}


class _Converter(OpenAPIConverter, ABC):
    """Adds the API's own kinds of field to apispec's, and names a component after its schema."""

    field_mapping = OpenAPIConverter.field_mapping | {
        Reference: ("string", "uuid"),
        InstantField: ("string", "date-time"),
        DayField: ("string", "date"),
        Word: ("string", None),
        Tagged: (None, None),
        AnyOf: (None, None),
        UploadField: ("string", "binary"),
    }

    def __init__(self, spec: APISpec) -> None:
        super().__init__(spec.openapi_version, None, spec)
        self.components = spec.components
        self.add_attribute_function(_Converter.tagged2properties)
        self.add_attribute_function(_Converter.any_of2properties)

    def name_of(self, schema: Schema) -> str:
        """The name of the schema's component."""
        return type(schema).__name__.removesuffix("Schema")

    @abstractmethod
    def keeps(self, field: fields.Field[Any]) -> bool:
        """Whether the field stands in this direction."""

    def resolve_nested_schema(self, schema: Any) -> Json:
        """A reference to the schema's component, which is added where it is new. Raises ValueError for two of one name."""
        instance = resolve_schema_instance(schema)
        key = make_schema_key(instance)
        if key not in self.refs:
            name = self.name_of(instance)
            if name in self.components.schemas:
                raise ValueError(f"Two schemas are called {name} in the OpenAPI document; make one of them a class of its own")
            self.refs[key] = name
            description = (type(instance).__doc__ or "").strip().split("\n\n")[0]
            self.components.schema(name, {"description": description, **self.schema2jsonschema(instance)})
        reference: Json = self.get_ref_dict(instance)
        return reference

    def fields2jsonschema(self, fields: Mapping[str, fields.Field[Any]], *, partial: Any = None) -> Json:
        """The object that holds the fields of this direction."""
        kept = {name: field for name, field in fields.items() if self.keeps(field)}
        schema: Json = super().fields2jsonschema(kept, partial=partial)
        return schema

    def field2choices(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """The words of a Word are its choices."""
        if isinstance(field, Word):
            return {"enum": [*field.words, None] if field.allow_none else list(field.words)}
        choices: Json = super().field2choices(field, **kwargs)
        return choices

    def field2range(self, field: fields.Field[Any], ret: Json) -> Json:
        """A Word's range is one of numbers that no client sees."""
        limits: Json = {} if isinstance(field, Word) else super().field2range(field, ret)
        return limits

    def tagged2properties(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """A Tagged is one of its schemas."""
        if not isinstance(field, Tagged):
            return {}
        found = {word: self.resolve_nested_schema(schema) for word, schema in field.schemas.items()}
        mapping = {word: reference["$ref"] for word, reference in found.items()}
        return {"oneOf": list(found.values()), "discriminator": {"propertyName": field.tag, "mapping": mapping}}

    def any_of2properties(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """An AnyOf is one of its schemas, or null."""
        if not isinstance(field, AnyOf):
            return {}
        found = [self.resolve_nested_schema(schema) for schema in field.schemas()]
        return {"anyOf": [{"type": "null"}, *found]}

    def dict2properties(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """What an AnyOf holds is said by its schemas alone."""
        found: Json = {} if isinstance(field, AnyOf) else super().dict2properties(field, **kwargs)
        return found

    def field2pattern(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """Python's spelling of a pattern in that of ECMA-262."""
        found: Json = super().field2pattern(field, **kwargs)
        if "pattern" in found:
            found["pattern"] = "^" + found["pattern"].removeprefix("^").replace(r"\Z", "$")
        return found

    def metadata2properties(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """`example` is JSON Schema's `examples`."""
        found: Json = super().metadata2properties(field, **kwargs)
        if "example" in found:
            found["examples"] = [found.pop("example")]
        return found


class Requests(_Converter):
    """Schemas as what a request may hold: no read-only field, and nothing that is not declared."""

    def name_of(self, schema: Schema) -> str:
        """`TodoPatch` where fields may be absent, `TodoWrite` where answers hold a `Todo`, else the plain name."""
        name = super().name_of(schema)
        if schema.partial:
            return f"{name}Patch"
        return f"{name}Write" if name in self.components.schemas else name

    def keeps(self, field: fields.Field[Any]) -> bool:
        """All but the read-only ones."""
        return not field.dump_only

    def field2default(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """What is absent from a partial schema stays as it is."""
        default: Json = {} if field.parent and getattr(field.parent, "partial", None) else super().field2default(field, **kwargs)
        return default

    def field2pattern(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """What the fields refuse beside their validators."""
        found = super().field2pattern(field, **kwargs)
        if found or not isinstance(field, Text):
            return found
        trimmed = isinstance(field, Line) and any(getattr(check, "min", None) for check in field.validators)
        return {"pattern": _NOT_BLANK if field.blank or trimmed else WITHOUT_NUL}


class Answers(_Converter):
    """Schemas as what an answer holds: every field, whatever its value."""

    def keeps(self, field: fields.Field[Any]) -> bool:
        """All but the write-only ones."""
        return not field.load_only

    def fields2jsonschema(self, fields: Mapping[str, fields.Field[Any]], *, partial: Any = None) -> Json:
        """Every field is there, but those whose metadata say `optional`."""
        schema = super().fields2jsonschema(fields, partial=True)
        return {**schema, "required": [name for name in schema["properties"] if not fields[name].metadata.get("optional")]}

    def schema2jsonschema(self, schema: Schema) -> Json:
        """Later versions may answer with more, so clients must not refuse what they do not know."""
        described: Json = super().schema2jsonschema(schema)
        described.pop("additionalProperties", None)
        return described

    def field2default(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """Nothing is absent from an answer."""
        return {}

    def field2pattern(self, field: fields.Field[Any], **kwargs: Any) -> Json:
        """Patterns guard what comes in."""
        return {}

    def field2range(self, field: fields.Field[Any], ret: Json) -> Json:
        """Ranges too: what is put after the last place of all lies beyond it."""
        return {}


def example_of(schema: Json, components: Mapping[str, Json]) -> Any:
    """A value that the schema allows, put together from the examples of its parts.

    Of an object it holds the required properties and those with an example of their own.
    """
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components)
    if "examples" in schema:
        return schema["examples"][0]
    if "anyOf" in schema or "oneOf" in schema:
        return example_of((schema.get("anyOf") or schema["oneOf"])[0], components)
    if schema.get("type") == "object":
        shown = {*schema.get("required", []), *(name for name, part in schema["properties"].items() if "examples" in part)}
        return {name: example_of(part, components) for name, part in schema["properties"].items() if name in shown}
    if schema.get("type") == "array":
        return [example_of(schema["items"], components)]
    return _plain_example(schema)


def _plain_example(schema: Json) -> Any:
    kinds = schema.get("type", "string")
    if "default" in schema or "null" in kinds:
        return schema.get("default")
    if "enum" in schema:
        return schema["enum"][0]
    if kinds == "integer":
        return schema.get("minimum", 1)
    sample = _SAMPLES[str(schema.get("format", kinds))]
    return sample.ljust(schema.get("minLength", 0), ".") if isinstance(sample, str) else sample

"""Rows to JSON, fast: the plan of a dump is made once from the marshmallow schema.

`Schema.dump` asks every field of every row anew what to do (630 µs for 20 todos). Most kinds of field need nothing done at
all: orjson itself writes instants, dates, ids and lists in the very form that the schema declares (25 µs, and 8 µs to write). A
schema with a kind of field that is not known here falls back on `Schema.dump`; a property test holds both equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

import orjson
from marshmallow import Schema, fields

from app.core.fields import DayField, Flag, InstantField, Reference, Text, Word

Pick = Callable[[Any], Sequence[Any]]
Convert = Callable[[Any], Any]

_AS_IS = (Text, Flag, Reference, InstantField, DayField, fields.String, fields.Integer, fields.Boolean)
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


class _UnknownKind(Exception):
    """A kind of field that only marshmallow itself knows how to dump."""


def dumped_fields(schema: Schema) -> list[str]:
    """The names that an answer holds, in order."""
    return [name for name, field in schema.fields.items() if not field.load_only]


class Dump:
    """What turns rows, whose columns are named like the schema's fields, into what is written as JSON: all fields, or `only` some."""

    def __init__(self, schema: Schema, only: Sequence[str] | None = None) -> None:
        self.schema = schema
        self.names = [name for name in dumped_fields(schema) if only is None or name in only]
        self._empty = dict.fromkeys(self.names)  # its copies have room for all: a dict that grows takes twice as long
        self._pickers: dict[tuple[str, ...], Pick] = {}  # by the columns of rows, of which there are but a few kinds
        self._pick_of_dict = _picker(self.names)
        self._converters: list[tuple[str, Convert]] | None = None
        with suppress(_UnknownKind):
            self._converters = [(name, convert) for name in self.names if (convert := _converter(schema.fields[name]))]

    def __call__(self, row: Any) -> dict[str, Any]:
        """One row, or dict."""
        return self.all([row])[0]

    def all(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows that have the same columns, or dicts."""
        if self._converters is None:
            return [{name: value for name, value in self.schema.dump(row).items() if name in self.names} for row in rows]
        if not rows:
            return []
        dumped = []
        for values in map(self._pick_of(rows[0]), rows):
            plain: dict[str, Any] = self._empty.copy()
            plain.update(zip(self.names, values))  # noqa: B905  # to be strict about what is picked by these names costs a fifth
            dumped.append(plain)
        for name, convert in self._converters:
            for plain in dumped:
                value = plain[name]
                if value is not None:
                    plain[name] = convert(value)
        return dumped

    def _pick_of(self, row: Any) -> Pick:
        if isinstance(row, dict):
            return self._pick_of_dict
        columns = row._fields
        pick = self._pickers.get(columns)
        if pick is None:
            pick = self._pickers[columns] = _picker([columns.index(name) for name in self.names])
        return pick


def _picker(keys: Sequence[Any]) -> Pick:
    """What gives the values under these keys, or at these places."""
    return itemgetter(*keys) if len(keys) > 1 else lambda row: [row[key] for key in keys]


def to_json(value: Any) -> bytes:
    """JSON in UTF-8; instants end in Z."""
    return orjson.dumps(value, option=_OPTIONS)


def _converter(field: fields.Field[Any]) -> Convert | None:
    """What is to be done with a value of the field; None where orjson writes it rightly as it is."""
    if field.attribute is not None or field.data_key is not None:
        raise _UnknownKind
    if isinstance(field, fields.Float):
        return float  # what SQLite gives RETURNING is a whole number where it can be one
    if isinstance(field, Word):
        return field.words.__getitem__
    if isinstance(field, fields.Nested) and not field.many:
        return Dump(field.schema)
    if isinstance(field, fields.List):
        inner = _converter(field.inner)
        return None if inner is None else lambda values: [inner(value) for value in values]
    if isinstance(field, _AS_IS):
        return None
    raise _UnknownKind

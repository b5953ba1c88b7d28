"""What a query string may hold: Flask-RESTful's RequestParser, made strict, fast and able to describe itself.

The declaration is reqparse's own (`add_argument`). Its `parse_args` looks for every declared argument in every request
(8 µs each); this one looks only at the parameters that came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Request, request
from flask_restful import reqparse
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from app.core.fields import parse_day, parse_instant
from app.core.problems import Invalid
from app.core.types import is_id


class Argument(reqparse.Argument):
    """One query parameter. `type` turns its text into a value, or raises ValueError or ValidationError with the reason.

    None is required, and none has a default: what stands for a parameter that was not sent is for the method to say.
    """

    def __init__(self, name: str, *, schema: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(name, location="args", store_missing=False, **kwargs)
        self.schema = schema or getattr(self.type, "schema", {"type": "string"})

    def read(self, text: str) -> Any:
        """The value of the parameter. Raises ValidationError."""
        try:
            value = self.convert(text, "=")
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if self.choices and value not in self.choices:
            raise ValidationError(f"Must be one of: {', '.join(self.choices)}.")
        return value


class Query(reqparse.RequestParser):
    """The parameters that an operation takes; an unknown, repeated or wrong one is refused (422) under its own name."""

    def __init__(self, *arguments: Argument) -> None:
        super().__init__(argument_class=Argument)
        for argument in arguments:
            self.add_argument(argument)
        self.by_name = {argument.name: argument for argument in self.args}

    def __add__(self, other: Query) -> Query:
        return Query(*self.args, *other.args)

    def parse_args(self, req: Any = None, strict: bool = True, http_error_code: int = 422) -> dict[str, Any]:
        """The values by name; what was not sent is absent. Raises Invalid."""
        sent: Request = req or request
        if not sent.query_string:
            return {}
        args: MultiDict[str, str] = sent.args
        values: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for name, texts in args.lists():
            argument = self.by_name.get(name)
            if argument is None:
                errors[name] = ["Unknown query parameter."]
            elif len(texts) > 1 and argument.action != "append":
                errors[name] = ["Must be given once."]
            else:
                try:
                    read = [argument.read(text) for text in texts]
                    values[name] = read if argument.action == "append" else read[0]
                except ValidationError as error:
                    errors[name] = list(error.messages)
        if errors:
            raise Invalid(errors)
        return values


NOTHING = Query()


def typed(schema: dict[str, Any]) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    """The function that reads a parameter, with what it lets pass as a JSON Schema, for the OpenAPI document."""

    def remember(parse: Callable[[str], Any]) -> Callable[[str], Any]:
        parse.schema = schema  # type: ignore[attr-defined]  # read by Argument
        return parse

    return remember


@typed({"type": "boolean"})
def flag(text: str) -> bool:
    """true or false."""
    if text not in ("true", "false"):
        raise ValueError("Must be true or false.")
    return text == "true"


@typed({"type": "string", "format": "uuid"})
def reference(text: str) -> str:
    """The id of an object."""
    if not is_id(text.lower()):
        raise ValueError("Not a valid id.")
    return text.lower()


@typed({"type": "string", "format": "date-time"})
def instant(text: str) -> Any:
    """An instant; a `+` that the query string turned into a space is understood."""
    return parse_instant(_with_plus(text))


@typed({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]})
def day_or_instant(text: str) -> Any:
    """A date or an instant."""
    return parse_day(text) if len(text) == 10 else parse_instant(_with_plus(text))


@typed({"type": "string"})
def words(text: str) -> str:
    """Free text, up to 500 characters, without NUL."""
    if "\0" in text or len(text) > 500:
        raise ValueError("Must be at most 500 characters, without NUL.")
    return text


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number between the two, both included."""

    @typed({"type": "integer", "minimum": least, "maximum": most})
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise ValueError(f"Must be a whole number from {least} to {most}.")
        return int(text)

    return parse


def _with_plus(text: str) -> str:
    return text[:-6] + "+" + text[-5:] if text[-6:-5] == " " else text

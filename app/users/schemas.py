"""Accounts as the API shows and takes them."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate

from app.core.fields import Flag, InstantField, Line, ObjectSchema, Reference, Text
from app.users.permissions import ROLES

EXAMPLE_EMAIL = "ada@example.org"
EXAMPLE_PASSWORD = "correct horse battery"  # noqa: S105  # stands in the documentation and opens nothing
LONGEST_EMAIL = 254
LONGEST_LABEL = 63
LONGEST_NAME = 120
LONGEST_CURRENT_PASSWORD = 1024
_PERMISSIONS = {"type": "array", "items": {"type": "string"}, "maxItems": 100, "description": "What the role allows, sorted."}

_DIGEST = "Whether the todos of the day are mailed at 7 o'clock in the account's time zone."


class Email(Line):
    """An e-mail address, in lower case: addresses are compared without it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_EMAIL, metadata={"format": "email", "example": EXAMPLE_EMAIL}, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, *args, **kwargs).lower()
        local, _, domain = address.partition("@")
        sane = all(map(_is_plain, local.split("."))) and all(map(_is_label, domain.split(".")))
        if not sane or len(address) > LONGEST_EMAIL:
            raise ValidationError("Not a valid email address.")
        return address


class TimeZone(Line):
    """The IANA name of a time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=64, metadata={"example": "Europe/Berlin"}, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, *args, **kwargs)
        if name not in _time_zones():
            raise ValidationError("Not a known time zone; use an IANA name, such as Europe/Berlin.")
        return name


class UserSchema(ObjectSchema):
    """An account."""

    id = Reference(dump_only=True)
    email = Email(dump_only=True)
    name = Line(longest=LONGEST_NAME, dump_only=True, metadata={"example": "Ada"})
    role = fields.String(dump_only=True, validate=validate.OneOf(list(ROLES)), metadata={"example": "member"})
    active = Flag(dump_only=True, metadata={"description": "Whether it may log in."})
    permissions = fields.Function(lambda user: sorted(ROLES[user.role]), dump_only=True, metadata=_PERMISSIONS)
    time_zone = TimeZone(dump_only=True)
    email_verified = Flag(dump_only=True, metadata={"description": "Whether a token that was mailed to the address came back."})
    daily_digest = Flag(dump_only=True, metadata={"description": _DIGEST})
    inbox_id = Reference(dump_only=True, metadata={"description": "The list that new todos go to."})
    version = fields.Integer(dump_only=True)
    created_at = InstantField(dump_only=True)
    updated_at = InstantField(dump_only=True)


class ProfileSchema(ObjectSchema):
    """What people change about their own account; another `email` takes the `current_password`."""

    name = Line(longest=LONGEST_NAME, metadata={"example": "Ada"})
    time_zone = TimeZone()
    daily_digest = Flag(metadata={"description": _DIGEST})
    email = Email()
    current_password = Text(longest=LONGEST_CURRENT_PASSWORD, load_only=True, metadata={"description": "Needed for another `email`."})


class LeavingSchema(ObjectSchema):
    """What it takes to delete one's own account."""

    current_password = Text(longest=LONGEST_CURRENT_PASSWORD, required=True, load_only=True, metadata={"example": EXAMPLE_PASSWORD})


class UserChangesSchema(ObjectSchema):
    """What admins change about accounts."""

    role = fields.String(validate=validate.OneOf(list(ROLES)), metadata={"example": "viewer"})
    active = Flag(metadata={"description": "False ends its sessions, too."})


def _is_plain(part: str) -> bool:
    """Whether what stands between dots is of characters that need no quoting anywhere, mail headers included (RFC 5322, 3.2.3)."""
    return part != "" and part.isprintable() and not any(character.isspace() or character in '@,;:<>()[]"\\' for character in part)


def _is_label(part: str) -> bool:
    """Whether a part of a domain is of letters, of any alphabet, digits and hyphens inside (RFC 5890), and no longer than the DNS has them."""
    return part.replace("-", "").isalnum() and part[0] != "-" != part[-1] and len(part) <= LONGEST_LABEL


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})

"""Logins, sessions and tokens as the API shows and takes them."""

from __future__ import annotations

from marshmallow import fields, validate

from app.auth.passwords import LONGEST, SHORTEST
from app.core.fields import Flag, InstantField, Line, ObjectSchema, Reference, Text
from app.users.permissions import PERMISSIONS
from app.users.schemas import LONGEST_CURRENT_PASSWORD, LONGEST_NAME, Email, UserSchema


class RegistrationSchema(ObjectSchema):
    """A new account."""

    email = Email(required=True)
    password = Text(shortest=SHORTEST, longest=LONGEST, required=True, load_only=True)
    name = Line(longest=LONGEST_NAME, load_default="")


class LoginSchema(ObjectSchema):
    """A login; with `cookies` the tokens come as cookies. An address of any form may be tried: it is just not known."""

    email = Line(longest=1024, required=True)
    password = Text(longest=LONGEST_CURRENT_PASSWORD, required=True, load_only=True)
    cookies = Flag(load_default=False)


class TokenPairSchema(ObjectSchema):
    """The tokens of a session; without the tokens themselves where they come as cookies."""

    access_token = fields.String(dump_only=True)
    refresh_token = fields.String(dump_only=True)
    token_type = fields.String(dump_only=True, metadata={"enum": ["Bearer"]})
    expires_in = fields.Integer(dump_only=True, metadata={"description": "Seconds until the access token expires."})
    user = fields.Nested(UserSchema(), dump_only=True)


class PasswordChangeSchema(ObjectSchema):
    """Another password."""

    current_password = Text(longest=LONGEST_CURRENT_PASSWORD, required=True, load_only=True)
    new_password = Text(shortest=SHORTEST, longest=LONGEST, required=True, load_only=True)


class SessionSchema(ObjectSchema):
    """A login on one device."""

    id = Reference(dump_only=True)
    user_agent = fields.String(dump_only=True)
    ip_address = fields.String(dump_only=True)
    created_at = InstantField(dump_only=True)
    last_used_at = InstantField(dump_only=True)
    expires_at = InstantField(dump_only=True)
    current = Flag(dump_only=True, metadata={"description": "Whether this request belongs to it."})


class PersonalTokenSchema(ObjectSchema):
    """A personal access token."""

    id = Reference(dump_only=True)
    name = Line(shortest=1, longest=120, required=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted(PERMISSIONS))), required=True, validate=validate.Length(min=1, max=100)
    )
    expires_at = InstantField(load_default=None, allow_none=True)
    created_at = InstantField(dump_only=True)


class NewPersonalTokenSchema(PersonalTokenSchema):
    """A personal access token that was just made: `token` is shown this once."""

    token = fields.String(dump_only=True)

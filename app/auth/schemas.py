"""Logins, sessions and tokens as the API shows and takes them."""

from __future__ import annotations

from marshmallow import fields, validate

from app.auth.passwords import LONGEST, SHORTEST
from app.core.fields import Few, Flag, InstantField, Line, ObjectSchema, Reference, Text
from app.users.permissions import PERMISSIONS
from app.users.schemas import EXAMPLE_EMAIL, EXAMPLE_PASSWORD, LONGEST_CURRENT_PASSWORD, LONGEST_NAME, Email, UserSchema

LONGEST_MAILED_TOKEN = 1024
_MAILED_TOKEN = "nEy6s0vXc1J0Uq3bK4m8wT2zR7pLhD5gA9fYxVeQ1iM"  # noqa: S105  # stands in the documentation and opens nothing


class RegistrationSchema(ObjectSchema):
    """A new account."""

    email = Email(required=True)
    password = Text(shortest=SHORTEST, longest=LONGEST, required=True, load_only=True, metadata={"example": EXAMPLE_PASSWORD})
    name = Line(longest=LONGEST_NAME, load_default="", metadata={"example": "Ada"})


class LoginSchema(ObjectSchema):
    """A login; with `cookies` the tokens come as cookies. An address of any form may be tried: it is just not known."""

    email = Line(longest=1024, required=True, metadata={"example": EXAMPLE_EMAIL})
    password = Text(longest=LONGEST_CURRENT_PASSWORD, required=True, load_only=True, metadata={"example": EXAMPLE_PASSWORD})
    cookies = Flag(load_default=False, metadata={"description": "Whether the tokens come as cookies, which no script of a page can read."})


class TokenPairSchema(ObjectSchema):
    """The tokens of a session; without the tokens themselves where they come as cookies."""

    access_token = fields.String(dump_only=True, metadata={"optional": True, "example": "eyJhbGciOiJIUzI1NiIs..."})
    refresh_token = fields.String(dump_only=True, metadata={"optional": True, "example": "eyJhbGciOiJIUzI1NiIs..."})
    token_type = fields.String(dump_only=True, metadata={"enum": ["Bearer"]})
    expires_in = fields.Integer(dump_only=True, metadata={"description": "Seconds until the access token expires.", "example": 900})
    user = fields.Nested(UserSchema(), dump_only=True)


class PasswordChangeSchema(ObjectSchema):
    """Another password."""

    current_password = Text(longest=LONGEST_CURRENT_PASSWORD, required=True, load_only=True, metadata={"example": EXAMPLE_PASSWORD})
    new_password = Text(shortest=SHORTEST, longest=LONGEST, required=True, load_only=True, metadata={"example": "staple battery horse"})


class ResetRequestSchema(ObjectSchema):
    """The address of whoever forgot the password."""

    email = Email(required=True)


class MailedSchema(ObjectSchema):
    """What is answered whether or not an account has the address."""

    message = fields.String(dump_only=True, metadata={"example": "If there is an account with this address, a mail is on its way."})


class ResetSchema(ObjectSchema):
    """Another password, by a token that was mailed."""

    token = Line(longest=LONGEST_MAILED_TOKEN, required=True, load_only=True, metadata={"example": _MAILED_TOKEN})
    password = Text(shortest=SHORTEST, longest=LONGEST, required=True, load_only=True, metadata={"example": EXAMPLE_PASSWORD})


class VerificationSchema(ObjectSchema):
    """The proof of an address: a token that was mailed there."""

    token = Line(longest=LONGEST_MAILED_TOKEN, required=True, load_only=True, metadata={"example": _MAILED_TOKEN})


class SessionSchema(ObjectSchema):
    """A login on one device."""

    id = Reference(dump_only=True)
    user_agent = fields.String(dump_only=True, metadata={"example": "curl/8.11"})
    ip_address = fields.String(dump_only=True, metadata={"example": "203.0.113.7"})
    created_at = InstantField(dump_only=True)
    last_used_at = InstantField(dump_only=True)
    expires_at = InstantField(dump_only=True)
    current = Flag(dump_only=True, metadata={"description": "Whether this request belongs to it."})


class PersonalTokenSchema(ObjectSchema):
    """A personal access token."""

    id = Reference(dump_only=True)
    name = Line(shortest=1, longest=120, required=True, metadata={"example": "backup script"})
    scopes = Few(
        fields.String(validate=validate.OneOf(sorted(PERMISSIONS))),
        required=True,
        fewest=1,
        most=100,
        metadata={"description": "What it may do, as far as its owner may.", "example": ["todos:read"]},
    )
    expires_at = InstantField(load_default=None, allow_none=True, metadata={"description": "Null where it never expires."})
    created_at = InstantField(dump_only=True)


class NewPersonalTokenSchema(PersonalTokenSchema):
    """A personal access token that was just made: `token` is shown this once."""

    token = fields.String(dump_only=True, metadata={"example": "tbx_0dVrPqX..."})

"""The contract of an operation, written as decorators on the resource's method.

They only note what the operation promises. `Resource` keeps the promises, in one fixed order, and the OpenAPI document is
written from the same notes; so neither can drift from the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from marshmallow import Schema

from app.core.dumping import Dump
from app.core.paging import PAGE
from app.core.problems import Problem
from app.core.query import NOTHING, Query

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(eq=False)
class Contract:
    """What one operation takes, gives and demands."""

    policy: str | None = None  # "public", "anyone", "session" or "permission"
    permission: str | None = None
    credential: str = "access"
    takes: Schema | None = None
    upload: str | None = None  # the setting that limits the file which comes along
    gives: Schema | None = None
    media: str | None = None  # of the file that it gives
    dump: Dump | None = None
    status: int = 200
    location: str | None = None
    paged: bool = False
    query: Query = field(default_factory=lambda: NOTHING)
    if_match: bool = False
    raises: tuple[type[Problem], ...] = ()


def contract_of(method: Callable[..., Any]) -> Contract:
    """The notes on a method, begun where there are none."""
    if not hasattr(method, "contract"):
        method.contract = Contract()  # type: ignore[attr-defined]  # functions take attributes
    return method.contract  # type: ignore[attr-defined, no-any-return]


def _note(**notes: Any) -> Callable[[Method], Method]:
    def remember(method: Method) -> Method:
        contract = contract_of(method)
        for name, value in notes.items():
            setattr(contract, name, value)
        return method

    return remember


def requires(permission: str) -> Callable[[Method], Method]:
    """For callers whose role, and whose token's scopes, allow `permission`; 401 and 403 for others."""
    return _note(policy="permission", permission=permission)


anyone = _note(policy="anyone")
"""For everyone with a credential of any kind."""

session_only = _note(policy="session")
"""For logged-in people: a personal access token is refused (403)."""

refresh_only = _note(policy="session", credential="refresh")
"""For the bearer of a refresh token alone."""

public = _note(policy="public")
"""For everyone."""

if_match = _note(if_match=True)
"""Honours If-Match: the method gets the versions that it allows as its last argument."""


def takes(schema: Schema) -> Callable[[Method], Method]:
    """The body, as `schema` loads it, is handed to the method after the ids of the address."""
    return _note(takes=schema)


def takes_upload(schema: Schema, most: str) -> Callable[[Method], Method]:
    """As `takes`, of a multipart form with one `file`, whose size the setting `most` limits, in bytes."""
    return _note(takes=schema, upload=most)


def asks(query: Query) -> Callable[[Method], Method]:
    """The query parameters are handed to the method, as a dict, after the body."""
    return _note(query=query)


def gives(schema: Schema, status: int = 200, location: str | None = None) -> Callable[[Method], Method]:
    """What the method returns is answered as `schema` dumps it; with 201 also where it lies now.

    `location` is where that is, with the answer's fields in braces; by default the object's id below the address of the request.
    """
    return _note(gives=schema, dump=Dump(schema), status=status, location=location)


def gives_page(schema: Schema, query: Query = NOTHING) -> Callable[[Method], Method]:
    """The method gets `limit`, `cursor`, `count` and the parameters of `query`, and returns a Page of rows."""
    return _note(gives=schema, dump=Dump(schema), paged=True, query=query + PAGE)


def gives_file(media: str) -> Callable[[Method], Method]:
    """The method returns an answer with a file of this media type or range of them (`*/*`), as `files.serving.send` makes it."""
    return _note(media=media)


gives_nothing = _note(status=204)
"""Answers 204."""


def raises(*problems: type[Problem]) -> Callable[[Method], Method]:
    """Problems beyond those that follow from the other notes, for the document."""
    return _note(raises=problems)

"""One operation of the API, as its contract describes it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from app.core.api import Resource
from app.core.contract import Contract
from app.core.openapi import shared
from app.core.openapi.shared import Json
from app.core.query import Argument

_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_WORD = re.compile(r"[A-Z][a-z0-9]*")
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


@dataclass(frozen=True)
class Operation:
    """A method of a resource at its address."""

    rule: Rule
    resource: type[Resource]
    method: str

    @property
    def contract(self) -> Contract:
        """What it takes, gives and demands."""
        return self.resource.contracts[self.method]

    @property
    def tag(self) -> str:
        """The feature that it belongs to: the package of its resource."""
        return self.resource.__module__.split(".")[1].capitalize()

    @property
    def topic(self) -> str:
        """What the feature is about, as the module of its resources says."""
        return summary_and_rest(sys.modules[self.resource.__module__])[0].replace(" over HTTP", "")

    @property
    def id(self) -> str:
        """`listTodos`, `createTodo`, `getTodo` of TodoCollection (or Todos) and TodoDetail; `moveTodo` of TodoMove, `getMe` of Me."""
        name: str = self.resource.__name__
        many = name.endswith("Collection") or any(contract.paged for contract in self.resource.contracts.values())
        one = name.removesuffix("Collection").removesuffix("Detail")
        if many:
            one = one if name.endswith("Collection") else one.removesuffix("s")
            return f"list{one}s" if self.method == "GET" else f"{_VERBS[self.method]}{one}{'s' if self.method == 'DELETE' else ''}"
        if self.method == "POST" and one == name:
            words: list[str] = _WORD.findall(name)
            return words[-1].lower() + "".join(words[:-1])
        return _VERBS[self.method] + one

    @property
    def shows_version(self) -> bool:
        """Whether its answer is one object with a version."""
        return self.contract.gives is not None and not self.contract.paged and "version" in self.contract.gives.fields

    @property
    def gives_file(self) -> bool:
        """Whether its answer is a file, and so may be a part of one."""
        return self.contract.media is not None

    @property
    def who_may(self) -> str:
        """Who may do it, as a sentence."""
        if self.contract.credential == "refresh":
            return "Takes the refresh token in the place of the access token."
        return {
            "public": "Needs no credential.",
            "anyone": "For everyone who is logged in, and for every personal access token.",
            "session": "For people who are logged in; personal access tokens are refused.",
            "permission": f"Takes the permission `{self.contract.permission}`.",
        }[self.contract.policy or "public"]

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The credentials that it takes: any one of them."""
        if self.contract.policy == "public":
            return []
        bearer, cookie = ("refreshAuth", "refreshCookie") if self.contract.credential == "refresh" else ("bearerAuth", "cookieAuth")
        return [{bearer: []}, {cookie: []} if self.method == "GET" else {cookie: [], "csrfToken": []}]

    @property
    def parameters(self) -> list[Json]:
        """Its query parameters and headers."""
        names = ["RequestId"]
        names += ["IdempotencyKey"] if self.method == "POST" else []
        names += ["IfMatch"] if self.contract.if_match else []
        names += ["IfNoneMatch"] if self.method == "GET" and (self.shows_version or self.gives_file) else []
        names += ["Range", "IfRange"] if self.gives_file else []
        return [*map(_query_parameter, self.contract.query.args), *map(shared.parameter_ref, names)]

    @property
    def headers(self) -> list[str]:
        """The headers of what it answers when all goes well."""
        names = ["X-Request-ID", "RateLimit-Policy", "RateLimit"]
        names += ["Idempotency-Replayed"] if self.method == "POST" else []
        names += ["ETag"] if self.shows_version or self.gives_file else []
        names += ["Accept-Ranges", "Content-Disposition"] if self.gives_file else []
        names += ["Location"] if self.contract.status == 201 or self.contract.location else []
        names += ["Link", "X-Total-Count"] if self.contract.paged else []
        return names

    @property
    def failures(self) -> list[int]:
        """The statuses of what can go wrong."""
        contract = self.contract
        statuses = {422, 429, 500, 503} | {problem.status for problem in contract.raises}
        if contract.policy != "public":
            statuses |= {401}
        if contract.policy in ("permission", "session") or (contract.policy == "anyone" and self.method != "GET"):
            statuses |= {403}
        if self.rule.arguments:
            statuses |= {404}
        if self.method == "POST":
            statuses |= {409}
        if contract.if_match:
            statuses |= {409, 412, 428}
        if self.method != "GET":
            statuses |= {400, 413, 415}
        if self.gives_file:
            statuses |= {416}
        return sorted(statuses)


def operations_of(app: Flask) -> Iterator[Operation]:
    """Every method of every resource, in the order of the URL map."""
    for rule in app.url_map.iter_rules():
        resource = getattr(app.view_functions[rule.endpoint], "view_class", None)
        if resource is not None and issubclass(resource, Resource):
            yield from (Operation(rule, resource, method) for method in resource.contracts if method != "HEAD")


def path_of(rule: Rule) -> str:
    """The rule as OpenAPI spells it."""
    return _VARIABLE.sub(r"{\1}", rule.rule)


def path_parameters(rule: Rule) -> list[Json]:
    """The ids of an address."""
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": f"Id of the {name.removesuffix('_id').replace('_', ' ')}.",
            "schema": {"type": "string", "format": "uuid"},
        }
        for name in _VARIABLE.findall(rule.rule)
    ]


def summary_and_rest(described: Any) -> tuple[str, str]:
    """The first sentence of the docstring, without its full stop, and the rest."""
    first, _, rest = (inspect.getdoc(described) or "").partition("\n\n")
    summary, _, more = first.partition(". ")
    return summary.rstrip("."), "\n\n".join(part for part in (more, rest) if part)


def _query_parameter(argument: Argument) -> Json:
    schema = dict(argument.schema)
    if argument.choices:
        schema["enum"] = list(argument.choices)
    described = {
        "name": argument.name,
        "in": "query",
        "description": argument.help or "",
        "required": False,
        "schema": schema,
    }
    if argument.action == "append":
        described |= {"schema": {"type": "array", "items": schema}, "style": "form", "explode": True}
    return described

"""The document itself: the API's operations and their components, put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from app.core.contract import Contract
from app.core.openapi import shared
from app.core.openapi.limits import limited
from app.core.openapi.operations import Operation, operations_of, path_of, path_parameters, summary_and_rest
from app.core.openapi.schemas import Answers, Requests, example_of
from app.core.openapi.shared import Json
from app.core.paging import LARGEST_PAGE

VERSION = "1.0.0"
_OPENAPI = "3.1.0"
_SYSTEM = "System"
_DONE = {200: "Done.", 201: "Created.", 202: "Accepted.", 204: "Done; there is nothing to say."}


@dataclass(frozen=True)
class View:
    """A plain view, which has no contract: its media type, and an example of what it answers for each status."""

    media_type: str
    examples: Mapping[int, Any]


class Document:
    """The document of one app. `views` describes its plain views by rule; those that it does not name are left out."""

    def __init__(self, app: Flask, views: Mapping[str, View]) -> None:
        self.app = app
        self.views = views
        spec = APISpec("Tickbox", VERSION, _OPENAPI)
        self.components = spec.components
        self.answers = Answers(spec)
        self.requests = Requests(spec)
        self.problems = shared.responses()
        self.referred: set[str] = set()
        self.paths: dict[str, Json] = {}
        self.tags: dict[str, str] = {}

    def write(self, info: Json, servers: list[Json]) -> Json:
        """All of it. `info` and `servers` are OpenAPI's own; title and version are added."""
        self.add_operations(list(operations_of(self.app)))
        self.add_views()
        self.add_limits()
        return {
            "openapi": _OPENAPI,
            "info": {"title": "Tickbox", "version": VERSION, **info},
            "servers": servers,
            "tags": [{"name": name, "description": topic} for name, topic in self.tags.items()],
            "paths": self.paths,
            "components": {
                "schemas": {**self.components.schemas, "Problem": limited(shared.PROBLEM_SCHEMA)},
                "parameters": shared.PARAMETERS,
                "headers": {name: {**header, "schema": limited(header["schema"])} for name, header in shared.HEADERS.items()},
                "responses": {_name(self.problems[status]): self.problems[status] for status in sorted(self.referred)},
                "securitySchemes": shared.security_schemes(self.app),
            },
        }

    def add_operations(self, operations: list[Operation]) -> None:
        """Add what has a contract. Answers come first, so that they get the plain names of components."""
        for operation in operations:
            if operation.contract.gives is not None:
                self.answers.resolve_nested_schema(operation.contract.gives)
        for operation in operations:
            path = path_of(operation.rule)
            parameters = path_parameters(operation.rule)
            about = {"description": summary_and_rest(operation.resource)[0], **({"parameters": parameters} if parameters else {})}
            self.paths.setdefault(path, about)[operation.method.lower()] = self.operation(operation)
            self.tags.setdefault(operation.tag, operation.topic)

    def add_views(self) -> None:
        """Add what has none."""
        for rule in self.app.url_map.iter_rules():
            if rule.rule in self.views:
                self.paths[rule.rule] = {"get": self.view(rule, self.views[rule.rule])}
                self.tags[_SYSTEM] = "Whether the service is up, and what it can do"

    def add_limits(self) -> None:
        """Bound what no schema bounds by itself."""
        sent = set(self.requests.refs.values())
        for name, schema in self.components.schemas.items():
            self.components.schemas[name] = limited(schema, answered=name not in sent)
        for path in self.paths.values():
            for described in [path, *filter(lambda part: isinstance(part, dict), path.values())]:
                for parameter in described.get("parameters", ()):
                    if "schema" in parameter:
                        parameter["schema"] = limited(parameter["schema"], answered=False)

    def operation(self, operation: Operation) -> Json:
        """An Operation Object."""
        summary, rest = summary_and_rest(getattr(operation.resource, operation.method.lower()))
        described: Json = {
            "operationId": operation.id,
            "summary": summary,
            "description": "\n\n".join(filter(None, [rest, operation.who_may])),
            "tags": [operation.tag],
            "security": operation.security,
            "parameters": operation.parameters,
        }
        if operation.contract.permission:
            described["x-permission"] = operation.contract.permission
        if operation.contract.takes is not None:
            described["requestBody"] = self.body(operation)
        return {**described, "responses": {**self.success(operation), **self.refs(operation.failures)}}

    def body(self, operation: Operation) -> Json:
        """A Request Body Object."""
        media = self.media(self.requests.resolve_nested_schema(operation.contract.takes))
        if operation.contract.upload:
            return {"required": True, "content": {"multipart/form-data": media}}
        kinds = ["application/json", *(["application/merge-patch+json"] if operation.method == "PATCH" else [])]
        return {"required": True, "content": dict.fromkeys(kinds, media)}

    def success(self, operation: Operation) -> Json:
        """The Response Objects of what the operation promises, by status."""
        contract = operation.contract
        answer: Json = {"description": _DONE[contract.status], "headers": shared.header_refs(*operation.headers)}
        if contract.gives is not None:
            answer["content"] = {"application/json": self.media(self.given(contract))}
        found = {str(contract.status): answer}
        if contract.media is not None:
            answer["content"] = {contract.media: self.media({"type": "string", "format": "binary"})}
            part = shared.header_refs(*operation.headers, "Content-Range")
            found["206"] = {"description": "The part that was asked for.", "headers": part, "content": answer["content"]}
        if operation.method == "GET" and (operation.shows_version or operation.gives_file):
            found["304"] = {"description": "You have it already.", "headers": shared.header_refs("X-Request-ID", "ETag")}
        return found

    def given(self, contract: Contract) -> Json:
        """The schema of an answer; a page is a component of its own."""
        item = self.answers.resolve_nested_schema(contract.gives)
        if not contract.paged:
            return item
        name = item["$ref"].rpartition("/")[2]
        if "fields" in contract.query.by_name:
            item = {"anyOf": [item, self.some_of(name)]}
        self.components.schemas[f"{name}Page"] = {
            "type": "object",
            "description": f"Some of the collection, each a {name}.",
            "properties": {
                "data": {"type": "array", "items": item, "maxItems": LARGEST_PAGE},
                "next_cursor": {"type": ["string", "null"], "description": "`cursor` of the next page; null on the last one."},
            },
            "required": ["data", "next_cursor"],
        }
        return {"$ref": f"#/components/schemas/{name}Page"}

    def some_of(self, name: str) -> Json:
        """The component for objects of which only some fields were asked for."""
        whole = {key: value for key, value in self.components.schemas[name].items() if key != "required"}
        self.components.schemas[f"{name}Fields"] = {**whole, "description": f"Those fields of a {name} that `fields` names."}
        return {"$ref": f"#/components/schemas/{name}Fields"}

    def view(self, rule: Rule, view: View) -> Json:
        """The Operation Object of a plain view."""
        function = self.app.view_functions[rule.endpoint]
        summary, rest = summary_and_rest(function)
        return {
            "operationId": f"get{function.__name__.capitalize()}",
            "summary": summary,
            "description": "\n\n".join(filter(None, [rest, "Needs no credential."])),
            "tags": [_SYSTEM],
            "security": [],
            "parameters": [shared.parameter_ref("RequestId")],
            "responses": {
                **{str(status): _plain_answer(status, view.media_type, example) for status, example in view.examples.items()},
                "default": self.refs([500])["500"],
            },
        }

    def media(self, schema: Json) -> Json:
        """A Media Type Object with an example."""
        return {"schema": schema, "example": example_of(schema, self.components.schemas)}

    def refs(self, statuses: list[int]) -> dict[str, Json]:
        """References to the shared answers with these statuses."""
        texts = [str(status) for status in statuses]
        self.referred.update(texts)
        return {status: {"$ref": f"#/components/responses/{_name(self.problems[status])}"} for status in texts}


def _name(answer: Json) -> str:
    return re.sub(r"[^A-Za-z]", "", answer["description"].partition(".")[0])


def _plain_answer(status: int, media_type: str, example: Any) -> Json:
    return {
        "description": "All is well." if status < 400 else "All is not well.",
        "headers": shared.header_refs("X-Request-ID"),
        "content": {media_type: {"schema": {"type": "object" if isinstance(example, dict) else "string"}, "example": example}},
    }

"""Flask-RESTful's Api and Resource, made to keep the contracts that `core.contract` notes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

import flask_restful
import orjson
from flask import Flask, Request, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import BaseConverter

from app.core import conditional, idempotency, identity, limits, uploads
from app.core.contract import Contract, contract_of
from app.core.database import is_deadlock
from app.core.dumping import Dump, dumped_fields, to_json
from app.core.fields import Flag
from app.core.http import MAX_BODY_BYTES, JsonAnswer, current_request, read_data
from app.core.paging import Page, next_url
from app.core.problems import (
    BadRequest,
    Forbidden,
    Invalid,
    NotFound,
    Overtaken,
    PayloadTooLarge,
    PreconditionFailed,
    Problem,
    Unauthorized,
    UnsupportedMediaType,
)
from app.core.types import is_id

METHODS = ("get", "post", "put", "patch", "delete")
ACTIONS = {"HEAD": "get", **{name.upper(): name for name in METHODS}}
_ATTEMPTS = 8
Authenticate = Callable[[str], None]


class Segment(BaseConverter):
    """An id in an address. `batch` is none: /todos/batch is an address of its own, whose other methods are 405, not the 404 of a todo."""

    regex = r"(?!batch$)[^/]+"


class Api(flask_restful.Api):
    """Leaves errors to the app's own handlers: Flask-RESTful's answer would hide other extensions' and echo bodies."""

    def __init__(self, app: Flask, prefix: str, authenticate: Authenticate) -> None:
        app.extensions["authenticate"] = authenticate
        app.url_map.converters["default"] = Segment
        super().__init__(app, prefix=prefix)

    def error_router(self, original_handler: Callable[[Exception], ResponseReturnValue], e: Exception) -> ResponseReturnValue:
        """Send every error to the app."""
        return original_handler(e)


class Resource(flask_restful.Resource):
    """Base of all resources. A method without a policy (`@requires`, `@anyone`, `@session_only`, `@public`) is an error.

    A request goes through these steps, each a method of its own: authenticate, where it is counted, too; authorize; act, which handles it
    once for each Idempotency-Key; handle, which is read, the method that the request names, and answer.
    """

    limit: ClassVar[str] = "default"
    kinds: ClassVar[dict[str, str]] = {}
    shows: ClassVar[Schema | None] = None
    contracts: ClassVar[dict[str, Contract]] = {}
    request: Request

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.contracts = {name.upper(): contract_of(getattr(cls, name)) for name in METHODS if hasattr(cls, name)}
        for name, contract in cls.contracts.items():
            if contract.policy is None:
                raise TypeError(f"{cls.__name__}.{name.lower()} has no policy: say who may")
        if "GET" in cls.contracts:
            cls.contracts["HEAD"] = cls.contracts["GET"]

    def dispatch_request(self, **ids: str) -> Response:
        """Answer one request. What others overtook, or the database undid as two waited for each other, is done again."""
        self.request = current_request()
        contract = self.contracts[self.request.method]
        self.authenticate(contract)
        self.authorize(contract)
        for _ in range(_ATTEMPTS - 1):
            try:
                return self.act(contract, ids)
            except Overtaken:
                continue
            except DBAPIError as error:
                if not is_deadlock(error) or contract.upload:  # whose file may lie where it is kept by now, and cannot be put there again
                    raise
        return self.act(contract, ids)

    def act(self, contract: Contract, ids: dict[str, str]) -> Response:
        """Do it, once for each Idempotency-Key."""
        if self.request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in self.request.environ:
            return idempotency.once(lambda: self.handle(contract, ids), self.told(contract))
        return self.handle(contract, ids)

    def told(self, contract: Contract) -> bytes:
        """What the request says, which must be the same when it is sent again."""
        return uploads.fingerprint(contract) if contract.upload else read_data()

    def authenticate(self, contract: Contract) -> None:
        """Find out who is asking and count the request: by account, or by address where there is none."""
        if contract.policy != "public":
            try:
                current_app.extensions["authenticate"](contract.credential)
            except (Unauthorized, Forbidden):
                limits.hit(self.limit, self.request.remote_addr or "")
                raise
        caller = g.get("identity")
        limits.hit(self.limit, caller.user_id if caller else self.request.remote_addr or "")

    def authorize(self, contract: Contract) -> None:
        """Refuse callers whose role or token does not reach this operation."""
        if contract.permission:
            identity.check(contract.permission)
        elif contract.policy == "session" and identity.me().token_id:
            raise Forbidden("Personal access tokens cannot do this. Log in instead.", missing="session")

    def handle(self, contract: Contract, ids: dict[str, str]) -> Response:
        """Read the request, act and answer."""
        arguments: list[Any] = self.read_ids(ids)
        arguments += self.read(contract)
        try:
            result = getattr(self, ACTIONS[self.request.method])(*arguments)
        except PreconditionFailed as problem:
            self.show_current(problem)
            raise
        return self.answer(contract, result)

    def read_ids(self, ids: dict[str, str]) -> list[Any]:
        """The ids of the address; what cannot be an id names nothing that exists."""
        for name, text in ids.items():
            ids[name] = text.lower()
            if not is_id(ids[name]):
                raise NotFound.of(self.kinds.get(name) or name.removesuffix("_id").capitalize(), text)
        return list(ids.values())

    def read(self, contract: Contract) -> list[Any]:
        """The body, the query parameters and the versions of If-Match, those that the method takes."""
        arguments: list[Any] = []
        if self.request.method not in ("GET", "HEAD"):
            body = read_form(contract) if contract.upload else read_body(contract)
            if contract.takes is not None:
                arguments.append(contract.takes.load(body))
        params = contract.query.parse_args(self.request)
        if contract.query.args:
            arguments.append(params)
        if contract.if_match:
            arguments.append(conditional.if_match())
        return arguments

    def answer(self, contract: Contract, result: Any) -> Response:
        """What the method returned, as an HTTP answer."""
        if isinstance(result, Response):
            return result
        if contract.status == 204:
            answer = Response(status=204)
            del answer.headers["Content-Type"]
            return answer
        if contract.paged:
            return answer_page(contract, result)
        assert contract.dump is not None, "an operation with an answer has a schema for it"
        body = contract.dump(result)
        answer = JsonAnswer(to_json(body), contract.status)
        if "version" in body:
            answer.headers["ETag"] = conditional.etag(body["version"])
            if contract.status == 200 and self.request.method in ("GET", "HEAD") and conditional.not_modified(body["version"]):
                answer.status_code = 304
                answer.set_data(b"")
                del answer.headers["Content-Type"]
        if contract.location:
            answer.headers["Location"] = contract.location.format_map(body)
        elif contract.status == 201:
            answer.headers["Location"] = f"{self.request.path}/{body.get('id') or body.get('user_id')}"
        return answer

    def show_current(self, problem: Problem) -> None:
        """Put the object as it is now into a 412."""
        schema = self.shows or (self.contracts["GET"].gives if "GET" in self.contracts else None)
        row = problem.extra.get("current")
        if schema and row is not None:
            problem.extra["current"] = Dump(schema)(row)


def answer_page(contract: Contract, page: Page) -> Response:
    """A page as `{"data": [...], "next_cursor": ...}`, with Link and X-Total-Count."""
    assert contract.dump is not None, "a collection has a schema"
    dump = contract.dump if page.fields is None else dump_of_some(contract, page.fields)
    body = {"data": dump.all(page.rows), "next_cursor": page.next_cursor}
    answer = JsonAnswer(to_json(body), 200)
    if page.next_cursor:
        answer.headers["Link"] = f'<{next_url(page.next_cursor)}>; rel="next"'
    if page.total is not None:
        answer.headers["X-Total-Count"] = str(page.total)
    return answer


@lru_cache(maxsize=256)
def dump_of_some(contract: Contract, names: tuple[str, ...]) -> Dump:
    """The dump of an operation's schema with some of its fields. Raises Invalid for a name that it does not have."""
    assert contract.gives is not None, "a collection has a schema"
    unknown = set(names) - set(dumped_fields(contract.gives))
    if unknown:
        raise Invalid({"fields": [f"Unknown field: {name}." for name in sorted(unknown)]})
    return Dump(contract.gives, names)


def read_body(contract: Contract) -> Any:
    """The request's body, parsed. Raises UnsupportedMediaType, PayloadTooLarge, BadRequest and Invalid."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise PayloadTooLarge()
    data = read_data()
    if len(data) > MAX_BODY_BYTES:
        raise PayloadTooLarge()
    if not data and contract.takes is None:
        return {}
    if data and not _is_json(request.content_type or ""):
        raise UnsupportedMediaType()
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error.msg}" if data else "The body is empty; send JSON.") from None
    if contract.takes is None and body:
        raise Invalid({name: ["Unknown field."] for name in body} if isinstance(body, dict) else {"_schema": ["This takes no body."]})
    return body


def read_form(contract: Contract) -> dict[str, Any]:
    """The request's multipart form, its flags as JSON has them. Raises what `uploads.read_form` does.

    Case does not count: a form has no booleans, and what a client makes of one is its language's word for it (Python's `True`).
    """
    form = uploads.read_form(contract)
    assert contract.takes is not None, "an upload has a schema"
    told = {name: form[name].lower() for name, field in contract.takes.fields.items() if isinstance(field, Flag) and name in form}
    return form | {name: text == "true" for name, text in told.items() if text in ("true", "false")}


def _is_json(content_type: str) -> bool:
    """Whether a type is JSON in UTF-8. Other parameters mean nothing for it (RFC 8259), but frameworks add some."""
    kind, _, parameters = content_type.lower().partition(";")
    allowed = ("application/json", "application/merge-patch+json") if request.method == "PATCH" else ("application/json",)
    charsets = {parameter.strip() for parameter in parameters.split(";") if "charset" in parameter} if parameters else set()
    return kind.strip() in allowed and charsets <= {"charset=utf-8", 'charset="utf-8"', "charset=utf8"}

"""What the operations of the OpenAPI document share: headers, parameters, credentials and problems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask

from app.core.problems import Problem

Json = dict[str, Any]

_EXAMPLE_MEMBERS: dict[str, Json] = {
    "forbidden": {"missing": "todos:write"},
    "precondition_failed": {"current": {"id": "01a20459-32c8-7326-9abb-c55e842ba95a", "task": "Buy milk", "version": 8}},
    "validation_failed": {"errors": {"task": ["Task field cannot be blank!"]}},
}
_MORE_HEADERS = {"401": ["WWW-Authenticate"], "416": ["Content-Range"], "429": ["Retry-After"], "503": ["Retry-After"]}
_JWT = "Tokens are signed and checked by the rules of RFC8725: one algorithm, its key named, type, issuer and times verified."
_LIMIT = ["RateLimit-Policy", "RateLimit"]

PARAMETERS: dict[str, Json] = {
    "RequestId": {
        "name": "X-Request-ID",
        "in": "header",
        "description": "A name for this request, to find it in the log by: up to 64 of `A-Za-z0-9._-`. Made up where absent or unfit.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Fresh random text. The same request sent again with it within 24 hours is answered again, not done again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": 'ETag of the object as you know it, such as `"7"`. If it has another by now, nothing changes: 412.',
        "schema": {"type": "string"},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": 'ETag of the object as you know it, such as `"7"`. If it still has it, the answer is an empty 304.',
        "schema": {"type": "string"},
    },
    "Range": {
        "name": "Range",
        "in": "header",
        "description": "A part of the file, such as `bytes=0-1023`; the answer is a 206. Several at once get the whole file.",
        "schema": {"type": "string"},
    },
    "IfRange": {
        "name": "If-Range",
        "in": "header",
        "description": "ETag of the file as you know it. If it has another, `Range` does not count.",
        "schema": {"type": "string"},
    },
}

HEADERS: dict[str, Json] = {
    "X-Request-ID": {"description": "Name of this request in the log.", "schema": {"type": "string"}},
    "ETag": {"description": "The object's version, in quotes; for If-Match and If-None-Match.", "schema": {"type": "string"}},
    "Location": {"description": "Where the new object is.", "schema": {"type": "string", "format": "uri-reference"}},
    "Link": {"description": 'The next page, if there is one: `<URL>; rel="next"` (RFC 8288).', "schema": {"type": "string"}},
    "X-Total-Count": {"description": "How many objects there are on all pages; only with `count=true`.", "schema": {"type": "integer"}},
    "Idempotency-Replayed": {"description": "`true` where this is an earlier answer, given again.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "The limit: `q` requests in `w` seconds.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of it: `r` requests in the next `t` seconds.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}},
    "Accept-Ranges": {"description": "`bytes`: parts can be asked for.", "schema": {"type": "string"}},
    "Content-Range": {"description": "Which part of how many bytes this is.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "What to call the file (RFC 6266).", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "The kind of credential to send.", "schema": {"type": "string"}},
}

PROBLEM_SCHEMA: Json = {
    "type": "object",
    "description": "What went wrong and what to do about it (RFC 9457). Programs go by `code`.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Where the code is explained."},
        "title": {"type": "string", "description": "The name of the status."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What happened this time, for people."},
        "code": {"type": "string", "description": "A stable word for programs."},
        "request_id": {"type": "string", "description": "Name of the request in the log."},
        "errors": {
            "type": "object",
            "description": "With 422: messages by field, nested like the body; `_schema` is the whole of it.",
            "additionalProperties": True,
        },
        "missing": {"type": "string", "description": "With 403: the permission or list role that it would take."},
        "current": {
            "type": "object",
            "description": "With 412: the object as it is now, with all its fields.",
            "required": ["version"],
            "properties": {"version": {"type": "integer", "description": "For If-Match, to try again."}},
            "additionalProperties": True,
        },
    },
}


def problem_kinds() -> list[type[Problem]]:
    """One class for each code that a problem can have, by status."""
    by_code: dict[str, type[Problem]] = {}
    for kind in _subclasses(Problem):
        by_code.setdefault(kind.code, kind)
    return sorted(by_code.values(), key=lambda kind: kind.status)


def responses() -> dict[str, Json]:
    """The answer of each status that problems have, by status, with an example for each of its codes."""
    found: dict[str, Json] = {}
    for kind in problem_kinds():
        status = str(kind.status)
        answer = found.setdefault(
            status,
            {
                "description": f"{kind.title}. {kind.default}",
                "headers": header_refs("X-Request-ID", *(_LIMIT if kind.status < 500 else []), *_MORE_HEADERS.get(status, [])),
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        answer["content"]["application/problem+json"]["examples"][kind.code] = {"value": _example(kind)}
    return found


def security_schemes(app: Flask) -> dict[str, Json]:
    """The ways to say who one is."""
    access, refresh = app.config["JWT_ACCESS_COOKIE_NAME"], app.config["JWT_REFRESH_COOKIE_NAME"]
    return {
        "bearerAuth": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": f"`access_token` of a log-in, or a personal access token (`tbx_...`). {_JWT}",
        },
        "refreshAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": f"`refresh_token` of a log-in. {_JWT}"},
        "cookieAuth": {"type": "apiKey", "in": "cookie", "name": access, "description": 'Set by a log-in with `"cookies": true`.'},
        "refreshCookie": {"type": "apiKey", "in": "cookie", "name": refresh, "description": "Set along with it."},
        "csrfToken": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRF-TOKEN",
            "description": "Beside a log-in cookie: the value of the cookie `csrf_access_token` (to refresh: `csrf_refresh_token`).",
        },
    }


def header_refs(*names: str) -> dict[str, Json]:
    """References to shared headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def parameter_ref(name: str) -> Json:
    """A reference to a shared parameter."""
    return {"$ref": f"#/components/parameters/{name}"}


def _subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _example(kind: type[Problem]) -> Json:
    return {
        "type": f"/docs#problem-{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.default,
        "code": kind.code,
        "request_id": "3f6c1e5ab0c94d7f8a2b",
        **_EXAMPLE_MEMBERS.get(kind.code, {}),
    }

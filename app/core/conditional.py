"""ETags and the conditions that requests set on them (RFC 9110, section 13)."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app, request

from app.core.problems import PreconditionFailed, PreconditionRequired

Versions = frozenset[int] | None
_VERSION = re.compile(r"[1-9][0-9]{0,17}")


def etag(version: int) -> str:
    """The strong ETag of an object at this version."""
    return f'"{version}"'


def if_match() -> Versions:
    """The versions that If-Match allows; None where any will do. Raises PreconditionRequired where the service wants one."""
    header = request.headers.get("If-Match")
    if header is None:
        if current_app.config["REQUIRE_IF_MATCH"]:
            raise PreconditionRequired()
        return None
    if header.strip() == "*":
        return None
    return frozenset(int(tag) for tag in request.if_match.as_set() if _VERSION.fullmatch(tag or ""))


def not_modified(version: int) -> bool:
    """Whether the client already has this version, by its If-None-Match."""
    return "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(str(version))


def check_version(row: Any, versions: Versions) -> None:
    """Let pass a row at one of `versions`. Raises PreconditionFailed with the row as it is now."""
    if versions is not None and row.version not in versions:
        raise PreconditionFailed(current=row)

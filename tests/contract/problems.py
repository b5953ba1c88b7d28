"""What every problem document must be."""

from __future__ import annotations

import re

CODES = {
    400: {"bad_request"},
    401: {"unauthorized"},
    403: {"forbidden", "csrf_failed"},
    404: {"not_found"},
    405: {"method_not_allowed"},
    409: {"conflict"},
    412: {"precondition_failed"},
    413: {"payload_too_large"},
    415: {"unsupported_media_type"},
    416: {"range_not_satisfiable"},
    422: {"validation_failed", "idempotency_mismatch"},
    428: {"precondition_required"},
    429: {"rate_limited"},
}
MEMBERS = {"type": str, "title": str, "status": int, "detail": str, "code": str, "request_id": str}
EXTRA = {403: "missing", 412: "current", 422: "errors"}
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def assert_problem(answer, *statuses):
    """The answer is a full problem document with one of these statuses (any but 5xx, where none are given)."""
    said = f"{answer.request.method} {answer.request.url[:200]}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code in (statuses or CODES), said
    if answer.request.method == "HEAD":
        return
    assert answer.content_type == "application/problem+json", said
    document = answer.json
    for name, kind in MEMBERS.items():
        assert isinstance(document[name], kind), f"{name} of {said}"
        assert document[name], f"{name} of {said}"
    assert document["status"] == answer.status_code, said
    assert document["code"] in CODES[answer.status_code], said
    assert document["request_id"] == answer.headers["X-Request-ID"], said
    assert SANE_ID.fullmatch(document["request_id"]), said
    assert answer.headers["X-Content-Type-Options"] == "nosniff", said
    assert answer.headers["Cache-Control"] == "no-store", said
    extra = {EXTRA.get(answer.status_code), "errors" if answer.request.path.endswith("/batch") else None}
    assert document.keys() <= {*MEMBERS, *extra}, said
    if answer.status_code == 422 and document["code"] == "validation_failed":
        assert document["errors"], said
        assert_messages(document["errors"], said)
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer", said
    if answer.status_code == 405:
        assert answer.headers["Allow"], said


def assert_messages(errors, said):
    """Every leaf of the errors is a list of messages."""
    for name, found in errors.items():
        assert isinstance(name, str), said
        if isinstance(found, dict):
            assert found, said
            assert_messages(found, said)
        else:
            assert isinstance(found, list), said
            assert found, said
            assert all(isinstance(message, str) and message for message in found), said

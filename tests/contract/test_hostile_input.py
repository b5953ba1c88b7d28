"""Whatever is sent: never a 5xx, every refusal is a full problem document, and what was refused has changed nothing."""

from __future__ import annotations

import io
import json
from urllib.parse import quote

import pytest
from werkzeug.test import EnvironBuilder

from tests.contract.operations import API, OF_FILES, OPERATIONS
from tests.contract.problems import SANE_ID, assert_problem
from tests.contract.test_access_matrix import BODIES, good
from tests.contract.world import World
from tests.factories import Client

JSON = "application/json"
TAKES_A_BODY = [operation for operation in API if operation.contract.takes and not operation.contract.upload]
TAKES_A_FILE = [operation for operation in API if operation.contract.upload]
SAFE_TO_REPEAT = [operation for operation in API if operation.method == "GET"]


@pytest.fixture(scope="module")
def world(app):
    """Every request below is refused, or only reads: one world is enough, and is as it was at the end of each test."""
    return settled(app)


def settled(app):
    """A world to which asking adds nothing: whoever may ask is there already, and all that can be asked for."""
    made = World(app)
    made.actor("admin")
    made.script = made.actor("fitting").token
    assert made.ids
    assert made.newcomer
    assert made.mailed_tokens
    return made


def who_may(world, operation):
    """A client that the operation is open to."""
    return world.actor("admin" if operation.path.startswith("/api/v1/users") else "owner")


@pytest.fixture
def owner(world):
    return world.clients["owner"]


@pytest.fixture(autouse=True)
def nothing_has_changed(world, request):
    """Around each test; those that change something on purpose have a world of their own."""
    before = world.rows()
    yield
    assert world.rows() == before


def credential(operation, client):
    token = client.refresh_token if operation.contract and operation.contract.credential == "refresh" else client.token
    return {"Authorization": f"Bearer {token}"}


def send(operation, world, *, client=None, data=None, content_type=None, query="", headers=None, **options):
    """One request with raw bytes as its body, by somebody whom the operation is open to."""
    client = client or who_may(world, operation)
    return client.open(
        operation.at(world.ids) + query,
        method=operation.method,
        data=data,
        content_type=content_type,
        headers={**credential(operation, client), **(headers or {})},
        **options,
    )


UNREADABLE = {
    "nothing": b"",
    "white space": b" \n\t ",
    "half an object": b'{"task": "x"',
    "a comma too many": b'{"task": "x",}',
    "single quotes": b"{'task': 'x'}",
    "two objects": b'{"task": "x"}{"task": "y"}',
    "a form": b"task=x&done=true",
    "XML": b"<task>x</task>",
    "NaN": b'{"position": NaN}',
    "Infinity": b'{"position": -Infinity}',
    "a lone surrogate": b'{"task": "\\ud800"}',
    "half a surrogate pair": b'{"task": "\\ud83d\\u0041"}',
    "latin-1": '{"task": "é"}'.encode("latin-1"),
    "UTF-16": '{"task": "x"}'.encode("utf-16"),
    "a byte order mark": '\ufeff{"task": "x"}'.encode(),
    "overlong UTF-8": b'{"task": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"task": "\xed\xa0\x80"}',
    "a raw NUL": b'{"task": "a\0b"}',
    "only NUL": b"\0" * 100,
    "a raw line break in a text": b'{"task": "a\nb"}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 closed brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects in each other": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a comment": b'{"task": "x"} // why not',
    "hexadecimal": b'{"position": 0x10}',
    "a cut escape": b'{"task": "\\u00"}',
}


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_what_is_not_json_is_400(world, operation):
    for name, body in UNREADABLE.items():
        answer = send(operation, world, data=body, content_type=JSON)
        assert answer.status_code == 400, f"{name}: {answer.text}"
        assert_problem(answer, 400)


NOT_OBJECTS = [b"[]", b"null", b"true", b"0", b'"text"', b'[{"task": "x"}]', b"1e308", b"-0.0", b'[["task", "x"]]']


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_a_body_that_is_no_object_is_422(world, owner, operation):
    for body in NOT_OBJECTS:
        answer = send(operation, world, data=body, content_type=JSON)
        assert_problem(answer, 422)
        assert list(answer.json["errors"]) == ["_schema"]


WRONG_VALUES = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), 2**63, 1e308, "", " ", "x" * 30_000, "\0", "a\0b", "NaN", "Infinity", "-1", "1e999",
    "null", "true", "2026-13-45", "2026-02-30T00:00:00Z", "0000-00-00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "../x",
    "01a20459-32c8-7326-9abb-c55e842ba95a", "01A20459-32C8-7326-9ABB-C55E842BA95A", "not-an-id", "me", "none",
    [], {}, [None], [[]], [{}], ["x"] * 1000, [1, 2], {"a": {"b": {}}}, {"op": "create"}, [["a", "b"]], {"$gt": ""}, ["\0"], [""],
    "FREQ=SECONDLY", "FREQ=DAILY;COUNT=99999999999999999999", "FREQ=DAILY;BYDAY=" + ",".join(["MO"] * 100), "FREQ=YEARLY;INTERVAL=0",
    "FREQ=DAILY;UNTIL=99999999T000000Z", "FREQ=MONTHLY;BYMONTHDAY=99", "FREQ=DAILY;FREQ=DAILY", "😀" * 501, "\u202e\u2066", "\ufffe\uffff",
]  # fmt: skip


def fields_of(schema):
    return [name for name, field in schema.fields.items() if not field.dump_only]


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_every_field_with_every_kind_of_value(app, operation):
    """Most are refused; what fits may be accepted. Nothing of it is a 5xx, and a refusal changes nothing."""
    world = settled(app)
    good = BODIES[str(operation)](world)
    before = world.rows()
    for name in fields_of(operation.contract.takes):
        for value in WRONG_VALUES:
            if name == "current_password" or "/auth/login" in operation.path or "/auth/register" in operation.path:
                value = [value] if isinstance(value, str) else value  # nobody waits for a thousand wrong passwords
            answer = send(operation, world, data=json.dumps({**good, name: value}), content_type=JSON)
            if answer.status_code >= 400:
                assert_problem(answer, 403, 404, 409, 422, 429)
                assert world.rows() == before
            before = world.rows() if answer.status_code < 400 else before


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_unknown_and_read_only_fields_are_refused_under_their_names(world, owner, operation):
    schema = operation.contract.takes
    refused = ["unknown", "__proto__", "", "\0", "a.b", "role ", "password_hash", "_schema"]
    refused += [name for name, field in schema.fields.items() if field.dump_only]
    refused += [
        name
        for name in ("id", "version", "user_id", "created_by", "created_at", "inbox", "series_id", "email_verified")
        if name not in schema.fields
    ]
    for name in refused:
        answer = send(operation, world, data=json.dumps({**BODIES[str(operation)](world), name: 1}), content_type=JSON)
        assert_problem(answer, 422)
        assert list(answer.json["errors"]) == [name]


@pytest.mark.parametrize(
    "operation", [operation for operation in API if operation.method != "GET" and operation not in TAKES_A_FILE], ids=str
)
def test_a_body_of_two_mebibytes_is_413(world, owner, operation):
    body = b'{"task": "' + b"x" * 2 * 1024 * 1024 + b'"}'

    assert_problem(send(operation, world, data=body, content_type=JSON), 413)
    chunked = {"input_stream": io.BytesIO(body), "environ_overrides": {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}}
    assert_problem(send(operation, world, content_type=JSON, **chunked), 413)


WRONG_TYPES = [
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/jsonp",
    "application/json; charset=latin-1", "application/json; charset=utf-16", "application/json; charset=\"", "json", "*/*", ";", "/",
    "application/problem+json", "text/json", "application/json, text/plain", "x" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_a_body_of_another_type_is_415(world, owner, operation):
    body = json.dumps(BODIES[str(operation)](world))
    for content_type in WRONG_TYPES + (["application/merge-patch+json"] if operation.method != "PATCH" else []):
        assert_problem(send(operation, world, data=body, content_type=content_type), 415)


@pytest.mark.parametrize("operation", TAKES_A_FILE, ids=str)
def test_a_file_comes_in_a_form_or_not_at_all(world, owner, operation):
    for content_type in ("", JSON, "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "x" * 10_000):
        assert_problem(send(operation, world, data=b'{"file": "x"}', content_type=content_type), 415)
    for body in (b"", b"x", b"--x", b"--x--\r\n", b"\0" * 1000, b"--x\r\n\r\n\r\n--x--", b"\r\n" * 5000, b"--x\r\n" * 5000):
        for boundary in ("", "; boundary=", "; boundary=x", "; boundary=\xff", "; boundary=" + "x" * 10_000):
            assert_problem(send(operation, world, data=body, content_type=f"multipart/form-data{boundary}"), 400, 413, 415, 422)


@pytest.mark.parametrize("operation", TAKES_A_FILE, ids=str)
def test_every_field_of_a_form_with_every_kind_of_value(world, owner, operation):
    schema = operation.contract.takes
    for name in [*schema.fields, "unknown", "__proto__", "", "\0", "_schema"]:
        for value in ("", "x", "\0", "x" * 30_000, "\ufffe", io.BytesIO(b"x")):
            if name != "file" and (name not in schema.fields or schema.fields[name].dump_only):
                sent = {**BODIES[str(operation)](world), name: (value, "x.txt") if isinstance(value, io.BytesIO) else value}
                assert_problem(send(operation, world, data=sent, content_type="multipart/form-data"), 422)
            elif not isinstance(value, io.BytesIO):
                sent = {**BODIES[str(operation)](world), "file": value}
                assert_problem(send(operation, world, data=sent, content_type="multipart/form-data"), 422)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
        "application/json; charset=utf-8;",
        "application/json;odata.metadata=minimal;charset=utf-8",
    ],
)
def test_json_by_any_of_its_names_is_taken(app, content_type):
    created = World(app).clients["owner"].post("/todos", data=b'{"task": "x"}', content_type=content_type)

    assert created.status_code == 201


JUNK = [
    "%00",
    "%ff",
    "%ed%a0%80",
    "%0d%0aX:%20y",
    "..%2f..%2fetc",
    "%2e%2e",
    "a" * 5000,
    "1",
    "null",
    "%20",
    "'--",
    "%F0%9F%98%80",
    "{}",
    "%25",
    "*",
    "-1",
]


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation.ids], ids=str)
def test_junk_for_an_id_is_404(world, owner, operation):
    for position in operation.ids:
        for junk in JUNK:
            address = operation.at({**world.ids, **OF_FILES, position: junk})
            body = good(operation, world) if operation.contract else {}
            assert_problem(who_may(world, operation).open(address, **body, method=operation.method), 404)


QUERIES = [
    "unknown=1", "limit=", "limit=0", "limit=-1", "limit=201", "limit=1e2", "limit=9999999999999999999", "limit=٣", "limit=1.0", "limit=%00",
    "limit=1&limit=2", "count=1", "count=TRUE", "count=true&count=true", "cursor=", "cursor=x", "cursor=" + "A" * 300, "cursor=" + "A" * 9000,
    "cursor=%00", "cursor=%ff", "cursor=====", "cursor=eyJhIjoxfQ", "cursor=W10", "=1", "%00=1", "%ff=%ff", "a[b]=c", "limit[]=1", "__proto__=1",
]  # fmt: skip
TODO_QUERIES = [
    "done=yes", "done=", "done=true&done=false", "priority=", "priority=HIGH", "priority=high&priority=0", "list_id=x", "list_id=", "list_id=%00",
    "assignee_id=ME", "parent_id=null", "due_before=", "due_before=x", "due_before=2026-13-01", "due_before=2026-11-22T00:00:00",
    "due_after=10000-01-01", "due_after=-001-01-01", "updated_since=2026-11-22", "updated_since=now", "trashed=2", "sort=", "sort=--task",
    "sort=task,done", "sort=notes", "sort=+task", "fields=", "fields=password_hash", "fields=id,,task", "fields=search", "q=%00",
    "q=" + "x" * 501, "tag=%00", "overdue=x", "sort=task&sort=done", "fields=id&fields=task",
]  # fmt: skip


@pytest.mark.parametrize("operation", SAFE_TO_REPEAT, ids=str)
def test_wrong_query_parameters_are_422_under_their_names(world, operation):
    takes = operation.contract.query.by_name
    wrong = QUERIES + (TODO_QUERIES if operation.path == "/api/v1/todos" else [])
    for query in wrong:
        answer = send(operation, world, query=f"?{query}")
        assert_problem(answer, 422)
        assert len(answer.json["errors"]) == 1
    if "q" in takes:
        assert_problem(send(operation, world, query="?q=a&q=b"), 422)


@pytest.mark.parametrize("operation", [operation for operation in API if operation.method != "GET"], ids=str)
def test_an_unknown_query_parameter_is_422_on_changes_too(world, operation):
    client = who_may(world, operation)
    answer = client.open(
        operation.at(world.ids) + "?dry_run=true",
        **good(operation, world),
        method=operation.method,
        headers=credential(operation, client),
    )

    assert_problem(answer, 422)
    assert answer.json["errors"] == {"dry_run": ["Unknown query parameter."]}


EXTREMES = [
    "due_before=9999-12-31", "due_after=9999-12-31", "due_before=0001-01-01", "due_after=0001-01-01", "due_after=9999-12-31T23:59:59.999999Z",
    "due_before=9999-12-31T23:59:59.999999Z", "due_before=0001-01-01T00:00:00Z", "due_after=0001-01-01T00:00:00Z",
    "updated_since=0001-01-01T00:00:00Z", "updated_since=9999-12-31T23:59:59Z", "q=", "q=%20", "q=-", "q=%27", "q=%22%20OR%20%22", "q=a*", "q=NEAR(a)",
    "q=id:x", "q=%25", "q=_", "q=%5C", "q=%27%3A*%20%26%20!x", "q=" + "a%20" * 125, "q=" + "%EF%B7%BA" * 160, "q=%F0%9F%98%80", "q=%ff%fe", "q=🇩🇪",
    "tag=%22", "tag=%20", "tag=%27)", "tag=" + "x" * 500, "&".join(f"tag={number}" for number in range(100)), "q=a&tag=b&sort=task",
    "&".join(f"list_id=01a20459-32c8-7326-9abb-c55e842b{number:04x}" for number in range(150)), "priority=high&priority=high", "&&&", "", "#x",
    "fields=id", "fields=task,id,task", "overdue=true&done=true", "trashed=true&q=x&count=true", "parent_id=none&assignee_id=me", "limit=007",
]  # fmt: skip


@pytest.mark.parametrize("time_zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
def test_extreme_filters_find_what_they_find(app, time_zone):
    world = World(app)
    client = world.login("traveller", time_zone=time_zone)
    for query in EXTREMES:
        first = client.get(f"/todos?{query}")
        assert first.status_code == 200, f"{query}: {first.text}"
    for name in ("due_on", "due_at", "remind_at"):
        for value in ("0001-01-01", "9999-12-31"):
            sent = value if name == "due_on" else f"{value}T12:00:00Z"
            created = client.post("/todos", {"task": "x", name: sent})
            assert created.status_code == 201, created.text
            assert created.json[name] == sent
    for query in [*EXTREMES, *(f"sort={sign}{name}&limit=1" for sign in ("", "-") for name in ("due", "task", "priority", "updated_at"))]:
        for _ in range(3):
            answer = client.get(f"/todos?{query}")
            assert answer.status_code == 200, f"{query}: {answer.text}"
            if not answer.json["next_cursor"]:
                break
            query = query.partition("&cursor=")[0] + f"&cursor={answer.json['next_cursor']}"


def test_a_cursor_that_was_tampered_with_or_belongs_elsewhere_is_422(app):
    world = World(app)
    client = world.clients["owner"]
    cursor = client.get("/todos?limit=1&sort=task").json["next_cursor"]
    assert client.get(f"/todos?limit=1&sort=task&cursor={cursor}").status_code == 200
    tampered = [cursor[:-1], cursor + "A", cursor[1:], cursor.swapcase(), cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:]]

    for query in [
        *(f"sort=task&cursor={each}" for each in tampered),
        f"sort=-task&cursor={cursor}",
        f"cursor={cursor}",
        f"sort=task&done=true&cursor={cursor}",
    ]:
        assert_problem(client.get(f"/todos?{query}"), 422)
    for path in ("/lists", "/auth/sessions", "/auth/tokens", f"/lists/{world.list_id}/members", f"/todos/{world.todo_id}/comments"):
        assert_problem(client.get(f"{path}?cursor={cursor}"), 422)


CREDENTIALS = [
    "", " ", ",", ", ,", "Bearer", "Bearer ", "bearer", "Bearer  ", "Bearer a b", "Bearer,Bearer", "Bearer " + "a" * 100_000, "Bearer é", "Bearer \xff\xfe",
    "Bearer a.b.c", "Bearer ..", "Bearer tbx_", "Bearer tbx_é", "Bearer tbx_" + "a" * 100_000, "Bearer null", "Basic YTpi", "Basic", "Digest x", "Token x",
    "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJIUzI1NiJ9.W10.x", "Bearer " + "." * 5000, "Bearer\ta", "Bearer \t", "=", "\"", "Bearer \"\"",
    "Bearer {}", "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6W119.e30.x", "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6e319.e30.x",
]  # fmt: skip


@pytest.mark.parametrize("operation", [operation for operation in API if operation.contract.policy != "public"], ids=str)
def test_junk_for_a_credential_is_401(world, owner, operation):
    for junk in CREDENTIALS:
        answer = send(operation, world, data=b"{}", content_type=JSON, headers={"Authorization": junk})
        assert_problem(answer, 401)


@pytest.mark.parametrize("operation", [operation for operation in API if operation.contract.policy != "public"], ids=str)
def test_junk_in_cookies_is_401(app, world, operation):
    client = Client(app, use_cookies=False)
    for junk in ("x", "", "a.b.c", "tbx_x", world.script, "\xff", '"', "é" * 100, "%00", "a" * 9000):
        cookies = f"access_token_cookie={junk}; refresh_token_cookie={junk}; csrf_access_token=x; ; =; \xff"
        for csrf in ("x", "é", "\xff", ""):
            answer = client.open(
                operation.at(world.ids),
                method=operation.method,
                data=b"{}",
                content_type=JSON,
                headers={"Cookie": cookies, "X-CSRF-TOKEN": csrf},
            )
            assert_problem(answer, 401)


@pytest.mark.parametrize("csrf", ["", "x", "é", "\xff", "a" * 9000, ","])
def test_a_cookie_without_its_csrf_token_is_403(app, world, csrf):
    browser = Client(app)
    assert (
        browser.post(
            "/auth/login", {"email": world.people["viewer"].email, "password": "correct horse battery", "cookies": True}
        ).status_code
        == 200
    )

    answer = browser.post("/todos", {"task": "x"}, headers={"X-CSRF-TOKEN": csrf})
    assert (
        browser.post("/auth/logout", headers={"X-CSRF-TOKEN": browser.get_cookie("csrf_access_token", path="/").value}).status_code == 204
    )

    assert_problem(answer, 403)
    assert answer.json["code"] == "csrf_failed"


ETAGS = ['"0"', '"-1"', '"99999999999999999999999999"', '"01"', '"1.0"', '"１"', "W/\"1\"", '"', '""', "W/", '"1', "abc", ",", ", ,", '"a"b', "'1'", '"\xff"', '" 1"', "x" * 9000, "*x", '"1 "', "-", "W/*"]  # fmt: skip


@pytest.mark.parametrize("operation", [operation for operation in API if operation.contract.if_match], ids=str)
def test_an_if_match_that_no_version_has_is_412(app, operation):
    world = settled(app)
    client = who_may(world, operation)
    body = BODIES.get(str(operation))
    before = world.rows()
    for etag in ETAGS:
        answer = client.open(operation.at(world.ids), *([body(world)] if body else []), method=operation.method, headers={"If-Match": etag})
        assert_problem(answer, 412)
        assert answer.json["current"]["version"] >= 1
    assert world.rows() == before


@pytest.mark.parametrize("etag", [*ETAGS, "*", '"1"'])
def test_any_if_none_match_is_200_or_304(world, owner, etag):
    for operation in SAFE_TO_REPEAT:
        answer = send(operation, world, headers={"If-None-Match": etag})
        assert answer.status_code in (200, 304)
        assert answer.status_code == 200 or (answer.data == b"" and answer.headers["ETag"])


HEADERS = {
    "X-Request-ID": ["", " ", "a b", "a" * 65, "é", "\xff", "<script>", "a,b", "%0d%0a", "\"", "a;b", "../x", "{}", "a\tb"],
    "X-Forwarded-For": ["", "x", "1.2.3.4", "é", ",", "::1", "[", "1.2.3.4, 5.6.7.8", "a" * 9000],
    "X-Forwarded-Proto": ["x", "javascript"], "X-Forwarded-Host": ["evil.example", "a b", "\xff"], "X-Forwarded-Port": ["x"], "Forwarded": ["for=;;"],
    "Accept": ["", "*/*", "text/html", "application/xml", "image/png;q=1", ";;;", "a/b/c", "*", "application/json;q=x", "\xff", "x" * 9000],
    "Accept-Encoding": ["", "br", "gzip;q=x", "\xff"], "Accept-Language": ["\xff", "x" * 9000], "Accept-Charset": ["x"],
    "User-Agent": ["", "\xff\xfe", "x" * 9000, "<script>"], "Range": ["bytes=0-0", "bytes=x", "bytes=-1", "items=0-5"],
    "If-Modified-Since": ["x", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 999], "If-Unmodified-Since": ["x"], "If-Range": ["x"], "Expect": ["x"],
    "X-HTTP-Method-Override": ["DELETE"], "X-Original-URL": ["/api/v1/users"], "Origin": ["null", "x", "https://evil.example"], "Referer": ["\xff"],
    "Upgrade": ["websocket", "h2c"], "Connection": ["upgrade", "x"], "Cookie": [";", "=", "a=b;;c", "\xff=\xff", "access_token_cookie=x"],
    "Content-Encoding": ["gzip", "x"], "Transfer-Encoding": ["x"], "Date": ["x"], "Max-Forwards": ["x"], "Prefer": ["x"], "TE": ["x"], "Via": ["x"],
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_odd_headers_change_nothing(world, owner, name):
    for operation in SAFE_TO_REPEAT:
        expected = send(operation, world)
        for value in HEADERS[name]:
            answer = send(operation, world, headers={name: value})
            if name == "Range" and answer.status_code == 206:
                assert operation.contract.media
                continue
            assert (answer.status_code, answer.data) == (200, expected.data), f"{operation} with {name}: {value}"
            assert SANE_ID.fullmatch(answer.headers["X-Request-ID"])
            assert answer.headers["X-Request-ID"] != value


@pytest.mark.parametrize("request_id", ["a", "A.b_c-9", "a" * 64])
def test_a_sane_request_id_is_kept_on_every_answer(owner, request_id):
    for path in ("/todos", "/todos/x", "/nowhere", "/healthz", "/openapi.json", "/auth/login"):
        assert owner.get(path, headers={"X-Request-ID": request_id}).headers["X-Request-ID"] == request_id


IDEMPOTENCY_KEYS = ["", " ", "a b", "é", "\xff", "a" * 256, "a\tb", "\x7f"]


@pytest.mark.parametrize("operation", [operation for operation in API if operation.method == "POST"], ids=str)
def test_an_odd_idempotency_key_is_422(world, owner, operation):
    for key in IDEMPOTENCY_KEYS:
        answer = owner.open(
            operation.at(world.ids),
            **good(operation, world),
            method="POST",
            headers={**credential(operation, owner), "Idempotency-Key": key},
        )
        assert_problem(answer, 422)
        assert list(answer.json["errors"]) == ["Idempotency-Key"]


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_a_content_length_that_makes_no_sense_is_refused(world, operation):
    for length in ("-1", "x", "1e3", "99999999999999999999", "0x10", "1.5", " ", "+5"):
        assert_problem(send(operation, world, data=b"{}", content_type=JSON, environ_overrides={"CONTENT_LENGTH": length}), 400, 413, 422)


@pytest.mark.parametrize("operation", TAKES_A_BODY, ids=str)
def test_a_body_shorter_or_longer_than_announced(world, owner, operation):
    body = b'{"unknown": 1}'
    assert_problem(send(operation, world, data=body, content_type=JSON, environ_overrides={"CONTENT_LENGTH": str(len(body) + 10)}), 400)
    assert_problem(send(operation, world, data=body, content_type=JSON, environ_overrides={"CONTENT_LENGTH": str(len(body) - 3)}), 400)


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS} - {"/api/v1/todos/batch"}))  # "batch" is an id too
def test_other_methods_are_405_and_say_which_are_allowed(world, owner, path):
    here = {operation.method: operation for operation in OPERATIONS if operation.path == path}
    address = next(iter(here.values())).at(world.ids | OF_FILES)
    for method in {"TRACE", "CONNECT", "PROPFIND", "PUT", "PATCH", "DELETE", "POST", "GET", "FOO", "\xc4"} - here.keys():
        answer = owner.open(address, method=method)
        assert_problem(answer, 405)
        assert set(answer.headers["Allow"].split(", ")) == here.keys() | {"OPTIONS"} | ({"HEAD"} if "GET" in here else set())


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_options_names_the_methods(world, owner, operation):
    answer = owner.options(operation.at(world.ids | OF_FILES))

    assert answer.status_code in (200, 204)
    assert operation.method in answer.headers["Allow"].split(", ")
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/nowhere", "/todos/", "/api/v2/todos", "/api", "/api/v1", "/api/v1/", "/..", "/todos/batch/x", "/%00", "/%ff", "/x" * 2000, "/todos;x", "/TODOS", "/favicon.ico", "/.env", "/docs/../app.db", "/docs/..%2fconfig.py"]
)  # fmt: skip
def test_unknown_addresses_are_404(app, path):
    known = path.startswith(("/api", "/docs", "/.", "/favicon"))
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        environ = EnvironBuilder(path="/", method=method).get_environ()
        environ["PATH_INFO"] = path if known else f"/api/v1{path}"  # as it is: the client would tidy it up
        assert_problem(super(Client, Client(app)).open(environ), 404, 405)


@pytest.mark.parametrize("host", ["", "a b", "evil.example", "evil.example:99999", "[", "\xff", "a/b", "x" * 9000, "a:b:c"])
def test_an_odd_host_is_harmless(owner, host):
    answer = owner.get("/todos?limit=1", headers={"Host": host})

    assert answer.status_code == 200 or assert_problem(answer, 400) is None


TITLES = [
    "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "+1", "-1", "a\r\nb", "a\nSet-Cookie: x=y", "../x", "..\\x",
    "'; DROP TABLE todos; --", "\u202egnp.exe", "\u2066x\u2069", "😀" * 500, "e\u0301", "é", "ﬁ", "İ", "ß", "{{7*7}}", "${7*7}", "%s%n", "\x01\x1b[31m",
    "\x7f", "\ufeffx", "a\u200bb", "a\u2028b", "\ud7ff\ue000\ufffd\uffff", "\U0010ffff", "null", "undefined", "NaN", "0", "false", "[]", "{}", "x" * 500,
    "\\", "\\u0000", '"', "a\tb", "&amp;", "a" + "\u0301" * 499, "//", "javascript:alert(1)", "🏳️‍🌈", "नमस्ते", "﷽" * 20,
]  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_hostile_texts_come_back_byte_for_byte(app, title):
    client = World(app).clients["owner"]
    made = client.post("/todos", {"task": title, "notes": title, "tags": [title[:50]]})
    assert made.status_code == 201, made.text
    path = f"/todos/{made.json['id']}"
    comment = client.post(f"{path}/comments", {"body": title}).json
    shared = client.post("/lists", {"name": title[:120]}).json

    for todo in (made.json, client.get(path).json, client.get("/todos?limit=1").json["data"][0], client.patch(path, {"done": True}).json):
        assert (todo["task"], todo["notes"], todo["tags"]) == (title, title, [title[:50]])
    assert client.get(f"{path}/comments").json["data"][0]["body"] == comment["body"] == title
    assert client.get(f"/lists/{shared['id']}").json["name"] == title[:120]
    assert client.get(f"/todos?tag={quote(title[:50])}").json["data"][0]["id"] == made.json["id"]
    assert title[:50] in [tag["name"] for tag in client.get("/tags").json["data"]]
    assert client.get(f"/todos?q={quote(title[:500])}").status_code == 200
    walked = client.get("/todos?sort=task&limit=1")
    assert client.get(f"/todos?sort=task&limit=1&cursor={walked.json['next_cursor']}").status_code == 200


def test_white_space_around_one_line_is_trimmed_and_inside_is_not(app):
    client = World(app).clients["owner"]

    made = client.post("/todos", {"task": " \t a  b \r\n ", "notes": "  a\n  b  "}).json

    assert (made["task"], made["notes"]) == ("a  b", "  a\n  b  ")


def test_a_huge_batch_is_refused_before_it_is_done(world, owner):
    operations = [{"op": "create", "todo": {"task": "x"}}] * 501
    assert_problem(owner.post("/todos/batch", {"operations": operations}), 422)
    assert_problem(owner.post("/todos/batch", {"operations": []}), 422)
    wrong = [
        {"op": "create", "todo": {"task": "x"}},
        {"op": "create", "todo": {"task": " "}},
        {"op": "purge"},
        None,
        [],
        {"op": []},
        {"op": {}},
        {},
    ]
    answer = owner.post("/todos/batch", {"operations": wrong})
    assert_problem(answer, 422)
    assert sorted(answer.json["errors"]["operations"]) == ["1", "2", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/todos/batch", {"operations": [{}] * 200_000}),
        ("/todos/batch", {"operations": [{"op": "create", "todo": {"task": "x", "tags": [1] * 100}}] * 500}),
        ("/todos/batch", {"operations": [{"op": "create", "todo": {str(number): 1 for number in range(150)}}] * 500}),
        ("/todos", {"task": "x", "tags": [1] * 300_000}),
        ("/todos", {str(number): 1 for number in range(80_000)}),
        ("/auth/tokens", {"name": "x", "scopes": ["q"] * 200_000}),
        ("/auth/login", {str(number): 1 for number in range(80_000)}),
    ],
    ids=["operations", "tags of operations", "fields of operations", "tags", "fields", "scopes", "fields of a login"],
)
def test_of_very_much_that_is_wrong_the_first_is_told(owner, path, body):
    answer = owner.post(path, body)

    assert_problem(answer, 422)
    assert answer.json["errors"]
    assert len(answer.data) < 300_000

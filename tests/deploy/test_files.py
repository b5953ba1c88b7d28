"""Files that nginx sends for the service are answered as the service itself would."""

from __future__ import annotations

import pytest

from tests.arrange import make_attachment
from tests.contract.world import World
from tests.deploy.live import assert_has_every_header, assert_is_a_problem, fields_of

pytestmark = pytest.mark.xdist_group("stack")

# What one who serves has of its own: `RateLimit` counts what came before, and nginx leaves Accept-Ranges out of a part.
OWN = {"accept-ranges", "date", "server", "connection", "strict-transport-security", "ratelimit"}
BODY = b"0123456789"
ETAG = '"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"'


@pytest.fixture(scope="module")
def world(stack_app):
    """An attachment with a thumbnail, and a job with a file: each of them ten bytes."""
    return World(stack_app)


@pytest.fixture(scope="module", params=["content", "thumbnail", "file of a job"])
def path(request, world):
    attachment = f"/api/v1/todos/{world.todo_id}/attachments/{world.attachment_id}"
    return f"/api/v1/jobs/{world.ids['job_id']}/file" if request.param == "file of a job" else f"{attachment}/{request.param}"


@pytest.fixture
def ask_both(stack, world, path):
    """`ask_both("GET", Range="bytes=0-1")`: what the service answers by itself, and what comes through nginx."""

    def ask(method="GET", **fields):
        headers = {name.replace("_", "-"): value for name, value in fields.items()} | {"X-Request-ID": "the-same"}
        by_itself = world.clients["owner"].open(path, method=method, headers=headers)
        with stack.session(world.clients["owner"].token) as session:
            return by_itself, session.request(method, stack.url + path, headers=headers | {"Accept-Encoding": "gzip"}, timeout=5)

    return ask


def shown(fields):
    """The headers that must be the same."""
    return sorted((name.lower(), value) for name, value in fields if name.lower() not in OWN)


def assert_same(by_itself, through):
    assert through.status_code == by_itself.status_code
    assert through.content == by_itself.data
    assert shown(fields_of(through)) == shown(by_itself.headers)
    assert_has_every_header(through)
    assert "RateLimit" in through.headers


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"Range": "bytes=2-5"},
        {"Range": "bytes=2-"},
        {"Range": "bytes=-3"},
        {"Range": "bytes=-30"},
        {"Range": "bytes=8-30"},
        {"Range": "bytes=0-0,2-3"},
        {"Range": "bytes=20-21,30-31"},
        {"Range": "bytes=5-2"},
        {"Range": "lines=1-2"},
        {"Range": "nonsense"},
        {"Range": "bytes=2-5", "If_Range": ETAG},
        {"Range": "bytes=2-5", "If_Range": '"another"'},
        {"Range": "bytes=2-5", "If_Range": f"W/{ETAG}"},
        {"Range": "bytes=2-5", "If_Range": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"If_None_Match": ETAG},
        {"If_None_Match": f"W/{ETAG}"},
        {"If_None_Match": "*"},
        {"If_None_Match": '"another"'},
        {"If_Match": ETAG},
        {"If_Match": '"another"'},
        {"If_Modified_Since": "Wed, 21 Oct 2099 07:28:00 GMT"},
        {"If_Unmodified_Since": "Wed, 21 Oct 2015 07:28:00 GMT"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_the_same_with_nginx_and_without(ask_both, method, asked):
    assert_same(*ask_both(method, **asked))


def test_a_file_has_what_it_must_have(ask_both):
    _, answer = ask_both()

    assert answer.content == BODY
    assert answer.headers["ETag"] == ETAG
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith(("attachment", "inline"))


def test_a_file_that_ends_before_the_range_is_a_problem(ask_both):
    by_itself, through = ask_both(Range="bytes=10-")

    assert by_itself.status_code == 416
    assert_is_a_problem(through, 416)
    assert through.headers["Content-Range"] == by_itself.headers["Content-Range"] == "bytes */10"


def test_a_stranger_gets_no_file(stack, world, path):
    with stack.session(world.actor("stranger").token) as session:
        assert_is_a_problem(session.get(stack.url + path, timeout=5), 404)


def test_a_page_of_another_origin_may_read_a_file(ask_both):
    by_itself, through = ask_both(Origin="https://app.example.com")

    assert through.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert shown(fields_of(through)) == shown(by_itself.headers)


def test_a_file_that_is_lost_is_a_problem(stack, world):
    made = make_attachment(world.clients["owner"], world.todo_id, content=b"to be lost")
    uploads = stack.instance / "uploads"
    next(path for path in uploads.glob("*/*") if path.read_bytes() == b"to be lost").unlink()

    with stack.session(world.clients["owner"].token) as session:
        answer = session.get(f"{stack.api}/todos/{world.todo_id}/attachments/{made['id']}/content", timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert_has_every_header(answer)

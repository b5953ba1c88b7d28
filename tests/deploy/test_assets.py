"""The frontend behind nginx: compressed on its way, its files kept by nginx and browsers, its page asked for each time."""

from __future__ import annotations

import re

import pytest

from tests.deploy.live import assert_has_every_header
from tests.factories import PAGES
from tests.live import wait_until

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def asset(stack, stack_app):
    """The address of a file of the frontend, large enough to be compressed."""
    release = stack_app.extensions["frontend"]
    name = max((name for name in release.files if name.endswith(".js")), key=lambda name: len(release.files[name]))
    return f"{stack.url}/assets/{release.name}/{name}"


def test_files_of_the_frontend_are_compressed_and_kept_for_good(anybody, asset):
    first, second, third = (anybody.get(asset, headers={"Accept-Encoding": "gzip", "X-Request-ID": name}, timeout=5) for name in "def")

    assert [answer.headers["X-Request-ID"] for answer in (first, second, third)] == ["d", "e", "f"]
    assert first.content == third.content
    for answer in (first, third):
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert_has_every_header(answer)


def test_a_file_of_the_frontend_that_nginx_has_is_not_asked_for_again(stack, anybody, asset):
    anybody.get(asset, timeout=5)

    anybody.get(asset, headers={"X-Request-ID": "from-the-cache"}, timeout=5)
    anybody.get(f"{stack.url}/", headers={"X-Request-ID": "the-page"}, timeout=5)

    asked = wait_until(
        lambda: [line for line in stack.lines("app.access") if line["request_id"] == "the-page"] and stack.lines("app.access")
    )
    assert not [line for line in asked if line["request_id"] == "from-the-cache"]


def test_a_page_of_another_release_gets_a_file_that_nobody_keeps(stack, anybody, asset):
    of_another = re.sub("/assets/[^/]+", "/assets/" + "0" * 12, asset)
    anybody.get(of_another, timeout=5)

    answer = anybody.get(of_another, headers={"X-Request-ID": "asked-again"}, timeout=5)

    assert answer.headers["Cache-Control"] == "no-cache"
    wait_until(lambda: [line for line in stack.lines("app.access") if line["request_id"] == "asked-again"])


@pytest.mark.parametrize("path", PAGES)
def test_the_page_of_the_frontend_is_asked_for_each_time(stack, anybody, path):
    first = anybody.get(stack.url + path, headers={"Accept-Encoding": "gzip"}, timeout=5)

    again = anybody.get(stack.url + path, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}, timeout=5)

    assert first.headers["Cache-Control"] == "no-cache"
    assert "script-src 'self'" in first.headers["Content-Security-Policy"]
    assert (first.status_code, again.status_code) == (200, 304)
    for answer in (first, again):
        assert_has_every_header(answer)

"""Tests of the frontend: a live service, and a real browser that somebody uses it with.

A file of tests has a service of its own, and stays on one worker of pytest-xdist. A page that complains in its console, that fails
to load something or that calls another host fails its test, whatever else it shows.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import chromium, databases
from tests.frontend import people
from tests.frontend.modules import Modules
from tests.frontend.watching import Watch

expect.set_options(timeout=15_000)  # milliseconds: other tests may keep the machine busy


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the mark in the same hook
def pytest_collection_modifyitems(items):
    """Keep the tests of a file together, with its service."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group(f"frontend-{item.path.stem}"))


@pytest.fixture(scope="module")
def site_settings():
    """Settings of the service, for a file of tests to replace."""
    return {}


@pytest.fixture(scope="module")
def site(make_module_server, site_settings):
    """The live service: `site.url`, `site.api`, and `stop()` and `start()` of LiveServer."""
    if databases.SERVER:
        pytest.skip("a page does not know the database: it is tested on SQLite")
    server = make_module_server(**site_settings)
    server.url = f"http://localhost:{server.port}"  # as PUBLIC_URL has it, so that links in mails lead to the same cookies
    server.api = f"{server.url}/api/v1"
    return server


@pytest.fixture(scope="module")
def browser():
    """Chromium, for the tests of a file: while it runs, its event loop is in the way of others."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture
def account(site):
    """`account(name="Ada")`: a new person, see people.Person."""
    return partial(people.register, site.api)


@pytest.fixture(scope="module")
def modules(site, browser):
    """The frontend's modules, for a test to call: see Modules."""
    opened = Modules(site, browser)
    yield opened
    opened.close()


def log_in(page, person):
    """Log the page's browser in as the person, by cookies; what is shown already stays as it is."""
    api = person.api
    answer = page.request.post(f"{api}/auth/login", data={"email": person.email, "password": person.password, "cookies": True})
    assert answer.ok, answer.text()


def until(page, condition, seconds=15.0):
    """Wait for a condition while the page's requests are answered: Playwright answers none while Python sleeps."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        page.wait_for_timeout(20)


def unsent(page):
    """How many changes the page's browser keeps to send."""
    return page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('tickbox.outbox.')).length")


@pytest.fixture
def open_page(site, browser):
    """`open_page(person, locale="de-DE")`: a page of a new browser, with nobody or with the person logged in, at `path`.

    The other arguments are those of Playwright's new_context. What the page does wrong fails the test at its end; texts that are
    added to `page.expected_errors` allow the lines in which they occur, such as "404" for a resource that is not found.
    """
    watches = []
    with ExitStack() as contexts:

        def open_(person=None, *, path="/", allow=(), origins=(), **options):
            context = contexts.enter_context(browser.new_context(**options))
            watches.append(Watch(context, {site.url, *origins}, list(allow)))
            page = context.new_page()
            page.expected_errors = watches[-1].expected
            if person is not None:
                log_in(page, person)
            page.goto(site.url + path)
            return page

        yield open_
    wrong = [line for watch in watches for line in watch.unexpected()]
    assert not wrong, "the page did something wrong:\n" + "\n".join(wrong)

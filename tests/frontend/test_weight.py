"""What a browser loads: what the first view needs, and the rest when it is asked for."""

from __future__ import annotations

import gzip
import re

from playwright.sync_api import expect

from app.system.frontend import FOLDER

FIRST_VIEW = 58_000  # bytes, each file compressed by itself

_LOADED = "performance.getEntriesByType('resource').map((one) => one.name)"


def loaded(page):
    """The files of the frontend that the page has loaded so far."""
    return re.findall(r"/assets/\w+/(\S+)", "\n".join(page.evaluate(_LOADED)))


def test_the_first_view_loads_no_more_than_it_needs(open_page, account):
    page = open_page(account())
    expect(page.get_by_text("Nothing here.")).to_be_visible()

    sizes = {name: len(gzip.compress((FOLDER / name).read_bytes(), 9)) for name in ["index.html", *loaded(page)]}

    assert "todos/views.js" in sizes
    assert sum(sizes.values()) < FIRST_VIEW, (sum(sizes.values()), sizes)


def test_only_the_language_that_is_spoken_is_loaded(open_page):
    page = open_page(locale="de-DE")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    assert [name for name in loaded(page) if name.startswith("languages/")] == ["languages/de.js"]

    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert "languages/en.js" in loaded(page)


def test_a_view_that_cannot_be_loaded_is_said_and_opens_at_another_try(open_page, account):
    page = open_page(account(), allow=["settings.js"])
    expect(page.get_by_text("Nothing here.")).to_be_visible()
    page.route("**/users/settings.js", lambda route: route.abort())

    page.get_by_role("link", name="Settings").click()

    expect(page.get_by_text("could not be loaded")).to_be_visible()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    page.unroute("**/users/settings.js")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.get_by_text("could not be loaded")).to_have_count(0)

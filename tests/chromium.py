"""The browser that tests use: the one that the machine has, so that none is downloaded."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tests.brokers import need

FOUND = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# It talks to nobody but the page's server.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
]


def program():
    """The path of Chromium. Without one the test is skipped, or in CI fails."""
    need(FOUND, "This needs a browser: apt-get install chromium")
    return FOUND


@contextmanager
def launched():
    """Chromium, driven by Playwright. While it runs its event loop is in the way of tests that have one of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=OPTIONS)
        yield browser
        browser.close()

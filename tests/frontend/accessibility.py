"""axe-core, which finds what keeps people from using a page."""

from __future__ import annotations

import json
from functools import cache

import pytest
from playwright.sync_api import expect

from tests.clients import tools

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source():
    return (tools.node_modules() / "axe-core" / "axe.min.js").read_text()


def axe(page, within=None):
    """Fail the test with what axe-core finds in the page as it is now. `within` is a CSS selector of the part to look at."""
    expect(page.locator("main h1").first).to_be_visible()  # before that the page is not there yet
    page.evaluate(_source())
    found = page.evaluate(
        "([within, tags]) => axe.run(within ?? document, { runOnly: tags, resultTypes: ['violations'] })",
        [within, TAGS],
    )
    if found["violations"]:
        pytest.fail("axe-core finds:\n" + "\n".join(map(_told, found["violations"])), pytrace=False)


def _told(violation):
    places = "\n".join(
        f"    {' '.join(map(str, node['target']))}  {json.dumps(node['html'])}\n      {node['failureSummary'].replace(chr(10), ' ')}"
        for node in violation["nodes"]
    )
    return f"  {violation['id']} ({violation['impact']}): {violation['help']}\n{places}"

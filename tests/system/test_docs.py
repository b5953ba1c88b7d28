"""The page that explains the API and lets one try it."""

import re
from html.parser import HTMLParser

import pytest

from app.core.openapi import problem_kinds


class Page(HTMLParser):
    """The addresses, ids and inline code of a page."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.ids, self.inline = [], set(), []
        self.in_code = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [attributes[name] for name in ("src", "href", "action") if name in attributes]
        self.ids.add(attributes.get("id"))
        self.inline += [name for name in attributes if name == "style" or name.startswith("on")]
        self.in_code = tag in ("script", "style")

    def handle_data(self, data):
        if self.in_code and data.strip():
            self.inline.append(data)


@pytest.fixture
def page(anonymous):
    return Page(anonymous.get("/docs").text)


def test_it_is_a_page(anonymous):
    answer = anonymous.get("/docs")

    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")


def test_it_may_load_and_run_only_what_is_ours(anonymous):
    policy = dict(part.split(" ", 1) for part in anonymous.get("/docs").headers["Content-Security-Policy"].split("; "))

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_it_refers_to_nothing_elsewhere(page):
    assert page.addresses
    assert all(re.match(r"/(?!/)|#", address) for address in page.addresses)


def test_it_has_no_inline_code_that_its_policy_would_stop(page):
    assert page.inline == []


def test_its_files_are_there_and_may_be_kept(anonymous, page):
    files = [address for address in page.addresses if address.startswith("/docs/")]

    assert len(files) == 5
    for address in files:
        answer = anonymous.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.content_type.split(";")[0] in ("text/css", "text/javascript", "image/png")


@pytest.mark.parametrize("name", ["LICENSE", "index.html", "..%2fdocs.html", "%2e%2e", "docs.css%00"])
def test_no_other_file_is_served(anonymous, name):
    assert anonymous.get(f"/docs/{name}").status_code == 404


def test_every_problem_is_explained_where_its_type_points(anonymous, page):
    problem = anonymous.get("/nowhere").json

    assert problem["type"] == f"/docs#problem-{problem['code']}"
    assert {f"problem-{kind.code}" for kind in problem_kinds()} <= page.ids

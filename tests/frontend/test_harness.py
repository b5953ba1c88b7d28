"""What these tests rely on: whatever goes wrong in a page, seen or unseen, is found."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.watching import Watch


@pytest.fixture
def watched(site, browser):
    """`watched("script")`: all that was noted while a page of the service ran the script."""

    def run(script):
        with browser.new_context() as context:
            watch = Watch(context, {site.url}, expected=["allowed"])
            page = context.new_page()
            page.goto(site.url)
            page.evaluate(f"async () => {{ {script} }}")
        return watch.unexpected()

    return run


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("console.error('boo')", "console error: boo"),
        ("console.warn('boo')", "console warning: boo"),
        ("await new Promise(done => setTimeout(() => { setTimeout(done); throw new Error('boo'); }))", "uncaught: boo"),
        ("await fetch('/nowhere')", "status of 404"),
        ("window.open('http://127.0.0.1:9/')", "request to another origin: http://127.0.0.1:9/"),
        ("await fetch('http://127.0.0.1:9/').catch(() => 0)", "Content Security Policy"),
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("document.body.append(document.createElement('script')); document.body.lastChild.text = '0'", "Content Security Policy"),
    ],
)
def test_what_a_page_does_wrong_is_found(watched, script, told):
    assert any(told in line for line in watched(script))


def test_what_a_test_expects_and_what_a_page_called_off_is_let_through(watched):
    assert watched("console.error('allowed'); const call = new AbortController(); fetch('/docs', call).catch(() => 0); call.abort()") == []


def test_what_keeps_people_from_using_a_page_is_found(open_page):
    page = open_page()
    page.evaluate("document.body.append(document.createElement('input'))")

    with pytest.raises(pytest.fail.Exception, match=r"label \(critical\): Form elements must have labels"):
        axe(page)


def test_a_person_is_logged_in_by_cookies(open_page, account):
    page = open_page(account(name="Ada"))

    assert page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")["name"] == "Ada"


def test_a_form_that_a_script_sends_works_under_the_policy(open_page):
    page = open_page()
    page.evaluate(
        """() => {
          const form = document.body.appendChild(document.createElement("form"));
          form.append(Object.assign(document.createElement("button"), { textContent: "Probe" }));
          form.addEventListener("submit", (event) => { event.preventDefault(); document.title = "sent"; });
        }"""
    )

    page.get_by_role("button", name="Probe").click()

    expect(page).to_have_title("sent")

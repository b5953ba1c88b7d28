"""One browser with two tabs: they share their cookies and what is unsent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import log_in, unsent, until


@pytest.fixture
def ada(account):
    return account(name="Ada")


def second_tab(page):
    """Another tab of the same browser, at the same address."""
    other = page.context.new_page()
    other.goto(page.url)
    return other


def test_who_logs_out_in_one_tab_is_logged_out_in_the_other(open_page, ada):
    page = open_page(ada)
    other = second_tab(page)
    expect(other.get_by_label("New todo")).to_be_visible()

    page.get_by_role("button", name="Log out").click()

    expect(other.get_by_role("heading", name="Log in")).to_be_visible()


def test_who_logs_in_as_another_in_one_tab_is_that_one_in_the_other_too(open_page, ada, account):
    ada.post("/todos", {"task": "Ada's secret"})
    bob = account(name="Bob")
    page = open_page(ada)
    other = second_tab(page)
    expect(other.get_by_label("Ada's secret: done")).to_be_visible()

    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Email").fill(bob.email)
    page.get_by_label("Password", exact=True).fill(bob.password)
    page.get_by_role("button", name="Log in").click()

    expect(other.get_by_role("link", name="Bob")).to_be_visible()
    expect(other.get_by_text("Ada's secret")).to_have_count(0)


def test_a_change_that_is_on_its_way_from_one_tab_is_left_to_it_by_the_other(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada)
    held = []

    def hold(route):
        held.append(route)

    page.route(f"**/api/v1/todos/{made['id']}", hold)
    page.get_by_label("buy milk: done").check()
    until(page, lambda: held)

    other = page.context.new_page()
    sent = []
    other.on("request", lambda request: sent.append(request.method))
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Inbox")).to_be_visible()
    held[0].continue_()

    until(page, lambda: unsent(page) == 0)
    other.get_by_label("New todo").fill("buy bread")
    other.get_by_label("New todo").press("Enter")
    expect(other.get_by_label("buy bread: done")).to_be_enabled()
    assert "PATCH" not in sent
    for tab in (page, other):
        expect(tab.get_by_role("dialog")).to_have_count(0)


def test_what_was_left_is_no_conflict_however_many_tabs_are_opened(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["ERR_FAILED", "412"])
    sent = []

    def lose(route):
        sent.append(route.fetch() if not sent else None)
        route.abort()

    page.route(f"**/api/v1/todos/{made['id']}", lose)
    for before, after in (("buy milk", "buy honey"), ("buy honey", "buy bread")):
        page.get_by_role("button", name=before, exact=True).click()
        page.get_by_label("Task").fill(after)
        page.get_by_label("Task").press("Enter")
    expect(page.get_by_text("2 changes wait for a connection")).to_be_visible()
    address, context = page.url, page.context
    page.close(run_before_unload=False)

    tabs = [context.new_page() for _ in range(3)]
    for tab in tabs:
        tab.goto(address, wait_until="commit")

    for tab in tabs:
        tab.bring_to_front()  # browsers hardly draw what nobody looks at
        expect(tab.get_by_role("button", name="buy bread", exact=True)).to_be_visible()
        expect(tab.get_by_text("for a connection")).to_have_count(0)
        until(tab, lambda tab=tab: unsent(tab) == 0)
        expect(tab.get_by_role("dialog")).to_have_count(0)
    assert ada.get(f"/todos/{made['id']}")["task"] == "buy bread"


def test_a_tab_whose_token_another_one_has_just_renewed_goes_on(open_page, ada):
    page = open_page(ada, allow=["403"])
    expect(page.get_by_label("New todo")).to_be_visible()

    def renew_meanwhile(route):
        log_in(page, ada)
        route.continue_()

    page.route("**/api/v1/todos", renew_meanwhile, times=1)
    page.get_by_label("New todo").fill("buy milk")
    page.get_by_label("New todo").press("Enter")

    expect(page.get_by_label("buy milk: done")).to_be_enabled()


def test_both_tabs_renew_the_session_and_go_on(open_page, ada):
    page = open_page(ada)
    other = second_tab(page)
    tabs = (page, other)
    for tab in tabs:
        expect(tab.get_by_label("New todo")).to_be_visible()
    for name in ("access_token_cookie", "csrf_access_token"):
        page.context.clear_cookies(name=name)

    for tab in tabs:
        tab.get_by_label("New todo").fill(f"from tab {tabs.index(tab)}")
        tab.evaluate("document.querySelector('.new-todo').requestSubmit()")

    for tab in tabs:
        expect(tab.get_by_label(f"from tab {tabs.index(tab)}: done")).to_be_enabled()

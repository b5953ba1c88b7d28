"""The lists and tags beside every view, and how much is left in each."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.frontend.conftest import until


def test_what_is_left_is_counted_as_it_is_though_an_older_answer_comes_last(open_page, account):
    ada = account(name="Ada")
    for task in ("one", "two", "three"):
        ada.post("/todos", {"task": task})
    page = open_page(ada)
    count = page.get_by_role("navigation").get_by_role("link", name="Inbox").locator(".count")
    expect(count).to_contain_text("3")
    late = []

    def keep_first(route):
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.route("**/api/v1/lists?*", keep_first)
    page.get_by_label("one: done").check()
    until(page, lambda: late)
    page.get_by_label("two: done").check()
    expect(count).to_contain_text("1")
    route, answer = late[0]

    with page.expect_response("**/api/v1/lists?*"):
        route.fulfill(response=answer)
    page.wait_for_timeout(200)

    assert "1" in count.inner_text()

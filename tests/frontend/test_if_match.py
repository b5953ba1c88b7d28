"""A service that wants to know of each change what version it was made of."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def site_settings():
    return {"REQUIRE_IF_MATCH": "on"}


@pytest.fixture
def ada(account):
    return account()


def test_somebody_new_has_the_time_zone_of_their_machine(open_page):
    page = open_page(timezone_id="Asia/Tokyo")
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill("violet kettle 71")
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_label("New todo")).to_be_visible()

    page.get_by_role("link", name="new@example.com").click()

    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")


def test_a_todo_goes_to_the_trash_comes_back_and_is_erased(open_page, ada):
    ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada)
    row = page.get_by_role("button", name="buy milk", exact=True)
    row.focus()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()

    page.get_by_role("button", name="Details of buy milk").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Delete for good: buy milk").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    assert ada.get("/todos", params={"trashed": "true"})["data"] == []


def test_todos_are_put_in_order_and_nested(open_page, ada):
    for task in ("one", "two"):
        ada.post("/todos", {"task": task})
    page = open_page(ada)
    page.get_by_role("button", name="two", exact=True).focus()

    page.keyboard.press("Alt+ArrowRight")

    expect(page.get_by_role("listitem").filter(has=page.get_by_label("two: done"))).to_have_attribute("aria-level", "2")
    page.wait_for_load_state("networkidle")
    assert ada.get("/todos", params={"q": "two"})["data"][0]["parent_id"]


def test_a_list_is_changed_archived_and_deleted(open_page, ada):
    made = ada.post("/lists", {"name": "Errands"})
    page = open_page(ada, path=f"/#/lists/{made['id']}")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Bring back from the archive")).to_be_visible()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert [one["name"] for one in ada.get("/lists")["data"]] == ["Inbox"]


def test_files_and_comments_are_deleted(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    ada.post(f"/todos/{made['id']}/comments", {"body": "oat milk"})
    ada.post(f"/todos/{made['id']}/attachments", files={"file": ("note.txt", b"hello")})
    page = open_page(ada)
    page.get_by_role("button", name="Details of buy milk").click()
    for button, sure in (("Delete note.txt", "Delete file"), ("Delete", "Delete comment")):
        page.get_by_role("dialog", name="Details").get_by_role("button", name=button, exact=True).first.click()
        page.get_by_role("dialog", name=sure).get_by_role("button", name="Delete").click()
        expect(page.get_by_role("dialog", name=sure)).to_have_count(0)

    expect(page.get_by_text("No comments yet.")).to_be_visible()
    expect(page.get_by_role("link", name="note.txt")).to_have_count(0)


def test_tokens_sessions_address_and_account_are_changed(open_page, ada):
    ada.post("/auth/tokens", {"name": "script", "scopes": ["todos:read"]})
    page = open_page(ada, path="/#/settings")
    page.get_by_role("button", name="End all others").click()
    expect(page.get_by_text("All other sessions have ended.")).to_be_visible()
    page.get_by_role("button", name="Delete: script").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Delete: script")).to_have_count(0)
    page.get_by_label("New email").fill("moved@example.com")
    page.get_by_label("Current password", exact=True).first.fill(ada.password)
    page.get_by_role("button", name="Change email").click()
    expect(page.get_by_role("link", name="moved@example.com")).to_be_visible()

    page.get_by_role("button", name="Delete account").click()
    page.get_by_role("dialog").get_by_label("Current password", exact=True).fill(ada.password)
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()

    expect(page.get_by_text("Your account is deleted.")).to_be_visible()


def test_a_todo_that_was_changed_elsewhere_is_thrown_away_all_the_same(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["412"])
    expect(page.get_by_label("buy milk: done")).to_be_visible()
    ada.patch(f"/todos/{made['id']}", {"priority": "high"}, headers={"If-Match": "*"})

    page.get_by_role("button", name="buy milk", exact=True).focus()
    page.keyboard.press("Delete")

    expect(page.get_by_text("“buy milk” is in the trash.")).to_be_visible()
    assert ada.get("/todos", params={"trashed": "true"})["data"]

"""The page by keyboard alone: every step of a day's work without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.test_connection import until


@pytest.fixture
def ada(account):
    return account(name="Ada")


@pytest.fixture
def three(ada):
    """Ada, with three todos."""
    for task in ("one", "two", "three"):
        ada.post("/todos", {"task": task})
    return ada


def tasks(page):
    return page.get_by_role("list", name="Todos").locator(".task")


def focused(page):
    """What has the focus, by the name that a screen reader says."""
    return page.evaluate("""() => {
        const element = document.activeElement;
        return (element.ariaLabel ?? element.labels?.[0]?.innerText ?? element.innerText).trim();
    }""")


def order(person):
    return [todo["task"] for todo in person.get("/todos", params={"sort": "position"})["data"]]


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def to(page, name, most=40):
    """Press Tab until something called `name` has the focus."""
    for _ in range(most):
        if focused(page).startswith(name):
            return
        press(page, "Tab")
    raise AssertionError(f"Tab never leads to {name}")


def test_a_day_begins_and_ends_by_keyboard_alone(open_page, ada):
    page = open_page(ada)
    expect(page.get_by_label("New todo")).to_be_visible()

    page.get_by_role("link", name="Skip to the todos").focus()
    press(page, "Enter")
    to(page, "New todo")
    page.keyboard.type("buy milk !high #errand")
    press(page, "Enter")
    expect(tasks(page)).to_have_text(["buy milk"])
    to(page, "buy milk: done")
    press(page, "Space")

    expect(page.get_by_label("buy milk: done")).to_be_checked()
    to(page, "Details of buy milk")
    press(page, "Enter")
    expect(page.get_by_role("dialog", name="Details")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("button", name="Details of buy milk")).to_be_focused()


def test_one_tab_stop_leads_into_the_list_and_arrows_through_it(open_page, three):
    page = open_page(three)
    expect(tasks(page)).to_have_count(3)
    page.get_by_label("one: done").focus()

    press(page, "ArrowDown", "ArrowDown")
    assert focused(page) == "three: done"
    press(page, "Home")
    assert focused(page) == "one: done"
    press(page, "Tab", "Tab")
    assert focused(page) == "Details of one"
    press(page, "Tab")
    assert page.evaluate("!document.activeElement.closest('[data-id]')"), "the next stop is behind the list"


def test_todos_are_moved_nested_and_taken_out_by_keys_and_that_is_said(open_page, three):
    page = open_page(three)
    expect(tasks(page)).to_have_count(3)
    said = page.locator(".notices [role=status]").first
    page.get_by_role("button", name="three", exact=True).focus()

    press(page, "Alt+ArrowUp")
    expect(said).to_have_text("Moved up, 2 of 3")
    expect(tasks(page)).to_have_text(["one", "three", "two"])
    press(page, "Alt+ArrowRight")
    expect(said).to_have_text("Is a subtask now, 1 of 1")
    expect(page.get_by_role("listitem").filter(has_text="three")).to_have_attribute("aria-level", "2")
    press(page, "Alt+ArrowLeft")
    expect(said).to_have_text("Is out of its parent now, 2 of 3")

    assert focused(page) == "three"
    assert order(three) == ["one", "three", "two"]


def test_a_todo_is_edited_and_deleted_by_keys_and_the_focus_goes_to_the_next(open_page, three):
    page = open_page(three)
    page.get_by_role("button", name="one", exact=True).focus()

    press(page, "Enter")
    page.keyboard.type("first")
    press(page, "Enter")
    expect(page.get_by_role("button", name="first", exact=True)).to_be_focused()
    press(page, "Delete")

    expect(page.get_by_role("button", name="two", exact=True)).to_be_focused()
    expect(page.get_by_text("“first” is in the trash.")).to_be_visible()
    assert order(three) == ["two", "three"]


def test_a_dialog_keeps_the_focus_inside_and_gives_it_back(open_page, ada):
    page = open_page(ada)
    page.get_by_role("button", name="New list").focus()

    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(30):
        press(page, "Tab")
        assert page.evaluate("document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))")
    press(page, "Escape")

    expect(page.get_by_role("button", name="New list")).to_be_focused()


def test_a_todo_that_is_moved_faster_than_answers_come_does_not_jump_back(open_page, three):
    page = open_page(three)
    held = []
    page.route("**/move", lambda route: held.append(route))
    page.get_by_role("button", name="one", exact=True).focus()

    press(page, "Alt+ArrowDown", "Alt+ArrowDown")
    until(page, lambda: held)
    held[0].continue_()
    until(page, lambda: len(held) > 1)

    expect(tasks(page)).to_have_text(["two", "three", "one"])
    held[1].continue_()
    until(page, lambda: order(three) == ["two", "three", "one"])


def test_when_all_filters_are_off_the_focus_is_where_they_are(open_page, three):
    page = open_page(three, path="/#/todos?priority=high")
    page.get_by_text("Filters and order").click()

    page.get_by_role("button", name="Show all again").press("Enter")

    expect(tasks(page)).to_have_count(3)
    expect(page.locator("summary", has_text="Filters and order")).to_be_focused()


def test_a_todo_keeps_the_focus_wherever_it_is_moved_to(open_page, ada):
    first = ada.post("/todos", {"task": "one"})
    second = ada.post("/todos", {"task": "two", "parent_id": first["id"]})
    ada.post("/todos", {"task": "three", "parent_id": second["id"]})
    ada.post("/todos", {"task": "four"})
    page = open_page(ada)
    page.get_by_role("button", name="four", exact=True).focus()

    for level in ("2", "3", "4"):
        press(page, "Alt+ArrowRight")
        expect(page.get_by_role("listitem").filter(has_text="four")).to_have_attribute("aria-level", level)
        page.wait_for_load_state("networkidle")

    expect(page.get_by_role("button", name="four", exact=True)).to_be_focused()


def test_who_brings_a_todo_back_by_keyboard_is_still_in_the_page(open_page, three):
    page = open_page(three)
    page.get_by_role("button", name="one", exact=True).focus()
    press(page, "Delete")

    page.get_by_role("button", name="Undo").press("Enter")

    expect(tasks(page)).to_have_text(["one", "two", "three"])
    expect(page.get_by_role("heading", name="Inbox")).to_be_focused()


def test_who_empties_the_trash_by_keyboard_stays_in_it(open_page, three):
    for todo in three.get("/todos")["data"]:
        three.delete(f"/todos/{todo['id']}")
    page = open_page(three, path="/#/trash")

    page.get_by_role("button", name="Restore one").press("Enter")
    expect(page.get_by_role("heading", name="Trash")).to_be_focused()
    page.get_by_role("button", name="Delete for good: two").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").press("Enter")

    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("heading", name="Trash")).to_be_focused()

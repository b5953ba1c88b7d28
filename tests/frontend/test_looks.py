"""The views of todos, on a desk and on a phone, in light and in dark: nothing keeps anybody from using them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.people import register

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
LOOKS = [
    pytest.param({"viewport": size, "color_scheme": scheme}, id=f"{where}-{scheme}")
    for where, size in {"desk": DESK, "phone": PHONE}.items()
    for scheme in ("light", "dark")
]


@pytest.fixture(scope="module")
def busy(site):
    """Somebody with some of everything."""
    busy = register(site.api, name="Ada")
    groceries = busy.post("/lists", {"name": "Groceries", "color": "#27864f"})
    busy.post("/lists", {"name": "Old", "archived": True})
    party = busy.post(
        "/todos", {"task": "plan the party", "priority": "urgent", "due_on": "2020-01-01", "notes": "soon", "tags": ["home", "fun"]}
    )
    busy.post(
        "/todos", {"task": "buy a cake", "parent_id": party["id"], "priority": "high", "due_on": "2031-01-01", "recurrence": "FREQ=YEARLY"}
    )
    busy.post("/todos", {"task": "sleep", "priority": "low"})
    busy.post("/todos", {"task": "milk", "list_id": groceries["id"], "done": True})
    busy.delete(f"/todos/{busy.post('/todos', {'task': 'gone'})['id']}")
    return busy


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", ["/", "/#/todos?done=any", "/#/due", "/#/assigned", "/#/tags/home", "/#/trash", "/#/nowhere"])
def test_a_view_has_no_barrier(open_page, busy, path, look):
    page = open_page(busy, path=path, **look)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")

    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"]


@pytest.mark.parametrize("look", LOOKS)
def test_the_panel_of_a_todo_has_no_barrier(open_page, busy, look):
    page = open_page(busy, **look)
    page.get_by_role("button", name="Details of plan the party").click()
    expect(page.get_by_role("dialog", name="Details")).to_be_visible()
    page.wait_for_load_state("networkidle")

    axe(page)


@pytest.mark.parametrize("look", LOOKS)
def test_filters_an_edited_row_and_a_notice_are_no_barrier(open_page, busy, look):
    page = open_page(busy, **look)
    page.get_by_text("Filters and order").click()
    page.get_by_label("sleep: done").check()
    page.get_by_label("sleep: done").uncheck()
    page.get_by_role("button", name="Details of sleep").focus()
    page.get_by_role("button", name="sleep", exact=True).click()
    expect(page.get_by_label("Task")).to_be_focused()

    axe(page)


@pytest.mark.parametrize("look", LOOKS)
def test_the_dialog_of_a_list_has_no_barrier(open_page, busy, look):
    page = open_page(busy, path="/#/todos", **look)
    if look["viewport"] == PHONE:
        page.get_by_role("button", name="Lists and views").click()
    page.get_by_role("button", name="New list").click()
    expect(page.get_by_role("dialog", name="New list")).to_be_visible()

    axe(page)


def test_on_a_phone_the_lists_open_over_the_todos_and_close_when_one_is_chosen(open_page, busy):
    page = open_page(busy, path="/#/todos", viewport=PHONE, has_touch=True)
    lists = page.get_by_role("navigation")
    expect(lists).to_be_hidden()

    page.get_by_role("button", name="Lists and views").tap()
    lists.get_by_role("link", name="Groceries").tap()

    expect(page.get_by_role("heading", name="Groceries")).to_be_visible()
    expect(lists).to_be_hidden()

    page.get_by_role("button", name="Lists and views").tap()
    lists.get_by_role("link", name="Groceries").tap()  # it is open already

    expect(lists).to_be_hidden()


def test_what_a_finger_must_hit_on_a_phone_is_large_enough(open_page, busy):
    page = open_page(busy, viewport=PHONE)
    expect(page.get_by_label("plan the party: done")).to_be_visible()

    boxes = {
        button.get_attribute("aria-label") or button.inner_text(): button.bounding_box()
        for button in page.get_by_role("button").all()
        if button.is_visible()
    }

    assert {name: box for name, box in boxes.items() if box["height"] < 24 or box["width"] < 24} == {}


def test_on_a_small_phone_words_have_room_however_deep_a_todo_is_nested_and_in_the_trash(open_page, account):
    ada = account(name="Ada")
    gone = ada.post("/todos", {"task": "gone " + "W" * 100})
    ada.delete(f"/todos/{gone['id']}")
    parent = None
    for level in range(1, 7):
        parent = ada.post("/todos", {"task": f"level {level}", "parent_id": parent})["id"]
    page = open_page(ada, viewport={"width": 360, "height": 640}, locale="de-DE")
    words = page.locator(".todo .task")

    assert words.filter(has_text="level 6").bounding_box()["width"] > 120
    page.get_by_role("button", name="Listen und Ansichten").click()
    page.get_by_role("link", name="Papierkorb").click()
    assert words.filter(has_text="gone").bounding_box()["width"] > 240


def test_filters_are_no_wider_than_a_phone_however_long_a_tag_is(open_page, account):
    ada = account()
    ada.post("/todos", {"task": "buy milk", "tags": ["W" * 44]})
    page = open_page(ada, viewport=PHONE)
    expect(page.get_by_label("buy milk: done")).to_be_visible()
    page.get_by_text("Filters and order").click()

    expect(page.locator("option", has_text="WWW")).to_be_attached()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_date_is_seen_whole_in_the_panel(open_page, account):
    ada = account(name="Ada")
    ada.post("/todos", {"task": "buy milk", "due_on": "2030-12-24"})
    page = open_page(ada, viewport={"width": 1280, "height": 800})
    page.get_by_role("button", name="Details of buy milk").click()

    day = page.get_by_label("Day", exact=True).first

    assert day.bounding_box()["width"] >= 8.5 * 16  # pixels that ten digits and signs take, with the button of the calendar


def test_a_dialog_about_a_list_is_read_however_long_its_name_is(open_page, account):
    ada = account(name="Ada")
    made = ada.post("/lists", {"name": "W" * 120})
    page = open_page(ada, path=f"/#/lists/{made['id']}", viewport=PHONE)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Close")).to_be_visible()

    assert page.get_by_role("dialog").evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")
    assert page.get_by_role("dialog").get_by_role("heading").first.bounding_box()["x"] >= 0


def test_a_report_on_a_list_is_no_wider_than_a_phone_however_long_its_name_is(open_page, account):
    ada = account(name="Ada")
    ada.post("/lists", {"name": "W" * 120})
    page = open_page(ada, path="/#/reports", viewport=PHONE)
    page.get_by_role("combobox", name="List").select_option("W" * 120)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#report")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

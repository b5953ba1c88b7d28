"""Working through a list on the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect


@pytest.fixture
def ada(account):
    return account(name="Ada")


@pytest.fixture
def todo(ada):
    """`todo("buy milk", priority="high")`: a todo of Ada's, as the API gives it."""
    return lambda task, **fields: ada.post("/todos", {"task": task, **fields})


def row(page, task):
    """The row of a todo."""
    return page.get_by_role("listitem").filter(has=page.get_by_label(f"{task}: done", exact=True))


def tasks(page):
    """The todos that the list shows, in order."""
    return page.get_by_role("list", name="Todos").locator(".task")


def test_a_todo_that_is_ticked_off_stays_in_sight_until_the_list_is_opened_anew(open_page, ada, todo):
    made = todo("buy milk")
    page = open_page(ada)

    expect(page.get_by_text("1 open todo")).to_have_count(1)

    page.get_by_label("buy milk: done").check()

    expect(row(page, "buy milk")).to_have_class(re.compile("done"))
    expect(page.get_by_text("1 open todo")).to_have_count(0)
    assert ada.get(f"/todos/{made['id']}")["done"]
    page.reload()
    expect(page.get_by_text("Nothing here.")).to_be_visible()


def test_a_todo_is_edited_in_its_place(open_page, ada, todo):
    made = todo("buy mlik")
    page = open_page(ada)

    page.get_by_role("button", name="buy mlik", exact=True).click()
    page.get_by_label("Task").fill("buy milk")
    with page.expect_response("**/api/v1/todos/*"):
        page.get_by_label("Task").press("Enter")

    expect(page.get_by_role("button", name="buy milk", exact=True)).to_be_focused()
    assert ada.get(f"/todos/{made['id']}")["task"] == "buy milk"


def test_escape_leaves_the_text_as_it_was(open_page, ada, todo):
    todo("buy milk")
    page = open_page(ada)

    page.get_by_role("button", name="buy milk", exact=True).click()
    page.get_by_label("Task").fill("something else")
    page.get_by_label("Task").press("Escape")

    expect(page.get_by_role("button", name="buy milk", exact=True)).to_be_focused()


def test_all_fields_of_a_todo_are_changed_in_its_panel(open_page, ada, todo):
    made = todo("buy milk", tags=["errand"])
    ada.post("/lists", {"name": "Groceries"})
    page = open_page(ada)

    page.get_by_role("button", name="Details of buy milk").click()
    panel = page.get_by_role("dialog", name="Details")
    panel.get_by_label("Notes").fill("two bottles\nand a crate")
    panel.get_by_role("combobox", name="Priority").select_option("high")
    panel.get_by_role("combobox", name="List").select_option(label="Groceries")
    panel.get_by_role("group", name="Due").get_by_label("Day").fill("2030-06-01")
    panel.get_by_role("combobox", name="Repeats").select_option(label="every week")
    panel.get_by_label("Tags").fill("errand, #home")
    panel.get_by_label("Task").fill("buy milk and honey")
    with page.expect_response(lambda answer: "honey" in answer.text()):
        panel.get_by_label("Task").press("Tab")

    changed = ada.get(f"/todos/{made['id']}")
    assert changed["list_id"] != made["list_id"]
    assert {name: changed[name] for name in ("task", "notes", "priority", "due_on", "recurrence", "tags")} == {
        "task": "buy milk and honey",
        "notes": "two bottles\nand a crate",
        "priority": "high",
        "due_on": "2030-06-01",
        "recurrence": "FREQ=WEEKLY",
        "tags": ["errand", "home"],
    }


def test_subtasks_stand_under_their_todo(open_page, ada, todo):
    party = todo("plan the party")
    todo("buy a cake", parent_id=todo("food", parent_id=party["id"])["id"])
    todo("sleep")

    page = open_page(ada)

    expect(tasks(page)).to_have_text(["plan the party", "food", "buy a cake", "sleep"])
    for task, level in {"plan the party": "1", "food": "2", "buy a cake": "3", "sleep": "1"}.items():
        expect(row(page, task)).to_have_attribute("aria-level", level)


def test_todos_are_put_in_order_by_dragging(open_page, ada, todo):
    for task in ("one", "two", "three"):
        todo(task)
    page = open_page(ada)
    expect(tasks(page)).to_have_count(3)

    handle, target = row(page, "three").locator(".handle").bounding_box(), row(page, "one").bounding_box()
    page.mouse.move(handle["x"] + 4, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + 40, target["y"] + 20, steps=4)
    page.mouse.move(target["x"] + 40, target["y"] + 3)
    with page.expect_response("**/move"):
        page.mouse.up()

    expect(tasks(page)).to_have_text(["three", "one", "two"])
    assert [one["task"] for one in ada.get("/todos", params={"sort": "position"})["data"]] == ["three", "one", "two"]


def test_a_list_is_searched_as_one_types(open_page, ada, todo):
    for task in ("buy milk", "buy bread", "call Mum"):
        todo(task)
    page = open_page(ada)

    page.get_by_role("searchbox").press_sequentially("bu mi")

    expect(tasks(page)).to_have_text(["buy milk"])
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("bu mi")
    expect(tasks(page)).to_have_text(["buy milk"])


@pytest.mark.parametrize(
    ("filter_", "option", "left"),
    [
        ("Show", "done", ["done already"]),
        ("Show", "open and done", ["late", "urgent", "tagged", "done already"]),
        ("Due", "overdue", ["late"]),
        ("Priority", "urgent", ["urgent"]),
        ("Tag", "#errand", ["tagged"]),
        ("Order", "by name", ["late", "tagged", "urgent"]),
    ],
)
def test_a_list_is_filtered_and_sorted(open_page, ada, todo, filter_, option, left):
    todo("late", due_on="2020-01-01")
    todo("urgent", priority="urgent")
    todo("tagged", tags=["errand"])
    todo("done already", done=True)
    page = open_page(ada)

    page.get_by_text("Filters and order").click()
    page.get_by_role("combobox", name=filter_).select_option(label=option)

    expect(tasks(page)).to_have_text(left)


def test_what_is_due_today_is_another_thing_after_midnight(open_page, ada, todo):
    now = datetime.now(UTC)
    for days, task in enumerate(("pay the rent", "buy milk", "call Bob")):
        todo(task, due_on=f"{now + timedelta(days=days):%F}")
    page = open_page(ada, path="/#/todos?due=today")
    expect(tasks(page)).to_have_text(["pay the rent"])

    page.clock.set_fixed_time(now + timedelta(days=1))
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(tasks(page)).to_have_text(["buy milk", "pay the rent"])


def test_the_next_page_comes_as_one_scrolls(open_page, ada):
    ada.post("/todos/batch", {"operations": [{"op": "create", "todo": {"task": f"todo {number}"}} for number in range(400)]})
    page = open_page(ada)
    expect(tasks(page).first).to_have_text("todo 0")

    last = page.get_by_text("todo 399", exact=True)
    for _ in range(500):
        if last.is_visible():
            break
        page.mouse.wheel(0, 3000)
        page.wait_for_function("document.querySelector('.todos').getAttribute('aria-busy') === 'false'")

    assert tasks(page).count() < 150, "what is far away is not in the page"


def test_a_deleted_todo_comes_back_with_its_subtasks(open_page, ada, todo):
    todo("buy a cake", parent_id=todo("plan the party")["id"])
    page = open_page(ada)

    page.get_by_role("button", name="Details of plan the party").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(tasks(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()

    expect(tasks(page)).to_have_text(["plan the party", "buy a cake"])
    assert len(ada.get("/todos")["data"]) == 2


def test_the_trash_gives_back_and_removes_for_good(open_page, ada, todo):
    for task in ("restore me", "erase me"):
        ada.delete(f"/todos/{todo(task)['id']}")
    page = open_page(ada, path="/#/trash")

    page.get_by_role("button", name="Restore restore me").click()
    expect(page.get_by_text("“restore me” is back.")).to_be_visible()
    page.get_by_role("button", name="Delete for good: erase me").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    assert [one["task"] for one in ada.get("/todos")["data"]] == ["restore me"]
    assert ada.get("/todos", params={"trashed": "true"})["data"] == []


def test_what_others_change_shows_when_one_looks_again(open_page, ada, todo):
    made = todo("buy milk")
    page = open_page(ada)
    expect(tasks(page)).to_have_text(["buy milk"])

    ada.patch(f"/todos/{made['id']}", {"task": "buy honey"})
    todo("buy bread")
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(tasks(page)).to_have_text(["buy honey", "buy bread"])


def test_a_task_of_two_lines_that_is_only_looked_at_stays_as_it_is(open_page, ada, todo):
    made = todo("buy milk\nbuy bread")
    page = open_page(ada)

    page.get_by_role("button", name="buy milk buy bread", exact=True).click()
    expect(page.get_by_label("Task")).to_have_value("buy milk buy bread")
    page.get_by_label("Task").press("Enter")
    with page.expect_response("**/api/v1/todos/*"):
        page.get_by_label("buy milk buy bread: done").check()

    assert ada.get(f"/todos/{made['id']}")["task"] == "buy milk\nbuy bread"

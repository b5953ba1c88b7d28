"""Two people, or one with two devices, change the same todo."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.conftest import until


@pytest.fixture
def conflict(open_page, account):
    """Ada's page, on which she has begun to change a todo that was then changed elsewhere; and the todo."""
    ada = account(name="Ada")
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["412"])
    page.get_by_role("button", name="buy milk", exact=True).click()
    ada.patch(f"/todos/{made['id']}", {"task": "buy honey"})
    page.get_by_label("Task").fill("buy bread")
    page.get_by_label("Task").press("Enter")
    return page, lambda: ada.get(f"/todos/{made['id']}")["task"]


def test_both_versions_are_shown(conflict):
    page, _ = conflict

    dialog = page.get_by_role("dialog", name="Changed by two")
    expect(dialog.get_by_role("row", name="Task buy bread buy honey")).to_be_visible()


def test_mine_is_kept_if_i_say_so(conflict):
    page, task = conflict

    page.get_by_role("button", name="Keep mine").click()

    expect(page.get_by_role("button", name="buy bread", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert task() == "buy bread"


def test_theirs_is_kept_if_i_say_so(conflict):
    page, task = conflict

    page.get_by_role("button", name="Take theirs").click()

    expect(page.get_by_role("button", name="buy honey", exact=True)).to_be_visible()
    assert task() == "buy honey"


def test_notes_that_somebody_types_are_not_overwritten_by_what_comes_in(open_page, account):
    ada = account(name="Ada")
    made = ada.post("/todos", {"task": "buy milk", "notes": "one"})
    page = open_page(ada, allow=["412"])
    page.get_by_role("button", name="Details of buy milk").click()
    page.get_by_label("Notes").fill("mine")

    ada.patch(f"/todos/{made['id']}", {"notes": "theirs"})
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Notes")).to_have_value("mine")
    page.get_by_label("Notes").press("Tab")

    expect(page.get_by_role("dialog", name="Changed by two").get_by_role("row", name="Notes mine theirs")).to_be_visible()


def test_whom_it_was_assigned_to_is_said_by_name(open_page, account):
    ada, bob = account(name="Ada"), account(name="Bob")
    home = ada.post("/lists", {"name": "Home"})
    ada.post(f"/lists/{home['id']}/members", {"email": bob.email, "role": "editor"})
    made = ada.post("/todos", {"task": "buy milk", "list_id": home["id"]})
    page = open_page(ada, path=f"/#/lists/{home['id']}", allow=["412"])
    page.get_by_role("button", name="Details of buy milk").click()
    assignee = page.get_by_role("combobox", name="Assigned to")
    assignee.focus()

    bob.patch(f"/todos/{made['id']}", {"assignee_id": bob.get("/me")["id"]})
    assignee.select_option("Ada")

    expect(page.get_by_role("dialog", name="Changed by two").get_by_role("row", name="Assigned to Ada Bob")).to_be_visible()


def test_under_which_todo_it_was_put_is_said_by_its_task(open_page, account):
    ada = account(name="Ada")
    ada.post("/todos", {"task": "plan the party"})
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["412"])
    page.get_by_role("button", name="buy milk", exact=True).focus()

    ada.patch(f"/todos/{made['id']}", {"priority": "high"})
    page.keyboard.press("Alt+ArrowRight")

    dialog = page.get_by_role("dialog", name="Changed by two")
    expect(dialog.get_by_role("row", name="Parent plan the party –")).to_be_visible()


def test_changes_that_one_person_makes_faster_than_they_are_sent_are_no_conflict(open_page, account):
    ada = account(name="Ada")
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada)
    held = []
    page.route(f"**/api/v1/todos/{made['id']}", lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="Details of buy milk").click()

    page.get_by_role("combobox", name="Priority").select_option("high")
    page.get_by_role("combobox", name="Priority").select_option("urgent")
    page.get_by_label("Notes").fill("two bottles")
    page.get_by_label("Notes").press("Tab")
    held[0].continue_()

    def now():
        todo = ada.get(f"/todos/{made['id']}")
        return (todo["priority"], todo["notes"]) == ("urgent", "two bottles")

    until(page, now)
    assert page.get_by_role("dialog", name="Changed by two").count() == 0


def test_a_change_after_one_that_was_refused_is_no_conflict_with_oneself(open_page, account):
    ada = account(name="Ada")
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["422"])
    page.add_init_script("window.setInterval = () => 0")  # a look at what others have changed would see it in time
    page.reload()
    held = []
    page.route(f"**/api/v1/todos/{made['id']}", lambda route: route.continue_() if held else held.append(route))
    page.get_by_role("button", name="Details of buy milk").click()
    page.get_by_label("Notes").fill("two bottles")
    page.get_by_label("Tags").fill("x" * 51)
    page.get_by_label("Tags").press("Tab")
    with page.expect_response(lambda answer: "/api/v1/todos?" in answer.url, timeout=15_000):
        held[0].continue_()
        expect(page.get_by_text("Length must be between 1 and 50")).to_be_visible()

    page.get_by_role("combobox", name="Priority").select_option("high")

    until(page, lambda: ada.get(f"/todos/{made['id']}")["priority"] == "high" or page.get_by_role("dialog").count() > 1)
    assert page.get_by_role("dialog", name="Changed by two").count() == 0

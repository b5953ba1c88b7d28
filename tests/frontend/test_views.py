"""What a view shows is true, and stays so while one works in it and others do too."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.frontend.test_connection import GONE, add, until


@pytest.fixture
def ada(account):
    return account(name="Ada")


def tasks(page):
    """The todos that the view shows, in order."""
    return page.get_by_role("list", name="Todos").locator(".task")


def look_again(page):
    """Come back to the page, and wait until it has looked at what has changed."""
    with page.expect_response("**/api/v1/todos?*"):
        page.evaluate("dispatchEvent(new Event('focus'))")


def test_a_todo_that_recurs_is_followed_by_the_next_one_when_it_is_ticked_off(open_page, ada):
    ada.post("/todos", {"task": "water the plants", "due_on": "2026-01-01", "recurrence": "FREQ=DAILY"})
    page = open_page(ada)

    page.get_by_label("water the plants: done").check()

    expect(tasks(page)).to_have_text(["water the plants", "water the plants"])


def test_a_todo_that_moves_to_another_list_leaves_the_view_with_its_subtasks(open_page, ada):
    ada.post("/lists", {"name": "Errands"})
    parent = ada.post("/todos", {"task": "buy milk"})
    ada.post("/todos", {"task": "oat milk", "parent_id": parent["id"]})
    page = open_page(ada)
    page.get_by_role("button", name="Details of buy milk").click()

    with page.expect_response("**/api/v1/todos/*"):
        page.get_by_role("combobox", name="List").select_option("Errands")
    page.keyboard.press("Escape")

    expect(page.get_by_text("Nothing here.")).to_be_visible()
    expect(page.get_by_role("link", name="Errands 2 open todos")).to_be_visible()


def test_a_new_todo_is_on_top_of_all_todos(open_page, ada):
    ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, path="/#/todos")
    expect(tasks(page)).to_have_text(["buy milk"])

    add(page, "buy bread")

    expect(page.get_by_label("buy bread: done")).to_be_enabled()
    expect(tasks(page)).to_have_text(["buy bread", "buy milk"])


def test_what_gets_another_due_gets_another_place(open_page, ada):
    for task, day in (("first", "2030-01-01"), ("second", "2030-01-02")):
        ada.post("/todos", {"task": task, "due_on": day})
    page = open_page(ada, path="/#/due")
    page.get_by_role("button", name="Details of first").click()

    page.get_by_label("Day", exact=True).first.fill("2030-01-03")
    page.keyboard.press("Escape")

    expect(tasks(page)).to_have_text(["second", "first"])


def test_what_is_ticked_off_keeps_its_place_when_one_looks_again(open_page, ada):
    for task in ("one", "two", "three"):
        ada.post("/todos", {"task": task})
    page = open_page(ada, path="/#/todos")
    page.get_by_label("two: done").check()
    until(page, lambda: ada.get("/todos", params={"done": "true"})["data"])

    ada.post("/todos", {"task": "four"})
    look_again(page)

    expect(tasks(page)).to_have_text(["four", "three", "two", "one"])
    expect(page.get_by_label("two: done")).to_be_checked()


def test_an_answer_that_does_not_know_of_a_change_undoes_nothing(open_page, ada):
    ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada)
    expect(tasks(page)).to_have_text(["buy milk"])
    held = []

    def hold_once(route):
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route("**/api/v1/todos?*", hold_once)
    page.evaluate("dispatchEvent(new Event('focus'))")
    until(page, lambda: held)
    add(page, "buy bread")
    page.get_by_label("buy milk: done").check()
    until(page, lambda: ada.get("/todos", params={"done": "true"})["data"])

    with page.expect_response("**/api/v1/todos?*"):
        held[0][0].fulfill(response=held[0][1])
    page.wait_for_load_state("networkidle")

    expect(tasks(page)).to_have_text(["buy bread", "buy milk"])
    expect(page.get_by_label("buy milk: done")).to_be_checked()


def test_subtasks_that_came_back_from_the_trash_can_be_changed_at_once(open_page, ada):
    parent = ada.post("/todos", {"task": "buy milk"})
    child = ada.post("/todos", {"task": "oat milk", "parent_id": parent["id"]})
    page = open_page(ada)
    page.get_by_role("button", name="buy milk", exact=True).focus()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Undo").click()

    page.get_by_label("oat milk: done").check()

    until(page, lambda: ada.get(f"/todos/{child['id']}")["done"])
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_todo_that_was_deleted_elsewhere_while_it_is_moved_is_said_to_be_gone(open_page, ada):
    parent = ada.post("/todos", {"task": "buy milk"})
    child = ada.post("/todos", {"task": "oat milk", "parent_id": parent["id"]})
    page = open_page(ada, allow=["404"])
    page.get_by_role("button", name="oat milk", exact=True).focus()
    ada.delete(f"/todos/{child['id']}")

    page.keyboard.press("Alt+ArrowLeft")

    expect(page.get_by_role("alert").filter(has_text="exist")).to_be_visible()
    expect(tasks(page)).to_have_text(["buy milk"])


def test_a_view_that_was_opened_without_a_connection_comes_when_there_is_one(open_page, ada):
    ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=[GONE])
    expect(tasks(page)).to_have_text(["buy milk"])
    page.context.set_offline(True)
    page.get_by_role("link", name="All todos").click()
    expect(page.get_by_role("alert").filter(has_text="No connection")).to_be_visible()

    page.context.set_offline(False)

    expect(tasks(page)).to_have_text(["buy milk"])


def test_nothing_is_promised_without_a_connection_where_nothing_is_kept(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    ada.delete(f"/todos/{made['id']}")
    page = open_page(ada, path="/#/trash", allow=[GONE])
    expect(page.get_by_role("button", name="Restore buy milk")).to_be_visible()
    page.context.set_offline(True)

    page.get_by_role("button", name="Restore buy milk").click()

    expect(page.get_by_role("alert").filter(has_text="No connection. Try again when there is one.")).to_be_visible()


def test_what_was_added_without_a_connection_shows_when_it_is_sent_though_one_has_looked_elsewhere(open_page, ada):
    page = open_page(ada, allow=[GONE])
    page.get_by_role("link", name="All todos").click()
    expect(page.get_by_text("Nothing here.")).to_be_visible()
    page.context.set_offline(True)
    add(page, "buy milk")
    page.get_by_role("navigation").get_by_role("link", name="Inbox").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    page.context.set_offline(False)

    expect(page.get_by_label("buy milk: done")).to_be_visible()


def test_a_list_that_is_gone_shows_no_todos_and_says_so_once(open_page, ada):
    made = ada.post("/lists", {"name": "Errands"})
    ada.post("/todos", {"task": "buy milk", "list_id": made["id"]})
    page = open_page(ada, path=f"/#/lists/{made['id']}", allow=["404"])
    expect(tasks(page)).to_have_text(["buy milk"])
    ada.delete(f"/lists/{made['id']}")

    look_again(page)
    look_again(page)

    expect(page.get_by_role("heading", name="No such list")).to_be_visible()
    expect(tasks(page)).to_have_count(0)
    expect(page.locator(".notice")).to_have_count(0)


def test_a_line_that_is_refused_is_not_lost(open_page, ada):
    made = ada.post("/lists", {"name": "Errands"})
    page = open_page(ada, path=f"/#/lists/{made['id']}", allow=["404"])
    expect(page.get_by_label("New todo")).to_be_visible()
    ada.delete(f"/lists/{made['id']}")

    add(page, "buy milk")

    expect(page.get_by_role("alert").filter(has_text="“buy milk” was not added: ")).to_be_visible()


def test_what_is_searched_for_in_one_view_does_not_stand_in_the_next(open_page, ada):
    ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada)
    page.get_by_label("Search here").fill("bread")
    expect(page.get_by_text("Nothing here.")).to_be_visible()

    page.get_by_role("link", name="All todos").click()

    expect(tasks(page)).to_have_text(["buy milk"])
    expect(page.get_by_label("Search here")).to_have_value("")


def test_an_address_with_a_percent_sign_is_no_error(open_page, ada):
    page = open_page(ada, path="/#/tags/100%")

    expect(page.get_by_role("heading", name="#100%")).to_be_visible()


@pytest.mark.parametrize(("path", "title"), [("/lists/xyz", "No such list"), ("/todos?sort=foo", "All todos")])
def test_an_address_that_makes_no_sense_shows_no_todos_and_no_error(open_page, ada, path, title):
    page = open_page(ada, path=f"/#{path}", allow=["422"])

    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("Nothing here.")).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    expect(page.locator(".notice")).to_have_count(0)


def scroll_to(page, task):
    """Scroll down, page by page, until the todo is in sight."""
    for _ in range(100):
        if page.get_by_text(task, exact=True).count():
            return
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(50)
    raise AssertionError(f"{task} never comes")


def test_what_others_change_shows_in_a_list_of_which_the_rest_is_younger(open_page, ada):
    batch = [{"op": "create", "todo": {"task": f"todo {number}"}} for number in range(1000)]
    first, _ = [ada.post("/todos/batch", {"operations": some}) for some in (batch[:500], batch[500:])]
    page = open_page(ada)
    scroll_to(page, "todo 210")
    page.evaluate("scrollTo(0, 0)")

    ada.patch(f"/todos/{first['results'][1]['id']}", {"task": "changed meanwhile"})
    look_again(page)

    expect(tasks(page).nth(1)).to_have_text("changed meanwhile")


def test_a_long_list_asks_again_for_the_last_minute_as_changes_may_show_late(open_page, ada):
    batch = [{"op": "create", "todo": {"task": f"todo {number}"}} for number in range(300)]
    ada.post("/todos/batch", {"operations": batch})
    newest = datetime.fromisoformat(ada.get("/todos?sort=-updated_at&limit=1")["data"][0]["updated_at"])
    page = open_page(ada)
    scroll_to(page, "todo 210")

    with page.expect_request("**/todos?*updated_since=*") as asked:
        look_again(page)

    since = parse_qs(urlsplit(asked.value.url).query)["updated_since"][0]
    assert newest - datetime.fromisoformat(since) >= timedelta(seconds=59)


def test_a_todo_that_comes_back_leaves_the_others_in_a_trash_of_many_pages(open_page, ada):
    made = ada.post("/todos/batch", {"operations": [{"op": "create", "todo": {"task": f"todo {number}"}} for number in range(260)]})
    ada.post("/todos", {"task": "child", "parent_id": made["results"][259]["id"]})
    ada.post("/todos/batch", {"operations": [{"op": "delete", "id": one["id"]} for one in made["results"]]})
    page = open_page(ada, path="/#/trash")
    scroll_to(page, "todo 0")
    page.evaluate("scrollTo(0, 0)")

    page.get_by_role("button", name="Restore todo 259").click()

    expect(page.get_by_text("“todo 259” is back.")).to_be_visible()
    expect(page.locator(".trashed").first).to_have_attribute("aria-setsize", "259")
    expect(page.get_by_text("child", exact=True)).to_have_count(0)

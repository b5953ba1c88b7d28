"""The panel of a todo, and how one leaves it and other dialogs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.frontend.test_connection import until
from tests.frontend.test_views import look_again


@pytest.fixture
def ada(account):
    return account(name="Ada")


@pytest.fixture
def made(ada):
    return ada.post("/todos", {"task": "buy milk", "due_on": "2030-01-01"})


@pytest.fixture
def page(open_page, ada, made):
    """The todo's panel, open over all todos."""
    page = open_page(ada)
    page.get_by_role("link", name="All todos").click()
    page.get_by_role("button", name="Details of buy milk").click()
    expect(page.get_by_label("Notes")).to_be_visible()
    return page


def test_who_is_writing_is_not_interrupted_when_another_ticks_the_todo_off(page, ada, made):
    page.get_by_label("Write a comment").fill("half a sentence")
    ada.patch(f"/todos/{made['id']}", {"done": True})

    look_again(page)

    expect(page.get_by_role("dialog").get_by_label("Done")).to_be_checked()
    expect(page.get_by_label("Write a comment")).to_have_value("half a sentence")


def test_a_todo_that_is_deleted_elsewhere_closes_its_panel(page, ada, made):
    page.expected_errors.append("404")
    ada.delete(f"/todos/{made['id']}")

    look_again(page)

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Nothing here.")).to_be_visible()


def test_ticking_off_and_back_is_no_conflict_with_oneself(page, ada, made):
    done = page.get_by_role("dialog").get_by_label("Done")
    with page.expect_response(f"**/todos/{made['id']}"):
        done.check()
    with page.expect_response(f"**/todos/{made['id']}"):
        done.uncheck()

    expect(page.get_by_role("dialog")).to_have_count(1)
    until(page, lambda: ada.get(f"/todos/{made['id']}")["version"] == made["version"] + 2)


def test_a_todo_that_goes_to_another_list_can_be_assigned_to_its_members(open_page, account, ada, made):
    shared = [ada.post("/lists", {"name": name}) for name in ("House", "Club")]
    for each, name in zip(shared, ("Bob", "Grace"), strict=True):
        ada.post(f"/lists/{each['id']}/members", {"email": account(name=name).email, "role": "editor"})
    ada.patch(f"/todos/{made['id']}", {"list_id": shared[0]["id"]})
    page = open_page(ada, path=f"/#/lists/{shared[0]['id']}")
    page.get_by_role("button", name="Details of buy milk").click()
    people = page.get_by_label("Assigned to").get_by_role("option")
    expect(people).to_have_text(["nobody", "Ada", "Bob"])

    page.get_by_role("dialog").get_by_role("combobox", name="List").select_option("Club")

    expect(people).to_have_text(["nobody", "Ada", "Grace"])
    page.get_by_label("Assigned to").select_option("Grace")
    until(page, lambda: ada.get(f"/todos/{made['id']}")["assignee_id"])


def test_a_date_that_is_typed_is_sent_as_no_year_of_long_ago(page, ada, made):
    sent = []
    page.on("request", lambda request: request.method == "PATCH" and sent.append(request.post_data_json["due_on"]))
    page.get_by_label("Day", exact=True).first.click(position={"x": 15, "y": 15})

    page.keyboard.type("12242027", delay=50)

    until(page, lambda: ada.get(f"/todos/{made['id']}")["due_on"] == "2027-12-24")
    assert min(sent) > "2027"
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_the_way_back_closes_the_panel_and_keeps_what_was_typed(page, ada, made):
    page.get_by_label("Notes").fill("two bottles")

    page.go_back()

    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    until(page, lambda: ada.get(f"/todos/{made['id']}")["notes"] == "two bottles")


def test_selecting_text_beyond_the_edge_of_a_dialog_leaves_it_open(page):
    box = page.get_by_label("Notes").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(20, box["y"] + 20, steps=5)
    page.mouse.up()

    expect(page.get_by_label("Notes")).to_be_focused()


def test_a_click_beside_the_fields_leaves_a_dialog_open_and_one_outside_closes_it(page):
    box = page.get_by_role("dialog").bounding_box()

    page.mouse.click(box["x"] + 5, box["y"] + 200)
    expect(page.get_by_label("Notes")).to_be_visible()

    def is_left():
        page.mouse.click(20, box["y"] + 200)
        return not page.get_by_role("dialog").count()

    until(page, is_left)  # the first moments after it has opened do not count


def test_two_quick_clicks_open_one_dialog_though_it_must_be_loaded(open_page, ada):
    page = open_page(ada)
    held = []
    page.route("**/lists/dialogs.js", lambda route: held.append(route))

    page.get_by_role("button", name="New list").dblclick()
    until(page, lambda: held)
    held[0].continue_()

    expect(page.get_by_role("dialog")).to_have_count(1)


def test_the_second_of_two_quick_clicks_does_not_close_what_the_first_has_opened(open_page, ada):
    page = open_page(ada)
    box = page.get_by_role("button", name="New list").bounding_box()
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))  # the clicks are quick, however slow the machine is
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    expect(page.get_by_role("dialog", name="New list")).to_be_visible()

    page.mouse.click(box["x"] + 5, box["y"] + 5)

    expect(page.get_by_role("dialog", name="New list")).to_be_visible()


def test_what_is_refused_is_said_in_the_dialog_and_can_be_put_away(page):
    page.expected_errors.append("422")
    page.get_by_label("Tags").fill("x" * 60)
    page.get_by_label("Tags").press("Tab")
    notice = page.get_by_role("dialog").get_by_role("alert").filter(has_text="tags")

    notice.get_by_role("button", name="Close").click()

    expect(notice).to_have_count(0)


def test_who_may_only_read_by_now_is_offered_no_change_in_an_open_panel(open_page, ada, account):
    bob = account(name="Bob")
    shared = ada.post("/lists", {"name": "shared"})
    member = f"/lists/{shared['id']}/members"
    ada.post(member, {"email": bob.email, "role": "editor"})
    ada.post("/todos", {"task": "buy milk", "list_id": shared["id"]})
    page = open_page(bob, path=f"/#/lists/{shared['id']}")
    page.get_by_role("button", name="Details of buy milk").click()
    expect(page.get_by_label("Notes")).to_be_enabled()

    ada.patch(f"{member}/{bob.get('/me')['id']}", {"role": "viewer"})
    look_again(page)

    panel = page.get_by_role("dialog")
    expect(panel.get_by_label("Notes")).to_be_disabled()
    for name in ("Add", "Delete", "Comment"):
        expect(panel.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(panel.get_by_label("Add files")).to_have_count(0)


def test_what_is_due_no_more_repeats_no_more(page, ada, made):
    due = page.get_by_label("Day", exact=True).first
    page.get_by_label("Repeats").select_option("every week")

    due.fill("")

    expect(page.get_by_label("Repeats")).to_have_value("")
    until(page, lambda: ada.get(f"/todos/{made['id']}")["due_on"] is None)


def test_a_reminder_whose_time_is_emptied_shows_the_time_at_which_it_comes(page, ada, made):
    reminder = page.get_by_role("group", name="Reminder")
    reminder.get_by_label("Day").fill("2030-01-01")
    time = reminder.get_by_label("Time")
    expect(time).to_have_value("09:00")
    until(page, lambda: ada.get(f"/todos/{made['id']}")["remind_at"] == "2030-01-01T09:00:00Z")

    time.fill("")

    expect(time).to_have_value("09:00")
    page.wait_for_load_state("networkidle")
    assert ada.get(f"/todos/{made['id']}")["remind_at"] == "2030-01-01T09:00:00Z"


def test_notes_that_were_just_typed_outlive_a_reload(page, ada, made):
    page.get_by_label("Notes").fill("two bottles")

    page.reload()

    until(page, lambda: ada.get(f"/todos/{made['id']}")["notes"] == "two bottles")

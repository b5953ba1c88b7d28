"""The form that adds a todo by one line of text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.conftest import log_in
from tests.live import wait_until

LINE = "Buy milk tomorrow 17:00 #errand !high every monday"


def entry(page):
    return page.get_by_label("New todo")


def test_a_line_is_shown_as_understood_before_it_is_sent(open_page, account):
    ada = account()
    page = open_page(ada)
    entry(page).fill(LINE)
    expect(entry(page)).to_have_accessible_description("Buy milk due tomorrow 17:00 every Monday priority high #errand")
    assert ada.get("/todos")["data"] == []


def test_enter_adds_what_was_understood_and_leaves_the_field_empty_for_the_next_one(open_page, account):
    ada = account()
    page = open_page(ada)
    entry(page).fill(LINE)
    entry(page).press("Enter")
    expect(entry(page)).to_have_value("")
    expect(entry(page)).to_be_focused()
    expect(page.get_by_text("Buy milk")).to_be_visible()
    [todo] = wait_until(lambda: ada.get("/todos")["data"])
    assert (todo["task"], todo["priority"], todo["tags"], todo["recurrence"]) == ("Buy milk", "high", ["errand"], "FREQ=WEEKLY;BYDAY=MO")


def test_the_button_adds_too_and_gives_the_focus_back(open_page, account):
    page = open_page(account())
    entry(page).fill("Buy milk")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Buy milk")).to_be_visible()
    expect(entry(page)).to_be_focused()


@pytest.mark.parametrize(
    ("line", "said"),
    [("tomorrow #errand", "Say what is to be done."), ("x" * 501, "The todo is 1 character too long.")],
    ids=["no task", "too long"],
)
def test_what_cannot_be_added_is_said_and_not_sent(open_page, account, line, said):
    ada = account()
    page = open_page(ada)
    entry(page).fill(line)
    entry(page).press("Enter")
    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    expect(entry(page)).to_have_value(line)
    assert ada.get("/todos")["data"] == []


def test_what_is_typed_outlives_a_reload_until_it_is_sent(open_page, account):
    ada = account()
    page = open_page(ada)
    entry(page).fill("Buy milk tomorrow")
    page.reload()
    expect(entry(page)).to_have_value("Buy milk tomorrow")
    entry(page).press("Enter")
    wait_until(lambda: ada.get("/todos")["data"])
    page.reload()
    expect(page.get_by_text("Buy milk")).to_be_visible()
    expect(entry(page)).to_have_value("")


def test_each_list_keeps_what_was_typed_for_it(open_page, account):
    ada = account()
    ada.post("/lists", {"name": "Chores"})
    page = open_page(ada)
    entry(page).fill("Buy milk tomorrow")
    page.get_by_role("link", name="Chores").click()
    expect(page.get_by_role("heading", name="Chores")).to_be_visible()
    expect(entry(page)).to_have_value("")
    page.get_by_role("link", name="Inbox").click()
    expect(entry(page)).to_have_value("Buy milk tomorrow")


def test_who_logs_out_leaves_nothing_that_was_typed(open_page, account, site):
    ada = account()
    page = open_page(ada)
    entry(page).fill("Buy a present")
    page.get_by_role("button", name="Log out").click()
    expect(entry(page)).to_be_hidden()
    log_in(page, ada)
    page.goto(f"{site.url}/?again")
    expect(entry(page)).to_have_value("")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("kind", "field"), [("due", "due_on"), ("time", "due_at"), ("recurrence", "recurrence"), ("priority", "priority"), ("tag", "tags")]
)
def test_every_example_of_the_help_is_understood(modules, language, kind, field):
    [words] = modules.call("core/text.js", "words", ["entry"], locale=language)
    calls = [[f"tea {example}", {"zone": "Europe/Berlin"}] for example in words["examples"][kind].split(", ")]
    for said in modules.call("todos/one_line.js", "understand", *calls, locale=language):
        assert said["task"] == "tea"
        assert field in said


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}],
    ids=["light", "dark", "phone"],
)
def test_nothing_in_the_form_keeps_people_from_using_it(open_page, account, options):
    page = open_page(account(), **options)
    page.locator("summary", has_text="What a line may say").click()
    entry(page).fill(LINE)
    expect(page.get_by_text("priority high")).to_be_visible()
    axe(page, within=".new-todo")

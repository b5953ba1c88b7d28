"""Hostile todos: they show as text, and break no layout."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

HOSTILE = {
    "an image that runs script": "<img src=x onerror=\"document.title='owned'\">",
    "a script": "<script>document.title='owned'</script>",
    "a link that runs script": "[click](javascript:document.title='owned') javascript:document.title='owned'",
    "a turn to the right and left": "invoice \u202efdp.exe\u202c and \u2066\u2067\u2068 more",
    "500 characters without a space": "W" * 500,
    "a template": "${document.title='owned'} {{7*7}} <%= 1 %>",
    "signs that pile up": "Z\u0351\u036b\u0343\u036a\u0302\u036b" * 60,
    "no sign at all": "\u200b\u200b\u2060",
}


@pytest.fixture
def hostile(account):
    """A person whose lists, todos, tags and notes are all hostile."""
    mallory = account(name=HOSTILE["an image that runs script"])
    for task in HOSTILE.values():
        made = mallory.post("/lists", {"name": task[:120]})
        fields = {"task": task, "notes": task, "tags": [task[:50].replace(",", "")]}
        mallory.post("/todos", fields)
        mallory.post("/todos", {**fields, "list_id": made["id"]})
    return mallory


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}], ids=["desktop", "phone"])
def test_hostile_todos_show_as_text_and_break_no_layout(open_page, hostile, viewport):
    page = open_page(hostile, path="/#/todos", viewport=viewport)
    expect(page.get_by_role("list", name="Todos").get_by_role("listitem")).to_have_count(2 * len(HOSTILE))

    shown = page.locator(".todo .task").all_text_contents()

    assert set(HOSTILE.values()) <= set(shown)
    assert page.title() == "All todos – Tickbox"
    assert page.locator("main img, main script, main a[href^=javascript]").count() == 0
    assert width(page) <= viewport["width"]
    lefts = {round(page.locator(".todo [data-part=open]").nth(index).bounding_box()["x"]) for index in range(2 * len(HOSTILE))}
    assert len(lefts) == 1, "every row ends at the same place"


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_todo_is_text_in_its_panel_and_in_dialogs_too(open_page, account, what):
    mallory = account(name="Mallory")
    mallory.post("/todos", {"task": HOSTILE[what], "notes": HOSTILE[what]})
    page = open_page(mallory, viewport={"width": 390, "height": 844})

    page.locator(".todo [data-part=open]").click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_label("Task")).to_have_value(HOSTILE[what].strip())
    panel.get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert page.title() == "Inbox – Tickbox"
    assert width(page) <= 390


def test_a_turned_title_does_not_turn_what_stands_beside_it(open_page, account):
    mallory = account(name="Mallory")
    mallory.post("/todos", {"task": "\u202ereversed", "tags": ["safe"], "priority": "high"})
    page = open_page(mallory)

    facts = page.get_by_role("listitem").locator(".fact")
    expect(facts).to_have_text(["high", "#safe"])
    priority, tag = facts.first.bounding_box(), facts.last.bounding_box()
    assert priority["x"] < tag["x"]

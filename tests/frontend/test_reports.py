"""The productivity report on the page: its picture, its numbers, and its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.files import WORK


def today():
    return datetime.now(UTC).date()


@pytest.fixture
def ada(account):
    """Somebody with three todos, of which one is done, and one in another list."""
    person = account(name="Ada", time_zone="UTC")
    garden = person.post("/lists", {"name": "Garden"})
    done = person.post("/todos", {"task": "call Grace"})
    person.patch(f"/todos/{done['id']}", {"done": True})
    person.post("/todos", {"task": "weed", "list_id": garden["id"], "tags": ["<b>"], "priority": "high"})
    person.post("/todos", {"task": "buy paint", "due_on": str(today() - timedelta(days=1))})
    return person


@pytest.fixture
def open_reports(open_page):
    """The page of reports, as the person sees it."""

    def open_(person, **options):
        page = open_page(person, path="/#/reports", **options)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    return open_


def show(page):
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("img", name="Charts of")).to_be_visible(timeout=WORK)


def figures(page):
    return dict(zip(page.get_by_role("term").all_inner_texts(), page.get_by_role("definition").all_inner_texts(), strict=True))


def test_a_report_is_a_picture_that_says_its_numbers(open_reports, ada):
    page = open_reports(ada)

    show(page)

    picture = page.get_by_role("img", name="3 created, 1 completed; 2 open, of them 1 overdue.")
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    assert {name: figures(page)[name] for name in ("Created", "Completed", "Open now", "Overdue")} == {
        "Created": "3",
        "Completed": "1",
        "Open now": "2",
        "Overdue": "1",
    }


def test_all_numbers_are_there_as_tables(open_reports, ada):
    page = open_reports(ada)
    show(page)

    page.get_by_text("All numbers").click()

    expect(page.get_by_role("table", name="Day by day").get_by_role("row").last).to_have_text(
        f"{today():%b} {today().day}, {today().year} 3 1 2", use_inner_text=True
    )
    expect(page.get_by_role("table", name="Open by tag").get_by_role("row").last).to_have_text("#<b> 1", use_inner_text=True)


def test_a_report_is_on_the_days_and_the_list_that_were_chosen(open_reports, ada):
    page = open_reports(ada)
    assert page.get_by_label("From", exact=True).input_value() == str(today() - timedelta(days=29))
    page.get_by_label("From", exact=True).fill(str(today()))
    page.get_by_label("List", exact=True).select_option("Garden")

    show(page)

    assert figures(page)["Created"] == "1"
    expect(page.locator("main").get_by_role("heading", level=2)).to_contain_text("· Garden")
    expect(page.get_by_role("table", name="Day by day", include_hidden=True).get_by_role("row", include_hidden=True)).to_have_count(2)


def test_days_that_are_none_are_said_at_their_field(open_reports, ada):
    page = open_reports(ada)
    page.expected_errors.append("422")
    page.get_by_label("To", exact=True).fill("2020-01-01")

    page.get_by_role("button", name="Show").click()

    expect(page.get_by_label("From", exact=True)).to_have_accessible_description("Must not be after the last day, 2020-01-01.")


@pytest.mark.parametrize(("button", "begins"), [("Save as PDF", b"%PDF"), ("Save as PNG", b"\x89PNG")])
def test_a_report_is_saved_as_a_file(open_reports, ada, button, begins):
    page = open_reports(ada)
    show(page)

    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=WORK)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()

    assert Path(download.value.path()).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark", "locale": "de-DE"}, {"viewport": {"width": 390, "height": 844}}],
    ids=["light", "dark and German", "phone"],
)
def test_everyone_can_use_reports(open_reports, ada, options):
    page = open_reports(ada, **options)
    page.locator("button.main").click()
    expect(page.get_by_role("img")).to_be_visible(timeout=WORK)
    page.locator("details", has=page.locator("table")).locator("summary").click()

    axe(page)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

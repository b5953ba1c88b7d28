"""Imports and exports on the page: trying and doing them, watching them, calling them off, and getting the file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.conftest import until
from tests.frontend.files import WORK, drop, slow_down, upload

PART = re.compile(r"^0\.\d")
HOSTILE = "<img src=x onerror=alert(1)>"
ONE_BAD_ROW = "task,priority\nbuy paint,high\n,low\npaint the fence,\n"
LONG = upload("long.csv", "task\n" + "".join(f"todo {number}\n" for number in range(60_000)))  # takes some seconds


@pytest.fixture
def ada(account):
    return account(name="Ada")


@pytest.fixture
def open_transfers(open_page):
    """The page of imports and exports, as the person sees it."""

    def open_(person, **options):
        page = open_page(person, path="/#/transfers", **options)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    return open_


def importing(page):
    return page.get_by_role("region", name="Import", exact=True)


def exporting(page):
    return page.get_by_role("region", name="Export", exact=True)


def earlier(page):
    return page.get_by_role("region", name="Earlier work")


def choose(page, file):
    importing(page).get_by_label("File of todos").set_input_files(file)


def press(section, name):
    section.get_by_role("button", name=name, exact=True).click()


def figures(section):
    """What was counted, by its words."""
    expect(section.locator("dl")).to_be_visible(timeout=WORK)
    return dict(zip(section.get_by_role("term").all_inner_texts(), section.get_by_role("definition").all_inner_texts(), strict=True))


def test_an_import_leaves_a_bad_row_out_and_says_what_is_wrong_with_it(open_transfers, ada):
    page = open_transfers(ada)
    choose(page, upload("todos.csv", ONE_BAD_ROW))
    page.get_by_label("Leave out bad rows").check()

    press(importing(page), "Import")

    assert figures(importing(page)) == {"New": "2", "Changed": "0", "Left out": "1"}
    expect(importing(page).get_by_role("row").nth(1)).to_have_text("2 task: Task field cannot be blank!", use_inner_text=True)
    assert {todo["task"] for todo in ada.get("/todos")["data"]} == {"buy paint", "paint the fence"}


def test_an_import_with_a_bad_row_imports_nothing_unless_told_to(open_transfers, ada):
    page = open_transfers(ada)
    choose(page, upload("todos.csv", ONE_BAD_ROW))

    press(importing(page), "Import")

    expect(importing(page).get_by_text("Nothing was imported.")).to_be_visible()
    expect(importing(page).get_by_role("rowheader")).to_have_text(["2"])
    assert ada.get("/todos")["data"] == []


def test_trying_an_import_shows_what_it_would_do_and_changes_nothing(open_transfers, ada):
    page = open_transfers(ada)
    choose(page, upload("todos.csv", "task\nbuy paint\n"))

    press(importing(page), "Try it first")

    expect(importing(page).get_by_text("Nothing has been changed.")).to_be_visible()
    assert figures(importing(page)) == {"New": "1", "Changed": "0", "Left out": "0"}
    assert ada.get("/todos")["data"] == []


def test_the_file_that_was_tried_is_imported_by_one_more_press(open_transfers, ada):
    page = open_transfers(ada)
    choose(page, upload("todos.csv", "task\nbuy paint\n"))
    press(importing(page), "Try it first")
    expect(importing(page).get_by_text("Nothing has been changed.")).to_be_visible()

    press(importing(page), "Import")

    expect(importing(page).get_by_text("Nothing has been changed.")).to_be_hidden()
    expect(importing(page).get_by_role("definition").first).to_have_text("1")
    assert [todo["task"] for todo in ada.get("/todos")["data"]] == ["buy paint"]


def test_an_import_goes_to_the_list_that_was_chosen(open_transfers, ada):
    garden = ada.post("/lists", {"name": "Garden"})
    page = open_transfers(ada)
    choose(page, upload("todos.csv", "task\nweed\n"))
    page.get_by_label("Into").select_option("Garden")

    press(importing(page), "Import")

    expect(page.get_by_role("link", name="Garden 1 open todo")).to_be_visible()
    assert [todo["task"] for todo in ada.get(f"/todos?list_id={garden['id']}")["data"]] == ["weed"]


@pytest.mark.parametrize(
    ("name", "format"), [("a.csv", "CSV (table)"), ("A.JSON", "JSON"), ("todo.txt", "todo.txt"), ("work.ics", "iCalendar (.ics)")]
)
def test_the_format_is_guessed_from_the_name_and_can_be_changed(open_transfers, ada, name, format):
    page = open_transfers(ada)
    choice = importing(page).get_by_label("Format")
    choice.select_option("ics" if name == "a.csv" else "csv")

    choose(page, upload(name, "x"))

    assert choice.locator("option:checked").inner_text() == format
    choice.select_option("JSON")
    assert choice.input_value() == "json"


def test_a_file_can_be_dropped(open_transfers, ada, tmp_path):
    (tmp_path / "todo.txt").write_text("(A) call Grace\n")
    page = open_transfers(ada)

    drop(page, importing(page).get_by_label("File of todos"), tmp_path / "todo.txt")

    expect(importing(page).get_by_text("todo.txt · 15 bytes")).to_be_visible()
    press(importing(page), "Import")
    expect(importing(page).get_by_role("definition").first).to_have_text("1")


def test_a_file_that_is_dropped_beside_its_place_leaves_the_page_as_it_is(open_transfers, ada, tmp_path):
    (tmp_path / "todo.txt").write_text("(A) call Grace\n")
    page = open_transfers(ada)

    drop(page, page.get_by_role("heading", level=1), tmp_path / "todo.txt")

    expect(importing(page).get_by_text("Choose one, or drop it here.")).to_be_visible()


def test_it_shows_how_much_of_a_file_is_sent_and_sending_can_be_called_off(open_transfers, ada):
    page = open_transfers(ada)
    slow_down(page, 100_000)
    choose(page, LONG)
    press(importing(page), "Import")

    expect(page.get_by_role("progressbar", name="Sending the file")).to_have_attribute("value", PART)
    expect(importing(page).get_by_text("%")).not_to_have_text("0 %")
    press(importing(page), "Cancel")

    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(importing(page).get_by_label("File of todos")).to_be_focused()
    assert ada.get("/jobs")["data"] == []


def test_what_was_sent_before_the_connection_was_lost_is_not_imported_twice(open_transfers, ada):
    page = open_transfers(ada)
    page.expected_errors.append("imports")
    choose(page, upload("todos.csv", "task\nbuy paint\n"))

    def lose_the_answer(route):
        route.fetch()
        route.abort("connectionreset")

    page.route("**/imports", lose_the_answer, times=1)
    press(importing(page), "Import")
    expect(importing(page).get_by_role("alert").filter(has_text="The connection was lost.")).to_be_visible()

    press(importing(page), "Import")

    assert figures(importing(page))["New"] == "1"
    assert [todo["task"] for todo in ada.get("/todos")["data"]] == ["buy paint"]


def test_a_file_that_fails_when_another_view_is_open_is_named(open_transfers, ada):
    page = open_transfers(ada)
    page.expected_errors.append("imports")
    held = []
    page.route("**/imports", lambda route: held.append(route))
    choose(page, upload("todos.csv", "task\nbuy paint\n"))
    press(importing(page), "Import")
    until(page, lambda: held)

    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", name="Reports")).to_be_visible()
    held[0].abort("connectionreset")

    expect(page.get_by_role("alert").filter(has_text="todos.csv: The connection was lost.")).to_be_visible()


def test_who_comes_back_finds_the_job_that_goes_on_and_can_call_it_off(open_transfers, ada):
    page = open_transfers(ada)
    choose(page, LONG)
    press(importing(page), "Import")
    expect(importing(page).get_by_role("article", name="Import").get_by_role("status")).to_have_text("Under way")

    page.get_by_role("link", name="Reports").click()
    page.reload()
    page.get_by_role("link", name="Import and export").click()

    job = earlier(page).get_by_role("article", name="Import")
    expect(job.get_by_role("progressbar")).to_be_visible()
    press(job, "Cancel")
    expect(job.get_by_role("status")).to_have_text("Cancelled")
    expect(job).to_be_focused()
    assert ada.get("/todos")["data"] == []


def test_an_export_downloads_what_was_imported(open_transfers, ada):
    ada.post(
        "/imports",
        files={"file": ("a.csv", "task,tags,done\nbuy paint,home,false\nweed,garden,false\nmow,home,true\n")},
        data={"format": "csv"},
    )
    page = open_transfers(ada)
    expect(earlier(page).get_by_text("Done")).to_be_visible()
    page.reload()
    exporting(page).get_by_label("Todos").select_option("Open ones")
    exporting(page).get_by_label("Tag").select_option("#home")

    press(exporting(page), "Export")
    with page.expect_download() as download:
        exporting(page).get_by_role("link", name="Download").click()

    assert download.value.suggested_filename == "todos.csv"
    rows = csv.DictReader(Path(download.value.path()).read_text().splitlines())
    assert [(row["task"], row["tags"]) for row in rows] == [("buy paint", "home")]


def test_a_download_renews_the_session_first(open_transfers, ada):
    page = open_transfers(ada)
    press(exporting(page), "Export")
    link = exporting(page).get_by_role("link", name="Download")
    expect(link).to_be_visible()
    page.context.clear_cookies(name="access_token_cookie")
    page.context.clear_cookies(name="csrf_access_token")

    with page.expect_download() as download:
        link.click()

    assert download.value.failure() is None


def test_hostile_names_and_texts_stay_text(open_transfers, ada):
    page = open_transfers(ada)
    choose(page, upload(f"{HOSTILE}.csv", f"task,{HOSTILE}\na,b\n"))
    expect(importing(page).get_by_text(f"{HOSTILE}.csv")).to_be_visible()

    press(importing(page), "Import")

    expect(importing(page).get_by_role("cell")).to_contain_text(f"Unknown columns: {HOSTILE}")
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark", "locale": "de-DE"}, {"viewport": {"width": 390, "height": 844}}],
    ids=["light", "dark and German", "phone"],
)
def test_everyone_can_use_imports_and_exports(open_transfers, ada, options):
    ada.post("/imports", files={"file": ("a.csv", ONE_BAD_ROW)}, data={"format": "csv", "on_error": "skip"})
    page = open_transfers(ada, **options)
    page.locator("section", has=page.locator("#export")).locator("button").click()
    expect(page.locator("a[download]")).to_be_visible()
    expect(page.locator("table")).to_be_visible()

    axe(page)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

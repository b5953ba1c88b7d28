"""Files on a todo: adding, seeing, saving and deleting them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.conftest import until
from tests.frontend.files import WORK, drop, picture, slow_down, upload

PART = re.compile(r"^0\.\d")
HOSTILE = "<img src=x onerror=alert(1)>.txt"


@pytest.fixture(scope="module")
def site_settings():
    return {"UPLOAD_MAX_BYTES": "2000000"}


@pytest.fixture
def todo(account):
    """A todo; `todo.owner` may do everything with it."""
    owner = account(name="Ada")
    made = owner.post("/todos", {"task": "paint the fence"})
    return Todo(owner, made["id"])


class Todo:
    def __init__(self, owner, todo_id):
        self.owner = owner
        self.path = f"/todos/{todo_id}/attachments"

    def names(self):
        return [each["filename"] for each in self.owner.get(self.path)["data"]]

    def attach(self, name, content):
        return self.owner.post(self.path, files={"file": (name, content)})


@pytest.fixture
def open_files(open_page, todo):
    """The page, with the files on the todo to see."""

    def open_(**options):
        page = open_page(todo.owner, path="/#/todos", **options)
        page.locator("[data-part=open]").click()
        expect(files(page)).to_be_visible()
        return page

    return open_


def files(page):
    return page.locator(".attachments")


def choose(page, *chosen):
    files(page).get_by_label("Add files").set_input_files(list(chosen))


def test_a_picture_is_attached_and_shown_small(open_files, todo):
    page = open_files()

    choose(page, picture("plan.png"))

    preview = files(page).get_by_role("img", name="Preview of plan.png")
    expect(preview).to_be_visible(timeout=WORK)
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=preview.element_handle())
    assert todo.names() == ["plan.png"]


def test_several_files_are_attached_in_one_go(open_files, todo):
    page = open_files()

    choose(page, upload("one.txt", "1"), upload("two.txt", "22"))

    expect(files(page).get_by_role("link")).to_have_text(["one.txt", "two.txt"])
    expect(files(page).get_by_text("2 bytes")).to_be_visible()
    assert todo.names() == ["one.txt", "two.txt"]


def test_a_file_can_be_dropped_on_a_todo(open_files, todo, tmp_path):
    (tmp_path / "notes.txt").write_text("two coats")
    page = open_files()

    drop(page, files(page).get_by_label("Add files"), tmp_path / "notes.txt")

    expect(files(page).get_by_role("link", name="notes.txt")).to_be_visible()


def test_an_attachment_is_saved_under_its_name(open_files, todo):
    todo.attach("notes.txt", "two coats")
    page = open_files()

    with page.expect_download() as download:
        files(page).get_by_role("link", name="notes.txt").click()

    assert download.value.suggested_filename == "notes.txt"
    assert Path(download.value.path()).read_text() == "two coats"


def test_an_attachment_is_deleted_by_who_is_sure(open_files, todo):
    todo.attach("notes.txt", "two coats")
    page = open_files()

    files(page).get_by_role("button", name="Delete notes.txt").click()
    page.get_by_role("dialog", name="Delete file").get_by_role("button", name="Delete").click()

    expect(files(page).get_by_role("link")).to_have_count(0)
    expect(files(page)).to_be_focused()
    assert todo.names() == []


def test_it_shows_how_much_of_an_attachment_is_sent_and_sending_can_be_called_off(open_files, todo):
    page = open_files()
    slow_down(page, 100_000)

    choose(page, upload("long.txt", "x" * 1_500_000))

    expect(files(page).get_by_role("progressbar", name="long.txt is being sent")).to_have_attribute("value", PART)
    expect(files(page).get_by_text("%")).not_to_have_text("0 %")
    files(page).get_by_role("button", name="Do not attach long.txt").click()
    expect(files(page).get_by_role("progressbar")).to_have_count(0)
    expect(files(page)).to_be_focused()
    assert todo.names() == []


def test_a_file_that_is_too_large_says_so_beside_its_name_and_keeps_no_other_out(open_files, todo):
    page = open_files()
    page.expected_errors.append("413")

    choose(page, upload("huge.txt", "x" * 2_000_001), upload("small.txt", "x"))

    huge = files(page).get_by_role("listitem").filter(has_text="huge.txt")
    expect(huge).to_contain_text("The file is larger than 2000000 bytes.")
    expect(huge.get_by_role("button", name="Try again")).to_have_count(0)
    expect(files(page).get_by_role("link")).to_have_text(["small.txt"])


def test_a_file_whose_connection_was_lost_is_kept_and_never_attached_twice(open_files, todo):
    page = open_files()
    page.expected_errors.append("attachments")

    def lose_the_answer(route):
        route.fetch()
        route.abort("connectionreset")

    page.route("**/attachments", lose_the_answer, times=1)
    choose(page, upload("notes.txt", "two coats"))
    row = files(page).get_by_role("listitem").filter(has_text="The connection was lost.")
    expect(row).to_contain_text("notes.txt")

    row.get_by_role("button", name="Try again").click()

    expect(files(page).get_by_role("link")).to_have_text(["notes.txt"])
    assert todo.names() == ["notes.txt"]


def test_a_file_that_fails_when_its_panel_is_closed_is_named_until_it_is_sent_again(open_files, todo):
    page = open_files()
    page.expected_errors.append("attachments")
    held = []
    page.route("**/attachments", lambda route: held.append(route), times=1)
    page.clock.install()
    choose(page, upload("notes.txt", "two coats"))
    until(page, lambda: held)

    page.keyboard.press("Escape")
    expect(files(page)).to_have_count(0)
    held[0].abort("connectionreset")

    notice = page.get_by_role("alert").filter(has_text="notes.txt: The connection was lost.")
    expect(notice).to_be_visible()
    page.clock.fast_forward(60_000)
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("“notes.txt” is attached.")).to_be_visible()
    expect(notice).to_have_count(0)
    assert todo.names() == ["notes.txt"]


def test_who_may_only_look_adds_and_deletes_nothing(open_page, todo, account):
    grace = account(name="Grace")
    shared = todo.owner.post("/lists", {"name": "House"})
    todo.owner.post(f"/lists/{shared['id']}/members", {"email": grace.email, "role": "viewer"})
    todo.owner.patch(todo.path.removesuffix("/attachments"), {"list_id": shared["id"]})
    todo.attach("notes.txt", "two coats")
    page = open_page(grace, path="/#/todos")

    page.get_by_role("button", name="Details of paint the fence").click()

    expect(files(page).get_by_role("link", name="notes.txt")).to_be_visible()
    expect(files(page).get_by_role("button")).to_have_count(0)
    expect(files(page).get_by_label("Add files")).to_have_count(0)


def test_a_hostile_file_name_stays_text(open_files, todo):
    todo.attach(HOSTILE, "x")
    page = open_files()

    expect(files(page).get_by_role("link", name=HOSTILE)).to_be_visible()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark", "locale": "de-DE"}, {"viewport": {"width": 390, "height": 844}}],
    ids=["light", "dark and German", "phone"],
)
def test_everyone_can_use_attachments(open_files, todo, options):
    todo.attach("notes.txt", "two coats")
    todo.owner.post(todo.path, files={"file": ("plan.png", picture()["buffer"])})
    page = open_files(**options)
    expect(files(page).get_by_role("img")).to_be_visible(timeout=WORK)

    axe(page, ".attachments")

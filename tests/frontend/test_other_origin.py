"""The frontend as README says that it is served from another origin than the API's: it does the same there."""

import shutil

import pytest
from playwright.sync_api import expect

from app.config import ROOT
from tests.pages import served


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shutil.copytree(ROOT / "frontend", tmp_path_factory.mktemp("elsewhere") / "frontend")


@pytest.fixture(scope="module")
def elsewhere(folder):
    """The other origin."""
    with served(folder) as origin:
        yield origin


@pytest.fixture(scope="module")
def site_settings(elsewhere):
    return {"CORS_ORIGINS": elsewhere, "FRONTEND": "off"}


@pytest.fixture
def page(open_page, site, folder, elsewhere):
    """The frontend there, with nobody logged in."""
    index = (ROOT / "frontend" / "index.html").read_text()
    assert 'name="tickbox-api" content=""' in index
    there = index.replace("{{assets}}", elsewhere).replace('name="tickbox-api" content=""', f'name="tickbox-api" content="{site.url}"')
    (folder / "index.html").write_text(there)
    page = open_page(path="/healthz", origins=[elsewhere])
    page.goto(elsewhere)
    return page


def log_in(page, person):
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Log in").click()


def test_somebody_logs_in_sees_their_lists_and_logs_out(page, account):
    ada = account(name="Ada")
    ada.post("/lists", {"name": "Groceries"})

    log_in(page, ada)
    expect(page.get_by_role("navigation").get_by_role("link", name="Groceries")).to_be_visible()
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_somebody_opens_an_account(page):
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill("violet kettle 71")
    page.get_by_role("button", name="Open an account").click()

    expect(page.get_by_role("navigation").get_by_role("link", name="Inbox")).to_be_visible()


def test_a_session_outlives_a_reload(page, account):
    log_in(page, account(name="Ada"))
    expect(page.get_by_role("link", name="Ada")).to_be_visible()

    page.reload()

    expect(page.get_by_role("link", name="Ada")).to_be_visible()


def test_todos_are_seen_and_added(page, account):
    ada = account(name="Ada")
    ada.post("/todos", {"task": "oat milk"})
    log_in(page, ada)
    expect(page.get_by_role("main").get_by_text("oat milk")).to_be_visible()

    page.get_by_label("New todo").fill("bread #errand")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_label("New todo").press("Enter")

    assert sent.value.status == 201
    expect(page.get_by_role("main").get_by_role("listitem").filter(has_text="bread")).to_be_visible()
    assert {todo["task"] for todo in ada.get("/todos")["data"]} == {"oat milk", "bread"}

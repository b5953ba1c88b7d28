"""The way in: logging in, opening an account, and the two pages that mails lead to."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD
from tests.frontend.accessibility import axe
from tests.live import wait_until
from tests.mail.post import read, text_of

REFUSED = ("status of 401", "status of 403", "status of 409", "status of 422")  # the browser tells its console of every refusal
SIZES = [("light", {"width": 1280, "height": 800}), ("dark", {"width": 1280, "height": 800}), ("light", {"width": 390, "height": 844})]


@pytest.fixture
def mailed_link(site):
    """`mailed_link(person, "reset-password")`: the address that the newest such mail to the person leads to, below the site."""

    def find(person, page):
        mails = [read(path.read_bytes()) for path in sorted((site.instance / "mail").glob("*.eml"))]
        links = [re.search(rf"/{page}#token=\S+", text_of(mail)) for mail in mails if mail["To"] == person.email]
        return next((link[0] for link in reversed(links) if link), None)

    return lambda person, page: wait_until(lambda: find(person, page), 20)


def log_in(page, email, password):
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def expect_inside(page):
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def test_somebody_new_opens_an_account_logs_out_and_logs_in_again(open_page):
    page, email = open_page(timezone_id="Asia/Tokyo"), f"{secrets.token_hex(8)}@example.com"

    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("link", name="Ada")).to_be_visible()
    page.get_by_role("link", name="Ada").click()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.get_by_role("button", name="Log out").click()
    log_in(page, email, PASSWORD)

    expect(page.get_by_role("link", name="Ada")).to_be_visible()


def test_an_address_that_has_an_account_is_said_at_its_field(open_page, account):
    page = open_page(allow=REFUSED)

    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Email").fill(account().email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open an account").click()

    expect(page.get_by_label("Email")).to_have_accessible_description("There is an account with this address already.")
    expect(page.get_by_label("Email")).to_be_focused()


def test_a_password_that_is_too_common_is_said_at_its_field(open_page):
    page = open_page(allow=REFUSED)

    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Email").fill(f"{secrets.token_hex(8)}@example.com")
    page.get_by_label("Password", exact=True).fill("password1")
    page.get_by_role("button", name="Open an account").click()

    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(re.compile("common"))
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")


def test_a_wrong_password_is_said_at_the_form_which_keeps_the_address(open_page, account):
    page, ada = open_page(allow=REFUSED), account()

    log_in(page, ada.email, "wrong")

    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_accessible_description("Email or password is wrong.")
    expect(password).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value(ada.email)


def test_a_password_can_be_looked_at_before_it_is_sent(open_page):
    page = open_page()
    page.get_by_label("Password", exact=True).fill(PASSWORD)

    page.get_by_role("button", name="Show: Password").click()

    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Show: Password", pressed=True)).to_be_visible()


def test_the_keyboard_alone_is_enough_to_log_in(open_page, account):
    page, ada = open_page(), account()
    expect(page.get_by_label("Email")).to_be_focused()

    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")

    expect_inside(page)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_way_in_speaks_the_language_that_one_chooses_and_remembers_it(open_page):
    page = open_page(locale="en-GB")

    page.get_by_role("button", name="Deutsch").click()
    page.reload()

    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_who_forgot_the_password_chooses_another_by_the_link_of_a_mail(open_page, account, site, mailed_link):
    page, ada = open_page(), account()
    page.get_by_label("Email").fill(ada.email)

    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_label("Email")).to_have_value(ada.email)
    page.get_by_role("button", name="Send link").click()
    expect(page.get_by_text(f"If there is an account with {ada.email}, a mail is on its way.")).to_be_visible()
    page.goto(site.url + mailed_link(ada, "reset-password"))
    page.get_by_label("New password", exact=True).fill("staple kettle 48")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{site.url}/")
    log_in(page, ada.email, "staple kettle 48")

    expect_inside(page)


def test_an_address_without_an_account_hears_the_same(open_page):
    page = open_page()

    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_role("heading", name="Forgot password?")).to_be_visible()
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_role("button", name="Send link").click()

    expect(page.get_by_text("If there is an account with nobody@example.com, a mail is on its way.")).to_be_visible()


def test_a_reset_link_that_was_used_says_so_and_leads_to_another(open_page, site):
    page = open_page(path="/reset-password#token=used", allow=REFUSED)

    page.get_by_label("New password", exact=True).fill("staple kettle 48")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert").filter(has_text="This link works no more")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/")
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_role("button", name="Send link")).to_be_visible()


def test_a_link_confirms_the_address_of_who_is_not_logged_in(open_page, account, site, mailed_link):
    ada = account()

    page = open_page(path=mailed_link(ada, "verify-email"))

    expect(page.get_by_role("status").filter(has_text="your address is confirmed")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/")
    assert ada.get("/me")["email_verified"] is True
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_label("Email")).to_be_focused()


def test_a_link_confirms_the_address_of_who_is_logged_in_and_leads_on(open_page, account, mailed_link):
    ada = account()

    page = open_page(ada, path=mailed_link(ada, "verify-email"))
    page.get_by_role("button", name="To the todos").click()

    expect_inside(page)
    page.goto(page.url.split("#")[0] + "#/settings")
    expect(page.get_by_role("region", name="Email")).to_contain_text(ada.email)
    expect(page.get_by_role("region", name="Email")).not_to_contain_text("Not confirmed yet")


def test_a_link_that_confirms_nothing_any_more_says_so(open_page, site):
    page = open_page(path="/verify-email#token=used", allow=REFUSED)

    expect(page.get_by_role("status").filter(has_text="This link works no more")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/")


def test_a_session_that_ended_elsewhere_leads_back_to_the_same_address(open_page, account):
    ada = account()
    page = open_page(ada, path="/#/settings", allow=REFUSED)
    expect(page.get_by_text("This one")).to_be_visible()

    ada.delete("/auth/sessions")
    page.get_by_label("Name").fill("Ada L.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="Your session has ended")).to_be_visible()
    log_in(page, ada.email, ada.password)

    expect(page.get_by_role("heading", name="Settings")).to_be_focused()


def test_another_person_does_not_get_the_address_of_the_one_before(open_page, account):
    ada, bob = account(), account()
    page = open_page(ada, path="/#/settings", allow=REFUSED)
    expect(page.get_by_text("This one")).to_be_visible()

    ada.delete("/auth/sessions")
    page.get_by_role("button", name="Save").click()
    log_in(page, bob.email, bob.password)

    expect_inside(page)
    expect(page).to_have_url(re.compile("#/lists/"))


def test_who_logs_out_leaves_no_address_behind(open_page, account, site):
    page = open_page(account(), path="/#/settings")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.wait_for_load_state("networkidle")

    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/")


@pytest.mark.parametrize(("scheme", "size"), SIZES)
def test_nothing_keeps_anybody_out(open_page, scheme, size):
    page = open_page(color_scheme=scheme, viewport=size, allow=REFUSED)

    axe(page)
    log_in(page, "nobody@example.com", "wrong")
    expect(page.get_by_text("Email or password is wrong.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Forgot password?").click()
    expect(page.get_by_role("heading", name="Forgot password?")).to_be_visible()
    axe(page)


@pytest.mark.parametrize("path", ["/reset-password#token=x", "/verify-email#token=x"])
@pytest.mark.parametrize(("scheme", "size"), SIZES)
def test_nothing_keeps_anybody_from_what_a_mail_leads_to(open_page, path, scheme, size):
    page = open_page(path=path, color_scheme=scheme, viewport=size, allow=REFUSED)

    expect(page.get_by_role("heading", level=1)).to_be_visible()

    axe(page)

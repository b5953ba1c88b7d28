"""The settings: profile, password, sessions, tokens, and leaving."""

from __future__ import annotations

import re
import secrets

import pytest
import requests
from playwright.sync_api import expect

from tests.frontend.accessibility import axe

REFUSED = ("status of 401", "status of 409", "status of 412", "status of 422")  # the browser tells its console of every refusal
OTHER_PASSWORD = "staple kettle 48"  # of accounts that live as long as a test


@pytest.fixture
def open_settings(open_page):
    """`open_settings(person)`: a page at the settings of the person, and all of it there."""

    def open_(person, **options):
        page = open_page(person, path="/#/settings", **options)
        expect(page.get_by_text(re.compile("This one|Diese hier"))).to_be_visible()
        return page

    return open_


def card(page, name):
    return page.get_by_role("region", name=name, exact=True)


def test_a_profile_is_changed(open_settings, account):
    ada = account(name="Ada")
    page = open_settings(ada)

    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_label("Mail me the todos of the day").check()
    card(page, "Profile").get_by_role("button", name="Save").click()

    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    profile = ada.get("/me")
    assert (profile["name"], profile["time_zone"], profile["daily_digest"]) == ("Ada Lovelace", "Europe/London", True)


def test_time_zones_are_offered_and_an_unknown_one_is_said_at_its_field(open_settings, account):
    page = open_settings(account(), allow=REFUSED)
    expect(page.locator("#time-zones option[value='Europe/Berlin']")).to_have_count(1)

    page.get_by_label("Time zone").fill("Middle-earth/Shire")
    card(page, "Profile").get_by_role("button", name="Save").click()

    expect(page.get_by_label("Time zone")).to_have_accessible_description(re.compile("Not a known time zone"))
    expect(page.get_by_label("Time zone")).to_be_focused()


def test_a_profile_that_was_changed_elsewhere_shows_that_and_keeps_what_was_typed(open_settings, account):
    ada = account(name="Ada")
    page = open_settings(ada, allow=REFUSED)

    page.get_by_label("Name").fill("Ada Lovelace")
    ada.patch("/me", {"time_zone": "Asia/Tokyo"})
    card(page, "Profile").get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="changed elsewhere")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    card(page, "Profile").get_by_role("button", name="Save").click()

    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    assert ada.get("/me")["time_zone"] == "Asia/Tokyo"


def test_the_language_changes_at_once_and_stays(open_settings, account):
    page = open_settings(account(), locale="en-GB")

    page.get_by_label("Language").select_option("Deutsch")
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    page.reload()

    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()


def test_the_theme_changes_at_once_and_stays(open_settings, account):
    page = open_settings(account(), color_scheme="light")
    paper = "rgb(22, 24, 26)"

    page.get_by_label("Theme").select_option("Dark")
    expect(page.locator("body")).to_have_css("background-color", paper)
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", paper)
    page.get_by_label("Theme").select_option("As the system")

    expect(page.locator("body")).not_to_have_css("background-color", paper)


def test_another_address_takes_the_password_and_waits_to_be_confirmed(open_settings, account):
    ada, email = account(), f"{secrets.token_hex(8)}@example.com"
    page = open_settings(ada, allow=REFUSED)
    own = card(page, "Email")

    own.get_by_label("New email").fill(email)
    own.get_by_label("Current password", exact=True).fill("wrong")
    own.get_by_role("button", name="Change email").click()
    expect(own.get_by_label("Current password", exact=True)).to_have_accessible_description("The current password is wrong.")
    own.get_by_label("Current password", exact=True).fill(ada.password)
    own.get_by_role("button", name="Change email").click()

    expect(own).to_contain_text(email)
    expect(own).to_contain_text("Not confirmed yet")
    expect(own.get_by_label("Current password", exact=True)).to_have_value("")


def test_an_address_of_somebody_else_is_said_at_its_field(open_settings, account):
    ada = account()
    page = open_settings(ada, allow=REFUSED)
    own = card(page, "Email")

    own.get_by_label("New email").fill(account().email)
    own.get_by_label("Current password", exact=True).fill(ada.password)
    own.get_by_role("button", name="Change email").click()

    expect(own.get_by_label("New email")).to_have_accessible_description("There is an account with this address already.")


def test_another_password_ends_all_other_sessions(open_settings, account):
    ada = account()
    page = open_settings(ada)
    expect(card(page, "Where you are logged in").get_by_role("listitem")).to_have_count(2)

    own = card(page, "Password")
    own.get_by_label("Current password", exact=True).fill(ada.password)
    own.get_by_label("New password", exact=True).fill(OTHER_PASSWORD)
    own.get_by_role("button", name="Change password").click()

    expect(page.get_by_text("all other sessions have ended")).to_be_visible()
    expect(card(page, "Where you are logged in").get_by_role("listitem")).to_have_count(1)
    login = requests.post(f"{ada.api}/auth/login", json={"email": ada.email, "password": OTHER_PASSWORD}, timeout=10)
    assert login.status_code == 200


def test_sessions_tell_in_plain_words_where_they_are(open_settings, account):
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"
    ada = account()
    page = open_settings(ada, user_agent=phone)

    own, other = card(page, "Where you are logged in").get_by_role("listitem").all()

    expect(own).to_contain_text("Safari on iOS This one")
    expect(other).to_contain_text("python-requests")
    expect(other).to_contain_text("127.0.0.1")


def test_a_session_is_ended_from_another(open_settings, account):
    ada = account()
    page = open_settings(ada)

    page.get_by_role("button", name="End: python-requests").click()

    expect(card(page, "Where you are logged in").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("heading", name="Where you are logged in")).to_be_focused()
    with pytest.raises(requests.HTTPError, match="401"):
        ada.get("/me")


def test_all_other_sessions_are_ended_at_once(open_settings, account):
    ada = account()
    credentials = {"email": ada.email, "password": ada.password}
    ada.post("/auth/login", credentials)
    page = open_settings(ada)
    expect(card(page, "Where you are logged in").get_by_role("listitem")).to_have_count(3)

    page.get_by_role("button", name="End all others").click()

    expect(card(page, "Where you are logged in").get_by_role("listitem")).to_have_count(1)


def test_a_token_lets_a_script_in_until_it_is_deleted(open_settings, account):
    ada = account()
    page = open_settings(ada)
    dialog = page.get_by_role("dialog")

    page.get_by_role("button", name="New token").click()
    dialog.get_by_label("What is it for?").fill("backup script")
    dialog.get_by_label("Read todos").check()
    dialog.get_by_role("button", name="Make token").click()
    expect(dialog.get_by_label("Your token.")).to_be_focused()
    token = dialog.get_by_label("Your token.").input_value()
    assert f'curl -H "Authorization: Bearer {token}" {ada.api}/todos' in dialog.inner_text()
    dialog.get_by_role("button", name="Close").last.click()
    assert answer_to(ada, token).status_code == 200
    expect(card(page, "Access tokens").get_by_role("listitem")).to_contain_text("backup script")
    page.get_by_role("button", name="Delete: backup script").click()
    dialog.get_by_role("button", name="Delete").click()

    expect(card(page, "Access tokens").get_by_role("listitem")).to_have_count(0)
    assert answer_to(ada, token).status_code == 401


def answer_to(person, token):
    return requests.get(f"{person.api}/todos", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_a_token_is_copied(open_settings, account):
    page = open_settings(account(), permissions=["clipboard-read", "clipboard-write"])
    dialog = page.get_by_role("dialog")

    page.get_by_role("button", name="New token").click()
    dialog.get_by_label("What is it for?").fill("backup script")
    dialog.get_by_label("Read todos").check()
    dialog.get_by_role("button", name="Make token").click()
    dialog.get_by_role("button", name="Copy").click()

    expect(dialog.get_by_role("status").get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == dialog.get_by_label("Your token.").input_value()


def test_a_token_has_a_last_day_and_what_it_may_do(open_settings, account):
    ada = account(time_zone="Europe/Berlin")
    page = open_settings(ada)
    dialog = page.get_by_role("dialog")

    page.get_by_role("button", name="New token").click()
    dialog.get_by_label("What is it for?").fill("backup script")
    dialog.get_by_role("button", name="Make token").click()
    expect(dialog.get_by_role("alert").get_by_text("Choose at least one.")).to_be_visible()
    dialog.get_by_label("Read lists").check()
    dialog.get_by_label("Read todos").check()
    dialog.get_by_label("Last day").fill("2045-07-31")
    dialog.get_by_role("button", name="Make token").click()
    expect(dialog.get_by_label("Your token.")).to_be_visible()

    [token] = ada.get("/auth/tokens")["data"]
    assert token["scopes"] == ["lists:read", "todos:read"]
    assert token["expires_at"] == "2045-07-31T21:59:59Z"


def test_scopes_are_offered_as_far_as_the_account_may_go(open_settings, account):
    page = open_settings(account())

    page.get_by_role("button", name="New token").click()

    expect(page.get_by_label("Change todos")).to_be_visible()
    expect(page.get_by_label("See accounts")).to_have_count(0)


def test_leaving_for_good_takes_the_password_and_leads_out(open_settings, account, site):
    ada = account()
    page = open_settings(ada, allow=REFUSED)
    dialog = page.get_by_role("dialog")

    page.get_by_role("button", name="Delete account").click()
    expect(dialog).to_contain_text("This cannot be undone")
    dialog.get_by_label("Current password", exact=True).fill("wrong")
    dialog.get_by_role("button", name="Delete my account").click()
    expect(dialog.get_by_label("Current password", exact=True)).to_have_accessible_description("The current password is wrong.")
    dialog.get_by_label("Current password", exact=True).fill(ada.password)
    dialog.get_by_role("button", name="Delete my account").click()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page).to_have_url(f"{site.url}/")
    login = requests.post(f"{ada.api}/auth/login", json={"email": ada.email, "password": ada.password}, timeout=10)
    assert login.status_code == 401


@pytest.mark.parametrize(
    ("scheme", "size", "locale"),
    [
        ("light", {"width": 1280, "height": 800}, "en-GB"),
        ("dark", {"width": 1280, "height": 800}, "de-DE"),
        ("light", {"width": 390, "height": 844}, "de-DE"),
    ],
)
def test_nothing_keeps_anybody_from_the_settings(open_settings, account, scheme, size, locale):
    ada = account()
    ada.post("/auth/tokens", {"name": "backup script", "scopes": ["todos:read"]})
    page = open_settings(ada, color_scheme=scheme, viewport=size, locale=locale)
    expect(page.get_by_text("backup script")).to_be_visible()

    axe(page)
    page.get_by_role("button", name=re.compile("New token|Neues Token")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Delete account|Konto löschen")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"

"""Where an installation takes nobody new by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD


@pytest.fixture(scope="module")
def site_settings():
    return {"REGISTRATION": "closed"}


def test_closed_registration_is_said_at_the_form(open_page):
    page = open_page(allow=("status of 403",))

    page.get_by_role("button", name="Open an account").click()
    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open an account").click()

    expect(page.get_by_role("alert").filter(has_text="Registration is closed here. Ask an admin for an account.")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value("ada@example.com")

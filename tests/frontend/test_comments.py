"""What people say about a todo, in its panel."""

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe
from tests.frontend.conftest import until
from tests.frontend.test_entry import log_in

PHONE = {"width": 390, "height": 844}
HOSTILE = "<img src=x onerror=alert(1)>\n\u202eright to left " + "x" * 500


@pytest.fixture
def ada(account):
    return account(name="Ada")


@pytest.fixture
def bob(account):
    return account(name="Bob")


@pytest.fixture
def todo(ada, bob):
    """A todo of Ada's, in a list that Bob may edit."""
    shared = ada.post("/lists", {"name": "Groceries"})
    ada.post(f"/lists/{shared['id']}/members", {"email": bob.email, "role": "editor"})
    return ada.post("/todos", {"task": "milk", "list_id": shared["id"]})


@pytest.fixture
def open_panel(open_page, todo):
    """`open_panel(ada, **options)`: the page of somebody, with the panel of the todo. Its clock can be put forward."""

    def open_(person, **options):
        page = open_page(person, path=f"/#/lists/{todo['list_id']}", **options)
        page.clock.install()
        page.get_by_role("button", name="Details of milk").click()
        return page

    return open_


@pytest.fixture
def comment(todo):
    """`comment(ada, "Which one?")`: a comment on the todo."""
    return lambda person, body: person.post(f"/todos/{todo['id']}/comments", {"body": body})


def comments(page):
    return page.get_by_role("region", name="Comments").get_by_role("listitem")


def test_a_comment_is_written_by_keyboard(open_panel, ada):
    page = open_panel(ada)

    page.get_by_label("Write a comment").fill("Which one?\nOat?")
    page.get_by_label("Write a comment").press("Control+Enter")

    expect(comments(page)).to_contain_text(["Which one?\nOat?"], use_inner_text=True)
    expect(comments(page)).to_contain_text(["Ada"])
    expect(page.get_by_label("Write a comment")).to_have_value("")


def test_what_another_says_meanwhile_appears_and_is_announced(open_panel, ada, bob, comment):
    page = open_panel(ada)
    expect(page.get_by_text("No comments yet.")).to_be_visible()

    comment(bob, "Oat milk.")
    page.clock.fast_forward(15_000)

    expect(comments(page)).to_contain_text(["Oat milk."])
    expect(page.get_by_role("status").filter(has_text="A new comment has come in.")).to_have_count(1)


def test_ones_own_comment_is_changed_in_its_place(open_panel, ada, comment):
    comment(ada, "Cow milk.")
    page = open_panel(ada)

    comments(page).get_by_role("button", name="Edit").click()
    page.get_by_label("Edit comment").fill("Oat milk.")
    page.get_by_role("button", name="Save").click()

    expect(comments(page)).to_contain_text(["Oat milk."])
    expect(comments(page)).to_contain_text(["(edited)"])
    expect(comments(page).get_by_role("button", name="Edit")).to_be_focused()


def test_who_takes_another_name_has_not_edited_what_they_said(open_panel, ada, bob, comment):
    comment(ada, "Which one?")
    ada.patch("/me", {"name": "Countess of Lovelace"})

    page = open_panel(bob)

    expect(comments(page)).to_contain_text(["Countess of Lovelace"])
    expect(comments(page)).not_to_contain_text(["(edited)"])


def test_a_comment_changed_in_two_windows_shows_the_other_text_and_keeps_what_was_typed(open_panel, ada, comment, todo):
    made = comment(ada, "Cow milk.")
    page = open_panel(ada)
    page.expected_errors.append("412")
    comments(page).get_by_role("button", name="Edit").click()
    ada.patch(f"/todos/{todo['id']}/comments/{made['id']}", {"body": "Soy milk."})

    page.get_by_label("Edit comment").fill("Oat milk.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="reads now: Soy milk.")).to_be_visible()
    expect(page.get_by_label("Edit comment")).to_have_value("Oat milk.")
    page.get_by_role("button", name="Save").click()

    expect(comments(page)).to_contain_text(["Oat milk."])


def test_a_comment_is_deleted_after_a_question(open_panel, ada, comment):
    comment(ada, "Which one?")
    page = open_panel(ada)

    comments(page).get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete comment").get_by_role("button", name="Delete").click()

    expect(page.get_by_text("No comments yet.")).to_be_visible()
    expect(page.get_by_role("heading", name="Comments")).to_be_focused()


def test_the_owner_of_a_list_may_delete_what_others_said_and_not_change_it(open_panel, ada, bob, comment):
    comment(bob, "Oat milk.")

    page = open_panel(ada)

    expect(comments(page).get_by_role("button")).to_have_text(["Delete"])


def test_others_can_neither_change_nor_delete_it(open_panel, ada, bob, comment):
    comment(ada, "Oat milk.")

    page = open_panel(bob)

    expect(comments(page)).to_have_count(1)
    expect(comments(page).get_by_role("button")).to_have_count(0)


def test_many_comments_are_all_there(open_panel, ada, comment):
    for number in range(201):
        comment(ada, f"number {number}")

    page = open_panel(ada)

    expect(comments(page)).to_have_count(201)
    expect(comments(page).last).to_contain_text("number 200")


def send_without_a_connection(page):
    page.expected_errors += ["net::ERR_INTERNET_DISCONNECTED", "Offline"]
    expect(page.get_by_text("No comments yet.")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_label("Write a comment").fill("Oat milk.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("1 change waits for a connection")).to_have_count(1)


def test_a_comment_without_a_connection_is_kept_and_sent_once_there_is_one(open_panel, ada, todo):
    page = open_panel(ada)

    send_without_a_connection(page)
    expect(page.get_by_label("Write a comment")).to_have_value("Oat milk.")
    page.context.set_offline(False)

    expect(comments(page)).to_contain_text(["Oat milk."])
    assert [found["body"] for found in ada.get(f"/todos/{todo['id']}/comments")["data"]] == ["Oat milk."]


def reopen(page):
    """Leave the panel, and come back."""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Details of milk").click()


def test_half_a_comment_waits_where_its_panel_was_left_and_is_sent_once(open_panel, ada, todo):
    page = open_panel(ada)
    page.get_by_label("Write a comment").fill("Oat milk.")

    reopen(page)
    expect(page.get_by_label("Write a comment")).to_have_value("Oat milk.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(comments(page)).to_contain_text(["Oat milk."])
    expect(page.get_by_label("Write a comment")).to_have_value("")
    reopen(page)

    expect(comments(page)).to_contain_text(["Oat milk."])
    expect(page.get_by_label("Write a comment")).to_have_value("")


def test_half_a_comment_outlives_a_session_that_ends_elsewhere(open_panel, ada):
    page = open_panel(ada)
    page.expected_errors += ["401", "403"]
    page.get_by_label("Write a comment").fill("Oat milk.")

    ada.delete("/auth/sessions")
    page.clock.fast_forward(15_000)
    log_in(page, ada.email, ada.password)
    page.get_by_role("button", name="Details of milk").click()

    expect(page.get_by_label("Write a comment")).to_have_value("Oat milk.")


def test_a_comment_that_waits_for_a_connection_is_no_draft(open_panel, ada, todo):
    page = open_panel(ada)

    send_without_a_connection(page)
    reopen(page)

    expect(page.get_by_label("Write a comment")).to_have_value("")
    page.context.set_offline(False)
    until(page, lambda: [found["body"] for found in ada.get(f"/todos/{todo['id']}/comments")["data"]] == ["Oat milk."])


def test_a_comment_that_is_refused_when_its_panel_is_closed_is_a_draft_again(open_panel, ada):
    page = open_panel(ada)
    page.expected_errors.append("422")
    expect(page.get_by_text("No comments yet.")).to_be_visible()
    held = []
    page.route("**/comments", lambda route: held.append(route), times=1)
    page.get_by_label("Write a comment").fill("Oat milk.")
    page.get_by_role("button", name="Comment", exact=True).click()
    until(page, lambda: held)

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    held[0].fulfill(status=422, json={"detail": "Not like this."})
    expect(page.get_by_role("alert").filter(has_text="Not like this.")).to_be_visible()
    page.get_by_role("button", name="Details of milk").click()

    expect(page.get_by_label("Write a comment")).to_have_value("Oat milk.")


def test_half_a_change_of_a_comment_waits_until_it_is_called_off(open_panel, ada, comment):
    comment(ada, "Cow milk.")
    page = open_panel(ada)
    edit = comments(page).get_by_role("button", name="Edit")
    edit.click()
    page.get_by_label("Edit comment").fill("Oat milk.")

    reopen(page)
    edit.click()
    expect(page.get_by_label("Edit comment")).to_have_value("Oat milk.")
    page.get_by_role("button", name="Cancel").click()
    edit.click()

    expect(page.get_by_label("Edit comment")).to_have_value("Cow milk.")


def test_a_hostile_comment_is_text_and_breaks_no_layout(open_panel, ada, bob, comment):
    comment(bob, HOSTILE)

    page = open_panel(ada, viewport=PHONE)

    expect(comments(page)).to_contain_text(["<img src=x onerror=alert(1)>"])
    assert page.evaluate("(() => { const d = document.querySelector('dialog'); return d.scrollWidth <= d.clientWidth; })()")


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"])
def test_everyone_can_use_the_comments(open_panel, ada, bob, comment, look):
    comment(ada, "Which one?")
    comment(bob, "Oat milk.")
    page = open_panel(ada, **look)
    expect(comments(page)).to_have_count(2)

    comments(page).get_by_role("button", name="Edit").click()

    axe(page, ".comments")


def test_what_is_said_has_the_width_of_the_panel_below_who_said_it(open_panel, comment, ada):
    comment(ada, "OK")
    page = open_panel(ada, viewport=PHONE)
    author, said = comments(page).get_by_text("Ada"), comments(page).get_by_text("OK")
    expect(said).to_be_visible()

    assert said.bounding_box()["y"] >= author.bounding_box()["y"] + author.bounding_box()["height"]
    assert said.bounding_box()["x"] == pytest.approx(author.bounding_box()["x"], abs=1)

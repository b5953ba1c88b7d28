"""Two people and a list: it is shared, its members get roles, and leave; each has an own order of lists."""

import re

import pytest
from playwright.sync_api import expect

from tests.frontend.accessibility import axe

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def ada(account):
    return account(name="Ada")


@pytest.fixture
def bob(account):
    return account(name="Bob")


@pytest.fixture
def groceries(ada):
    return ada.post("/lists", {"name": "Groceries"})


def share(owner, shared, person, role):
    return owner.post(f"/lists/{shared['id']}/members", {"email": person.email, "role": role})


@pytest.fixture
def open_members(open_page, groceries):
    """`open_members(ada, **options)`: the page of somebody who sees the list, with the dialog of its members."""

    def open_(person, button="Share", **options):
        page = open_page(person, path=f"/#/lists/{groceries['id']}", **options)
        page.get_by_role("button", name=button, exact=True).click()
        return page

    return open_


def lists_of(page):
    return page.get_by_role("navigation").get_by_role("link", name="Groceries")


def member(page, name):
    return page.get_by_role("dialog").get_by_role("listitem").filter(has_text=name)


def invite(page, email, role="Editor"):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Role", exact=True).select_option(role)
    page.get_by_role("button", name="Invite").click()


def test_a_list_that_is_shared_shows_for_the_other_after_a_reload(open_members, open_page, ada, bob):
    hers, his = open_members(ada), open_page(bob)

    invite(hers, bob.email)
    expect(member(hers, "Bob")).to_be_visible()
    his.reload()

    expect(lists_of(his)).to_be_visible()


def test_after_an_invitation_the_next_one_can_be_written_at_once(open_members, ada, bob):
    page = open_members(ada)

    invite(page, bob.email)

    expect(page.get_by_role("status").filter(has_text=f"{bob.email} shares this list now")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value("")
    expect(page.get_by_label("Email")).to_be_focused()


def test_an_address_without_an_account_is_refused_at_its_field(open_members, ada):
    page = open_members(ada)
    page.expected_errors.append("422")

    invite(page, "nobody@example.com")

    expect(page.get_by_label("Email")).to_have_accessible_description(re.compile("^No account has this address"))


def test_who_is_a_member_already_is_refused_at_the_field_of_the_address(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "viewer")
    page = open_members(ada)
    page.expected_errors.append("409")

    invite(page, bob.email)

    expect(page.get_by_role("alert").filter(has_text="They are a member already.")).to_be_visible()
    expect(page.get_by_label("Email")).to_be_focused()


def test_an_owner_gives_another_role(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "viewer")
    page = open_members(ada)

    with page.expect_response(lambda answer: answer.request.method == "PATCH") as changed:
        page.get_by_label("Role of Bob").select_option("Editor")

    assert changed.value.status == 200
    assert bob.get(f"/lists/{groceries['id']}")["role"] == "editor"


def test_a_list_keeps_its_only_owner_and_says_so_beside_them(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "viewer")
    page = open_members(ada)
    page.expected_errors.append("409")

    page.get_by_label("Role of Ada").select_option("Viewer")
    page.get_by_role("dialog", name="Role").get_by_role("button", name="Viewer").click()

    expect(member(page, "Ada").get_by_role("alert")).to_contain_text("A list always keeps an owner.")
    expect(page.get_by_label("Role of Ada")).to_have_value("owner")


def test_who_thinks_better_of_giving_up_a_list_stays_its_owner(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "owner")
    page = open_members(ada)

    page.get_by_label("Role of Ada").select_option("Viewer")
    page.get_by_role("dialog", name="Role").get_by_role("button", name="Cancel").click()

    expect(page.get_by_label("Role of Ada")).to_have_value("owner")
    assert ada.get(f"/lists/{groceries['id']}")["role"] == "owner"


def test_a_role_that_another_owner_has_changed_meanwhile_is_shown_and_not_overwritten(open_members, ada, bob, account, groceries):
    cleo = account(name="Cleo")
    share(ada, groceries, cleo, "owner")
    share(ada, groceries, bob, "viewer")
    page = open_members(ada)
    page.expected_errors.append("412")
    expect(page.get_by_label("Role of Bob")).to_have_value("viewer")
    bobs_id = bob.get("/me")["id"]
    cleo.patch(f"/lists/{groceries['id']}/members/{bobs_id}", {"role": "editor"})

    page.get_by_label("Role of Bob").select_option("Owner")

    expect(page.get_by_role("alert").filter(has_text="Somebody else has changed this member.")).to_be_visible()
    expect(page.get_by_label("Role of Bob")).to_have_value("editor")


def test_a_member_is_taken_out_after_a_question(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "editor")
    page = open_members(ada)

    page.get_by_role("button", name="Remove Bob").click()
    page.get_by_role("dialog", name="Remove").get_by_role("button", name="Remove").click()

    expect(member(page, "Bob")).to_have_count(0)
    expect(page.get_by_role("list", name="Members")).to_be_focused()
    assert groceries["id"] not in [found["id"] for found in bob.get("/lists")["data"]]


def test_a_member_leaves_and_is_led_to_their_inbox(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "viewer")
    page = open_members(bob, "Members")

    page.get_by_role("button", name="Leave list").click()
    page.get_by_role("dialog", name="Leave list").get_by_role("button", name="Leave list").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    expect(lists_of(page)).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_does_not_own_a_list_sees_its_members_and_can_only_leave(open_members, ada, bob, groceries):
    share(ada, groceries, bob, "editor")

    page = open_members(bob, "Members")

    expect(member(page, "Ada")).to_contain_text("Owner")
    expect(page.get_by_role("dialog").get_by_role("button")).to_have_text(["×", "Leave list"])
    expect(page.get_by_label("Email")).to_have_count(0)


def test_a_viewer_reads_the_todos_of_a_list_and_is_offered_no_change(open_page, ada, bob, groceries):
    ada.post("/todos", {"task": "oat milk", "list_id": groceries["id"]})
    share(ada, groceries, bob, "viewer")

    page = open_page(bob, path=f"/#/lists/{groceries['id']}")

    expect(page.get_by_role("main").get_by_text("oat milk")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("checkbox")).to_be_disabled()
    expect(page.get_by_role("main").get_by_label("New todo")).to_have_count(0)


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"])
def test_everyone_can_use_the_dialog_of_members(open_members, ada, bob, groceries, look):
    share(ada, groceries, bob, "viewer")

    page = open_members(ada, **look)
    expect(member(page, "Bob")).to_be_visible()

    axe(page)


def names(page):
    return page.get_by_role("dialog").get_by_role("listitem")


def test_each_person_puts_the_lists_in_an_order_of_their_own_by_keyboard(open_page, ada):
    for name in ("Holidays", "Work", "Garden"):
        ada.post("/lists", {"name": name})
    page = open_page(ada)

    page.get_by_role("button", name="Order of the lists").press("Enter")
    page.get_by_role("button", name="Move Garden up").press("Enter")
    expect(page.get_by_role("button", name="Move Garden up")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Garden is list 2 of 3 now.")).to_have_count(1)
    page.keyboard.press("Enter")

    expect(names(page)).to_contain_text(["Garden", "Holidays", "Work"])
    expect(page.get_by_role("button", name="Move Garden down")).to_be_focused()
    assert [found["name"] for found in ada.get("/lists")["data"] if not found["inbox"]] == ["Garden", "Holidays", "Work"]


def test_everyone_can_use_the_order_of_lists(open_page, ada):
    for name in ("Holidays", "Work"):
        ada.post("/lists", {"name": name})
    page = open_page(ada)

    page.get_by_role("button", name="Order of the lists").click()
    expect(names(page)).to_have_count(2)

    axe(page)


def test_colours_of_lists_have_names_and_one_from_elsewhere_is_kept(open_page, ada):
    made = ada.post("/lists", {"name": "Work", "color": "#123456"})
    page = open_page(ada, path=f"/#/lists/{made['id']}")

    page.get_by_role("main").get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_role("radio", name="Blue")).to_be_visible()
    expect(page.get_by_role("radio", name="Another colour")).to_be_checked()
    page.get_by_role("textbox", name="Name").fill("Office")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Office")
    assert ada.get(f"/lists/{made['id']}")["color"] == "#123456"


@pytest.fixture
def open_stale(open_page, ada, groceries):
    """`open_stale()`: the page with a list that has got another name and colour meanwhile, which the page does not know."""

    def open_(**options):
        page = open_page(ada, path=f"/#/lists/{groceries['id']}", allow=["412"], **options)
        expect(page.get_by_role("heading", level=1)).to_have_text("Groceries")
        ada.patch(f"/lists/{groceries['id']}", {"name": "Food", "color": "#c0392b"})
        return page

    return open_


def test_a_list_that_was_changed_elsewhere_while_it_is_edited_shows_that_and_is_saved_by_another_try(open_stale, ada, groceries):
    page = open_stale()
    page.get_by_role("main").get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("Shopping")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="It was changed elsewhere, and is called “Food” now.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Shopping")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Shopping")
    kept = ada.get(f"/lists/{groceries['id']}")
    assert (kept["name"], kept["color"]) == ("Shopping", "#c0392b")


def test_what_was_left_alone_in_the_dialog_of_a_list_becomes_what_it_is_now(open_stale, ada, groceries):
    page = open_stale(locale="de-DE")
    page.get_by_role("main").get_by_role("button", name="Bearbeiten", exact=True).click()
    page.get_by_role("radio", name="Grün").check()
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("alert").filter(has_text="heißt jetzt „Food“.")).to_be_visible()

    page.get_by_role("button", name="Speichern").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Food")
    assert ada.get(f"/lists/{groceries['id']}")["color"] == "#27864f"


def test_a_list_that_was_changed_elsewhere_is_archived_and_deleted_by_another_try(open_stale, ada, groceries):
    page = open_stale()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="is called “Food” now.")).to_be_visible()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("button", name="Bring back from the archive")).to_be_visible()
    page.get_by_role("alert").get_by_role("button", name="Close").click()

    ada.patch(f"/lists/{groceries['id']}", {"name": "Meals"})
    for is_last in (False, True):
        page.get_by_role("main").get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        if not is_last:
            expect(page.get_by_role("alert").filter(has_text="is called “Meals” now.")).to_be_visible()

    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert [one["name"] for one in ada.get("/lists")["data"]] == ["Inbox"]

"""A bad connection, a busy service, a session that ends: nothing that was typed is lost, and nothing is done twice."""

from __future__ import annotations

import json

import pytest
import requests
from playwright.sync_api import expect

from tests.frontend.conftest import log_in, unsent, until

GONE = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def ada(account):
    return account(name="Ada")


def add(page, line):
    """Type a line and send it, as a person does."""
    page.get_by_label("New todo").fill(line)
    page.get_by_label("New todo").press("Enter")


def tasks(person):
    return sorted(todo["task"] for todo in person.get("/todos")["data"])


def lose_the_first_answer(page, path):
    """The service does what is sent there first, but the page hears nothing of it. Gives all that is sent there from now on."""
    sent = []

    def route(route):
        sent.append(route.request)
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route(f"**/api/v1{path}", route)
    return sent


def test_what_is_entered_without_a_connection_is_sent_when_there_is_one(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=[GONE])
    expect(page.get_by_label("buy milk: done")).to_be_visible()

    page.context.set_offline(True)
    add(page, "buy bread !high")
    page.get_by_label("buy milk: done").check()

    expect(page.get_by_text("2 changes wait for a connection")).to_be_visible()
    expect(page.get_by_text("waits to be sent")).to_be_visible()
    page.context.set_offline(False)
    until(page, lambda: ada.get(f"/todos/{made['id']}")["done"])
    expect(page.get_by_text("wait for a connection")).to_have_count(0)
    until(page, lambda: ada.get(f"/todos/{made['id']}")["done"])
    assert [(todo["task"], todo["priority"]) for todo in ada.get("/todos", params={"done": "false"})["data"]] == [("buy bread", "high")]


def test_it_is_sent_after_the_page_was_closed_too(open_page, ada):
    page = open_page(ada, allow=[GONE])
    expect(page.get_by_label("New todo")).to_be_visible()
    page.context.set_offline(True)
    add(page, "buy bread")
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()

    page.close(run_before_unload=False)
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"{ada.api}/../..".replace("/api/v1/../..", "/"))

    expect(again.get_by_label("buy bread: done")).to_be_visible()
    assert tasks(ada) == ["buy bread"]


def test_a_todo_whose_answer_was_lost_is_there_once(open_page, ada):
    page = open_page(ada, allow=["ERR_FAILED"])
    sent = lose_the_first_answer(page, "/todos")
    add(page, "buy bread")

    until(page, lambda: len(sent) == 2)
    expect(page.get_by_label("buy bread: done")).to_be_enabled()
    assert sent[0].headers["idempotency-key"] == sent[1].headers["idempotency-key"]
    assert tasks(ada) == ["buy bread"]


def test_a_change_whose_answer_was_lost_is_no_conflict(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["ERR_FAILED", "412"])
    sent = lose_the_first_answer(page, f"/todos/{made['id']}")
    page.get_by_label("buy milk: done").check()

    until(page, lambda: len(sent) == 2)
    expect(page.get_by_text("waits for a connection")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert ada.get(f"/todos/{made['id']}")["done"]


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (503, "unavailable")])
def test_a_busy_service_is_asked_again_when_it_said(open_page, ada, status, code):
    page = open_page(ada, allow=[str(status)])
    asked = []

    def refuse_once(route):
        asked.append(route.request.headers["idempotency-key"])
        if len(asked) > 1:
            route.continue_()
            return
        problem = {"type": "about:blank", "title": "Later", "status": status, "code": code, "detail": "Later."}
        headers = {"Retry-After": "2", "Content-Type": "application/problem+json"}
        route.fulfill(status=status, headers=headers, body=json.dumps(problem))

    page.route("**/api/v1/todos", refuse_once)
    add(page, "buy bread")

    expect(page.get_by_text("It goes on in 2 s.")).to_be_visible()
    expect(page.get_by_label("buy bread: done")).to_be_enabled()
    expect(page.get_by_text("It goes on in")).to_have_count(0)
    assert len(set(asked)) == 1
    assert tasks(ada) == ["buy bread"]


def test_a_session_that_was_ended_elsewhere_loses_nothing(open_page, ada, site):
    page = open_page(ada, path="/#/todos", allow=["401"])
    expect(page.get_by_role("heading", name="All todos")).to_be_visible()
    ada.delete("/auth/sessions")
    until(page, lambda: page.evaluate("fetch('/api/v1/me').then((answer) => answer.status)") == 401)

    add(page, "buy bread")
    expect(page.get_by_role("alert").get_by_text("Your session has ended.")).to_be_visible()
    page.get_by_label("Email").fill(ada.email)
    page.get_by_label("Password", exact=True).fill(ada.password)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="All todos")).to_be_visible()
    until(page, lambda: tasks(ada) == ["buy bread"])


def test_who_logs_in_after_another_sends_nothing_of_theirs(open_page, ada, account):
    page = open_page(ada, allow=[GONE, "401"])
    expect(page.get_by_label("New todo")).to_be_visible()
    page.context.set_offline(True)
    add(page, "a secret of Ada's")
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()
    page.context.clear_cookies()
    page.context.set_offline(False)
    expect(page.get_by_label("Password", exact=True)).to_be_visible()

    bob = account(name="Bob")
    log_in(page, bob)
    page.reload()

    expect(page.get_by_role("link", name="Bob")).to_be_visible()
    assert tasks(bob) == []


def test_a_service_that_is_down_is_waited_for(open_page, ada, site):
    page = open_page(ada, allow=["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "503"])
    expect(page.get_by_label("New todo")).to_be_visible()
    site.kill()
    add(page, "buy bread")
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()

    site.start()

    expect(page.get_by_text("waits for a connection")).to_have_count(0, timeout=15_000)
    assert requests.get(f"{site.url}/readyz", timeout=5).ok
    assert tasks(ada) == ["buy bread"]


@pytest.mark.parametrize(("status", "code"), [(503, "unavailable"), (502, "")])
def test_what_is_typed_outlives_a_service_that_is_away_for_long(open_page, ada, status, code):
    page = open_page(ada, allow=[str(status)])
    asked = []

    def refuse(route):
        asked.append(route.request.headers["idempotency-key"])
        if len(asked) > 7:  # more often than a request is tried in one go
            route.continue_()
            return
        route.fulfill(status=status, headers={"Retry-After": "0.05"}, body=json.dumps({"code": code, "detail": "Away."}))

    page.route("**/api/v1/todos", refuse)
    add(page, "buy bread")

    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()
    expect(page.get_by_label("buy bread: done")).to_be_enabled()
    assert len(set(asked)) == 1
    assert tasks(ada) == ["buy bread"]


def refuse(route, retry_after):
    """Say that it is too much for now."""
    problem = {"type": "about:blank", "title": "Later", "status": 429, "code": "rate_limited", "detail": "Later."}
    headers = {"Retry-After": str(retry_after), "Content-Type": "application/problem+json"}
    route.fulfill(status=429, headers=headers, body=json.dumps(problem))


def test_a_service_that_asks_for_ten_minutes_gets_them(open_page, ada):
    page = open_page(ada, allow=["429"])
    expect(page.get_by_label("New todo")).to_be_visible()
    page.clock.install()
    asked = []

    def refuse_once(route):
        asked.append(route.request.headers["idempotency-key"])
        if len(asked) > 1:
            route.continue_()
        else:
            refuse(route, 600)

    page.route("**/api/v1/todos", refuse_once)
    add(page, "buy bread")
    expect(page.get_by_text("It goes on in 600 s.")).to_be_visible()
    add(page, "buy milk")
    page.clock.run_for(590_000)
    assert len(asked) == 1

    page.clock.run_for(10_000)

    until(page, lambda: tasks(ada) == ["buy bread", "buy milk"])
    expect(page.get_by_text("It goes on in")).to_have_count(0)


def test_what_waits_as_the_service_asked_is_not_sent_as_the_next_person(open_page, ada, account):
    bob = account(name="Bob")
    page = open_page(ada, allow=["429"])
    expect(page.get_by_label("New todo")).to_be_visible()
    page.route("**/api/v1/todos", lambda route: refuse(route, 60))
    add(page, "a secret of Ada's")
    expect(page.get_by_text("It goes on in 60 s.")).to_be_visible()

    page.get_by_role("button", name="Log out").click()
    page.get_by_role("dialog", name="Log out").get_by_role("button", name="Log out").click()
    page.get_by_label("Email").fill(bob.email)
    page.get_by_label("Password", exact=True).fill(bob.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Bob")).to_be_visible()
    page.unroute("**/api/v1/todos")
    add(page, "buy bread")

    expect(page.get_by_label("buy bread: done")).to_be_enabled()
    expect(page.get_by_text("It goes on in")).to_have_count(0)
    assert tasks(bob) == ["buy bread"]


def test_what_is_on_its_way_arrives_before_somebody_is_logged_out(open_page, ada):
    made = [ada.post("/todos", {"task": task}) for task in ("buy milk", "buy bread", "buy rice")]
    page = open_page(ada)
    held = []

    def hold(route):
        if held:
            route.continue_()
        held.append(route)

    page.route("**/api/v1/todos/*", hold)
    for todo in made:
        page.get_by_label(f"{todo['task']}: done").check()
    until(page, lambda: held)

    page.get_by_role("button", name="Log out").click()
    held[0].continue_()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert [ada.get(f"/todos/{todo['id']}")["done"] for todo in made] == [True, True, True]


def test_who_logs_out_before_all_is_sent_is_asked(open_page, ada):
    page = open_page(ada, allow=["503"])
    page.route("**/api/v1/todos", lambda route: route.fulfill(status=503, headers={"Retry-After": "0.05"}, body="{}"))
    add(page, "buy bread")
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()
    asked = page.get_by_role("dialog", name="Log out")

    page.get_by_role("button", name="Log out").click()
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_have_count(0)
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    asked.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert unsent(page) == 0
    assert tasks(ada) == []


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_all_lines_that_are_refused_late_are_shown_until_somebody_closes_them(open_page, ada, is_reloaded):
    made = ada.post("/lists", {"name": "Errands"})
    lines = ["buy milk", "buy bread", "buy rice", "buy eggs", "buy salt"]
    page = open_page(ada, path=f"/#/lists/{made['id']}", allow=["404", "ERR_FAILED"])
    expect(page.get_by_role("heading", name="Errands")).to_be_visible()
    page.route("**/api/v1/todos", lambda route: route.abort())
    for line in lines:
        add(page, line)
    expect(page.get_by_text("5 changes wait for a connection")).to_be_visible()
    ada.delete(f"/lists/{made['id']}")
    if is_reloaded:
        page.reload()
        expect(page.get_by_role("heading", name="No such list")).to_be_visible()
    page.clock.install()

    page.unroute("**/api/v1/todos")
    page.clock.run_for(3000)

    notices = page.get_by_role("alert").locator(".notice").filter(has_text="was not added")
    expect(notices).to_contain_text([f"“{line}” was not added" for line in lines])
    page.clock.run_for(10_000)
    expect(notices).to_have_count(5)


@pytest.mark.parametrize("key", ["Space", "Delete"])
def test_a_change_whose_page_was_closed_before_the_answer_is_no_conflict(open_page, ada, key):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["404", "412"])
    sent = []
    page.route(f"**/api/v1/todos/{made['id']}", lambda route: sent.append(route.fetch()))
    if key == "Space":
        page.get_by_label("buy milk: done").check()
    else:
        page.get_by_role("button", name="buy milk", exact=True).press(key)
    until(page, lambda: sent)

    page.close(run_before_unload=False)
    again = page.context.new_page()
    again.goto(ada.api.removesuffix("api/v1"))
    expect(again.get_by_label("New todo")).to_be_visible()

    until(again, lambda: unsent(again) == 0)
    again.wait_for_load_state("networkidle")
    assert again.locator("dialog, .notice").count() == 0  # not "will be": notices go by themselves


def test_a_change_behind_one_whose_answer_was_lost_is_no_conflict(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=["ERR_FAILED", "412"])
    lose_the_first_answer(page, f"/todos/{made['id']}")
    page.get_by_role("button", name="Details of buy milk").click()
    page.get_by_role("combobox", name="Priority").select_option("high")
    page.get_by_label("Notes").fill("two bottles")
    page.get_by_label("Notes").press("Tab")

    until(page, lambda: ada.get(f"/todos/{made['id']}")["notes"] == "two bottles")
    expect(page.get_by_role("dialog", name="Changed by two")).to_have_count(0)


def test_a_comment_that_was_changed_elsewhere_before_a_late_change_arrives_is_said(open_page, ada):
    made = ada.post("/todos", {"task": "buy milk"})
    comment = ada.post(f"/todos/{made['id']}/comments", {"body": "oat"})
    page = open_page(ada, allow=[GONE, "412"])
    page.get_by_role("button", name="Details of buy milk").click()
    page.get_by_role("dialog").get_by_role("button", name="Edit").click()
    page.context.set_offline(True)
    page.get_by_label("Edit comment").fill("rice")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()
    ada.patch(f"/todos/{made['id']}/comments/{comment['id']}", {"body": "soy"})

    page.close(run_before_unload=False)
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(ada.api.removesuffix("api/v1"))

    expect(again.get_by_role("alert").filter(has_text="version")).to_be_visible()
    add(again, "buy bread")
    expect(again.get_by_label("buy bread: done")).to_be_enabled()


def test_the_last_change_is_what_shows_while_an_earlier_one_waits(open_page, ada):
    ada.post("/todos", {"task": "buy milk"})
    page = open_page(ada, allow=[GONE])
    done = page.get_by_label("buy milk: done")
    expect(done).to_be_visible()
    page.context.set_offline(True)
    done.check()
    expect(page.get_by_text("1 change waits for a connection")).to_be_visible()

    done.click()

    expect(page.get_by_text("2 changes wait for a connection")).to_be_visible()
    expect(done).not_to_be_checked()

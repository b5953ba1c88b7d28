"""The README's module for frontends, run in a browser: in a page of the service's origin, and in one of another origin."""

import re

import pytest

from tests import chromium, databases
from tests.frontend import people
from tests.pages import served
from tests.readme.test_facts import section

API = "http://localhost:8000/api/v1"
MODULE, USE = re.findall(r"```js\n(.*?)```", section("Write your own frontend"), re.DOTALL)
LIMIT = 8  # requests of one account in 3 seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files of the page."""
    made = tmp_path_factory.mktemp("page")
    (made / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>A frontend of one\'s own</title>')
    return made


@pytest.fixture(scope="module")
def elsewhere(folder):
    """Another origin, which serves them."""
    with served(folder) as origin:
        yield origin


@pytest.fixture(scope="module")
def service(make_module_server, elsewhere, folder):
    """The live service, and the module in the folder with its address."""
    if databases.SERVER:
        pytest.skip("a page does not know the database: it is tested on SQLite")
    limits = {"RATE_LIMITS": "on", "RATE_LIMIT_DEFAULT": f"{LIMIT}/3 seconds", "RATE_LIMIT_AUTH": "1000/minute"}
    server = make_module_server(CORS_ORIGINS=elsewhere, **limits)
    server.url = f"http://localhost:{server.port}"
    server.api = f"{server.url}/api/v1"
    (folder / "tickbox.js").write_text(of(server, MODULE))
    (folder / "use.js").write_text(of(server, USE))
    return server


def of(server, script):
    assert script.count(API) <= 1, "the address of the service stands in one place"
    return script.replace(API, server.api)


@pytest.fixture(scope="module")
def browser():
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(params=["its own origin", "another origin"])
def page(request, browser, service, elsewhere, folder):
    """The page, with nobody logged in."""
    context = browser.new_context()
    page = context.new_page()
    if request.param == "another origin":
        page.goto(f"{elsewhere}/index.html")
    else:
        page.route(f"{service.url}/own/*", lambda route: route.fulfill(path=folder / route.request.url.rpartition("/")[2]))
        page.goto(f"{service.url}/own/index.html")
    yield page
    context.close()


@pytest.fixture
def ada(service):
    return people.register(service.api, name="Ada")


def run(page, script, *values):
    """What the script gives; it finds the module as `tickbox`, and the values as `values`."""
    imported = "const tickbox = await import(new URL('tickbox.js', location.href));"
    return page.evaluate(f"async (values) => {{ {imported} {script} }}", list(values))


@pytest.fixture
def logged_in(page, ada):
    """The page, with Ada logged in by the module."""
    run(page, "await tickbox.logIn(...values)", ada.email, ada.password)
    return page


def test_a_login_gives_the_page_a_session_and_no_token(page, ada):
    answer = run(page, "return tickbox.logIn(...values)", ada.email, ada.password)

    assert answer["user"]["email"] == ada.email
    assert "access_token" not in answer
    assert run(page, "return (await tickbox.ask('GET', '/me')).name") == "Ada"
    assert "access_token_cookie" not in page.evaluate("document.cookie")


def test_a_wrong_password_is_a_problem_with_a_code(page, ada):
    script = "return tickbox.logIn(...values).catch(({ status, code }) => ({ status, code }))"

    refused = run(page, script, ada.email, "not the password")

    assert refused == {"status": 401, "code": "unauthorized"}


def test_what_is_changed_carries_the_csrf_token(logged_in, ada):
    made = run(logged_in, "return tickbox.ask('POST', '/todos', { task: 'build a page' })")
    run(logged_in, "await tickbox.ask('DELETE', `/todos/${values[0]}`)", made["id"])

    assert [todo["task"] for todo in ada.get("/todos?trashed=true")["data"]] == ["build a page"]


def test_a_session_goes_on_after_its_access_token(logged_in):
    for name in ("access_token_cookie", "csrf_access_token"):
        logged_in.context.clear_cookies(name=name)

    assert run(logged_in, "return (await tickbox.ask('GET', '/me')).name") == "Ada"


def test_a_session_that_is_over_is_a_401(logged_in, ada):
    ada.delete("/auth/sessions")

    assert run(logged_in, "return tickbox.ask('GET', '/me').catch(({ status }) => status)") == 401


def test_all_pages_are_read(logged_in, ada):
    for task in ("one", "two", "three"):
        ada.post("/todos", {"task": task})
    script = "const found = []; for await (const { task } of tickbox.each('/todos', { limit: 2, sort: 'created_at' })) found.push(task); return found"

    assert run(logged_in, script) == ["one", "two", "three"]


def test_a_conflict_is_settled_over_what_the_other_has_made_of_it(logged_in, ada):
    seen = ada.post("/todos", {"task": "build a page"})
    ada.patch(f"/todos/{seen['id']}", {"task": "build a good page"})

    settled = run(
        logged_in, "return tickbox.change('/todos', values[0], { done: true }, ({ task }) => ({ task: `${task}!`, done: true }))", seen
    )

    assert (settled["task"], settled["done"], settled["version"]) == ("build a good page!", True, 3)


def test_a_conflict_in_which_the_person_gives_way_changes_nothing(logged_in, ada):
    seen = ada.post("/todos", {"task": "build a page"})
    ada.patch(f"/todos/{seen['id']}", {"task": "build a good page"})

    left = run(logged_in, "return tickbox.change('/todos', values[0], { task: 'late' }, () => null)", seen)

    assert (left["task"], left["version"]) == ("build a good page", 2)


def test_a_post_whose_answer_is_lost_is_answered_again_and_not_done_again(logged_in, service, ada):
    answers = []

    def lose_the_first(route):
        answers.append(route.fetch())
        if len(answers) == 1:
            route.abort()
        else:
            route.fulfill(response=answers[-1])

    logged_in.route(f"{service.api}/todos", lose_the_first)

    made = run(logged_in, "return tickbox.ask('POST', '/todos', { task: 'water the plants' })")

    assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true"]
    assert [todo["id"] for todo in ada.get("/todos")["data"]] == [made["id"]]


def test_who_asks_too_much_waits_as_told_and_then_gets_all(logged_in):
    statuses = []
    logged_in.on("response", lambda answer: statuses.append(answer.status))
    script = f"return (await Promise.all(Array.from({{ length: {LIMIT + 2} }}, () => tickbox.ask('GET', '/me')))).length"

    assert run(logged_in, script) == LIMIT + 2
    assert statuses.count(200) == LIMIT + 2
    assert 429 in statuses


@pytest.fixture(scope="module")
def readers_account(service):
    """The account that the README's example logs in to."""
    reader = people.Person(service.api, "ada@example.org", "violet kettle 71")
    reader.post("/auth/register", {"email": reader.email, "password": reader.password})


def test_the_example_of_its_use_does_what_it_says(page, readers_account):
    printed = []
    page.on("console", lambda message: printed.append(message.text))

    page.evaluate("import(new URL('use.js', location.href))")

    assert set(printed) == {"☑ build a page"}

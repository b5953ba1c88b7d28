"""Pages of other origins: allowed ones may do everything that the API offers, all others get no CORS header at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests import chromium, factories
from tests.contract.operations import API
from tests.contract.problems import assert_problem
from tests.factories import PASSWORD

ALLOWED = "https://app.example.org"
ALSO_ALLOWED = "http://localhost:3000"
OTHERS = ["https://evil.example", "http://app.example.org", "https://app.example.org:444", "https://app.example.org.evil.example", "null", "https://xapp.example.org", "", "*", "https://APP.example.org/"]  # fmt: skip
EXPOSED = {
    "ETag",
    "Link",
    "Location",
    "X-Request-ID",
    "X-Total-Count",
    "Retry-After",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
}
NOBODY = {name: "01a20459-32c8-7326-9abb-c55e842ba95a" for operation in API for name in operation.ids}


@pytest.fixture(scope="module")
def app(make_module_app):
    return make_module_app(CORS_ORIGINS=f"{ALLOWED},{ALSO_ALLOWED}")


@pytest.fixture(scope="module")
def account(app):
    return factories.user(app)


@pytest.fixture
def client(app, account):
    return factories.client(app, account)


@pytest.fixture
def browser(app, account):
    """A client that is logged in with cookies, by a page of the allowed origin."""
    made = factories.Client(app)
    answer = made.post("/auth/login", {"email": account.email, "password": PASSWORD, "cookies": True}, headers={"Origin": ALLOWED})
    assert answer.status_code == 200
    return made


def cors_headers(answer):
    return {name for name, _ in answer.headers if name.startswith("Access-Control-")}


def listed(answer, name):
    return {each.strip().lower() for each in answer.headers[name].split(",")}


def preflight(client, operation, origin):
    asked = {
        "Access-Control-Request-Method": operation.method,
        "Access-Control-Request-Headers": "authorization, content-type, if-match, x-csrf-token",
    }
    return client.options(operation.at(NOBODY), headers={"Origin": origin, "Authorization": None, **asked})


@pytest.mark.parametrize("origin", [ALLOWED, ALSO_ALLOWED])
@pytest.mark.parametrize("operation", API, ids=str)
def test_an_allowed_origin_passes_the_preflight_of_every_operation(client, operation, origin):
    answer = preflight(client, operation, origin)

    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert operation.method.lower() in listed(answer, "Access-Control-Allow-Methods")
    assert {"authorization", "content-type", "if-match", "x-csrf-token"} <= listed(answer, "Access-Control-Allow-Headers")
    assert "origin" in listed(answer, "Vary")


@pytest.mark.parametrize(
    "header", ["If-Match", "If-None-Match", "Idempotency-Key", "X-Request-ID", "X-CSRF-TOKEN", "Authorization", "Content-Type"]
)
def test_every_header_of_the_api_may_be_sent(client, header):
    asked = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": header.lower()}

    assert header.lower() in listed(client.options("/todos", headers=asked), "Access-Control-Allow-Headers")


@pytest.mark.parametrize("origin", OTHERS)
def test_another_origin_gets_no_cors_header(client, origin):
    for operation in API:
        assert not cors_headers(preflight(client, operation, origin)), operation
    assert not cors_headers(client.get("/todos", headers={"Origin": origin}))
    assert not cors_headers(client.get("/todos/x", headers={"Origin": origin}))


def test_without_an_origin_there_is_no_cors_header(client):
    assert not cors_headers(client.get("/todos"))


def test_without_the_setting_no_origin_is_allowed(make_app):
    nobody = factories.client(make_app())

    assert not cors_headers(nobody.options("/todos", headers={"Origin": ALLOWED, "Access-Control-Request-Method": "GET"}))
    assert not cors_headers(nobody.get("/todos", headers={"Origin": ALLOWED}))


def test_an_allowed_page_can_read_the_headers_that_it_needs_on_errors_too(client):
    for path, status in (("/todos", 200), ("/todos/x", 404), ("/todos?x=1", 422), ("/nowhere", 404), ("/users", 403)):
        answer = client.get(path, headers={"Origin": ALLOWED})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert {each.lower() for each in EXPOSED} <= listed(answer, "Access-Control-Expose-Headers")
    assert_problem(client.get("/todos", headers={"Origin": ALLOWED, "Authorization": None}), 401)
    assert client.get("/todos", headers={"Origin": ALLOWED, "Authorization": None}).headers["Access-Control-Allow-Origin"] == ALLOWED
    assert client.open("/todos", method="TRACE", headers={"Origin": ALLOWED}).headers["Access-Control-Allow-Origin"] == ALLOWED


def test_caches_tell_allowed_origins_apart(client):
    for path in ("/todos", "/openapi.json", "/docs", "/"):
        assert "origin" in listed(client.get(path, headers={"Origin": ALLOWED}), "Vary")


def test_a_page_of_an_allowed_origin_lives_by_cookies(browser):
    csrf = {"Origin": ALLOWED, "X-CSRF-TOKEN": browser.get_cookie("csrf_access_token").value}

    made = browser.post("/todos", {"task": "from a page"}, headers=csrf)
    path = f"/todos/{made.json['id']}"

    assert made.status_code == 201
    assert browser.get("/todos", headers={"Origin": ALLOWED}).json["data"][0]["id"] == made.json["id"]
    assert browser.put(path, {"task": "changed"}, if_match=1, headers=csrf).json["version"] == 2
    assert_problem(browser.patch(path, {"done": True}, headers={"Origin": ALLOWED}), 403)
    assert browser.delete(path, headers=csrf).status_code == 204


def test_a_page_of_another_origin_cannot_change_anything_with_the_cookies_of_its_visitor(browser):
    """A simple request needs no preflight, and cookies may come along: the CSRF token, which that page cannot read, does not."""
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
        answer = browser.post("/todos", data=b'{"task": "forged"}', content_type=content_type, headers={"Origin": "https://evil.example"})
        assert_problem(answer, 403)
        assert answer.json["code"] == "csrf_failed"
    assert "forged" not in browser.get("/todos").text


# The same in a real browser: what it lets a page do is decided there, not here.

PAGE = """<!doctype html><title>page</title><script>
const api = new URLSearchParams(location.search).get("api"), steps = {};
const csrf = () => (document.cookie.match(/csrf_access_token=([^;]+)/) || [])[1];
const ask = async (name, path, method = "GET", body, headers = {}) => {
  try {
    const answer = await fetch(api + path, {
      method, headers: {...(body && {"Content-Type": "application/json"}), ...(method != "GET" && csrf() && {"X-CSRF-TOKEN": csrf()}), ...headers},
      credentials: "include", body: body && JSON.stringify(body)});
    const text = await answer.text();
    steps[name] = {status: answer.status, json: text ? JSON.parse(text) : null, etag: answer.headers.get("ETag"),
      location: answer.headers.get("Location"), request_id: answer.headers.get("X-Request-ID"), cookies: document.cookie};
  } catch (error) { steps[name] = {refused: String(error)}; }
  return steps[name];
};
(async () => {
  await ask("login", "/auth/login", "POST", LOGIN);
  const made = await ask("create", "/todos", "POST", {task: "from a page"}, {"Idempotency-Key": "page-1"});
  const path = made.json && "/todos/" + made.json.id;
  if (path) {
    await ask("list", "/todos?count=true");
    await ask("put", path, "PUT", {task: "changed"}, {"If-Match": made.etag});
    await ask("stale", path, "PATCH", {done: true}, {"If-Match": made.etag});
    await ask("patch", path, "PATCH", {done: true});
    await ask("delete", path, "DELETE");
    await ask("gone", path);
    await ask("logout", "/auth/logout", "POST");
    await ask("after", "/todos");
  }
  await fetch("/report", {method: "POST", body: JSON.stringify(steps)});
})();
</script>"""


@contextmanager
def page_server(account):
    """A web server of another origin with one page, and what that page reported."""
    reported, reports = threading.Event(), []

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            body = PAGE.replace("LOGIN", json.dumps({"email": account["email"], "password": PASSWORD, "cookies": True})).encode()
            self.answer(body if self.path.startswith("/?") else b"")

        def do_POST(self):
            reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b"")
            reported.set()

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.reported, server.reports, server.origin = reported, reports, f"http://127.0.0.1:{server.server_port}"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def visit(pages, api, profile, *more):
    """What the page did in a real browser, started with more options."""
    own = ["--headless=new", f"--user-data-dir={profile}"]
    command = [chromium.program(), *chromium.OPTIONS, *own, *more, f"{pages.origin}/?api={api}"]
    with (profile.parent / "browser.log").open("wb") as log:
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        assert pages.reported.wait(60), f"the page never reported: {(profile.parent / 'browser.log').read_text()[-2000:]}"
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)
    return pages.reports[0]


@pytest.fixture
def registered():
    """An account to register on a live server."""
    return {"email": "visitor@example.com", "password": PASSWORD}


def register(server, account):
    assert requests.post(f"{server.api}/auth/register", json=account, timeout=10).status_code == 201


def test_a_real_browser_lets_a_page_of_an_allowed_origin_do_everything(make_live_server, registered, tmp_path):
    with page_server(registered) as pages:
        server = make_live_server(CORS_ORIGINS=pages.origin)
        register(server, registered)

        steps = visit(pages, server.api, tmp_path / "browser")

    statuses = {name: step.get("status", step.get("refused")) for name, step in steps.items()}
    assert statuses == {
        "login": 200,
        "create": 201,
        "list": 200,
        "put": 200,
        "stale": 412,
        "patch": 200,
        "delete": 204,
        "gone": 404,
        "logout": 204,
        "after": 401,
    }
    assert "access_token_cookie" not in steps["login"]["cookies"]
    assert steps["create"]["location"].endswith(steps["create"]["json"]["id"])
    assert steps["list"]["json"]["data"] == [steps["create"]["json"]]
    assert (steps["put"]["etag"], steps["put"]["json"]["task"]) == ('"2"', "changed")
    assert all(step["request_id"] for step in steps.values())


def test_a_real_browser_lets_a_page_of_another_origin_do_nothing(make_live_server, registered, tmp_path):
    with page_server(registered) as pages:
        server = make_live_server(CORS_ORIGINS="https://app.example.org")
        register(server, registered)

        steps = visit(pages, server.api, tmp_path / "browser")

    assert {name: "refused" in step for name, step in steps.items()} == {"login": True, "create": True}

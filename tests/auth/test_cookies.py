import pytest

from tests.factories import PASSWORD

EVIL = ["", "wrong", "é", "\xff" * 40]


@pytest.fixture
def browser(anonymous, account):
    """A client that is logged in with cookies."""
    anonymous.post("/auth/login", {"email": account.email, "password": PASSWORD, "cookies": True})
    return anonymous


def csrf(client, kind="access"):
    return {"X-CSRF-TOKEN": client.get_cookie(f"csrf_{kind}_token").value}


def test_a_login_with_cookies_keeps_the_tokens_out_of_the_body(anonymous, account):
    answer = anonymous.post("/auth/login", {"email": account.email, "password": PASSWORD, "cookies": True})

    assert answer.status_code == 200
    assert answer.json.keys() == {"token_type", "expires_in", "user"}


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(make_app, account):
    plain = make_app().test_client()
    answer = plain.post("/auth/login", {"email": account.email, "password": PASSWORD, "cookies": True})
    cookies = {cookie.split("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}

    assert cookies.keys() == {"access_token_cookie", "csrf_access_token", "refresh_token_cookie", "csrf_refresh_token"}
    assert all("SameSite=Lax" in cookie for cookie in cookies.values())
    assert "HttpOnly" in cookies["access_token_cookie"]
    assert "HttpOnly; Path=/api/v1/auth;" in cookies["refresh_token_cookie"]
    assert "HttpOnly" not in cookies["csrf_access_token"]
    assert "Path=/;" in cookies["csrf_access_token"]


def test_cookies_are_secure_where_the_service_is(make_app, account):
    client = make_app(PUBLIC_URL="https://todo.example.org").test_client()

    answer = client.post("/auth/login", {"email": account.email, "password": PASSWORD, "cookies": True})

    assert ["Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie")] == [True] * 4


def test_reading_takes_the_cookie_alone(browser, account):
    assert browser.get("/me").json["id"] == account.id


@pytest.mark.parametrize("sent", EVIL)
def test_changing_takes_the_csrf_token_as_well(browser, sent):
    browser.get("/me")

    answer = browser.patch("/me", {"name": "Eve"}, headers={"X-CSRF-TOKEN": sent})

    assert answer.status_code == 403
    assert answer.json["code"] == "csrf_failed"


def test_changing_without_a_csrf_header_is_refused(browser):
    assert browser.post("/auth/logout").json["code"] == "csrf_failed"


def test_changing_with_the_csrf_token_works(browser):
    assert browser.patch("/me", {"name": "Ada"}, headers=csrf(browser)).json["name"] == "Ada"


def test_a_refresh_by_cookie_sets_new_cookies(browser):
    before = browser.get_cookie("access_token_cookie", path="/api/v1").value

    answer = browser.post("/auth/refresh", headers=csrf(browser, "refresh"))

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json
    assert browser.get_cookie("access_token_cookie", path="/api/v1").value != before
    assert browser.patch("/me", {"name": "Ada"}, headers=csrf(browser)).status_code == 200


@pytest.mark.parametrize("kind", ["access", None])
def test_a_refresh_by_cookie_takes_the_csrf_token_of_the_refresh_token(browser, kind):
    answer = browser.post("/auth/refresh", headers=csrf(browser, kind) if kind else {})

    assert answer.json["code"] == "csrf_failed"


def test_logging_out_takes_the_cookies_away(browser):
    browser.post("/auth/logout", headers=csrf(browser))

    assert browser.get_cookie("access_token_cookie", path="/api/v1") is None
    assert browser.get_cookie("refresh_token_cookie", path="/api/v1/auth") is None
    assert browser.get_cookie("csrf_access_token") is None


def test_the_authorization_header_comes_before_cookies(browser, stranger):
    answer = browser.get("/me", headers={"Authorization": f"Bearer {stranger.token}"})

    assert answer.json["id"] == stranger.account.id


def test_a_bad_authorization_header_is_not_made_good_by_cookies(browser):
    assert browser.get("/me", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_bearer_needs_no_csrf_token(client):
    assert client.patch("/me", {"name": "Ada"}).status_code == 200


@pytest.mark.parametrize("value", ["x", "é", "a.b.c", "tbx_x", ""])
def test_a_broken_cookie_is_a_401(anonymous, value):
    assert anonymous.get("/me", headers={"Cookie": f"access_token_cookie={value}"}).status_code == 401


def test_a_replayed_login_sets_the_same_cookies(anonymous, account):
    body = {"email": account.email, "password": PASSWORD, "cookies": True}

    answers = [anonymous.post("/auth/login", body, idempotency_key=account.id) for _ in range(2)]

    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert answers[0].headers.getlist("Set-Cookie") == answers[1].headers.getlist("Set-Cookie")

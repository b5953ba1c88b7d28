import pytest

from tests import factories

FRIEND, FOE = "https://app.example.com", "https://evil.example.com"
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


@pytest.fixture
def client(make_app, account):
    return factories.client(make_app(CORS_ORIGINS=f"{FRIEND},https://other.example.com"), account)


def cors_headers(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}


def preflight(client, origin):
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, if-match, idempotency-key"}
    return client.options("/todos", headers={"Origin": origin, **asked})


def test_an_allowed_origin_may_read_the_answer(client):
    answer = client.get("/todos", headers={"Origin": FRIEND})

    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == EXPOSED
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(("path", "status"), [("/todos/x", 404), ("/nowhere", 404), ("/todos?x=1", 422)])
def test_an_allowed_origin_may_read_problems_too(client, path, status):
    answer = client.get(path, headers={"Origin": FRIEND})

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND


def test_an_allowed_origin_may_ask_before(client):
    answer = preflight(client, FRIEND)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert {"authorization", "if-match", "idempotency-key"} == set(answer.headers["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("origin", [FOE, "null", "https://app.example.com.evil.com", "http://app.example.com", "https://APP2.example.com"])
def test_another_origin_gets_no_header(client, origin):
    assert cors_headers(client.get("/todos", headers={"Origin": origin})) == {}
    assert cors_headers(preflight(client, origin)) == {}


def test_an_origin_may_be_an_ipv6_address(make_app, account):
    client = factories.client(make_app(CORS_ORIGINS="http://[::1]:3000"), account)

    assert cors_headers(client.get("/todos", headers={"Origin": "http://[::1]:3000"}))
    for another in ("http://1:3000", "http://::3000", "http://[::1]:30000"):
        assert cors_headers(client.get("/todos", headers={"Origin": another})) == {}


def test_without_an_origin_there_is_no_header(client):
    assert cors_headers(client.get("/todos")) == {}


def test_by_default_no_origin_is_allowed(make_client, account):
    client = make_client(account)

    assert cors_headers(client.get("/todos", headers={"Origin": FRIEND})) == {}
    assert cors_headers(preflight(client, FRIEND)) == {}

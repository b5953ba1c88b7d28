import time
from types import SimpleNamespace

import pytest

from app.core import limits
from tests import factories
from tests.brokers import Redis


@pytest.fixture
def limited(make_app):
    """An app that lets three requests a minute pass, and one to log in."""
    return make_app(RATE_LIMITS="on", RATE_LIMIT_DEFAULT="3/minute", RATE_LIMIT_AUTH="1/minute")


@pytest.fixture
def client(limited, account):
    return factories.client(limited, account)


def test_every_answer_tells_where_the_caller_stands(client):
    answer = client.get("/todos")

    assert answer.headers.getlist("RateLimit-Policy") == ['"default";q=3;w=60']
    assert answer.headers.getlist("RateLimit") == ['"default";r=2;t=60']


def test_what_is_left_grows_less(client):
    assert [client.get("/todos").headers["RateLimit"].split(";")[1] for _ in range(4)] == ["r=2", "r=1", "r=0", "r=0"]


def test_one_request_too_many_is_refused_with_the_time_to_wait(client):
    for _ in range(3):
        client.get("/todos")

    answer = client.get("/todos")

    assert answer.status_code == 429
    assert answer.json["code"] == "rate_limited"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit"] == f'"default";r=0;t={answer.headers["Retry-After"]}'


def test_whoever_waits_as_long_as_they_are_told_is_let_in_again(client, monkeypatch):
    def move(seconds):
        monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: begun + seconds, monotonic=time.monotonic))

    begun = time.time()
    move(0)
    for _ in range(3):
        client.get("/todos")
    move(49.6)
    told = int(client.get("/todos").headers["Retry-After"])
    move(49.6 + told)

    assert client.get("/todos").status_code == 200


def test_whoever_waits_as_long_as_they_are_told_is_let_in_again_by_redis(make_app, account, tmp_path):
    redis = Redis(tmp_path).start()
    try:
        client = factories.client(make_app(RATE_LIMITS="on", RATE_LIMIT_DEFAULT="1/2 seconds", REDIS_URL=redis.url), account)
        first = client.get("/todos")
        time.sleep(0.6)
        told = int(client.get("/todos").headers["Retry-After"])
        time.sleep(told)

        assert first.headers["RateLimit"] == '"default";r=0;t=2'
        assert client.get("/todos").status_code == 200
    finally:
        redis.stop()


def test_a_refused_request_does_nothing(client, account, make_client):
    for _ in range(3):
        client.get("/todos")

    client.post("/todos", {"task": "late"})

    assert make_client(account).get("/todos").json["data"] == []


def test_each_account_has_a_limit_of_its_own(limited, client, user):
    for _ in range(4):
        client.get("/todos")

    assert factories.client(limited, user()).get("/todos").status_code == 200


def test_two_sessions_of_one_account_share_its_limit(limited, client, account):
    for _ in range(3):
        client.get("/todos")

    assert factories.client(limited, account).get("/todos").status_code == 429


def test_who_is_nobody_is_limited_by_address(limited):
    def statuses(address):
        nobody = factories.client(limited)
        return [nobody.get("/todos", environ_overrides={"REMOTE_ADDR": address}).status_code for _ in range(4)]

    assert statuses("192.0.2.1") == [401, 401, 401, 429]
    assert statuses("192.0.2.2") == [401, 401, 401, 429]


def test_the_address_in_a_header_of_the_client_is_not_believed(limited):
    nobody = factories.client(limited)

    statuses = [nobody.get("/todos", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(4)]

    assert statuses == [401, 401, 401, 429]


def test_wrong_requests_count_too(client):
    statuses = [client.post("/todos", {}).status_code for _ in range(4)]

    assert statuses == [422, 422, 422, 429]


def test_logging_in_has_a_stricter_limit(limited):
    nobody = factories.client(limited)
    nobody.post("/auth/login", {})

    answer = nobody.post("/auth/login", {})

    assert answer.status_code == 429
    assert answer.headers["RateLimit-Policy"] == '"auth";q=1;w=60'


def test_by_default_600_requests_a_minute_pass(make_app, account):
    client = factories.client(make_app(RATE_LIMITS="on"), account)

    assert client.get("/todos").headers["RateLimit-Policy"] == '"default";q=600;w=60'


def test_a_service_without_limits_does_not_speak_of_them(make_client, account):
    answer = make_client(account).get("/todos")

    assert "RateLimit" not in answer.headers
    assert "RateLimit-Policy" not in answer.headers


def test_requests_pass_while_redis_is_away(make_app, account):
    app = make_app(RATE_LIMITS="on", RATE_LIMIT_DEFAULT="1/minute", REDIS_URL="redis://127.0.0.1:1")
    client = factories.client(app, account)

    answers = [client.get("/todos") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "RateLimit" not in answers[0].headers
    assert app.extensions["limits"].failures == 1  # the others did not wait for Redis again

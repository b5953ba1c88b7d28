"""RFC 8725 as tests: no token but a genuine one passes, and none breaks the service."""

import json
import time
from base64 import urlsafe_b64encode
from types import SimpleNamespace

import jwt
import pytest

from app.auth import authentication, tokens

KEY = "k2-of-the-tests-and-of-nothing-else-0123456789"
PREVIOUS = "k0-of-the-tests-and-of-nothing-else-0123456789"


def get(client, token, path="/me"):
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def forge(token, key=KEY, algorithm="HS256", header=None, without=(), **changes):
    """A token like this one, with some claims and headers changed, and signed with the real key."""
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    for name in without:
        claims.pop(name, None)
    headers = jwt.get_unverified_header(token) | (header or {})
    return jwt.encode(claims, key, algorithm, headers={name: value for name, value in headers.items() if name != "alg"})


def raw(header, payload, signature="c2ln"):
    return ".".join([urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in (header, payload)] + [signature])


def test_the_forger_of_these_tests_can_write_a_good_token(client):
    assert get(client, forge(client.token)).status_code == 200


@pytest.mark.parametrize("claim", ["exp", "iat", "jti", "sub", "sid", "iss", "aud", "type", "role", "tz", "inbox"])
def test_a_token_must_hold_every_claim(client, claim):
    assert get(client, forge(client.token, without=[claim])).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"aud": ["tickbox", "other"]},
        {"type": "refresh"},
        {"type": "Access"},
        {"type": "personal"},
        {"type": None},
        {"exp": 1},
        {"exp": "never"},
        {"exp": None},
        {"exp": 1e300},
        {"exp": True},
        {"exp": [1]},
        {"iat": 4102444800},
        {"iat": "now"},
        {"nbf": 4102444800},
        {"sub": 1},
        {"sub": "admin"},
        {"sub": ["a"]},
        {"sid": "x' OR 1=1"},
        {"sid": None},
        {"jti": 5},
        {"role": "root"},
        {"role": ["admin"]},
        {"role": {}},
        {"inbox": "none"},
        {"tz": 5},
        {"csrf": None},
    ],
    ids=str,
)
def test_every_claim_must_be_right(client, changes):
    assert get(client, forge(client.token, **changes)).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "jwt"},
        {"typ": None},
        {"kid": "0123456789abcdef"},
        {"kid": "../../secret"},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
    ],
    ids=str,
)
def test_every_header_must_be_right(client, header):
    assert get(client, forge(client.token, header=header)).status_code == 401


@pytest.mark.parametrize("name", ["kid", "typ"])
def test_a_header_without_its_members_is_refused(client, name):
    members = jwt.get_unverified_header(client.token)
    del members[name]
    claims = jwt.decode(client.token, options={"verify_signature": False})

    forged = jwt.encode(claims, KEY, headers={**members, **({"typ": None} if name == "typ" else {})})

    assert get(client, forged).status_code == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_other_algorithms_of_the_same_key_are_refused(client, algorithm):
    assert get(client, forge(client.token, KEY * 2, algorithm)).status_code == 401
    assert get(client, forge(client.token, KEY + KEY[:20], algorithm)).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_unsigned_tokens_are_refused(client, algorithm):
    header = jwt.get_unverified_header(client.token) | {"alg": algorithm}
    payload = json.dumps(jwt.decode(client.token, options={"verify_signature": False}))

    assert get(client, raw(json.dumps(header), payload, "")).status_code == 401


def test_a_foreign_key_is_refused(client):
    assert get(client, forge(client.token, "another key of the same good length 0123456")).status_code == 401


def test_a_changed_payload_is_refused(client):
    header, _, signature = client.token.split(".")
    _, payload, _ = forge(client.token, role="admin").split(".")

    assert get(client, f"{header}.{payload}.{signature}").status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        ".",
        "null",
        "tbx_",
        "tbx_" + "x" * 43,
        "é" * 10,
        "A" * 3_000,
        "A" * 100_000,
        "tbx_" + "é",
        raw("[]", "{}"),
        raw("null", "null"),
        raw('{"alg":"HS256","typ":"JWT","kid":[]}', "{}"),
        raw('{"alg":"HS256","typ":"JWT","kid":{}}', "{}"),
        raw('{"alg":["HS256"]}', "{}"),
        raw('{"alg":"HS256","typ":"JWT"}', "[" * 1_400),
        raw("[" * 1_400, "{}"),
        raw('{"alg":"HS256","typ":"JWT"}', '{"a":' * 500),
        raw('{"alg":"HS256","typ":"JWT"}', "9" * 2_000),
        raw('{"alg":"HS256","typ":"JWT"}', '"\\ud800"'),
    ],
    ids=lambda token: ascii(token[:30]),
)
@pytest.mark.parametrize("path", ["/me", "/auth/sessions"])
def test_what_is_no_token_is_refused(client, token, path):
    assert get(client, token, path).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        ",",
        ", ,",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer,",
        "Basic dXNlcjpwYXNz",
        "Token {}",
        "{}",
        "Bearer {} x",
        "Bearer {}, Bearer {}",
        "Bearer  {}",
        "Bearer {},",
        "Bearer\t{}",
        "Bearer:{}",
        'Bearer "{}"',
        "é {}",
        "Bearer \xff\xfe",
    ],
)
def test_an_authorization_header_of_another_form_is_refused(client, header):
    answer = client.get("/me", headers={"Authorization": header.replace("{}", client.token)})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.content_type == "application/problem+json"


def test_the_scheme_has_no_case(client):
    assert client.get("/me", headers={"Authorization": f"bearer {client.token}"}).status_code == 200


def test_no_credential_is_a_401_that_says_what_to_send(anonymous):
    answer = anonymous.get("/me")

    assert answer.status_code == 401
    assert answer.json["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("changes", [{"typ": "x"}, {"crit": ["b64"]}, {"kid": "x"}])
def test_refresh_tokens_are_held_to_the_same_form(client, changes):
    forged = forge(client.refresh_token, header=changes)

    assert client.post("/auth/refresh", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


@pytest.mark.parametrize(
    "changes", [{"type": "access"}, {"type": "x"}, {"sid": None}, {"jti": None}, {"jti": "other"}, {"exp": 1}, {"aud": "x"}], ids=str
)
def test_refresh_tokens_are_held_to_the_same_claims(client, changes):
    forged = forge(client.refresh_token, **changes)

    assert client.post("/auth/refresh", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_a_token_that_came_before_expires_all_the_same(client, monkeypatch):
    assert client.get("/me").status_code == 200
    in_fifteen_minutes = time.time() + 15 * 60
    for module in (authentication, tokens):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: in_fifteen_minutes))

    assert client.get("/me").status_code == 401


def test_tokens_of_the_previous_key_are_good_until_they_expire(make_app, client):
    old = make_app(JWT_SECRET_KEY=PREVIOUS)
    new = make_app(JWT_PREVIOUS_KEY=PREVIOUS)
    body = {"email": client.account.email, "password": "correct horse battery"}
    token = old.test_client().post("/auth/login", body).json["access_token"]

    assert get(new.test_client(), token).status_code == 200
    assert get(client, token).status_code == 401


def test_only_so_many_verified_tokens_are_remembered():
    cache = authentication.Cache(size=3)
    credential = authentication.Credential(identity=None, expires_at=float("inf"))
    for token in "abcd":
        cache.put(token, credential)

    assert [token for token in "abcd" if cache.get(token)] == ["b", "c", "d"]


def test_a_verified_token_needs_no_database_the_next_time(client, statements):
    client.get("/auth/nowhere")
    client.get("/me")

    with statements() as seen:
        client.get("/me")

    assert len(seen) == 1

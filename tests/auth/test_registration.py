from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest

from app.auth import passwords
from app.core.database import in_transaction

PASSWORD = "violet kettle 71"


def register(client, **fields):
    return client.post("/auth/register", {"email": f"{token_hex(6)}@example.com", "password": PASSWORD} | fields)


def test_a_new_account_is_answered_with_its_address_and_rights(anonymous):
    answer = register(anonymous, name="  Ada ")

    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/v1/me"
    assert answer.headers["ETag"] == '"1"'
    assert answer.json["name"] == "Ada"
    assert answer.json["role"] == "member"
    assert answer.json["permissions"] == ["jobs:read", "jobs:write", "lists:read", "lists:write", "todos:read", "todos:write"]
    assert "password_hash" not in answer.json


def test_a_new_account_can_log_in(anonymous):
    user = register(anonymous).json

    answer = anonymous.post("/auth/login", {"email": user["email"], "password": PASSWORD})

    assert answer.json["user"] == user


def test_addresses_are_kept_in_lower_case(anonymous):
    answer = register(anonymous, email=f" {token_hex(6)}@EXAMPLE.com ".upper())

    assert answer.json["email"] == answer.json["email"].strip().lower()


def test_an_address_that_is_taken_is_a_conflict_whatever_its_case(anonymous, account):
    assert register(anonymous, email=account.email.upper()).status_code == 409


def test_of_two_who_register_one_address_at_once_one_gets_it(app, make_client):
    email = f"{token_hex(6)}@example.com"

    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda client: register(client, email=email).status_code, [make_client() for _ in range(4)])

    assert sorted(answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "@example.com",
        "a@",
        "a@b@c",
        "a b@example.com",
        "a@exa mple.com",
        "a\n@example.com",
        "a@.com",
        "a@b..c",
        f"a@{'b' * 64}.de",
        ".a@b.de",
        "a.@b.de",
        "a..b@c.de",
        "a,b@c.de",
        "<a@b.c>",
        "x" * 250 + "@b.de",
        "a\0@b.de",
        7,
        None,
    ],
)
def test_what_is_no_address_is_refused(anonymous, email):
    answer = register(anonymous, email=email)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["email"]


@pytest.mark.parametrize("domain", ["localhost", "sub.example.co.uk", "bücher.example"])
def test_domains_of_all_sane_forms_are_accepted(anonymous, domain):
    assert register(anonymous, email=f"{token_hex(6)}@{domain}").status_code == 201


@pytest.mark.parametrize("password", ["short 7", "x" * 129, "password", "PassWord1", "1234567890", "nul\0 inside it", 12345678, None])
def test_a_weak_password_is_refused(anonymous, password):
    answer = register(anonymous, password=password)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["password"]


@pytest.mark.parametrize("password", ["marguerite.duras", "Marguerite.Duras@Example.com"])
def test_a_password_that_is_the_address_is_refused(anonymous, password):
    assert register(anonymous, email="marguerite.duras@example.com", password=password).json["errors"].keys() == {"password"}


@pytest.mark.parametrize("password", [" eight ch", "ünïcödé ✓ 12", "x" * 127 + "y"])
def test_passwords_count_as_they_were_sent(anonymous, password):
    email = register(anonymous, password=password).json["email"]

    assert anonymous.post("/auth/login", {"email": email, "password": password}).status_code == 200
    assert anonymous.post("/auth/login", {"email": email, "password": password.strip() + " "}).status_code == 401


@pytest.mark.parametrize("field", ["role", "active", "id", "permissions", "is_admin"])
def test_nobody_gives_themselves_more_than_the_fields_of_registration(anonymous, field):
    assert list(register(anonymous, **{field: "admin"}).json["errors"]) == [field]


def test_a_closed_service_takes_no_new_accounts(make_app):
    closed = make_app(REGISTRATION="closed")

    answer = register(closed.test_client())

    assert answer.status_code == 403


def test_registering_again_with_the_same_key_gives_the_same_account(anonymous):
    body = {"email": f"{token_hex(6)}@example.com", "password": PASSWORD}

    answers = [anonymous.post("/auth/register", body, idempotency_key="k" + body["email"]) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json


def test_a_key_does_not_put_the_hashing_into_a_transaction(anonymous, monkeypatch):
    inside, slow = [], passwords._turn
    monkeypatch.setattr(passwords, "_turn", lambda: (inside.append(in_transaction()), slow())[1])

    anonymous.post("/auth/register", {"email": f"{token_hex(6)}@example.com", "password": PASSWORD}, idempotency_key=token_hex())

    assert inside == [False]

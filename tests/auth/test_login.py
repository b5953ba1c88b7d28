from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from secrets import token_hex

import pytest
from sqlalchemy import select, update

from app.auth import attempts, passwords
from app.core.database import engine, execute, fetch_one
from app.users.models import User
from tests.factories import PASSWORD


def login(client, account, password=PASSWORD, **more):
    return client.post("/auth/login", {"email": account.email, "password": password}, **more)


def test_a_login_gives_two_tokens_and_the_user(anonymous, account):
    answer = login(anonymous, account)

    assert answer.status_code == 200
    assert answer.json.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 900)
    assert answer.json["user"]["id"] == account.id


def test_the_access_token_opens_the_api(anonymous, account):
    token = login(anonymous, account).json["access_token"]

    assert anonymous.get("/me", headers={"Authorization": f"Bearer {token}"}).json["id"] == account.id


def test_addresses_are_compared_without_case(anonymous, account):
    answer = anonymous.post("/auth/login", {"email": f"  {account.email.upper()} ", "password": PASSWORD})

    assert answer.status_code == 200


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(anonymous, account):
    wrong = login(anonymous, account, "not the password").json
    unknown = anonymous.post("/auth/login", {"email": f"{token_hex()}@example.com", "password": PASSWORD}).json

    assert wrong["status"] == 401
    assert {**wrong, "request_id": ""} == {**unknown, "request_id": ""}


def test_an_unknown_address_costs_a_hash_as_well(anonymous, monkeypatch):
    seen = []
    monkeypatch.setattr(passwords, "_matches", lambda password_hash, password: seen.append(password_hash))

    anonymous.post("/auth/login", {"email": f"{token_hex()}@example.com", "password": PASSWORD})

    assert seen == [passwords._of_nobody]
    assert not passwords.is_outdated(passwords._of_nobody)


@pytest.mark.parametrize("email", ["", "nobody", "' OR 1=1 --", "a" * 600 + "@b.de", "é@é"])
@pytest.mark.parametrize("password", ["", "x", "x" * 1000])
def test_odd_addresses_and_passwords_are_just_wrong(anonymous, email, password):
    assert anonymous.post("/auth/login", {"email": email + token_hex(2), "password": password}).status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@b.de"}, {"email": "a@b.de", "password": None}, {"email": "a@b.de", "password": "x", "cookies": "yes"}, []]
)
def test_a_login_without_its_fields_is_refused(anonymous, body):
    assert anonymous.post("/auth/login", body).status_code == 422


def test_a_disabled_account_learns_so_by_the_right_password_alone(anonymous, user):
    disabled = user(active=False)

    assert login(anonymous, disabled).status_code == 403
    assert login(anonymous, disabled, "not the password").status_code == 401


def test_after_ten_failures_even_the_right_password_has_to_wait(anonymous, account):
    failures = [login(anonymous, account, "not the password").status_code for _ in range(10)]

    answer = login(anonymous, account)

    assert failures == [401] * 10
    assert answer.status_code == 429
    assert 895 <= int(answer.headers["Retry-After"]) <= 900


def test_an_unknown_address_is_slowed_down_alike(anonymous):
    body = {"email": f"{token_hex()}@example.com", "password": PASSWORD}

    answers = [anonymous.post("/auth/login", body).status_code for _ in range(11)]

    assert answers == [401] * 10 + [429]


def test_addresses_are_slowed_down_without_regard_to_case(anonymous, account):
    for _ in range(10):
        anonymous.post("/auth/login", {"email": account.email.upper(), "password": "not the password"})

    assert login(anonymous, account).status_code == 429


def test_one_account_is_not_slowed_down_by_another(anonymous, account, user):
    for _ in range(10):
        login(anonymous, account, "not the password")

    assert login(anonymous, user()).status_code == 200


def test_who_is_slowed_down_costs_no_hash(anonymous, account, monkeypatch):
    for _ in range(10):
        login(anonymous, account, "not the password")
    monkeypatch.setattr(passwords, "_matches", lambda *_: pytest.fail("a password was hashed"))

    assert login(anonymous, account).status_code == 429


def test_failures_are_forgotten_after_fifteen_minutes(anonymous, account, monkeypatch):
    for _ in range(10):
        login(anonymous, account, "not the password")
    now = attempts.now
    monkeypatch.setattr(attempts, "now", lambda: now() + timedelta(minutes=15, seconds=1))

    assert login(anonymous, account).status_code == 200


def test_a_success_clears_the_failures(anonymous, account):
    for _ in range(9):
        login(anonymous, account, "not the password")
    login(anonymous, account)

    assert [login(anonymous, account, "not the password").status_code for _ in range(2)] == [401, 401]


def test_failures_count_although_an_idempotency_key_undoes_the_request(anonymous, account):
    for _ in range(10):
        login(anonymous, account, "not the password", idempotency_key=token_hex())

    assert login(anonymous, account).status_code == 429


def test_a_login_is_refused_soon_where_too_many_passwords_are_checked(anonymous, account, monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
    for _ in range(passwords.PARALLEL_HASHES):
        passwords._turns.acquire()
    try:
        answer = login(anonymous, account)
    finally:
        for _ in range(passwords.PARALLEL_HASHES):
            passwords._turns.release()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_no_connection_is_held_while_a_password_is_hashed(app, anonymous, account, monkeypatch):
    held, matches = [], passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda *given: (held.append(engine().pool.checkedout()), matches(*given))[1])

    login(anonymous, account)

    assert held == [0]


def test_a_hash_of_older_parameters_is_renewed_at_login(app, anonymous, account):
    weaker = passwords.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with app.app_context():
        execute(update(User).where(User.id == account.id).values(password_hash=weaker))

    login(anonymous, account)

    with app.app_context():
        kept = fetch_one(select(User.password_hash).where(User.id == account.id)).password_hash
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert login(anonymous, account).status_code == 200


def test_logins_count_under_their_own_limit(make_app, account):
    client = make_app(RATE_LIMITS="on", RATE_LIMIT_AUTH="3/minute").test_client()

    answers = [login(client, account, "not the password") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"auth";q=3;w=60'


def test_the_other_password_ends_every_other_session(client, make_client, account):
    other = make_client(account)

    answer = client.post("/auth/password", {"current_password": PASSWORD, "new_password": "violet kettle 71"})

    assert answer.status_code == 204
    assert client.get("/me").status_code == 200
    assert other.get("/me").status_code == 401
    assert login(other, account, "violet kettle 71").status_code == 200


def test_a_wrong_current_password_changes_nothing(client, account, anonymous):
    answer = client.post("/auth/password", {"current_password": "not the password", "new_password": "violet kettle 71"})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["current_password"]
    assert login(anonymous, account).status_code == 200


@pytest.fixture
def changed_meanwhile(client, monkeypatch):
    """The owner changes the password while one that somebody else sent, the one so far, is being looked at."""
    matches = passwords.matches

    def matches_slowly(password_hash, password):
        found = matches(password_hash, password)
        monkeypatch.setattr(passwords, "matches", matches)
        change = {"current_password": PASSWORD, "new_password": "violet kettle 71"}
        with ThreadPoolExecutor() as another:
            assert another.submit(client.post, "/auth/password", change).result().status_code == 204
        return found

    return lambda: monkeypatch.setattr(passwords, "matches", matches_slowly)


def test_a_login_that_the_change_of_the_password_overtakes_is_refused(anonymous, account, changed_meanwhile):
    changed_meanwhile()

    assert login(anonymous, account).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/password", {"new_password": "another kettle 72"}),
        ("PATCH", "/me", {"email": "somebody.else@example.com"}),
        ("DELETE", "/me", {}),
    ],
)
def test_what_the_change_of_the_password_overtakes_is_refused(
    client, make_client, account, anonymous, changed_meanwhile, method, path, body
):
    other = make_client(account)
    changed_meanwhile()

    answer = other.open(path, json={"current_password": PASSWORD, **body}, method=method)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["current_password"]
    assert client.get("/me").json["email"] == account.email
    assert login(anonymous, account, "violet kettle 71").status_code == 200


def test_a_weak_new_password_is_refused_under_its_name(client):
    answer = client.post("/auth/password", {"current_password": PASSWORD, "new_password": "password1"})

    assert list(answer.json["errors"]) == ["new_password"]


def test_a_stolen_token_is_no_way_to_guess_the_password(client):
    body = {"current_password": "not the password", "new_password": "violet kettle 71"}

    assert [client.post("/auth/password", body).status_code for _ in range(11)] == [422] * 10 + [429]

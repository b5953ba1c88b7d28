"""Another password for whoever forgot theirs."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.auth import passwords
from app.auth.models import MailedToken
from app.core.database import execute, fetch_all, in_transaction
from app.core.types import now
from app.jobs.models import Job
from tests import factories
from tests.conftest import installation, service
from tests.factories import PASSWORD
from tests.mail.post import jobs, run_jobs, text_of, token_of, written

OTHER = "staple battery horse"
WRONG = {"token": ["The token is wrong, was used already, or is too old."]}


@pytest.fixture
def app(migrated, tmp_path_factory):
    """An app whose mails are its own."""
    with installation(migrated, tmp_path_factory) as own, service(**own, PUBLIC_URL="https://todo.example.org") as made:
        yield made


@pytest.fixture
def ask(app, anonymous):
    """`ask(address)`: ask for another password, and let the mail be sent."""

    def by(address, **kwargs):
        answer = anonymous.post("/auth/password-reset", {"email": address}, **kwargs)
        run_jobs(app)
        return answer

    return by


@pytest.fixture
def mailed(app, ask, account):
    """A token that was mailed to `account`."""
    ask(account.email)
    return token_of(written(app, account.email)[-1])


def confirm(client, token, password=OTHER, **kwargs):
    return client.post("/auth/password-reset/confirm", {"token": token, "password": password}, **kwargs)


def login(client, account, password):
    return client.post("/auth/login", {"email": account.email, "password": password}).status_code


def assert_wrong(answer):
    assert (answer.status_code, answer.json["errors"]) == (422, WRONG)


def test_whoever_reads_the_mail_chooses_another_password(anonymous, account, mailed):
    answer = confirm(anonymous, mailed)

    assert (answer.status_code, answer.data) == (204, b"")
    assert login(anonymous, account, PASSWORD) == 401
    assert login(anonymous, account, OTHER) == 200


def test_every_session_ends(make_client, anonymous, account, mailed):
    client = make_client(account)
    assert client.get("/me").status_code == 200

    confirm(anonymous, mailed)

    assert client.get("/me").status_code == 401
    assert client.post("/auth/refresh", headers={"Authorization": f"Bearer {client.refresh_token}"}).status_code == 401


def test_the_address_is_proved_with_it(make_client, anonymous, account, mailed):
    confirm(anonymous, mailed)

    me = make_client(account).get("/me").json
    assert (me["email_verified"], me["version"]) == (True, 2)


def test_a_token_works_once(anonymous, mailed):
    assert confirm(anonymous, mailed).status_code == 204

    assert_wrong(confirm(anonymous, mailed))


def test_every_other_token_of_the_account_goes_with_it(app, ask, anonymous, account, mailed):
    ask(account.email)
    other = token_of(written(app, account.email)[-1])
    assert other != mailed
    confirm(anonymous, mailed)

    assert_wrong(confirm(anonymous, other))


def test_a_token_works_for_an_hour(app, anonymous, mailed):
    with app.app_context():
        execute(update(MailedToken).values(expires_at=now() - timedelta(seconds=1)))

    assert_wrong(confirm(anonymous, mailed))


@pytest.mark.parametrize("token", ["", "x", "tbx_" + "x" * 43, "ü", "x" * 1024])
def test_a_wrong_token_is_refused_under_its_name(anonymous, token):
    assert_wrong(confirm(anonymous, token))


@pytest.mark.parametrize("weak", ["short", "password", "x" * 129, None, "a\0bcdefgh"])
def test_a_weak_password_is_refused_under_its_name_and_the_token_lives_on(anonymous, mailed, weak):
    answer = confirm(anonymous, mailed, weak)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["password"])

    assert confirm(anonymous, mailed).status_code == 204


def test_the_address_is_no_password(anonymous, account, mailed):
    assert list(confirm(anonymous, mailed, account.email).json["errors"]) == ["password"]


def test_of_many_at_once_one_wins(app, account, mailed):
    chosen = [f"{OTHER} {number}" for number in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda password: confirm(factories.client(app), mailed, password).status_code, chosen))

    assert sorted(answers) == [204, 422, 422, 422]
    assert login(factories.client(app), account, chosen[answers.index(204)]) == 200


def test_of_two_tokens_at_once_one_wins(app, ask, account, mailed):
    ask(account.email)
    tokens = [mailed, token_of(written(app, account.email)[-1])]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda token: confirm(factories.client(app), token).status_code, tokens))

    assert sorted(answers) == [204, 422]


def test_a_token_dies_with_the_password(make_client, anonymous, account, mailed):
    client = make_client(account)
    assert client.post("/auth/password", {"current_password": PASSWORD, "new_password": OTHER}).status_code == 204

    assert_wrong(confirm(anonymous, mailed, "yet another one"))


def test_a_token_dies_with_the_address(make_client, anonymous, account, mailed):
    client = make_client(account)
    client.patch("/me", {"email": f"new-{account.email}", "current_password": PASSWORD})
    client.patch("/me", {"email": account.email, "current_password": PASSWORD})

    assert_wrong(confirm(anonymous, mailed))


def test_a_token_of_a_disabled_account_does_nothing(admin, anonymous, account, mailed):
    admin.patch(f"/users/{account.id}", {"active": False})
    assert_wrong(confirm(anonymous, mailed))

    admin.patch(f"/users/{account.id}", {"active": True})
    assert_wrong(confirm(anonymous, mailed))


def test_a_verification_token_resets_nothing(app, anonymous):
    anonymous.post("/auth/register", {"email": "new@example.com", "password": PASSWORD})
    run_jobs(app)

    assert_wrong(confirm(anonymous, token_of(written(app, "new@example.com")[0])))


def test_a_reset_token_verifies_nothing(anonymous, mailed):
    assert anonymous.post("/auth/verify-email", {"token": mailed}).status_code == 422


def test_a_job_that_is_run_again_does_not_make_a_used_token_good_again(app, anonymous, account, mailed):
    confirm(anonymous, mailed)
    with app.app_context():
        execute(update(Job).values(state="queued", attempts=0))
    run_jobs(app)

    assert len(written(app, account.email)) == 1
    assert_wrong(confirm(anonymous, mailed, "yet another one"))


def test_a_mail_that_comes_late_holds_a_token_that_is_good_for_an_hour(app, ask, anonymous, account, mailed):
    with app.app_context():
        execute(update(MailedToken).values(expires_at=now() - timedelta(seconds=1)))
        execute(update(Job).values(state="queued", attempts=0))
    run_jobs(app)

    assert confirm(anonymous, mailed).status_code == 204


def test_known_and_unknown_addresses_are_answered_alike_for_the_same_work(app, ask, account, user, statements):
    disabled = user(active=False)
    seen = []
    for address in (account.email, account.email.upper(), disabled.email, "nobody@example.com"):
        with statements() as ran:
            answer = app.test_client().post("/auth/password-reset", {"email": address})
        headers = {name for name, _ in answer.headers}
        seen.append((answer.status_code, answer.json, headers, list(ran)))
    run_jobs(app)

    assert all(each == seen[0] for each in seen)
    assert (seen[0][0], seen[0][1]) == (202, {"message": "If there is an account with this address, a mail is on its way."})
    assert len(seen[0][3]) == 1
    assert {mail["To"] for mail in written(app)} == {account.email}
    assert {job.state for job in jobs(app)} == {"succeeded"}


def test_nobody_is_flooded_with_mails(app, anonymous, account, ask):
    for _ in range(8):
        assert ask(account.email).status_code == 202
    assert len(written(app, account.email)) == 5

    with app.app_context():
        execute(update(MailedToken).values(created_at=now() - timedelta(hours=1, seconds=1)))
    ask(account.email)

    assert len(written(app, account.email)) == 6


def test_workers_at_once_keep_to_that_too(app, anonymous, account):
    for _ in range(12):
        anonymous.post("/auth/password-reset", {"email": account.email})
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: run_jobs(app), range(4)))

    assert len(written(app, account.email)) == 5


def test_what_was_asked_for_a_day_ago_is_not_mailed(app, anonymous, account):
    anonymous.post("/auth/password-reset", {"email": account.email})
    with app.app_context():
        execute(update(Job).values(created_at=now() - timedelta(days=1, seconds=1)))
    run_jobs(app)

    assert written(app) == []


def test_links_go_to_the_service_whatever_the_request_called_it(app, ask, account):
    ask(account.email, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})

    [mail] = written(app, account.email)
    assert "https://todo.example.org/reset-password#token=" in text_of(mail)
    assert "evil" not in mail.as_string()


def test_the_token_stands_in_the_mail_alone(app, ask, anonymous, account, caplog):
    logging.getLogger("app").addHandler(caplog.handler)
    answer = ask(account.email)
    token = token_of(written(app, account.email)[0])
    again = confirm(anonymous, token, "short")
    used = confirm(anonymous, token)

    with app.app_context():
        rows = [*fetch_all(select(Job)), *fetch_all(select(MailedToken))]
    assert token not in "".join((caplog.text, answer.text, again.text, used.text, *map(str, rows)))


def test_too_many_failed_logins_are_forgotten(anonymous, account, mailed):
    for _ in range(10):
        login(anonymous, account, "wrong")
    assert login(anonymous, account, PASSWORD) == 429

    confirm(anonymous, mailed)

    assert login(anonymous, account, OTHER) == 200


def test_it_hashes_before_it_locks(app, anonymous, mailed, monkeypatch):
    inside, hash_password = [], passwords._hasher.hash

    def note(password):
        inside.append(in_transaction())
        return hash_password(password)

    monkeypatch.setattr(passwords, "_hasher", type("Hasher", (), {"hash": staticmethod(note)}))
    answer = confirm(anonymous, mailed, idempotency_key="once")
    again = confirm(anonymous, mailed, idempotency_key="once")

    assert (answer.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (204, 204, "true")
    assert inside == [False]

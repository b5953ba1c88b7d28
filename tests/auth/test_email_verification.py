"""That an address is its owner's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.auth.models import MailedToken
from app.core.database import execute
from app.core.types import now
from app.jobs.models import Job
from tests import factories
from tests.conftest import installation, service
from tests.factories import PASSWORD
from tests.mail.post import jobs, run_jobs, text_of, token_of, written

EMAIL = "ada@example.com"
WRONG = {"token": ["The token is wrong, was used already, or is too old."]}


@pytest.fixture
def app(migrated, tmp_path_factory):
    """An app whose mails are its own."""
    with installation(migrated, tmp_path_factory) as own, service(**own, PUBLIC_URL="https://todo.example.org") as made:
        yield made


@pytest.fixture
def client(app):
    """A client of an account that has just registered as EMAIL."""
    made = factories.Client(app)
    assert made.post("/auth/register", {"email": EMAIL, "password": PASSWORD}).json["email_verified"] is False
    made.token = made.post("/auth/login", {"email": EMAIL, "password": PASSWORD}).json["access_token"]
    run_jobs(app)
    return made


@pytest.fixture
def mailed(app, client):
    """The token that was mailed to EMAIL."""
    [mail] = written(app, EMAIL)
    return token_of(mail)


def verify(client, token):
    return client.post("/auth/verify-email", {"token": token})


def assert_wrong(answer):
    assert (answer.status_code, answer.json["errors"]) == (422, WRONG)


def move(app, client, email):
    """Change the address; gives the token that is mailed there."""
    answer = client.patch("/me", {"email": email, "current_password": PASSWORD})
    assert (answer.status_code, answer.json["email_verified"]) == (200, False)
    run_jobs(app)
    return token_of(written(app, email)[-1])


def test_the_token_that_was_mailed_proves_the_address(client, mailed, anonymous):
    answer = verify(anonymous, mailed)

    me = client.get("/me").json
    assert (answer.status_code, answer.data) == (204, b"")
    assert (me["email_verified"], me["version"]) == (True, 2)


def test_it_works_once(client, mailed, anonymous):
    verify(anonymous, mailed)

    assert_wrong(verify(anonymous, mailed))


def test_of_many_at_once_one_wins(app, client, mailed):
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda _: verify(factories.client(app), mailed).status_code, range(4))

    assert sorted(answers) == [204, 422, 422, 422]


def test_it_works_for_three_days(app, client, mailed, anonymous):
    with app.app_context():
        execute(update(MailedToken).values(expires_at=now() - timedelta(seconds=1)))

    assert_wrong(verify(anonymous, mailed))


@pytest.mark.parametrize("token", ["", "x", "ü" * 43, "x" * 1024])
def test_a_wrong_token_is_refused_under_its_name(anonymous, token):
    assert_wrong(verify(anonymous, token))


def test_another_address_has_to_be_proved_anew(app, client, mailed, anonymous):
    verify(anonymous, mailed)
    token = move(app, client, "other@example.com")

    assert verify(anonymous, token).status_code == 204
    assert client.get("/me").json["email_verified"] is True


def test_a_token_proves_no_other_address_than_its_own(app, client, mailed, anonymous):
    move(app, client, "other@example.com")

    assert_wrong(verify(anonymous, mailed))
    assert client.get("/me").json["email_verified"] is False


def test_the_same_address_stays_proved(app, client, mailed, anonymous):
    verify(anonymous, mailed)

    assert client.patch("/me", {"email": EMAIL.upper(), "name": "Ada"}).json["email_verified"] is True
    assert len(jobs(app, "mail.verify_email")) == 1


@pytest.mark.parametrize("field", ["email_verified", "digest_at"])
def test_nobody_verifies_themselves(client, field):
    answer = client.patch("/me", {field: True})

    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_what_is_proved_already_is_not_asked_for_again(app, client, mailed, anonymous):
    verify(anonymous, mailed)
    with app.app_context():
        execute(update(Job).values(state="queued", attempts=0))
    run_jobs(app)

    assert len(written(app)) == 1
    assert_wrong(verify(anonymous, mailed))


def test_an_account_that_was_not_made_mails_nobody(app, client, anonymous):
    assert anonymous.post("/auth/register", {"email": EMAIL, "password": PASSWORD}).status_code == 409
    assert anonymous.post("/auth/register", {"email": "new@example.com", "password": "password"}).status_code == 422

    assert len(jobs(app)) == 1


def test_one_account_mails_five_strangers_an_hour_at_most(app, client):
    for number in range(7):
        client.patch("/me", {"email": f"stranger-{number}@example.com", "current_password": PASSWORD})
        run_jobs(app)

    assert len(written(app)) == 5


def test_registering_takes_one_statement_more(app, anonymous, statements):
    with statements() as seen:
        anonymous.post("/auth/register", {"email": EMAIL, "password": PASSWORD})

    assert len([statement for statement in seen if "INSERT" in statement]) == 4
    assert len([statement for statement in seen if "INTO jobs" in statement]) == 1


def test_links_go_to_the_service_whatever_the_request_called_it(app):
    made = factories.Client(app)
    made.post("/auth/register", {"email": EMAIL, "password": PASSWORD}, headers={"Host": "evil.example"})
    run_jobs(app)

    assert "https://todo.example.org/verify-email#token=" in text_of(written(app)[0])
    assert "evil" not in written(app)[0].as_string()

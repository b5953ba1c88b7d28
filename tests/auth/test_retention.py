"""Credentials that have had their time are removed, and no others."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from app.auth import retention
from app.auth.models import CredentialChange, LoginFailure, MailedToken, PersonalToken, Session
from app.core import idempotency
from app.core.database import execute, fetch_all, transaction
from app.core.idempotency import IdempotentAnswer
from app.core.types import new_id, now
from app.todos import tasks as todos
from tests import factories
from tests.arrange import make_todo

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TOKEN = {"user_id": "", "token_hash": "", "created_at": now()}
# The table, the column that counts, how long ago what goes is, and how long ago what stays.
KINDS = {
    "sessions": (Session, "expires_at", MINUTE, -MINUTE),
    "personal tokens": (PersonalToken, "expires_at", 30 * DAY + MINUTE, 30 * DAY - MINUTE),
    "mailed tokens": (MailedToken, "expires_at", DAY + MINUTE, DAY - MINUTE),
    "failed logins": (LoginFailure, "failed_at", 16 * MINUTE, 14 * MINUTE),
    "changes of credentials": (CredentialChange, "changed_at", DAY + MINUTE, DAY - MINUTE),
    "answers": (IdempotentAnswer, "created_at", DAY + MINUTE, DAY - MINUTE),
}


def row(table, account, column, moment):
    digest = new_id().ljust(64, "-")
    values = {
        Session: {"id": new_id(), "user_id": account.id, "refresh_jti": "", "created_at": now(), "last_used_at": now()},
        PersonalToken: {"id": new_id(), "user_id": account.id, "name": "", "token_hash": digest, "scopes": [], "created_at": now()},
        MailedToken: {"token_hash": digest, "user_id": account.id, "purpose": "reset", "email": "", "created_at": now()},
        LoginFailure: {"id": new_id(), "account_hash": digest},
        CredentialChange: {"subject_id": new_id(), "revoked": True},
        IdempotentAnswer: {"digest": digest, "body_hash": digest, "answer": b""},
    }
    return {**values[table], column: moment}


@pytest.mark.parametrize("name", KINDS)
def test_what_has_had_its_time_goes_and_what_has_not_stays(lone_app, name):
    table, column, old, young = KINDS[name]
    account = factories.user(lone_app)
    with lone_app.app_context():
        with transaction():
            execute(insert(table), [row(table, account, column, now() - age) for age in (old, old, old, young)])
        sweep = idempotency.forget if table is IdempotentAnswer else retention.expire

        assert sweep(most=2) == 2
        assert execute(select(func.count()).select_from(table)).scalar_one() == 2
        assert sweep() == 1
        assert sweep() == 0
        [left] = fetch_all(select(table))
        assert getattr(left, column) > now() - young - MINUTE


def test_whoever_logs_in_after_an_attack_does_not_wait_until_all_its_failures_are_forgotten(lone_app):
    account = factories.user(lone_app)
    with lone_app.app_context(), transaction():
        execute(insert(LoginFailure), [row(LoginFailure, account, "failed_at", now() - 16 * MINUTE) for _ in range(50)])

    answer = factories.client(lone_app).post("/auth/login", {"email": account.email, "password": "a wrong one"})

    assert answer.status_code == 401
    with lone_app.app_context():
        assert execute(select(func.count()).select_from(LoginFailure)).scalar_one() == 50 - 10 + 1


def test_a_personal_token_without_an_end_stays(lone_app):
    account = factories.user(lone_app)
    with lone_app.app_context():
        execute(insert(PersonalToken).values(row(PersonalToken, account, "expires_at", None)))

        assert retention.expire() == 0


def test_the_trash_of_30_days_ago_is_emptied(lone_app, monkeypatch):
    client = factories.client(lone_app, factories.user(lone_app))
    for number in range(3):
        client.delete(f"/todos/{make_todo(client, str(number))['id']}")
    kept = make_todo(client)
    later = now() + 30 * DAY + MINUTE
    monkeypatch.setattr("app.todos.service.now", lambda: later)
    monkeypatch.setattr(todos, "BATCH", 2)
    with lone_app.app_context():
        todos.purge()

    assert client.get("/todos?trashed=true").json["data"] == []
    assert [todo["id"] for todo in client.get("/todos").json["data"]] == [kept["id"]]

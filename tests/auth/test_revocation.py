"""What one process changes, every other knows within five seconds. A second app on the same database is the other process."""

import logging
import time
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from app.auth import revocation
from app.core.database import transaction
from app.core.problems import Unavailable
from app.core.types import now


class Clocks:
    """The clocks of the register, to be moved by hand."""

    def __init__(self):
        self.moved = self.wall_moved = 0.0

    def monotonic(self):
        return time.monotonic() + self.moved

    def time(self):
        return time.time() + self.moved + self.wall_moved


@pytest.fixture
def clocks(monkeypatch):
    moving = Clocks()
    monkeypatch.setattr(revocation, "monotonic", moving.monotonic)
    monkeypatch.setattr(revocation, "time", moving.time)
    return moving


@pytest.fixture
def elsewhere(make_app, clocks):
    """`elsewhere(client, path)`: the status that the other process answers, two seconds after it last looked for news."""
    other = make_app()

    def status(client, path="/me", seconds=2.01):
        clocks.moved += seconds
        there = other.test_client()
        there.token = client.token
        return there.get(path).status_code

    return status


@pytest.fixture
def rows(monkeypatch):
    """What a register that asks no database finds there; an exception is raised."""
    found = []

    def changed_since(wall):
        found_now = [row for row in found if not isinstance(row, Exception)]
        if len(found_now) < len(found):
            raise next(row for row in found if isinstance(row, Exception))
        return [row for row in found_now if row.changed_at.timestamp() >= wall]

    monkeypatch.setattr(revocation, "_changed_since", changed_since)
    return found


class Row:
    role = time_zone = None

    def __init__(self, subject_id, revoked=True, age=0.0):
        self.subject_id, self.revoked = subject_id, revoked
        self.changed_at = now() - timedelta(seconds=age)


AWAY = OperationalError("SELECT", {}, Exception("away"))


def test_a_session_that_was_logged_out_here_is_over_there(client, elsewhere):
    before = elsewhere(client)

    client.post("/auth/logout")

    assert (before, elsewhere(client)) == (200, 401)


def test_a_session_that_was_ended_here_is_over_there(client, make_client, account, elsewhere):
    other = make_client(account)
    before = elsewhere(other)

    client.delete("/auth/sessions")

    assert (before, elsewhere(other)) == (200, 401)


def test_a_new_password_here_ends_other_sessions_there(client, make_client, account, elsewhere):
    other = make_client(account)
    before = elsewhere(other)

    client.post("/auth/password", {"current_password": "correct horse battery", "new_password": "violet kettle 71"})

    assert (before, elsewhere(other), elsewhere(client)) == (200, 401, 200)


def test_a_role_that_was_given_here_counts_there(client, admin, account, elsewhere):
    before = elsewhere(client, "/users?limit=1")

    admin.patch(f"/users/{account.id}", {"role": "admin"})
    after = elsewhere(client, "/users?limit=1")
    admin.patch(f"/users/{account.id}", {"role": "member"})

    assert (before, after, elsewhere(client, "/users?limit=1")) == (403, 200, 403)


def test_an_account_that_was_disabled_here_is_shut_out_there(client, admin, account, elsewhere):
    before = elsewhere(client)

    admin.patch(f"/users/{account.id}", {"active": False})

    assert (before, elsewhere(client)) == (200, 401)


def test_an_account_that_was_deleted_here_is_gone_there(client, admin, account, elsewhere):
    before = elsewhere(client)

    admin.delete(f"/users/{account.id}")

    assert (before, elsewhere(client)) == (200, 401)


def test_an_account_that_is_active_again_can_log_in_but_its_old_sessions_stay_over(client, admin, account, make_client, elsewhere):
    admin.patch(f"/users/{account.id}", {"active": False})
    admin.patch(f"/users/{account.id}", {"active": True})

    assert client.get("/me").status_code == 401
    assert elsewhere(client) == 401
    assert elsewhere(make_client(account)) == 200


def test_a_personal_token_that_was_deleted_here_is_dead_there(client, anonymous, elsewhere):
    made = client.post("/auth/tokens", {"name": "ci", "scopes": ["todos:read"]}).json
    anonymous.token = made["token"]
    before = elsewhere(anonymous)

    client.delete(f"/auth/tokens/{made['id']}")

    assert (before, elsewhere(anonymous)) == (200, 401)


def test_news_are_read_every_two_seconds_at_most(clocks, rows):
    register = revocation.Register()
    register.changes()
    rows.append(Row("a"))

    assert "a" not in register.changes()
    clocks.moved += 2.01
    assert "a" in register.changes()


def test_a_change_that_was_committed_late_is_found_all_the_same(clocks, rows):
    register = revocation.Register()
    register.changes()
    clocks.moved += 20
    register.changes()
    rows.append(Row("late"))
    clocks.moved += 2.01

    assert "late" in register.changes()


def test_a_change_is_forgotten_when_every_token_that_it_concerns_has_expired(clocks, rows):
    register = revocation.Register()
    rows.append(Row("old", age=15 * 60))
    register.changes()
    known = "old" in register.changes()
    clocks.moved += 61

    assert (known, "old" in register.changes()) == (True, False)


def test_a_clock_that_was_set_back_hides_no_change(clocks, rows):
    clocks.wall_moved = 3600
    register = revocation.Register()
    register.changes()
    rows.append(Row("a", age=60))
    clocks.wall_moved = 0

    assert "a" in register.changes()


def test_for_a_few_seconds_the_register_does_without_the_database(clocks, rows):
    register = revocation.Register()
    rows.append(Row("a"))
    register.changes()
    rows.append(AWAY)
    clocks.moved += 4.9

    assert "a" in register.changes()


def test_without_the_database_no_credential_is_trusted_for_long(clocks, rows):
    register = revocation.Register()
    register.changes()
    rows.append(AWAY)
    clocks.moved += 5.01

    with pytest.raises(Unavailable):
        register.changes()


def test_the_log_says_why_no_credential_is_trusted(clocks, rows, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("app"), "propagate", True)
    register = revocation.Register()
    rows.append(AWAY)

    with pytest.raises(Unavailable):
        register.changes()

    assert "revocations cannot be read: OperationalError" in caplog.text


def test_the_register_recovers_with_the_database(clocks, rows):
    register = revocation.Register()
    rows.append(AWAY)
    with pytest.raises(Unavailable):
        register.changes()
    rows.clear()
    clocks.moved += 0.51

    assert register.changes() == {}


def test_a_change_made_here_is_not_undone_by_news_that_were_read_before_it(clocks, monkeypatch):
    register = revocation.Register()
    mine = revocation.Change(True, None, None, time.time())

    def read_while_it_changes(_):
        register.apply(
            "a",
            revocation.Change(
                **{name: getattr(mine, name) for name in ("revoked", "role", "time_zone", "changed_at")}, applied=clocks.monotonic()
            ),
        )
        return [Row("a", revoked=False, age=1)]

    monkeypatch.setattr(revocation, "_changed_since", read_while_it_changes)

    assert register.changes()["a"].revoked


def test_a_request_says_503_while_revocations_cannot_be_read(make_app, client, clocks, rows):
    there = make_app().test_client()
    there.token = client.token
    rows.append(AWAY)

    answer = there.get("/me")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_what_is_undone_is_not_announced(app, account):
    def fail():
        with transaction():
            revocation.announce(account.id, revoked=True)
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            fail()

        assert account.id not in app.extensions["credential_register"].changes()

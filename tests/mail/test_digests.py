"""The mail of the day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.core.database import execute, fetch_one
from app.core.types import now
from app.mail import digests
from app.users import digests as rules
from app.users.models import User
from tests.arrange import make_list, make_todo, make_todos, share
from tests.mail.post import html_of, jobs, run_jobs, text_of, written


def today():
    return now().date()


def digest_at(app, account):
    with app.app_context():
        return fetch_one(select(User.digest_at).where(User.id == account.id)).digest_at


def subscribe(app, client, due=None):
    """Want the mail of the day, which is due now unless said otherwise."""
    assert client.patch("/me", {"daily_digest": True}).json["daily_digest"] is True
    with app.app_context():
        execute(update(User).where(User.id == client.account.id).values(digest_at=due or now()))


def run(app):
    with app.app_context():
        digests.begin()
    run_jobs(app)


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("UTC", "2026-11-22T06:59:59", "2026-11-22T07:00:00"),
        ("UTC", "2026-11-22T07:00:00", "2026-11-23T07:00:00"),
        ("Europe/Berlin", "2026-03-28T06:00:00", "2026-03-29T05:00:00"),  # the clocks go forward in between
        ("Europe/Berlin", "2026-10-24T05:00:00", "2026-10-25T06:00:00"),  # and back
        ("Pacific/Kiritimati", "2026-11-22T17:00:00", "2026-11-23T17:00:00"),
        ("Pacific/Pago_Pago", "2026-11-22T17:59:00", "2026-11-22T18:00:00"),
        ("Asia/Kathmandu", "2026-11-22T00:00:00", "2026-11-22T01:15:00"),
    ],
)
def test_it_is_due_at_seven_as_clocks_go_there(zone, after, expected):
    assert rules.next_digest(zone, instant(after)) == instant(expected)


def test_whoever_wants_it_gets_it_next_at_seven(app, people):
    client = people(time_zone="America/New_York")
    assert digest_at(app, client.account) is None

    client.patch("/me", {"daily_digest": True})
    assert digest_at(app, client.account) == rules.next_digest("America/New_York", now())

    client.patch("/me", {"time_zone": "Asia/Tokyo"})
    assert digest_at(app, client.account) == rules.next_digest("Asia/Tokyo", now())

    client.patch("/me", {"daily_digest": False})
    assert digest_at(app, client.account) is None


def test_another_change_of_the_profile_does_not_put_it_off(app, people):
    client = people()
    moment = now() - timedelta(seconds=3)
    subscribe(app, client, moment)
    client.patch("/me", {"name": "Ada", "daily_digest": True, "time_zone": "UTC"})

    assert digest_at(app, client.account) == moment


@pytest.mark.parametrize("wrong", [None, "yes", 1, []])
def test_it_is_wanted_or_not(people, wrong):
    answer = people().patch("/me", {"daily_digest": wrong})

    assert (answer.status_code, list(answer.json["errors"])) == (422, ["daily_digest"])


def test_it_says_what_is_overdue_and_due_today(app, people):
    client = people()
    subscribe(app, client)
    make_todo(client, "<b>late</b>", due_on=str(today() - timedelta(days=1)))
    make_todo(client, "later today", due_on=str(today()))
    make_todo(client, "tomorrow", due_on=str(today() + timedelta(days=1)))
    make_todo(client, "whenever")
    make_todo(client, "done", due_on=str(today()), done=True)
    client.delete(f"/todos/{make_todo(client, 'thrown away', due_on=str(today()))['id']}")
    run(app)

    [mail] = written(app, client.account.email)
    assert mail["Subject"] == "Today: 1 due, 1 overdue"
    text = text_of(mail)
    assert text.index("Overdue (1)") < text.index("  - <b>late</b>") < text.index("Due today (1)") < text.index("  - later today")
    assert "&lt;b&gt;late" in html_of(mail)
    for hidden in ("tomorrow", "whenever", "done", "thrown away"):
        assert f"- {hidden}" not in text


def test_a_day_is_as_long_as_where_the_account_lives(app, people):
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        client = people(time_zone=zone)
        zone = client.account.time_zone
        local = now().astimezone(rules.ZoneInfo(zone))
        subscribe(app, client)
        make_todo(client, "today", due_on=str(local.date()))
        make_todo(client, "tomorrow", due_on=str(local.date() + timedelta(days=1)))
        make_todo(client, "yesterday", due_on=str(local.date() - timedelta(days=1)))
        tonight = local.replace(hour=23, minute=59, second=59, microsecond=999_000)
        make_todo(client, "by midnight", due_at=tonight.astimezone(UTC).isoformat())
        make_todo(client, "after midnight", due_at=(tonight + timedelta(seconds=1)).astimezone(UTC).isoformat())
        with app.app_context():
            user = fetch_one(select(User).where(User.id == client.account.id))
            overdue, today = digests.overdue_and_today(user)

        assert [todo.task for todo in overdue.first] == ["yesterday"]
        assert {todo.task for todo in today.first} == {"today", "by midnight"}


def test_it_shows_what_the_account_sees_and_has_to_do(app, people):
    client, other = people(), people()
    subscribe(app, client)
    shared, foreign, archived = make_list(other, "Shared"), make_list(other, "Foreign"), make_list(client, "Archived")
    share(other, shared, client)
    due = {"due_on": str(today())}
    make_todo(other, "ours", list_id=shared["id"], **due)
    make_todo(other, "mine", list_id=shared["id"], assignee_id=client.account.id, **due)
    make_todo(other, "yours", list_id=shared["id"], assignee_id=other.account.id, **due)
    make_todo(other, "theirs", list_id=foreign["id"], **due)
    make_todo(client, "put away", list_id=archived["id"], **due)
    client.patch(f"/lists/{archived['id']}", {"archived": True})
    run(app)

    text = text_of(written(app, client.account.email)[-1])
    assert "Due today (2)" in text
    assert "- ours" in text
    assert "- mine" in text


def test_a_long_day_is_cut_short(app, people):
    client = people()
    subscribe(app, client)
    make_todos(client, *[{"task": f"number {number}", "due_on": str(today())} for number in range(25)])
    run(app)

    [mail] = written(app)
    assert mail["Subject"] == "Today: 25 due, 0 overdue"
    assert text_of(mail).count("  - number") == 20
    assert "  ... and 5 more" in text_of(mail)


def test_an_empty_day_is_no_mail(app, people):
    client = people()
    subscribe(app, client)
    run(app)

    assert [job.state for job in jobs(app)] == ["succeeded"]
    assert written(app) == []


def test_it_comes_once_a_day(app, people):
    client = people()
    subscribe(app, client)
    make_todo(client, due_on=str(today()))
    run(app)
    assert digest_at(app, client.account) == rules.next_digest("UTC", now())

    subscribe(app, client)
    run(app)

    assert len(written(app)) == 1


def test_one_of_yesterday_is_left_out(app, people):
    client = people()
    subscribe(app, client, now() - timedelta(days=1))
    make_todo(client, due_on=str(today()))
    run(app)

    assert jobs(app) == []
    assert digest_at(app, client.account) == rules.next_digest("UTC", now())


def test_whoever_wants_it_no_more_meanwhile_gets_none(app, people):
    client = people()
    subscribe(app, client)
    make_todo(client, due_on=str(today()))
    with app.app_context():
        digests.begin()
    client.patch("/me", {"daily_digest": False})
    run_jobs(app)

    assert written(app) == []


def test_a_disabled_account_gets_none(app, people):
    client, admin = people(), people(role="admin")
    subscribe(app, client)
    make_todo(client, due_on=str(today()))
    admin.patch(f"/users/{client.account.id}", {"active": False})
    run(app)

    assert jobs(app) == []


def test_schedulers_at_once_ask_for_each_once(app, people):
    clients = [people() for _ in range(12)]
    for client in clients:
        subscribe(app, client)

    def begin(_):
        with app.app_context():
            digests.begin()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(begin, range(4)))

    assert sorted(job.args["user_id"] for job in jobs(app)) == sorted(client.account.id for client in clients)

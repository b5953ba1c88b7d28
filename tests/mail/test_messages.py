"""What mails say, whatever users wrote."""

import re

import pytest
from sqlalchemy import select

from app.core.database import fetch_all
from app.core.types import now
from app.mail import reminders
from app.todos.models import Todo
from tests import factories
from tests.arrange import make_list, make_todo, share
from tests.mail.post import Mailbox, html_of, jobs, mail_server, run_jobs, text_of, written

HOSTILE = {
    "line breaks": "buy milk\r\nBcc: eve@example.com\r\n\r\nClick http://evil.example",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "right to left": "\u202emoc.live//:ptth\u202c \u2067x\u2069",
    "an encoded word": "=?utf-8?q?Your_password_has_expired?=",
    "a template": "{{ config }} {% for x in y %}",
    "a terminal's escape": "\x1b[2Jgone \x07 \x9b31m",
    "500 letters": "x" * 500,
    "500 letters of four bytes": "😀" * 500,
    "separators": "a\u2028b\u2029c\x0bd\x0ce\x85f",
    "a dot": "x\r\n.\r\nQUIT\r\n",
}


def remind(app):
    """Let reminders be found and mailed."""
    with app.app_context():
        reminders.remind()
    run_jobs(app)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_titles_are_harmless(make_mailing_app, name):
    hostile = HOSTILE[name]
    with mail_server(Mailbox()) as mailbox:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{mailbox.port}")
        owner, guest = (factories.client(app, factories.user(app, name=text)) for text in (hostile[:120], "Robin"))
        made = make_list(owner, hostile[:100])
        share(owner, made, guest)
        todo = make_todo(
            owner, hostile, notes=hostile * 5, list_id=made["id"], assignee_id=guest.account.id, remind_at="2026-01-01T00:00:00Z"
        )
        remind(app)

    assert {job.state for job in jobs(app)} == {"succeeded"}
    assert len(mailbox.received) == 2
    for envelope, _ in mailbox.received:
        assert envelope.rcpt_tos == [guest.account.email]
        assert max(map(len, envelope.content.split(b"\r\n"))) <= 998
    for mail in mailbox.accepted:
        assert len(mail["Subject"].strip()) <= 150
        assert not re.search("[\x00-\x1f\u2028-\u202e\u2066-\u2069]", mail["Subject"])
        assert "Your password has expired" not in mail["Subject"]
        assert set(mail.keys()) == {
            "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted",
        }  # fmt: skip
        assert "<script" not in html_of(mail)
        assert "<img" not in html_of(mail)
        for text in (text_of(mail), html_of(mail)):
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)
        assert not re.search("^(?:Bcc|Click|QUIT|\\.)", text_of(mail), re.MULTILINE)
    assert todo["id"] in text_of(mailbox.accepted[-1])


def test_the_addressee_of_an_invitation_learns_who_shares_what(app, people):
    owner, guest = people(name="Ada"), people()
    made = make_list(owner, "Trip to <Rome>")
    share(owner, made, guest, "viewer")
    run_jobs(app)

    [mail] = written(app, guest.account.email)
    assert mail["Subject"] == "Ada shares the list Trip to <Rome> with you"
    assert f"Ada ({owner.account.email}) shares this list with you:\n\n    Trip to <Rome>\n\nYour role there: viewer\n" in text_of(mail)
    assert f"\nhttps://todo.example.org/api/v1/lists/{made['id']}\n" in text_of(mail)
    assert "Trip to &lt;Rome&gt;" in html_of(mail)


def test_who_has_no_name_is_named_by_the_address(app, people):
    owner, guest = people(name=""), people()
    share(owner, make_list(owner, "Plans"), guest)
    run_jobs(app)

    [mail] = written(app, guest.account.email)
    assert text_of(mail).startswith(f"{owner.account.email} shares this list with you:")


def test_who_is_put_in_again_and_again_is_told_once(app, people):
    owner, guest = people(), people()
    made = make_list(owner)
    for _ in range(3):
        share(owner, made, guest)
        owner.delete(f"/lists/{made['id']}/members/{guest.account.id}")
    share(owner, made, guest)
    run_jobs(app)

    assert len(written(app, guest.account.email)) == 1


def test_who_was_taken_out_meanwhile_is_not_told(app, people):
    owner, guest = people(), people()
    made = make_list(owner)
    share(owner, made, guest)
    owner.delete(f"/lists/{made['id']}/members/{guest.account.id}")
    run_jobs(app)

    assert written(app) == []


def test_a_refused_invitation_tells_nobody(app, people):
    owner, guest = people(), people()
    made = make_list(owner)
    share(owner, made, guest)
    owner.post(f"/lists/{made['id']}/members", {"email": guest.account.email, "role": "viewer"})

    assert len(jobs(app)) == 1


def test_a_reminder_shows_the_todo_as_its_recipients_clocks_go(app, people):
    client = people(time_zone="Asia/Tokyo")
    todo = make_todo(client, "call Kyoto", notes="about\nthe temple", due_at="2026-01-02T00:30:00Z", remind_at="2026-01-01T23:00:00Z")
    remind(app)

    [mail] = written(app, client.account.email)
    assert mail["Subject"] == "Reminder: call Kyoto"
    text = text_of(mail)
    for line in (
        "This comes late: it was set for the time below.",
        "    call Kyoto",
        "List: Inbox",
        "Reminder set for: Fri 02 Jan 2026, 08:00 (Asia/Tokyo)",
        "Due: Fri 02 Jan 2026, 09:30 (Asia/Tokyo)",
        "    about",
        "    the temple",
        f"https://todo.example.org/api/v1/todos/{todo['id']}",
    ):
        assert line in text.splitlines()


def test_a_reminder_in_time_does_not_excuse_itself(app, people):
    client = people()
    make_todo(client, due_on="9999-12-31", remind_at=now().isoformat())
    remind(app)

    assert text_of(written(app)[0]).startswith("    build an API\n")
    assert "Due: Fri 31 Dec 9999\n" in text_of(written(app)[0])


def test_the_ends_of_the_calendar_break_no_mail(app, people):
    client = people(time_zone="Asia/Tokyo")
    make_todo(client, due_at="9999-12-31T23:00:00Z", remind_at="0001-01-02T00:00:00Z")
    remind(app)

    assert "9999, 23:00 (UTC)" in text_of(written(app)[0])


def test_reminding_leaves_the_todo_as_it_was(app, people):
    client = people()
    todo = make_todo(client, remind_at="2026-01-01T00:00:00Z")
    remind(app)

    assert client.get(f"/todos/{todo['id']}").json == todo


@pytest.mark.parametrize("change", ["done", "deleted", "moved"])
def test_what_is_not_true_any_more_is_not_mailed(app, people, change):
    client = people()
    todo = make_todo(client, remind_at="2026-01-01T00:00:00Z")
    with app.app_context():
        reminders.remind()
    if change == "done":
        client.patch(f"/todos/{todo['id']}", {"done": True})
    elif change == "deleted":
        client.delete(f"/todos/{todo['id']}")
    else:
        client.patch(f"/todos/{todo['id']}", {"remind_at": "2099-01-01T00:00:00Z"})
    run_jobs(app)

    assert (jobs(app)[0].state, written(app)) == ("succeeded", [])


def test_an_account_that_was_disabled_gets_no_mail(app, people):
    client, admin = people(), people(role="admin")
    make_todo(client, remind_at="2026-01-01T00:00:00Z")
    admin.patch(f"/users/{client.account.id}", {"active": False})
    remind(app)

    assert written(app) == []


def test_the_creator_who_left_the_list_is_not_reminded(app, people):
    owner, guest = people(), people()
    made = make_list(owner)
    share(owner, made, guest)
    make_todo(guest, list_id=made["id"], remind_at="2026-01-01T00:00:00Z")
    guest.delete(f"/lists/{made['id']}/members/{guest.account.id}")
    remind(app)

    assert written(app) == []


def test_nothing_is_marked_that_is_not_due(app, people):
    client = people()
    later = make_todo(client, remind_at="2099-01-01T00:00:00Z")
    done = make_todo(client, remind_at="2026-01-01T00:00:00Z", done=True)
    remind(app)

    with app.app_context():
        rows = fetch_all(select(Todo.reminded_at).where(Todo.id.in_([later["id"], done["id"]])))
    assert [row.reminded_at for row in rows] == [None, None]
    assert written(app) == []

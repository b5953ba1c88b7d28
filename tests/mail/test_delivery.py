"""How mails go out: to files, and to a real mail server."""

import socket
import time
from datetime import UTC, datetime, timedelta
from stat import S_IMODE

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from app.core.database import execute
from app.jobs.models import Job
from app.jobs.work import Work
from app.mail import delivery, messages
from tests import factories
from tests.mail.post import ADDRESS, Mailbox, Plain, ask, jobs, mail_server, read, run_jobs, text_of, token_of, written


def test_without_a_server_a_mail_is_a_file_named_after_its_job(app):
    ask(app)
    run_jobs(app)

    [job] = jobs(app)
    [mail] = written(app)
    [path] = delivery.Path(app.config["INSTANCE_PATH"], "mail").iterdir()
    assert (job.state, path.name, S_IMODE(path.stat().st_mode)) == ("succeeded", f"{job.id}.eml", 0o600)
    assert mail["To"] == ADDRESS
    assert mail["From"] == "tickbox@todo.example.org"
    assert mail["Message-ID"] == f"<{job.id}@todo.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert abs(mail["Date"].datetime.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_mail_that_is_sent_again_replaces_its_file(app):
    ask(app)
    run_jobs(app)
    [first] = written(app)
    with app.app_context():
        execute(update(Job).values(state="queued", attempts=0))
    run_jobs(app)

    [again] = written(app)
    assert jobs(app)[0].state == "succeeded"
    assert token_of(again) == token_of(first)


def test_a_full_disk_leaves_no_half_mail(app, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    ask(app)
    with monkeypatch.context() as patched:
        patched.setattr(delivery.os, "fsync", full)
        run_jobs(app)
    folder = delivery.Path(app.config["INSTANCE_PATH"], "mail")
    assert (jobs(app)[0].state, list(folder.iterdir())) == ("queued", [])

    run_jobs(app)

    assert (jobs(app)[0].state, len(written(app))) == ("succeeded", 1)


def test_a_mail_goes_to_the_server_once(send):
    with mail_server(Mailbox()) as mailbox:
        job = send(mailbox, MAIL_FROM="Tick Box <box@example.org>", PUBLIC_URL="https://todo.example.org")

    [(envelope, _)] = mailbox.received
    [mail] = mailbox.accepted
    assert job.state == "succeeded"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("box@example.org", [ADDRESS])
    assert (mail["From"], mail["To"], mail["Message-ID"]) == ("Tick Box <box@example.org>", ADDRESS, f"<{job.id}@todo.example.org>")


@pytest.mark.parametrize("factory", [None, Plain], ids=["", "a server that knows no EHLO"])
def test_what_was_accepted_counts_as_sent_though_the_server_hangs_up(send, factory):
    with mail_server(Mailbox(hang_up=True), factory) as mailbox:
        assert send(mailbox).state == "succeeded"
        assert send(mailbox).attempts == 1

    assert len(mailbox.received) == 1


def test_what_was_accepted_counts_as_sent_though_the_server_says_goodbye_wrongly(send):
    class Mute(Mailbox):
        async def handle_QUIT(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
            return "451 I do not want to"

    with mail_server(Mute()) as mailbox:
        assert send(mailbox).state == "succeeded"
    assert len(mailbox.received) == 1


def test_what_was_accepted_counts_as_sent_though_the_database_is_away_for_a_while(send, monkeypatch):
    finish, failures = Work.finish, [OperationalError("", {}, Exception()) for _ in range(3)]

    def fail(self, *args, **kwargs):
        if failures:
            raise failures.pop()
        return finish(self, *args, **kwargs)

    monkeypatch.setattr(Work, "finish", fail)
    monkeypatch.setattr(messages, "sleep", lambda _: None)
    with mail_server(Mailbox()) as mailbox:
        assert send(mailbox).state == "succeeded"

    assert (len(mailbox.received), failures) == (1, [])


@pytest.mark.parametrize("when", ["answers", "recipients"])
def test_a_server_that_says_later_gets_it_later(send, when):
    mailbox = Mailbox(*["451 busy"] if when == "answers" else [], recipients=["451 greylisted"] if when == "recipients" else [])
    with mail_server(mailbox):
        assert send(mailbox).state == "queued"
        assert send(mailbox).state == "succeeded"

    assert len(mailbox.accepted) == 1


@pytest.mark.parametrize("when", ["answers", "recipients"])
def test_what_a_server_refuses_for_good_is_not_tried_again(send, when):
    mailbox = Mailbox(*["554 spam"] if when == "answers" else [], recipients=["550 no such user"] if when == "recipients" else [])
    with mail_server(mailbox):
        job = send(mailbox)

    assert (job.state, job.attempts) == ("failed", 1)
    assert job.error.startswith("The mail server refuses it: 55")


def test_a_server_that_is_away_gets_it_later(send):
    with mail_server(Mailbox()) as mailbox:
        pass

    assert send(mailbox).state == "queued"


def test_a_server_that_says_nothing_holds_nobody_up_for_long(send, monkeypatch):
    monkeypatch.setattr(delivery, "SECONDS", 0.2)
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailbox.port = silent.getsockname()[1]
        assert send(mailbox).state == "queued"


def test_a_server_that_is_away_keeps_the_other_jobs_waiting_once(make_mailing_app, monkeypatch):
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        for number in range(20):
            app.test_client().post("/auth/password-reset", {"email": factories.user(app, email=f"{number}@example.com").email})
        begun = time.monotonic()
        run_jobs(app)

    assert time.monotonic() - begun < 3
    assert {job.attempts for job in jobs(app)} == {1}


def test_a_service_with_a_name_of_another_script_is_written_as_the_dns_has_it(make_mailing_app):
    with mail_server(Mailbox()) as mailbox:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{mailbox.port}", PUBLIC_URL="https://büro.example")
        ask(app)
        run_jobs(app)

    assert mailbox.accepted[0]["From"] == "tickbox@xn--bro-hoa.example"
    assert "https://büro.example/verify-email" in text_of(mailbox.accepted[0])


def test_a_mail_whose_address_no_server_agrees_on_fails_for_good(app):
    addresses = ["müller@example.com", "=?utf-8?q?ada?=@example.com", "ada@straße.example"]
    for number, address in enumerate(addresses, 1):
        app.test_client().post("/auth/register", {"email": address, "password": "correct horse battery"})
        run_jobs(app)
        assert [(job.state, job.attempts) for job in jobs(app)] == [("failed", 1)] * number
    assert written(app) == []


def test_an_address_of_another_script_is_written_as_the_dns_has_it(app):
    app.test_client().post("/auth/register", {"email": "ada@bücher.example", "password": "correct horse battery"})
    run_jobs(app)

    assert written(app)[0]["To"] == "ada@xn--bcher-kva.example"


def test_a_server_without_8bitmime_gets_seven_bits(make_mailing_app):
    with mail_server(Mailbox(), Plain) as mailbox:
        app = make_mailing_app(MAIL_URL=f"smtp://127.0.0.1:{mailbox.port}")
        with app.app_context():
            mail = messages.compose("1", ADDRESS, "verify_email", {"token": "Ünicode"})
            mail.send()

    [(envelope, _)] = mailbox.received
    assert envelope.content.isascii()
    assert "Ünicode" in text_of(read(envelope.content))

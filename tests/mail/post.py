"""What tests of mails share: running jobs, reading what was written, and mail servers on this machine."""

from __future__ import annotations

import asyncio
import email
from contextlib import contextmanager
from datetime import timedelta
from email import policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlalchemy import select, update

from app.core.database import execute, fetch_all
from app.core.types import now
from app.jobs.models import Job
from tests.arrange import do_jobs

ADDRESS = "ada@example.com"


def ask(app):
    """Ask for a mail to ADDRESS."""
    answer = app.test_client().post("/auth/register", {"email": ADDRESS, "password": "correct horse battery"})
    assert answer.status_code == 201


def run_jobs(app):
    """Do what waits, with what waits for another attempt."""
    with app.app_context():
        execute(update(Job).where(Job.state == "queued").values(run_after=now() - timedelta(seconds=1)))
    do_jobs(app)


def jobs(app, kind=None):
    """The jobs of a kind, the oldest first."""
    with app.app_context():
        return fetch_all(select(Job).where(*([Job.kind == kind] if kind else [])).order_by(Job.id))


def written(app, to=None):
    """The mails in files, to an address; the oldest first."""
    paths = sorted((Path(app.config["INSTANCE_PATH"]) / "mail").glob("*.eml"))
    mails = [read(path.read_bytes()) for path in paths]
    return [mail for mail in mails if to in (None, mail["To"])]


def read(data):
    """A mail as programs show it."""
    return email.message_from_bytes(data, policy=policy.default)


def text_of(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html_of(mail):
    return mail.get_body(("html",)).get_content().replace("\r\n", "\n")


def token_of(mail):
    """The token of a mail: it stands on a line of its own, and in the link."""
    [token] = [line for line in text_of(mail).splitlines() if len(line) == 43 and " " not in line]
    assert f"#token={token}\n" in text_of(mail)
    assert f'#token={token}"' in html_of(mail)
    return token


class Mailbox:
    """A mail server's end: what it was given, and what it says to it."""

    def __init__(self, *answers, recipients=(), hang_up=False):
        self.received = []
        self.answers = list(answers)
        self.recipients = list(recipients)
        self.hang_up = hang_up
        self.port = 0

    @property
    def accepted(self):
        return [read(envelope.content) for envelope, answer in self.received if answer.startswith("250")]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        answer = self.recipients.pop(0) if self.recipients else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        self.received.append((envelope, answer))
        if self.hang_up:
            asyncio.get_running_loop().call_later(0.02, server.transport.abort)
        return answer


class Plain(SMTP):
    """A server that knows less than others do."""

    async def smtp_EHLO(self, hostname):  # noqa: N802  # aiosmtpd's name
        await self.push("502 what?")


@contextmanager
def mail_server(mailbox, factory=None, **options):
    """A real mail server on a free port of this machine."""

    class Server(Controller):
        def factory(self):
            return (factory or SMTP)(self.handler, **self.SMTP_kwargs)

        def _trigger_server(self):
            self.port = mailbox.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    server = Server(mailbox, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()

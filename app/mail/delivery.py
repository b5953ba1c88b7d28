"""Where mails go: to the server of MAIL_URL, or into files of the instance folder where none is set.

Flask-Mailman's own SMTP backend does not look at the server's certificate when it says STARTTLS, and takes a mail that was
accepted for one that was not when the server then says goodbye in a wrong way; so it has one of its own here.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from time import monotonic
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Flask, current_app
from flask_mailman import EmailMessage
from flask_mailman.backends.base import BaseEmailBackend
from flask_mailman.message import utf8_charset_qp

from app.core.problems import Conflict
from app.extensions import mail

SECONDS = 10.0  # that a server may take for each answer
PAUSE_SECONDS = 20.0  # after it could not be reached
_PORTS = {"smtp": 25, "smtps": 465}
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def init_app(app: Flask) -> None:
    """Give the app its way of sending mails, and its sender."""
    state = mail.init_app(app)
    state.backend = Server if app.config["MAIL_URL"] else Files
    state.paused_until = 0.0
    with app.app_context():
        state.default_sender = app.config["MAIL_FROM"] or f"tickbox@{own_host()}"


def own_host() -> str:
    """The host that the service is reached at, as the DNS has it."""
    return (urlsplit(current_app.config["PUBLIC_URL"]).hostname or "localhost").encode("idna").decode("ascii")


class Files(BaseEmailBackend):
    """Each mail as a file, named after its job: one that is sent again replaces itself."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the files, each whole or not at all; only their owner may read them, as some hold tokens."""
        folder = Path(current_app.config["INSTANCE_PATH"]) / "mail"
        folder.mkdir(mode=0o700, exist_ok=True)
        for message in email_messages:
            job_id = message.extra_headers["Message-ID"].strip("<>").partition("@")[0]
            _write(folder / f"{job_id}.eml", message.message().as_bytes())
        return len(email_messages)


class Server(BaseEmailBackend):
    """The mail server of MAIL_URL."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Hand the mails over. What the server has accepted is sent, whatever comes after.

        Raises Conflict where it refuses one for good, and what `smtplib` raises where another attempt may succeed.
        """
        connection = self._open()
        try:
            for message in email_messages:
                _send(connection, message)
        finally:
            with suppress(OSError):
                connection.quit()
            connection.close()
        return len(email_messages)

    def _open(self) -> smtplib.SMTP:
        """A connection. Where none is to be had, nobody waits for another one a while: other jobs want to be done meanwhile."""
        if monotonic() < self.mailman.paused_until:
            raise ConnectionError("the mail server could not be reached a moment ago")
        try:
            return _connect(urlsplit(current_app.config["MAIL_URL"]))
        except OSError:
            self.mailman.paused_until = monotonic() + PAUSE_SECONDS
            raise


def _connect(url: SplitResult) -> smtplib.SMTP:
    host, port, trusted = url.hostname or "", url.port or _PORTS[url.scheme], ssl.create_default_context()
    connection: smtplib.SMTP
    if url.scheme == "smtps":
        connection = smtplib.SMTP_SSL(host, port, own_host(), context=trusted, timeout=SECONDS)
    else:
        connection = smtplib.SMTP(host, port, own_host(), timeout=SECONDS)
    try:
        connection.ehlo_or_helo_if_needed()
        if url.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=trusted)
        elif url.scheme == "smtp" and url.username and host not in _THIS_MACHINE:
            raise smtplib.SMTPException("the server offers no STARTTLS, and a password must not travel in the clear")
        if url.username:
            _log_in(connection, unquote(url.username), unquote(url.password or ""))
    except BaseException:
        connection.close()
        raise
    return connection


def _log_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    try:
        connection.login(user, password)
    except UnicodeEncodeError:  # it would show a part of the password in the log
        raise smtplib.SMTPException("user and password of MAIL_URL must be ASCII") from None


def _send(connection: smtplib.SMTP, message: EmailMessage) -> None:
    connection.ehlo_or_helo_if_needed()
    options = ["BODY=8BITMIME"] if connection.has_extn("8bitmime") else []
    if not options:
        message.encoding = utf8_charset_qp
    data = message.message().as_bytes(linesep="\r\n")
    try:
        connection.sendmail(parseaddr(message.from_email)[1], message.recipients(), data, options)
    except smtplib.SMTPRecipientsRefused as refused:
        _give_up_on(*next(iter(refused.recipients.values())))
        raise
    except smtplib.SMTPDataError as refused:
        _give_up_on(refused.smtp_code, refused.smtp_error)
        raise


def _give_up_on(code: int, said: bytes | str) -> None:
    """Raise Conflict where the server says that another attempt is of no use (RFC 5321, 4.2.1)."""
    if code >= 500:
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise Conflict(f"The mail server refuses it: {code} {words}"[:500]) from None


def _write(path: Path, data: bytes) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise

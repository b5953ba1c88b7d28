"""What mails say. A template's first line is the subject; the HTML beside it says the same.

What users wrote comes through one of the filters below: it cannot begin a header, a line or a paragraph of its own.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, render_template
from flask_mailman import EmailMultiAlternatives
from sqlalchemy.exc import DBAPIError

from app.core.database import release
from app.core.problems import Conflict
from app.jobs.work import Work
from app.mail.delivery import own_host

LONGEST_SUBJECT, LONGEST_EXCERPT = 150, 500
_PAUSES = (0.5, 1, 2, 4, 8, 8)  # seconds; a database that is restarted is back by then
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"  # and what turns the direction of text round
_NO_LINE = re.compile(f"[{_CONTROLS}]+")
_NO_TEXT = re.compile(f"(?!\n)[{_CONTROLS}]")


def init_app(app: Flask) -> None:
    """Give templates the filters."""
    for make in (one_line, excerpt, local):
        app.add_template_filter(make)


def send(work: Work, to: str, template: str, **values: Any) -> None:
    """Send the mail of a job to an address, and end the job: the last thing that it does.

    Once the mail is out the end is written again and again while the database is away: another attempt would send it twice.
    Raises Conflict where it cannot be sent for good.
    """
    message = compose(work.job_id, to, template, values)
    work.step()
    release()
    message.send()
    for pause in _PAUSES:
        try:
            return work.finish()
        except DBAPIError:
            release()
            sleep(pause)
    work.finish()


def compose(job_id: str, to: str, template: str, values: dict[str, Any]) -> EmailMultiAlternatives:
    """The mail of a job. Raises Conflict for an address that no mail can go to."""
    values = {**values, "public_url": current_app.config["PUBLIC_URL"]}
    subject, _, text = render_template(f"mail/{template}.txt", **values).partition("\n")
    message = EmailMultiAlternatives(
        _subject(subject),
        text.strip("\n") + "\n",
        to=[_mailbox(to)],
        headers={"Message-ID": f"<{job_id}@{own_host()}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_template(f"mail/{template}.html", **values), "text/html")
    return message


def one_line(text: str | None, longest: int = 500) -> str:
    """The text as one line of at most so many characters."""
    return _cut(" ".join(_NO_LINE.sub(" ", text or "").split()), longest)


def excerpt(text: str | None) -> str:
    """The beginning of a longer text."""
    return _cut(_NO_TEXT.sub("", (text or "").replace("\r\n", "\n")).strip(), LONGEST_EXCERPT)


def local(moment: datetime | date, time_zone: str) -> str:
    """A date, or an instant as clocks show it in a time zone."""
    if not isinstance(moment, datetime):
        return moment.strftime("%a %d %b %Y")
    try:
        there = moment.astimezone(ZoneInfo(time_zone))
    except OverflowError:  # at the ends of the calendar
        there, time_zone = moment.astimezone(UTC), "UTC"
    return f"{there:%a %d %b %Y, %H:%M} ({time_zone})"


def _subject(text: str) -> str:
    return one_line(text, LONGEST_SUBJECT).replace("=?", "= ?")  # it would be shown decoded (RFC 2047)


def _mailbox(address: str) -> str:
    local_part, _, domain = address.rpartition("@")
    try:
        mailbox = f"{local_part}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        mailbox = ""
    # Of these letters Python's codec (IDNA 2003) makes a domain that by now may be somebody else's (RFC 5894, section 7.2).
    if any(letter in domain for letter in "ßς\u200c\u200d"):
        mailbox = ""
    if not mailbox.isascii() or not mailbox or "=?" in mailbox:
        raise Conflict("No mail can go to this address: it takes letters that mail servers do not agree on.")
    return mailbox


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"

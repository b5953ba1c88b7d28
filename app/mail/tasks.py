"""The jobs that send mails, and what comes round by itself to ask for them.

A job looks up whom it concerns when it runs: what is not true any more is not sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from sqlalchemy import select

from app.auth import mailed_tokens
from app.core.database import fetch_one
from app.core.types import now
from app.jobs.kinds import kind
from app.jobs.work import Work
from app.lists.models import List, Member
from app.mail import digests, reminders
from app.mail.messages import send
from app.users.models import User

LATE = timedelta(hours=1)


@kind("mail.password_reset")
def password_reset(work: Work, args: dict[str, Any]) -> None:
    """Mail the way to another password to an address, if there is an account with it."""
    token = mailed_tokens.issue(mailed_tokens.RESET, args["email"], work.job_id, work.created_at)
    if token is not None:
        send(work, args["email"], "password_reset", token=token)


@kind("mail.verify_email")
def verify_email(work: Work, args: dict[str, Any]) -> None:
    """Mail to the address of an account what proves that it is theirs."""
    token = mailed_tokens.issue(mailed_tokens.VERIFY, args["email"], work.job_id, work.created_at)
    if token is not None:
        send(work, args["email"], "verify_email", token=token)


@kind("mail.invitation")
def invitation(work: Work, args: dict[str, Any]) -> None:
    """Tell a new member of a list who shares it with them."""
    member = fetch_one(
        select(User.email, Member.role, List.id, List.name)
        .select_from(Member)
        .join(User, User.id == Member.user_id)
        .join(List, List.id == Member.list_id)
        .where(Member.list_id == args["list_id"], Member.user_id == args["user_id"], User.active.is_(True))
    )
    host = fetch_one(select(User.name, User.email).where(User.id == args["invited_by"]))
    if member is not None and host is not None:
        send(work, member.email, "invitation", member=member, host=host)


@kind("mail.reminder")
def reminder(work: Work, args: dict[str, Any]) -> None:
    """Remind somebody of a todo."""
    todo = reminders.of(args["todo_id"], datetime.fromisoformat(args["remind_at"]))
    if todo is not None:
        send(work, todo.email, "reminder", todo=todo, late=now() - todo.remind_at > LATE)


@kind("mail.digest")
def digest(work: Work, args: dict[str, Any]) -> None:
    """Mail somebody their day. An empty one is no mail."""
    user = fetch_one(select(User).where(User.id == args["user_id"], User.active.is_(True), User.daily_digest.is_(True)))
    if user is None:
        return
    overdue, today = digests.overdue_and_today(user)
    if overdue.total or today.total:
        send(work, user.email, "digest", user=user, overdue=overdue, today=today)


@shared_task(name="mail.remind")
def remind() -> None:
    """Ask for the reminders whose time has come."""
    reminders.remind()


@shared_task(name="mail.digests")
def begin_digests() -> None:
    """Ask for the mails of the day that are due."""
    digests.begin()

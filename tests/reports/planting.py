"""Todos as they would be after days and weeks, straight into the database; and reports on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import insert

from app.core.database import execute, transaction
from app.core.identity import Identity
from app.core.types import new_id, now
from app.reports import numbers
from app.todos.models import Todo
from app.todos.rules import derived, new_todo
from app.users.permissions import ROLES
from tests.arrange import do_jobs

BLANK = {"done": False, "priority": 0, "notes": None, "due_on": None, "due_at": None, "remind_at": None, "recurrence": None, "tags": []}


def at(text):
    """The instant that a text such as `2026-03-29 01:59` names, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def plant(app, list_id, *todos):
    """Put todos into a list, each given by the columns that differ from those of a new one."""
    rows = []
    for number, columns in enumerate(todos):
        row = (
            new_todo({**BLANK, "task": "water the plants", "list_id": list_id, "position": float(number)}, None, ZoneInfo("UTC")) | columns
        )
        rows.append({**row, "id": new_id(), "done": row["completed_at"] is not None, **derived(row)})
    with app.app_context(), transaction():
        execute(insert(Todo), rows)


def count(app, account, first, last, list_id=None, moment=None):
    """The numbers of the account's report."""
    zone = ZoneInfo(account.time_zone)
    with app.app_context():
        g.identity = Identity(account.id, ROLES["member"], account.time_zone, account.inbox_id)
        return numbers.count(numbers.Span(first, last, zone, moment or now(), list_id))


def ask(client, **body):
    """The answer to the request for a report, by default on the thirty days up to now."""
    today = now().date()
    days = {"from": (today - timedelta(days=29)).isoformat(), "to": today.isoformat()}
    return client.post("/reports", {"kind": "productivity", "format": "json", **days, **body})


def run(app, client, answer):
    """The job that a request was answered with, done."""
    assert answer.status_code == 202, answer.json
    do_jobs(app)
    return client.get(f"/jobs/{answer.json['id']}").json

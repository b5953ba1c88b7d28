"""`flask demo`: an account full of lifelike todos, to look at and to measure with."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import click
import uuid_utils
from flask.cli import with_appcontext
from sqlalchemy import Row, insert, select

from app.core.database import execute, transaction
from app.core.types import id_time, now
from app.lists.models import Member
from app.lists.service import insert_list
from app.todos.models import Todo
from app.todos.rules import derived
from app.users import service as users

BATCH = 1000
LISTS = {"Groceries": "#2e8b57", "Work": "#1e90ff", "House": "#cd853f", "Garden": "#6b8e23", "Travel": "#8a2be2", "Reading": None}
VERBS = ("Buy", "Call", "Write to", "Book", "Repair", "Clean", "Plan", "Review", "Order", "Return", "Look up", "Prepare")
THINGS = ("milk and eggs", "the plumber", "Grandma", "train tickets", "the bicycle", "the balcony", "next week's menu", "the quarterly report",
          "tomato seeds", "library books", "a hotel in Łódź", "slides for Monday", "the dentist", "the tax return", "a birthday present",
          "the café menu", "new batteries", "the insurance", "passport photos", "the release notes")  # fmt: skip
TAGS = ("home", "errand", "phone", "computer", "waiting", "someday", "urgent", "family", "money", "health")
NOTES = (
    "Ask for the *blue* one.",
    "See the mail of last week.",
    "- measure first\n- then order",
    "Number 12, back entrance.",
    None,
    None,
    None,
)


@click.command()
@click.option("--todos", "many", default=1000, show_default=True, type=click.IntRange(1, 20_000_000), help="How many todos to make.")
@click.option("--email", default="demo@example.org", show_default=True, help="The account that gets them; made if it is not there.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same todos.")
@with_appcontext
def demo(many: int, email: str, seed: int) -> None:
    """Make an account full of lifelike todos."""
    chance = random.Random(seed)  # noqa: S311  # nothing here is a secret
    user = _account(email)
    lists = _lists(user.id)
    rows = _todos(chance, user, lists, many)
    with click.progressbar(length=many, label=f"Making {many:,} todos") as bar:
        while batch := list(islice(rows, BATCH)):
            with transaction():
                execute(insert(Todo).returning(Todo.id), batch)
            bar.update(len(batch))


def _account(email: str) -> Row[Any]:
    user = users.by_email(email)
    if user is None:
        password = secrets.token_urlsafe(12)
        user = users.create_user(email.lower(), password, name="Demo")
        click.echo(f"Made the account {user.email} with the password {password}")
    return user


def _lists(user_id: str) -> list[str]:
    with transaction():
        known = execute(select(Member.list_id).where(Member.user_id == user_id).order_by(Member.position)).scalars().all()
        made = (
            [insert_list(user_id, number + 2, name=name, color=color) for number, (name, color) in enumerate(LISTS.items())]
            if len(known) == 1
            else []
        )
    return [*known, *made]


def _todos(chance: random.Random, user: Any, lists: list[str], many: int) -> Iterator[dict[str, Any]]:
    """Todos written over the last year, one in seven a subtask of the one before, most of the old ones done."""
    today = now()
    begin = today - timedelta(days=365)
    parent: dict[str, Any] | None = None
    for number in range(many):
        made_at = begin + (today - begin) * ((number + chance.random()) / many)
        row = _todo(chance, made_at, today)
        if parent and chance.random() < 1 / 7:
            row |= {"parent_id": parent["id"], "list_id": parent["list_id"]}
        else:
            row |= {"parent_id": None, "list_id": chance.choice(lists)}
            parent = row
        row |= {"position": float(number + 1), "created_by": user.id}
        yield row | derived(row)


def _todo(chance: random.Random, made_at: datetime, today: datetime) -> dict[str, Any]:
    todo_id = str(uuid_utils.uuid7(nanoseconds=round(made_at.timestamp() * 1e9)))
    created_at = id_time(todo_id)
    age = today - created_at
    done = chance.random() < min(0.9, age.days / 200)
    completed_at = created_at + age * chance.random() if done else None
    kind = chance.random()
    due = created_at + timedelta(days=chance.randint(0, 60), hours=chance.randint(0, 12))
    return {
        "id": todo_id,
        "task": f"{chance.choice(VERBS)} {chance.choice(THINGS)}",
        "notes": chance.choice(NOTES),
        "done": done,
        "completed_at": completed_at,
        "priority": chance.choice((0, 0, 0, 1, 2, 3, 4)),
        "due_on": due.date() if kind < 0.3 else None,
        "due_at": due if 0.3 <= kind < 0.5 else None,
        "remind_at": None,
        "recurrence": None,
        "series_id": None,
        "assignee_id": None,
        "tags": sorted(chance.sample(TAGS, chance.choice((0, 0, 1, 1, 2, 3)))),
        "version": 2 if done else 1,
        "created_at": created_at,
        "updated_at": completed_at or created_at,
        "deleted_at": None,
        "deleted_with": None,
        "reminded_at": None,
        "series_start": None,
    }

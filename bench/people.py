"""Who sends the requests: the account with all the rows, for reading and changing, and one for each connection, for creating.

A create locks its list's row until it is on disk, as the list counts its todos: were all in one list, the connections would
wait for each other and not for the service.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from functools import cached_property

import jwt
from sqlalchemy import Text, cast, func, select

from app import create_app
from app.auth import sessions, tokens
from app.core.database import execute, fetch_one
from app.extensions import db
from app.models import Todo, User
from app.users.service import create_user

DEMO = "demo@example.org"
READ, WRITTEN = 64, 50  # todos of each connection: those that it reads or changes one by one, and those that it changes in a batch
WORDS = ("none", "low", "medium", "high", "urgent")


@dataclass
class Person:
    """An account, some of its todos, and a session for each connection."""

    user: object
    todos: list[str]
    sessions: list[str]


class People:
    """The accounts of a bench with so many connections. Tokens live fifteen minutes: they are made anew for each run of load."""

    def __init__(self, settings, connections):
        self.app = create_app({**settings, "LOG_LEVEL": "WARNING"})
        self.key = settings["JWT_SECRET_KEY"]
        self.connections = connections

    @cached_property
    def reader(self):
        """The account of `flask demo`, with todos from all over the table."""
        with self.app.app_context():
            user = fetch_one(select(User).where(User.email == DEMO))
            mine = select(Todo.id).where(Todo.created_by == user.id, Todo.deleted_at.is_(None)).order_by(func.md5(cast(Todo.id, Text)))
            todos = execute(mine.limit(self.connections * READ)).scalars().all()
            return Person(user, list(todos), [self._session(user) for _ in range(self.connections)])

    @cached_property
    def writers(self):
        """An account for each connection, whose inbox holds some todos."""
        return [self._writer(number) for number in range(self.connections)]

    def token(self, person, connection=0, **changes):
        """A token of one of the person's sessions."""
        with self.app.app_context():
            token = tokens.issue_access(person.user, person.sessions[connection])
        if not changes:
            return token
        claims = jwt.decode(token, options={"verify_signature": False})
        return jwt.encode({**claims, **changes}, self.key, "HS256", headers={"kid": tokens.key_id(self.key)})

    def forged_token(self, person):
        """One that somebody else has signed."""
        claims = jwt.decode(self.token(person), options={"verify_signature": False})
        return jwt.encode(claims, secrets.token_hex(32), "HS256", headers={"kid": tokens.key_id(self.key)})

    def expired_token(self, person):
        now = int(time.time())
        return self.token(person, iat=now - 900, exp=now - 60)

    def close(self):
        with self.app.app_context():
            db.engine.dispose()

    def _session(self, user):
        access = sessions.begin(user, sessions.Device("bench", "127.0.0.1"))["access_token"]
        return jwt.decode(access, options={"verify_signature": False})["sid"]

    def _writer(self, number):
        with self.app.app_context():
            user = create_user(f"writer{number}@example.org", secrets.token_urlsafe(12))
            writer = Person(user, [], [self._session(user)])
        operations = [{"op": "create", "todo": {"task": f"Measure {count}", "priority": WORDS[count % 5]}} for count in range(WRITTEN)]
        answer = self.app.test_client().post(
            "/api/v1/todos/batch", json={"operations": operations}, headers={"Authorization": f"Bearer {self.token(writer)}"}
        )
        writer.todos = [result["id"] for result in answer.get_json()["results"]]
        return writer

"""A list that several people share, with something of every kind in it, and everyone who may knock at its door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from app.attachments.models import Attachment
from app.auth import mailed_tokens
from app.auth.models import MailedToken, PersonalToken, Session
from app.comments.models import Comment
from app.core.database import execute, fetch_all, transaction
from app.core.types import new_id, now
from app.files.models import StoredFile
from app.jobs import service as jobs
from app.jobs.models import Job
from app.lists.models import List, Member
from app.todos.models import Todo
from app.users.models import User
from app.users.permissions import PERMISSIONS
from tests import factories
from tests.arrange import make_attachment
from tests.factories import Account, Client, make_file


class World:
    """Five people, a list of one of them, and what is in it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.people: dict[str, Account] = {}
        self.clients: dict[str, Client] = {}
        owner = self.login("owner")
        self.list_id = owner.post("/lists", {"name": "Shared"}).json["id"]
        for role in ("editor", "viewer"):
            self.invite(role, role)
        self.invite("guest", "viewer")
        self.todo_id = self.create("/todos", {"task": "build an API", "list_id": self.list_id, "tags": ["home"]})
        self.other_id = self.create("/todos", {"task": "another one", "list_id": self.list_id})
        self.comment_id = self.create(f"/todos/{self.todo_id}/comments", {"body": "With Flask?"})
        self.attachment_id = self._attach()

    def create(self, path: str, body: dict[str, Any]) -> str:
        """The id of what the owner makes."""
        answer = self.clients["owner"].post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    def login(self, who: str, **kind: Any) -> Client:
        """A client of a new account."""
        self.people[who] = factories.user(self.app, name=who.capitalize(), **kind)
        self.clients[who] = factories.client(self.app, self.people[who])
        return self.clients[who]

    def invite(self, who: str, list_role: str, **kind: Any) -> Client:
        """A client of a new account that is a member of the list."""
        made = self.login(who, **kind)
        answer = self.clients["owner"].post(f"/lists/{self.list_id}/members", {"email": self.people[who].email, "role": list_role})
        assert answer.status_code == 201, answer.text
        return made

    @cached_property
    def newcomer(self) -> str:
        """The address of somebody who is not yet a member of the list."""
        return factories.user(self.app, name="Newcomer").email

    @cached_property
    def mailed_tokens(self) -> dict[str, str]:
        """The tokens that were mailed to the guest, by what they are for."""
        email = self.people["guest"].email
        with self.app.app_context():
            return {purpose: mailed_tokens.issue(purpose, email, new_id(), now()) for purpose in ("reset", "verify")}

    @cached_property
    def ids(self) -> dict[str, str]:
        """The ids that addresses take: all of them the owner's, but `user_id`, which is the guest's."""
        return {
            "list_id": self.list_id,
            "todo_id": self.todo_id,
            "comment_id": self.comment_id,
            "attachment_id": self.attachment_id,
            "user_id": self.people["guest"].id,
            "session_id": self._other_session(),
            "job_id": self._job(),
            "token_id": self.create("/auth/tokens", {"name": "backup", "scopes": ["todos:read"]}),
        }

    def _attach(self) -> str:
        """A file of the owner's, with a thumbnail that no job had to make."""
        made = make_attachment(self.clients["owner"], self.todo_id)
        thumbnail_id = make_file(self.app, name="notes.webp", content_type="image/webp")
        with self.app.app_context():
            execute(update(Attachment).where(Attachment.id == made["id"]).values(thumbnail_id=thumbnail_id))
        return made["id"]

    def _job(self) -> str:
        """A job that can still be called off, and yet has made a file."""
        made = {"file_id": make_file(self.app), "expires_at": now() + timedelta(hours=24)}
        with self.app.app_context(), transaction():
            job = jobs.enqueue("export", {}, user_id=self.people["owner"].id)
            execute(update(Job).where(Job.id == job.id).values(**made))
            return job.id

    def _other_session(self) -> str:
        other = factories.client(self.app, self.people["owner"])
        listed = other.get("/auth/sessions").json["data"]
        return next(session["id"] for session in listed if session["current"])

    def actor(self, who: str, permission: str | None = None) -> Client:
        """A client of somebody by the name of a column of the access table."""
        if who in self.clients:
            return self.clients[who]
        made: dict[str, Callable[[], Client]] = {
            "stranger": lambda: self.login("stranger"),
            "admin": self._admin,
            "anonymous": lambda: Client(self.app),
            "revoked": self._revoked,
            "disabled": self._disabled,
            "narrow": lambda: self._personal(sorted(PERMISSIONS - {permission})),
            "fitting": lambda: self._personal([permission or "todos:read"]),
            "reader": lambda: self.invite("reader", "editor", role="viewer"),
        }
        return made[who]()

    def _admin(self) -> Client:
        factories.user(self.app, role="admin")  # the last one may not leave
        return self.login("admin", role="admin")

    def _revoked(self) -> Client:
        gone = self.clients["revoked"] = factories.client(self.app, self.people["owner"])
        assert gone.post("/auth/logout").status_code == 204
        return gone

    def _disabled(self) -> Client:
        gone = self.invite("disabled", "owner")
        keeper = factories.client(self.app, factories.user(self.app, role="admin"))
        assert keeper.patch(f"/users/{self.people['disabled'].id}", {"active": False}).status_code == 200
        return gone

    def _personal(self, scopes: list[str]) -> Client:
        made = Client(self.app)
        made.token = made.refresh_token = self.clients["owner"].post("/auth/tokens", {"name": "script", "scopes": scopes}).json["token"]
        return made

    def rows(self) -> dict[str, Any]:
        """All that the database has of this world."""
        people = [account.id for account in self.people.values()]
        seen = [self.list_id, *(account.inbox_id for account in self.people.values())]
        todos = select(Todo.id).where(Todo.list_id.in_(seen))
        wanted = {
            List: List.id.in_(seen),
            Member: Member.user_id.in_(people) | Member.list_id.in_(seen),
            Todo: Todo.list_id.in_(seen),
            Comment: Comment.todo_id.in_(todos),
            Attachment: Attachment.todo_id.in_(todos),
            StoredFile: StoredFile.id.in_(select(Attachment.file_id).where(Attachment.todo_id.in_(todos))),
            User: User.id.in_(people),
            Session: Session.user_id.in_(people),
            PersonalToken: PersonalToken.user_id.in_(people),
            MailedToken: MailedToken.user_id.in_(people),
            Job: Job.user_id.in_(people),
        }
        with self.app.app_context():
            return {table.__tablename__: sorted(map(str, fetch_all(select(table).where(which)))) for table, which in wanted.items()}

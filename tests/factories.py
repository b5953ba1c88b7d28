"""Makes what tests need: accounts straight into the database, and clients that are logged in as them.

Nothing is ever taken away between tests. Each makes accounts of its own, and sees nothing of the others' as no one does.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event, insert

from app.auth import sessions
from app.core.database import engine, execute, transaction
from app.core.types import id_time, new_id
from app.files import service as files
from app.lists.models import List, Member
from app.users.models import User

PASSWORD = "correct horse battery"
# Made once with the parameters in use: hashing takes 20 ms, and every test has an account.
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$EWyFRr0oxMFejlSGfzB63Q$92Rquzb/ko6bCm2cfoVrLJz9WanRCdQmCeDDaUNa7cs"
PREFIX = "/api/v1"
OUTSIDE = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/assets/", "http://", "https://")
PAGES = ("/", "/reset-password", "/verify-email")
NOTHING = object()


@dataclass(frozen=True)
class Account:
    """A user as the database has it. The password is PASSWORD."""

    id: str
    email: str
    name: str
    role: str
    active: bool
    time_zone: str
    inbox_id: str


class Client(FlaskClient):
    """Speaks JSON with the API: paths are below /api/v1 unless they name what lies elsewhere.

    `client.patch("/todos/...", {"done": True}, if_match=3)`; every other keyword is that of werkzeug's test client.
    """

    account: Account | None = None
    token: str | None = None
    refresh_token: str | None = None

    def open(self, path, body=NOTHING, *, if_match=None, if_none_match=None, idempotency_key=None, headers=None, **kwargs):
        """Send a request."""
        sent = {
            "Authorization": f"Bearer {self.token}" if self.token else None,
            "If-Match": None if if_match is None else f'"{if_match}"',
            "If-None-Match": None if if_none_match is None else f'"{if_none_match}"',
            "Idempotency-Key": idempotency_key,
            **(headers or {}),
        }
        if body is not NOTHING:
            kwargs["json"] = body
        address = path if path in PAGES or path.startswith(OUTSIDE) else PREFIX + path
        return super().open(address, headers={name: value for name, value in sent.items() if value is not None}, **kwargs)


def user(app, *, email=None, name="Robin", role="member", active=True, time_zone="UTC"):
    """A new account with its inbox."""
    user_id, inbox_id = new_id(), new_id()
    account = Account(user_id, email or f"{secrets.token_hex(8)}@example.com", name, role, active, time_zone, inbox_id)
    born = id_time(user_id)
    with app.app_context(), transaction():
        execute(
            insert(List).values(
                id=inbox_id, name="Inbox", color=None, archived=False, inbox=True, open_count=0, version=1, created_at=born, updated_at=born
            )
        )
        execute(insert(User).values(**vars(account), password_hash=PASSWORD_HASH, version=1, created_at=born, updated_at=born))
        execute(insert(Member).values(list_id=inbox_id, user_id=user_id, role="owner", position=1.0, version=1, joined_at=born))
    return account


def client(app, account=None):
    """A client that is logged in as `account`, or one that nobody is logged in with."""
    made = Client(app)
    if account is not None:
        with app.app_context():
            pair = sessions.begin(account, sessions.Device("tests", "127.0.0.1"))
        made.account, made.token, made.refresh_token = account, pair["access_token"], pair["refresh_token"]
    return made


def make_file(app, content=b"0123456789", name="made.txt", content_type="text/plain"):
    """The id of a new file that the service keeps, and that nothing refers to yet."""
    draft = Path(app.config["INSTANCE_PATH"]) / new_id()
    draft.write_bytes(content)
    with app.app_context():
        return files.keep(draft, name, content_type)


@contextmanager
def statements(app):
    """The SQL statements that are run inside the block, without BEGIN and the reading of revocations every two seconds."""
    seen = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if not statement.startswith("BEGIN") and not ("SELECT" in statement and "FROM credential_changes" in statement):
            seen.append(statement)

    with app.app_context():
        bound = engine()
    event.listen(bound, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(bound, "before_cursor_execute", note)

"""While a new version is rolled out, old code meets the new schema, and new code may meet the old one: nobody is answered a 500."""

from __future__ import annotations

import threading

import pytest
from flask_migrate import downgrade, upgrade

from tests import databases, factories
from tests.arrange import do_jobs, find, form, make_attachment, make_list, share
from tests.conftest import service
from tests.live import wait_until
from tests.system.migrating import HEAD, MIGRATIONS, folder_with, start

PREPARED_AFTER = 5  # times that psycopg sees a statement until the server keeps a plan for it
ADDS = """
op.add_column("todos", sa.Column("made_up", sa.Text()))
op.add_column("todos", sa.Column("made_up_too", sa.Integer(), nullable=False, server_default="7"))
op.add_column("users", sa.Column("made_up", sa.Boolean(), nullable=False, server_default=sa.false()))
op.add_column("jobs", sa.Column("made_up", sa.String(10), nullable=False, server_default="x"))
op.add_column("files", sa.Column("made_up", sa.String(10)))
op.add_column("members", sa.Column("made_up", sa.String(10)))
op.add_column("sessions", sa.Column("made_up", sa.String(10), nullable=False, server_default=""))
op.create_table("made_up", sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("name", sa.String(10), nullable=False))
with op.get_context().autocommit_block():
    op.create_index("ix_made_up", "todos", ["made_up"], postgresql_concurrently=True)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def served(request, tmp_path):
    """An app at head, on a database of its own."""
    if request.param == "sqlite":
        with service(INSTANCE_PATH=str(tmp_path)) as app:
            yield _at_head(app)
    else:
        with databases.postgresql() as address, service(INSTANCE_PATH=str(tmp_path), DATABASE_URL=address) as app:
            yield _at_head(app)


def _at_head(app):
    with app.app_context():
        upgrade(MIGRATIONS)
    return app


class Walk:
    """What two people do with the API, over and over; each answer has to be a success."""

    def __init__(self, app):
        self.app = app
        self.ada, self.bob = (factories.client(app, factories.user(app)) for _ in range(2))
        self.times = 0

    def ask(self, method, path, *arguments, **more):
        answer = self.ada.open(path, *arguments, method=method, **more)
        assert 200 <= answer.status_code < 300, (method, path, answer.status_code, answer.data)
        return answer.json

    def go(self):
        self.times += 1
        ask = self.ask
        ask("POST", "/auth/login", {"email": self.ada.account.email, "password": factories.PASSWORD})
        shared = make_list(self.ada, f"list {self.times}")
        share(self.ada, shared, self.bob)
        todo = ask("POST", "/todos", {"task": "one", "list_id": shared["id"], "due_on": "2030-01-31", "recurrence": "FREQ=MONTHLY"})
        here = f"/todos/{todo['id']}"
        ask("POST", "/todos", {"task": "below", "list_id": shared["id"], "parent_id": todo["id"]}, idempotency_key=f"key-{self.times}")
        ask("POST", "/todos/batch", {"operations": [{"op": "create", "todo": {"task": f"todo {number}"}} for number in range(5)]})
        ask("PATCH", here, {"notes": "x", "tags": ["a"], "assignee_id": self.bob.account.id})
        ask("PUT", here, {"task": "two", "list_id": shared["id"], "priority": "high"})
        ask("PATCH", here, {"done": True})
        ask("POST", f"{here}/comments", {"body": "well"})
        attachment = make_attachment(self.ada, todo["id"])
        ask("GET", f"{here}/attachments")
        ask("DELETE", f"{here}/attachments/{attachment['id']}")
        for query in ("", "?sort=due", "?q=two", "?tag=a", "?trashed=true", f"?list_id={shared['id']}&sort=-priority"):
            ask("GET", f"/todos{query}")
        for path in ("/lists", "/tags", "/me", "/jobs", here, f"{here}/comments", f"/lists/{shared['id']}/members"):
            ask("GET", path)
        ask("PATCH", "/me", {"name": f"Ada {self.times}"})
        ask("PATCH", f"/lists/{shared['id']}", {"name": "renamed"})
        ask("DELETE", here)
        ask("POST", f"{here}/restore")
        ask("POST", "/imports", **form(b"task\nimported\n", "todos.csv", format="csv"))
        ask("POST", "/exports", {"format": "json"})
        do_jobs(self.app)
        assert {job["state"] for job in find(self.ada, "/jobs")} == {"succeeded"}


def test_code_of_yesterday_serves_on_the_schema_of_tomorrow(served, tmp_path):
    walk, stop, failures = Walk(served), threading.Event(), []

    def go_on():
        try:
            while not stop.is_set():
                walk.go()
        except BaseException as failure:  # asserted below
            failures.append(failure)

    walker = threading.Thread(target=go_on)
    walker.start()
    try:
        wait_until(lambda: failures or walk.times > PREPARED_AFTER, 120)
        migration = start(served, "upgrade", folder=folder_with(tmp_path, ADDS))
        assert migration.wait(60) == 0, migration.stderr.read()
        migrated_after = walk.times
        wait_until(lambda: failures or walk.times > migrated_after + 2, 60)
    finally:
        stop.set()
        walker.join(60)

    assert failures == []
    ready = served.test_client().get("/readyz")
    assert "migrations: ok\n" in ready.text


def test_new_code_on_an_old_schema_is_not_ready_and_says_why(served):
    with served.app_context():
        downgrade(MIGRATIONS, "0002")

    answer = served.test_client().get("/readyz")

    assert answer.status_code == 503
    assert f"migrations: at 0002, not at {HEAD}: run flask db upgrade\n" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/todos", {"task": "x"}),
        ("POST", "/todos/batch", {"operations": [{"op": "create", "todo": {"task": "x"}}]}),
        ("GET", "/me", None),
        ("GET", "/jobs", None),
        ("POST", "/exports", {"format": "csv"}),
    ],
)
def test_what_needs_a_migration_that_is_not_there_yet_is_503_and_works_after_it(served, method, path, body):
    client = factories.client(served, factories.user(served))
    sent = () if body is None else (body,)
    with served.app_context():
        downgrade(MIGRATIONS, "0002")

    early = client.open(path, *sent, method=method)
    with served.app_context():
        upgrade(MIGRATIONS)
    later = client.open(path, *sent, method=method)

    assert (early.status_code, early.json["code"], early.headers["Retry-After"]) == (503, "unavailable", "2")
    assert early.json["detail"] == "The database is being brought up to date. Try again shortly."
    assert 200 <= later.status_code < 300, later.json


def test_what_the_old_schema_has_goes_on_on_new_code(served):
    client = factories.client(served, factories.user(served))
    with served.app_context():
        downgrade(MIGRATIONS, "0002")

    assert [client.get(path).status_code for path in ("/todos", "/lists", "/auth/sessions", "/auth/tokens")] == [200] * 4
    assert client.post("/lists", {"name": "new"}).status_code == 201

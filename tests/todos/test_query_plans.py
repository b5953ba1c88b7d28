"""No operation reads a table from end to end, or sorts more than a page of each of the caller's lists, however many rows there are."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import select, text, update

from app.core.database import execute, fetch_one, transaction
from app.core.types import now
from app.jobs import relay
from app.mail import reminders
from app.todos import service as todos
from app.todos.models import Todo
from app.users.models import User
from bench.filling import COMMON, EMAIL, RARE, USUAL, fill
from tests import databases, factories
from tests.arrange import form, make_attachment, make_list, make_todo, make_todos, share
from tests.conftest import service
from tests.plans import MODES, explained

pytestmark = [pytest.mark.postgresql, pytest.mark.xdist_group("query plans")]
MINE, ALL, EACH = 20_000, 100_000, 20
LISTS, ROWS = 10, 21  # of the caller; of a page of 20 and the one that tells whether there are more
MOST_SORTED = 2 * LISTS * ROWS  # twice, as todos with a due and those without come from different ends of an index
MOST_READ = 8 * LISTS * ROWS  # a filter passes over what it does not want; the caller has twelve times as many todos
BY_VALUE = ("q=", "tag=", "due_", "updated_since=")  # what PostgreSQL makes a plan for each time
SORTS = [sign + name for name in ("created_at", "updated_at", "due", "priority", "position", "task") for sign in ("", "-")]
OTHERS = """
INSERT INTO comments (id, todo_id, author_id, body, version, created_at, updated_at)
  SELECT gen_random_uuid(), id, created_by, 'x', 1, now(), now() FROM todos WHERE position::int % 4 = 0;
INSERT INTO files (id, name, content_type, size, sha256, created_at)
  SELECT gen_random_uuid(), 'x', 'text/plain', 1, 'x', now() FROM generate_series(1, 10000);
INSERT INTO attachments (id, todo_id, file_id, created_by, created_at)
  SELECT gen_random_uuid(), todos.id, files.id, created_by, now()
  FROM (SELECT id, row_number() OVER () AS n FROM files) AS files JOIN todos ON position = n * 8
  WHERE created_by <> (SELECT id FROM users ORDER BY email DESC LIMIT 1);
INSERT INTO jobs (id, user_id, kind, state, args, processed, attempts, cancelling, request_id, created_at, run_after, finished_at)
  SELECT gen_random_uuid(), id, 'export', 'succeeded', '{}', 0, 1, false, 'x', now(), now(), now() FROM users, generate_series(1, 5);
INSERT INTO sessions (id, user_id, refresh_jti, rotated, user_agent, ip_address, created_at, last_used_at, expires_at)
  SELECT gen_random_uuid(), id, 'x', '[]', 'x', 'x', now(), now(), now() + interval '30 days' FROM users, generate_series(1, 5);
INSERT INTO personal_tokens (id, user_id, name, token_hash, scopes, created_at)
  SELECT gen_random_uuid(), id, 'x', md5(id::text || n), '[]', now() FROM users, generate_series(1, 3) AS n;
INSERT INTO mailed_tokens (token_hash, user_id, purpose, email, created_at, expires_at)
  SELECT md5(id::text || n), id, 'verify', email, now(), now() + interval '1 hour' FROM users, generate_series(1, 3) AS n;
INSERT INTO idempotent_answers (digest, body_hash, answer, created_at) SELECT md5(n::text), 'x', 'x', now() FROM generate_series(1, 10000) AS n;
INSERT INTO login_failures (id, account_hash, failed_at) SELECT gen_random_uuid(), md5(n::text), now() FROM generate_series(1, 10000) AS n;
INSERT INTO credential_changes (subject_id, revoked, changed_at) SELECT gen_random_uuid(), true, now() FROM generate_series(1, 10000);
ANALYZE;
"""


@pytest.fixture(scope="module")
def world(migrated, tmp_path_factory):
    """A service that thousands use, and a client of the account with most todos."""
    with databases.postgresql(template=migrated["DATABASE_URL"]) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            fill(connection, ALL, MINE, each=EACH)
            connection.execute(OTHERS)
        with service(INSTANCE_PATH=str(tmp_path_factory.mktemp("plans")), DATABASE_URL=address) as app:
            yield _world(app)


def _world(app):
    with app.app_context():
        user = fetch_one(select(User).where(User.email == EMAIL))
    client = factories.client(app, SimpleNamespace(**user._mapping))
    friend = factories.user(app)
    admin = factories.client(app, factories.user(app, role="admin"))
    shared, other = make_list(client)["id"], make_list(client, archived=True)["id"]
    share(client, {"id": shared}, factories.client(app, friend))
    todo = make_todo(client, list_id=shared, due_on="2026-11-30", recurrence="FREQ=DAILY")["id"]
    below = make_todo(client, list_id=shared, parent_id=todo, tags=["x", "y"])["id"]
    return SimpleNamespace(
        app=app, client=client, admin=admin, friend=friend, inbox=user.inbox_id, shared=shared, other=other, todo=todo, below=below,
        comment=client.post(f"/todos/{todo}/comments", {"body": "x"}).json["id"],
        file=make_attachment(client, todo)["id"],
        token=client.post("/auth/tokens", {"name": "x", "scopes": ["todos:read"]}).json["id"],
        job=client.post("/exports", {"format": "csv"}).json["id"],
        session=client.get("/auth/sessions").json["data"][0]["id"],
    )  # fmt: skip


def found(query):
    return lambda w: (w.client, "GET", f"/todos?limit=20&{query.format(w=w)}")


def sent(method, path, body=factories.NOTHING):
    return lambda w: (w.client, method, path.format(w=w), body)


def new(w, **fields):
    """The path of a new todo with a subtask."""
    todo = make_todo(w.client, **{"list_id": w.shared, "tags": ["x", "y"], **fields})
    make_todo(w.client, list_id=todo["list_id"], parent_id=todo["id"])
    return f"/todos/{todo['id']}"


def trashed(w):
    path = new(w)
    w.client.delete(path)
    return path


def next_page(query):
    """The page after the first one of these todos."""
    return lambda w: (w.client, "GET", f"/todos?limit=20&{query}&cursor={w.client.get(f'/todos?limit=20&{query}').json['next_cursor']}")


def someone(w, method, path, body=factories.NOTHING):
    """A request of an account of its own."""
    return factories.client(w.app, factories.user(w.app)), method, path, body


DAY = now().date()
LOGIN = {"password": factories.PASSWORD}
FINDS = {
    "todos": "", "of a list": "list_id={w.inbox}", "of two lists": "list_id={w.inbox}&list_id={w.shared}", "open": "done=false",
    "open of a list": "done=false&list_id={w.inbox}", "done": "done=true", "of a priority": "priority=urgent",
    "open, of two priorities": "priority=high&priority=urgent&done=false", "open, high, by due": "done=false&priority=high&sort=due",
    "with a tag": "tag=tag2", "with a rare tag": "tag=tag38", "with an unknown tag": "tag=unknown", "assigned to me": "assignee_id=me",
    "of the top": "parent_id=none", "subtasks": "parent_id={w.todo}", "due this week": f"due_after={DAY}&due_before={DAY + timedelta(days=8)}",
    "due before": f"due_before={DAY}", "long overdue": f"done=false&due_before={DAY - timedelta(days=700)}",
    "due far off": f"due_after={DAY + timedelta(days=55)}", "overdue": "overdue=true", "overdue, by due": "overdue=true&sort=due",
    "not overdue": "overdue=false", "changed lately": f"updated_since={DAY}T00:00:00Z", "in the trash": "trashed=true",
    "in the trash of a list": "trashed=true&list_id={w.inbox}", "a rare word": f"q={RARE}", "a rare word, by task": f"q={RARE}&sort=task",
    "a usual word": f"q={USUAL}", "an unknown word": "q=unknown", "a frequent word": f"q={COMMON}",
    "a frequent word, the newest first": f"q={COMMON}&sort=-created_at", "a frequent word of a list": f"q={COMMON}&list_id={{w.inbox}}",
    "the begin of a frequent word": f"q={COMMON[:4]}", "a frequent word that is open": f"q={COMMON}&done=false&list_id={{w.inbox}}",
}  # fmt: skip
OPERATIONS = {
    **{f"todos: {name}": found(query) for name, query in FINDS.items()},
    **{f"todos by {sort}": found(f"sort={sort}") for sort in SORTS},
    **{f"the next page by {sort}": next_page(f"sort={sort}") for sort in SORTS},
    **{f"the next page of {q}": next_page(f"q={q}") for q in (COMMON, COMMON[:4], USUAL)},
    "todos, counted": found("count=true"),
    "open todos, counted": found("done=false&count=true"),
    "of a priority, counted": found("priority=urgent&count=true"),
    "open todos of a list, counted": found("done=false&list_id={w.inbox}&count=true"),
    "one todo": sent("GET", "/todos/{w.todo}"),
    "the next dues": sent("GET", "/todos/{w.todo}/occurrences"),
    "tags": sent("GET", "/tags"),
    "lists": sent("GET", "/lists?count=true"),
    "archived lists": sent("GET", "/lists?archived=true"),
    "one list": sent("GET", "/lists/{w.shared}"),
    "members": sent("GET", "/lists/{w.shared}/members"),
    "comments": sent("GET", "/todos/{w.todo}/comments"),
    "one comment": sent("GET", "/todos/{w.todo}/comments/{w.comment}"),
    "attachments": sent("GET", "/todos/{w.todo}/attachments"),
    "one attachment": sent("GET", "/todos/{w.todo}/attachments/{w.file}"),
    "its content": sent("GET", "/todos/{w.todo}/attachments/{w.file}/content"),
    "jobs": sent("GET", "/jobs?count=true"),
    "one job": sent("GET", "/jobs/{w.job}"),
    "me": sent("GET", "/me"),
    "sessions": sent("GET", "/auth/sessions"),
    "tokens": sent("GET", "/auth/tokens"),
    "users": lambda w: (w.admin, "GET", "/users"),
    "one user": lambda w: (w.admin, "GET", f"/users/{w.friend.id}"),
    "a new todo": sent("POST", "/todos", {"task": "x", "tags": ["x", "y"]}),
    "a new subtask": sent("POST", "/todos", {"task": "x", "list_id": "{w.shared}", "parent_id": "{w.todo}"}),
    "a todo is changed": lambda w: (w.client, "PATCH", new(w), {"priority": "high"}),
    "a todo is replaced": lambda w: (w.client, "PUT", new(w), {"task": "x", "tags": ["z"]}),
    "a todo is done": lambda w: (w.client, "PATCH", new(w), {"done": True}),
    "a todo that recurs is done": lambda w: (w.client, "PATCH", new(w, due_on="2026-11-30", recurrence="FREQ=DAILY"), {"done": True}),
    "a todo goes to another list": lambda w: (w.client, "PATCH", new(w), {"list_id": w.inbox}),
    "a todo is assigned": lambda w: (w.client, "PATCH", new(w), {"assignee_id": w.friend.id}),
    "a todo is placed": lambda w: (w.client, "POST", f"{new(w)}/move", {"after": w.todo}),
    "a todo is deleted": lambda w: (w.client, "DELETE", new(w)),
    "a todo is removed": lambda w: (w.client, "DELETE", f"{new(w)}?permanent=true"),
    "a todo is restored": lambda w: (w.client, "POST", f"{trashed(w)}/restore", {}),
    "a batch": lambda w: (w.client, "POST", "/todos/batch", {"operations": [{"op": "create", "todo": {"task": "x", "tags": ["x"]}}]}),
    "a new list": sent("POST", "/lists", {"name": "x"}),
    "a list is changed": sent("PATCH", "/lists/{w.other}", {"name": "y"}),
    "a list is deleted": lambda w: (
        w.client,
        "DELETE",
        f"/lists/{w.client.get(new(w, list_id=make_list(w.client)['id'])).json['list_id']}",
    ),
    "a member": lambda w: (w.client, "POST", f"/lists/{w.shared}/members", {"email": factories.user(w.app).email, "role": "editor"}),
    "another role": sent("PATCH", "/lists/{w.shared}/members/{w.friend.id}", {"role": "viewer"}),
    "a new comment": sent("POST", "/todos/{w.todo}/comments", {"body": "x"}),
    "a comment is changed": sent("PATCH", "/todos/{w.todo}/comments/{w.comment}", {"body": "y"}),
    "a new attachment": lambda w: (w.client, "POST", f"/todos/{w.todo}/attachments", factories.NOTHING, form()),
    "an attachment is deleted": lambda w: (w.client, "DELETE", f"/todos/{w.todo}/attachments/{make_attachment(w.client, w.todo)['id']}"),
    "an export": sent("POST", "/exports", {"format": "csv"}),
    "a job is called off": lambda w: (w.client, "DELETE", f"/jobs/{w.client.post('/exports', {'format': 'csv'}).json['id']}"),
    "an account": lambda w: (w.client, "POST", "/auth/register", LOGIN | {"email": "new@example.com"}),
    "a login": lambda w: (w.client, "POST", "/auth/login", LOGIN | {"email": w.friend.email}),
    "a forgotten password": lambda w: (w.client, "POST", "/auth/password-reset", {"email": w.friend.email}),
    "a logout": lambda w: someone(w, "POST", "/auth/logout"),
    "the end of other sessions": lambda w: someone(w, "DELETE", "/auth/sessions"),
    "a new name": lambda w: someone(w, "PATCH", "/me", {"name": "x"}),
    "a farewell": lambda w: someone(w, "DELETE", "/me", {"current_password": factories.PASSWORD}),
}
BEHIND = {"reminders": reminders.remind, "the purge": lambda: todos.purge(most=100), "the relay of jobs": relay.relay}
GROWING = {"of a priority, counted": "counts what it counts"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_reads_no_table_and_sorts_no_more_than_a_page_of_each_list(world, name):
    client, method, path, *rest = OPERATIONS[name](world)
    body, more = (*rest, factories.NOTHING, {})[0], dict(rest[1]) if len(rest) > 1 else {}
    if isinstance(body, dict):
        body = {key: value.format(w=world) if isinstance(value, str) else value for key, value in body.items()}

    with explained(world.app, MODES[: 1 if any(each in path for each in BY_VALUE) else 2]) as plans:
        answer = client.open(path, body, method=method, **more)

    assert answer.status_code < 300, answer.json
    _check(plans, growing=name in GROWING)


def test_many_subtasks_are_not_read_again_for_each_list(world):
    todo = make_todo(world.client, list_id=make_list(world.client)["id"])
    make_todos(world.client, *({"task": "x", "list_id": todo["list_id"], "parent_id": todo["id"]} for _ in range(400)))

    with explained(world.app) as plans:
        answer = world.client.get(f"/todos?limit=20&parent_id={todo['id']}")

    assert len(answer.json["data"]) == 20
    _check(plans)


def test_a_todo_in_a_list_of_many_tags_reads_its_own_alone(world):
    todo = make_todo(world.client, list_id=make_list(world.client)["id"], tags=["own"])
    many = "INSERT INTO list_tags (list_id, name, open_count, count) SELECT :list_id, 'tag ' || n, 1, 1 FROM generate_series(1, 20000) AS n"
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'list_tags'"
    with world.app.app_context(), transaction():
        execute(text(many), {"list_id": todo["list_id"]})
        execute(text("ANALYZE list_tags"))
        execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))  # as triggers come to plan where many todos change
        before = execute(text(read)).scalar_one()

        execute(update(Todo).where(Todo.id == todo["id"]).values(deleted_at=now()))

        assert execute(text(read)).scalar_one() - before < 20


@pytest.mark.parametrize("name", BEHIND)
def test_work_behind_the_scenes_reads_no_table_either(world, name):
    with explained(world.app) as plans, world.app.app_context():
        BEHIND[name]()

    _check(plans)


def _check(plans, *, growing=False):
    assert plans
    for plan in plans:
        assert not plan.whole_tables, str(plan)
        if not growing:
            assert plan.most_sorted <= MOST_SORTED, str(plan)
            assert plan.rows_read <= MOST_READ, str(plan)

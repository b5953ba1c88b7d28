"""Many at once: whatever comes at the same time, nothing is lost, nothing is done twice, and nobody sees a 5xx."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from threading import Barrier

import psycopg
import pytest

from tests import factories
from tests.contract.problems import assert_problem
from tests.factories import Client

MANY = 20


@pytest.fixture
def app(make_app):
    """An app with a connection for each of the threads."""
    return make_app(THREADS=str(MANY + 4))


@pytest.fixture
def account(app):
    return factories.user(app)


@pytest.fixture
def client(app, account):
    return factories.client(app, account)


@pytest.fixture
def todo(client):
    return client.post("/todos", {"task": "raced for"}).json


def at_once(*requests):
    """The answers to the requests, which start at the same instant, each on a client of its own."""
    ready = Barrier(len(requests))

    def send(client, method, path, *body, **options):
        own = Client(client.application)
        own.token = client.token
        ready.wait(10)
        return own.open(path, *body, method=method, **options)

    with ThreadPoolExecutor(len(requests)) as threads:
        answers = list(threads.map(lambda request: request(send), requests))
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers if answer.status_code >= 500]
    return answers


def request(*arguments, **options):
    """One request for `at_once`."""
    return lambda send: send(*arguments, **options)


def statuses(answers):
    return Counter(answer.status_code for answer in answers)


def open_count(client, list_id):
    return client.get(f"/lists/{list_id}").json["open_count"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_of_many_writers_of_one_version_one_wins(client, todo, method):
    path = f"/todos/{todo['id']}"

    answers = at_once(*[request(client, method, path, {"task": f"writer {number}"}, if_match=1) for number in range(MANY)])

    assert statuses(answers) == {200: 1, 412: MANY - 1}
    winner = next(answer for answer in answers if answer.status_code == 200).json
    assert client.get(path).json == winner
    for answer in answers:
        if answer.status_code == 412:
            assert_problem(answer, 412)
            assert answer.json["current"] == winner


@pytest.mark.parametrize("query", ["", "?permanent=true"])
def test_of_many_who_delete_one_version_one_does(client, todo, query):
    answers = at_once(*[request(client, "DELETE", f"/todos/{todo['id']}{query}", if_match=1) for _ in range(MANY)])

    found = statuses(answers)
    assert found[204] == 1
    assert found[404] + found[412] == MANY - 1


@pytest.mark.parametrize("kind", ["list", "member", "comment", "me", "user"])
def test_of_many_writers_of_one_version_one_wins_everywhere(app, client, todo, kind):
    shared = client.post("/lists", {"name": "Shared"}).json
    guest = factories.user(app)
    client.post(f"/lists/{shared['id']}/members", {"email": guest.email, "role": "viewer"})
    shared = client.get(f"/lists/{shared['id']}").json
    comment = client.post(f"/todos/{todo['id']}/comments", {"body": "x"}).json
    admin = factories.client(app, factories.user(app, role="admin"))
    who, path, body, version = {
        "list": (client, f"/lists/{shared['id']}", {"name": "{}"}, shared["version"]),
        "member": (client, f"/lists/{shared['id']}/members/{guest.id}", {"role": "editor"}, 1),
        "comment": (client, f"/todos/{todo['id']}/comments/{comment['id']}", {"body": "{}"}, 1),
        "me": (client, "/me", {"name": "{}"}, 1),
        "user": (admin, f"/users/{guest.id}", {"role": "admin"}, 1),
    }[kind]

    answers = at_once(*[
        request(who, "PATCH", path, {name: value.format(number) for name, value in body.items()}, if_match=version) for number in range(MANY)
    ])  # fmt: skip

    assert statuses(answers) == {200: 1, 412: MANY - 1}
    for answer in answers:
        if answer.status_code == 412:
            assert_problem(answer, 412)
            assert answer.json["current"]["version"] == version + 1


def test_one_idempotency_key_makes_one_todo(client):
    answers = at_once(*[request(client, "POST", "/todos", {"task": "once"}, idempotency_key="the-same") for _ in range(MANY)])

    made = client.get("/todos?count=true")
    assert made.headers["X-Total-Count"] == "1"
    first = made.json["data"][0]
    assert set(statuses(answers)) <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert done
    assert {answer.data for answer in done} == {done[0].data}
    assert done[0].json == first
    assert sum("Idempotency-Replayed" not in answer.headers for answer in done) == 1
    again = client.post("/todos", {"task": "once"}, idempotency_key="the-same")
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first, "true")


def test_one_idempotency_key_with_another_body_does_nothing(client):
    answers = at_once(*[request(client, "POST", "/todos", {"task": f"body {n % 2}"}, idempotency_key="the-same") for n in range(MANY)])

    assert set(statuses(answers)) <= {201, 409, 422}
    assert client.get("/todos?count=true").headers["X-Total-Count"] == "1"


FIELDS = [
    {"task": "changed"},
    {"notes": "some"},
    {"done": True},
    {"priority": "urgent"},
    {"due_on": "2026-12-24"},
    {"remind_at": "2026-12-23T09:00:00Z"},
    {"tags": ["one", "two"]},
    {"position": 77.5},
]


def test_changes_of_different_fields_are_all_kept(client, account, todo):
    path = f"/todos/{todo['id']}"
    fields = [*FIELDS, {"assignee_id": account.id}, {"parent_id": client.post("/todos", {"task": "above"}).json["id"]}]

    answers = at_once(*[request(client, "PATCH", path, change) for change in fields * 2])

    assert statuses(answers) == {200: len(answers)}
    after = client.get(path).json
    assert {name: after[name] for change in fields for name in change} == {
        name: value for change in fields for name, value in change.items()
    }
    assert after["version"] == 1 + len(answers)
    assert len({answer.json["version"] for answer in answers}) == len(answers)


def test_parallel_moves_into_one_gap_all_get_a_place_of_their_own(client):
    todos = [client.post("/todos", {"task": f"todo {number}"}).json["id"] for number in range(MANY + 2)]
    first, last, *moved = todos

    answers = at_once(*[
        request(client, "POST", f"/todos/{each}/move", {"after": first} if number % 2 else {"before": last}) for number, each in enumerate(moved)
    ])  # fmt: skip

    assert statuses(answers) == {200: len(moved)}
    placed = client.get("/todos?sort=position&limit=200").json["data"]
    assert len({each["position"] for each in placed}) == len(placed)
    assert [placed[0]["id"], placed[-1]["id"]] == [first, last]


def circle(client, ids):
    """The todos that are above themselves, or in another list than what they are a part of, or too deep."""
    todos = {each["id"]: each for each in client.get("/todos?limit=200").json["data"]}
    wrong = []
    for each in ids:
        above, at = [each], todos[each]["parent_id"]
        while at is not None and at not in above:
            above.append(at)
            wrong += [at] if todos[at]["list_id"] != todos[each]["list_id"] else []
            at = todos[at]["parent_id"]
        wrong += [each] if at is not None or len(above) > 6 else []
    return wrong


@pytest.mark.parametrize("way", ["patch", "batch", "both"])
def test_parallel_nesting_never_makes_a_circle(client, way):
    for _ in range(3):
        ids = [client.post("/todos", {"task": f"todo {number}"}).json["id"] for number in range(10)]
        pairs = [(child, parent) for child, parent in zip(ids, ids[1:] + ids[:1], strict=True)] + [(b, a) for a, b in pairwise(ids)]

        answers = at_once(
            *[
                nest(client, child, parent, batch=way == "batch" or (way == "both" and number % 2))
                for number, (child, parent) in enumerate(pairs)
            ]
        )

        assert set(statuses(answers)) <= {200, 422}
        assert not circle(client, ids)


def nest(client, child, parent, *, batch):
    if batch:
        return request(client, "POST", "/todos/batch", {"operations": [{"op": "update", "id": child, "todo": {"parent_id": parent}}]})
    return request(client, "PATCH", f"/todos/{child}", {"parent_id": parent})


def test_a_parent_that_moves_away_takes_the_new_subtask_along_or_refuses_it(client, account):
    other = client.post("/lists", {"name": "Other"}).json["id"]
    for _ in range(3):
        ids = [client.post("/todos", {"task": f"todo {number}"}).json["id"] for number in range(8)]
        nested = [nest(client, child, parent, batch=number % 2) for number, (child, parent) in enumerate(pairwise(ids))]
        moved = [request(client, "PATCH", f"/todos/{each}", {"list_id": other}) for each in ids]

        answers = at_once(*nested, *moved)

        assert set(statuses(answers)) <= {200, 409, 422}
        assert not circle(client, ids)
    live = [each["list_id"] for each in client.get("/todos?limit=200").json["data"]]
    assert open_count(client, other) == live.count(other)
    assert open_count(client, account.inbox_id) == live.count(account.inbox_id)


def test_batches_over_the_same_todos_in_opposite_order_all_come_through(client, account):
    ids = [client.post("/todos", {"task": f"todo {number}"}).json["id"] for number in range(30)]

    def batch(number):
        changes = [{"op": "update", "id": each, "todo": {"done": number % 2 == 0, "notes": f"batch {number}"}} for each in ids]
        return {"operations": [*(changes if number % 4 < 2 else reversed(changes)), {"op": "create", "todo": {"task": f"of {number}"}}]}

    answers = at_once(*[request(client, "POST", "/todos/batch", batch(number)) for number in range(MANY)])

    assert statuses(answers) == {200: MANY}
    todos = {each["id"]: each for each in client.get("/todos?limit=200").json["data"]}
    assert len(todos) == len(ids) + MANY
    assert len({todos[each]["notes"] for each in ids}) == 1
    assert open_count(client, account.inbox_id) == sum(not each["done"] for each in todos.values())
    assert {todos[each]["version"] for each in ids} == {1 + MANY}


def test_everything_at_once_on_one_tree(client, account):
    """Changes, moves, nesting, batches, deletions and restorations of the same todos: the counts stay right."""
    other = client.post("/lists", {"name": "Other"}).json["id"]
    for _ in range(4):
        root = client.post("/todos", {"task": "root"}).json["id"]
        ids = [client.post("/todos", {"task": f"part {number}", "parent_id": root}).json["id"] for number in range(4)]
        one, two, three, four = ids
        answers = at_once(
            request(client, "PATCH", f"/todos/{one}", {"done": True}),
            request(client, "PATCH", f"/todos/{two}", {"done": True}),
            request(client, "PATCH", f"/todos/{root}", {"done": True}),
            request(client, "PATCH", f"/todos/{one}", {"parent_id": None}),
            request(client, "PATCH", f"/todos/{two}", {"parent_id": three}),
            request(client, "POST", f"/todos/{three}/move", {"before": one}),
            request(client, "POST", f"/todos/{one}/move", {"after": four}),
            request(client, "POST", f"/todos/{root}/move", {"after": four}),
            request(client, "PATCH", f"/todos/{root}", {"list_id": other}),
            request(client, "PATCH", f"/todos/{three}", {"list_id": other}),
            request(client, "DELETE", f"/todos/{root}"),
            request(client, "DELETE", f"/todos/{two}"),
            request(client, "POST", f"/todos/{root}/restore"),
            request(client, "POST", f"/todos/{two}/restore"),
            request(client, "DELETE", f"/todos/{four}?permanent=true"),
            request(
                client,
                "POST",
                "/todos/batch",
                {"operations": [{"op": "update", "id": each, "todo": {"notes": "x"}} for each in (root, one)]},
            ),
            request(
                client,
                "POST",
                "/todos/batch",
                {"operations": [{"op": "delete", "id": three}, {"op": "update", "id": one, "todo": {"done": False}}]},
            ),
            request(client, "POST", f"/todos/{one}/comments", {"body": "x"}),
        )
        assert set(statuses(answers)) <= {200, 201, 204, 404, 409, 422}, [
            json.loads(each.data) for each in answers if each.status_code >= 400
        ]
    live = client.get("/todos?limit=200").json["data"]
    assert not circle(client, [each["id"] for each in live])
    for list_id in (other, account.inbox_id):
        assert open_count(client, list_id) == sum(each["list_id"] == list_id and not each["done"] for each in live)


def test_a_list_may_go_while_others_work_in_it(app, client):
    """Its todos are changed, its members come and go, an account is deleted, all while the list itself is deleted."""
    shared = client.post("/lists", {"name": "Shared"}).json["id"]
    guests = [factories.user(app) for _ in range(3)]
    for guest in guests:
        client.post(f"/lists/{shared}/members", {"email": guest.email, "role": "editor"})
    todos = [client.post("/todos", {"task": "x", "list_id": shared, "assignee_id": guest.id}).json["id"] for guest in guests * 3]
    leaver = factories.client(app, guests[0])
    answers = at_once(
        *[request(client, "PATCH", f"/todos/{each}", {"done": True}) for each in todos[:6]],
        *[request(factories.client(app, guests[1]), "PATCH", f"/todos/{each}", {"assignee_id": guests[1].id}) for each in todos[3:]],
        request(client, "DELETE", f"/lists/{shared}/members/{guests[2].id}"),
        request(leaver, "DELETE", "/me", {"current_password": factories.PASSWORD}),
        request(client, "POST", "/todos", {"task": "late", "list_id": shared}),
        request(client, "DELETE", f"/lists/{shared}"),
    )
    assert set(statuses(answers)) <= {200, 201, 204, 404, 409, 422}, [answer.text for answer in answers]
    assert client.get(f"/lists/{shared}").status_code == 404
    assert client.get("/todos").json["data"] == []


def test_a_member_may_go_while_todos_are_made_for_them(app, client):
    """Whoever makes a todo for a member that goes at the same time waits for no longer than the going takes."""
    shared = client.post("/lists", {"name": "Shared"}).json["id"]
    guest = factories.user(app)
    for _ in range(5):
        client.post(f"/lists/{shared}/members", {"email": guest.email, "role": "editor"})

        answers = at_once(
            *[request(client, "POST", "/todos", {"task": "for them", "list_id": shared, "assignee_id": guest.id}) for _ in range(MANY - 1)],
            request(client, "DELETE", f"/lists/{shared}/members/{guest.id}"),
        )

        assert answers[-1].status_code == 204
        assert set(statuses(answers[:-1])) <= {201, 422}, [answer.text for answer in answers]
    todos = client.get(f"/todos?list_id={shared}&limit=200").json["data"]
    assert not any(each["assignee_id"] for each in todos)


@pytest.mark.postgresql
@pytest.mark.parametrize("role", ["member", "admin"])
def test_who_leaves_holds_nobody_up_whom_they_wait_for(lone_app, role):
    """Else PostgreSQL would end one of the two after a second, again and again where many write."""
    factories.user(lone_app, role="admin")
    leaver = factories.client(lone_app, factories.user(lone_app, role=role))
    others = leaver.post("/lists", {"name": "Shared"}).json["id"]
    with psycopg.connect(lone_app.config["DATABASE_URL"].replace("+psycopg", "")) as writer, ThreadPoolExecutor(1) as threads:
        writer.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"structure of {others}"])
        leaving = threads.submit(leaver.delete, "/me", {"current_password": factories.PASSWORD})
        while not writer.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").rowcount:
            assert not leaving.done()

        writer.execute("SELECT FROM users WHERE id = %s FOR KEY SHARE NOWAIT", [leaver.account.id])
        writer.commit()

        assert leaving.result().status_code == 204


@pytest.mark.parametrize("how", ["leave", "step down", "both"])
def test_a_list_keeps_an_owner_when_all_owners_go_at_once(app, client, account, how):
    shared = client.post("/lists", {"name": "Shared"}).json["id"]
    owners = [factories.user(app) for _ in range(5)]
    for owner in owners:
        client.post(f"/lists/{shared}/members", {"email": owner.email, "role": "owner"})
    people = [(client, account), *((factories.client(app, owner), owner) for owner in owners)]

    def go(number, who, own):
        path = f"/lists/{shared}/members/{own.id}"
        leaves = how == "leave" or (how == "both" and number % 2)
        return request(who, "DELETE", path) if leaves else request(who, "PATCH", path, {"role": "editor"})

    answers = at_once(*[go(number, who, own) for number, (who, own) in enumerate(people)])

    assert statuses(answers)[409] == 1
    members = next(answer.json["data"] for who, _ in people if (answer := who.get(f"/lists/{shared}/members")).status_code == 200)
    assert [member["role"] for member in members].count("owner") == 1


def test_one_of_many_gets_an_address_to_register(app, account):
    nobody = factories.client(app)
    email = f"raced-{account.id}@example.com"

    answers = at_once(*[request(nobody, "POST", "/auth/register", {"email": email, "password": factories.PASSWORD}) for _ in range(6)])

    assert statuses(answers) == {201: 1, 409: 5}


def test_a_member_is_invited_once(app, client):
    shared = client.post("/lists", {"name": "Shared"}).json["id"]
    guest = factories.user(app)

    answers = at_once(*[request(client, "POST", f"/lists/{shared}/members", {"email": guest.email, "role": "viewer"}) for _ in range(MANY)])

    assert statuses(answers) == {201: 1, 409: MANY - 1}


@pytest.mark.parametrize("how", ["demote each other", "disable themselves", "delete themselves", "leave"])
def test_the_service_keeps_an_admin_when_all_admins_go_at_once(lone_app, how):
    admins = [factories.user(lone_app, role="admin") for _ in range(4)]
    clients = [factories.client(lone_app, admin) for admin in admins]

    def go(number):
        own, other = admins[number], admins[number - 1]
        return {
            "demote each other": partial(request, clients[number], "PATCH", f"/users/{other.id}", {"role": "member"}),
            "disable themselves": partial(request, clients[number], "PATCH", f"/users/{own.id}", {"active": False}),
            "delete themselves": partial(request, clients[number], "DELETE", f"/users/{own.id}"),
            "leave": partial(request, clients[number], "DELETE", "/me", {"current_password": factories.PASSWORD}),
        }[how]()

    answers = at_once(*[go(number) for number in range(len(admins))])

    assert set(statuses(answers)) <= {200, 204, 401, 403, 409}
    left = [
        who for who in clients if (answer := who.get("/me")).status_code == 200 and answer.json["role"] == "admin" and answer.json["active"]
    ]
    assert len(left) >= 1
    everyone = left[0].get("/users?role=admin&active=true").json["data"]
    assert len(everyone) == len(left)

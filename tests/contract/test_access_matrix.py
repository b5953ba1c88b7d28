"""Who may do what: every operation of the service, asked by everyone.

The table is the expectation. An operation that is new in the map of URLs has no line here and fails until it gets one.
"""

from __future__ import annotations

from io import BytesIO

import pytest

from app.lists.permissions import ROLES as LIST_ROLES
from app.users.permissions import PERMISSIONS
from tests.contract.operations import API, OPERATIONS
from tests.contract.problems import assert_problem
from tests.contract.world import World
from tests.factories import PASSWORD

# owner, editor, viewer   members of a list with that role
# stranger                a member of the service who shares nothing with them
# admin                   an admin of the service who shares nothing with them
# anonymous               nobody
# revoked                 the owner, but the session was ended
# disabled                another owner of the list, whose account was disabled
# narrow, fitting         personal tokens of the owner: with every scope but the one that it takes; with that one alone
# reader                  an editor of the list whose role in the service is viewer
#
# The list, the todos, the comment and the attachment, the session, the token and the job are the owner's; <user_id> is a guest of the list.
TABLE = """
                                            owner editor viewer stranger admin anonymous revoked disabled narrow fitting reader
POST   /auth/register                         201    201    201      201   201       201     201      201    403     403    201
POST   /auth/login                            200    200    200      200   200       200     200      200    403     403    200
POST   /auth/refresh                          200    200    200      200   200       401     401      401    403     403    200
POST   /auth/logout                           204    204    204      204   204       401     401      401    403     403    204
POST   /auth/password                         204    204    204      204   204       401     401      401    403     403    204
POST   /auth/password-reset                   202    202    202      202   202       202     202      202    403     403    202
POST   /auth/password-reset/confirm           204    204    204      204   204       204     204      204    403     403    204
POST   /auth/verify-email                     204    204    204      204   204       204     204      204    403     403    204
GET    /auth/sessions                         200    200    200      200   200       401     401      401    403     403    200
DELETE /auth/sessions                         204    204    204      204   204       401     401      401    403     403    204
DELETE /auth/sessions/<session_id>            204    404    404      404   404       401     401      401    403     403    404
GET    /auth/tokens                           200    200    200      200   200       401     401      401    403     403    200
POST   /auth/tokens                           201    201    201      201   201       401     401      401    403     403    201
GET    /auth/tokens/<token_id>                200    404    404      404   404       401     401      401    403     403    404
DELETE /auth/tokens/<token_id>                204    404    404      404   404       401     401      401    403     403    404
GET    /me                                    200    200    200      200   200       401     401      401    200     200    200
PATCH  /me                                    200    200    200      200   200       401     401      401    403     403    200
DELETE /me                                    204    204    204      204   204       401     401      401    403     403    204
GET    /users                                 403    403    403      403   200       401     401      401    403     403    403
GET    /users/<user_id>                       403    403    403      403   200       401     401      401    403     403    403
PATCH  /users/<user_id>                       403    403    403      403   200       401     401      401    403     403    403
DELETE /users/<user_id>                       403    403    403      403   204       401     401      401    403     403    403
GET    /lists                                 200    200    200      200   200       401     401      401    403     200    200
POST   /lists                                 201    201    201      201   201       401     401      401    403     201    403
GET    /lists/<list_id>                       200    200    200      404   404       401     401      401    403     200    200
PUT    /lists/<list_id>                       200    200    403      404   404       401     401      401    403     200    403
PATCH  /lists/<list_id>                       200    200    403      404   404       401     401      401    403     200    403
DELETE /lists/<list_id>                       204    403    403      404   404       401     401      401    403     204    403
GET    /lists/<list_id>/members               200    200    200      404   404       401     401      401    403     200    200
POST   /lists/<list_id>/members               201    403    403      404   404       401     401      401    403     201    403
GET    /lists/<list_id>/members/<user_id>     200    200    200      404   404       401     401      401    403     200    200
PATCH  /lists/<list_id>/members/<user_id>     200    403    403      404   404       401     401      401    403     200    403
DELETE /lists/<list_id>/members/<user_id>     204    403    403      404   404       401     401      401    403     204    403
GET    /todos                                 200    200    200      200   200       401     401      401    403     200    200
POST   /todos                                 201    201    403      404   404       401     401      401    403     201    403
POST   /todos/batch                           200    200    403      404   404       401     401      401    403     200    403
GET    /todos/<todo_id>                       200    200    200      404   404       401     401      401    403     200    200
PUT    /todos/<todo_id>                       200    200    403      404   404       401     401      401    403     200    403
PATCH  /todos/<todo_id>                       200    200    403      404   404       401     401      401    403     200    403
DELETE /todos/<todo_id>                       204    204    403      404   404       401     401      401    403     204    403
POST   /todos/<todo_id>/restore               200    200    403      404   404       401     401      401    403     200    403
POST   /todos/<todo_id>/move                  200    200    403      404   404       401     401      401    403     200    403
GET    /todos/<todo_id>/occurrences           200    200    200      404   404       401     401      401    403     200    200
GET    /tags                                  200    200    200      200   200       401     401      401    403     200    200
GET    /todos/<todo_id>/comments              200    200    200      404   404       401     401      401    403     200    200
POST   /todos/<todo_id>/comments              201    201    403      404   404       401     401      401    403     201    403
GET    /todos/<todo_id>/comments/<comment_id>    200 200    200      404   404       401     401      401    403     200    200
PATCH  /todos/<todo_id>/comments/<comment_id>    200 403    403      404   404       401     401      401    403     200    403
DELETE /todos/<todo_id>/comments/<comment_id>    204 403    403      404   404       401     401      401    403     204    403
GET    /todos/<todo_id>/attachments           200    200    200      404   404       401     401      401    403     200    200
POST   /todos/<todo_id>/attachments           201    201    403      404   404       401     401      401    403     201    403
GET    /todos/<todo_id>/attachments/<attachment_id>    200 200 200   404   404       401     401      401    403     200    200
DELETE /todos/<todo_id>/attachments/<attachment_id>    204 403 403   404   404       401     401      401    403     204    403
GET    /todos/<todo_id>/attachments/<attachment_id>/content   200 200 200 404 404    401     401      401    403     200    200
GET    /todos/<todo_id>/attachments/<attachment_id>/thumbnail 200 200 200 404 404    401     401      401    403     200    200
GET    /jobs                                  200    200    200      200   200       401     401      401    403     200    200
GET    /jobs/<job_id>                         200    404    404      404   404       401     401      401    403     200    404
DELETE /jobs/<job_id>                         204    404    404      404   404       401     401      401    403     204    403
POST   /reports                               202    202    202      404   404       401     401      401    403     202    202
GET    /jobs/<job_id>/file                    200    404    404      404   404       401     401      401    403     200    404
POST   /imports                               202    202    403      404   404       401     401      401    403     202    403
POST   /exports                               202    202    202      202   202       401     401      401    403     202    202
"""

REPORT = {"kind": "productivity", "from": "2026-11-01", "to": "2026-11-30", "format": "json"}

# What an operation that takes a body is sent, so that nothing but the caller can be what is wrong.
BODIES = {
    "POST /auth/register": lambda world: {"email": f"new-{world.list_id}@example.com", "password": PASSWORD},
    "POST /auth/login": lambda world: {"email": world.people["guest"].email, "password": PASSWORD},
    "POST /auth/password": lambda world: {"current_password": PASSWORD, "new_password": "another correct horse"},
    "POST /auth/password-reset": lambda world: {"email": world.people["guest"].email},
    "POST /auth/password-reset/confirm": lambda world: {"token": world.mailed_tokens["reset"], "password": "another correct horse"},
    "POST /auth/verify-email": lambda world: {"token": world.mailed_tokens["verify"]},
    "POST /auth/tokens": lambda world: {"name": "mine", "scopes": ["todos:read"]},
    "PATCH /me": lambda world: {"name": "Another"},
    "DELETE /me": lambda world: {"current_password": PASSWORD},
    "PATCH /users/<user_id>": lambda world: {"role": "viewer"},
    "POST /lists": lambda world: {"name": "Mine"},
    "PUT /lists/<list_id>": lambda world: {"name": "Changed"},
    "PATCH /lists/<list_id>": lambda world: {"name": "Changed"},
    "POST /lists/<list_id>/members": lambda world: {"email": world.newcomer, "role": "editor"},
    "PATCH /lists/<list_id>/members/<user_id>": lambda world: {"role": "editor"},
    "POST /todos": lambda world: {"task": "one more", "list_id": world.list_id},
    "POST /todos/batch": lambda world: {"operations": [{"op": "update", "id": world.todo_id, "todo": {"done": True}}]},
    "PUT /todos/<todo_id>": lambda world: {"task": "replaced", "list_id": world.list_id},
    "PATCH /todos/<todo_id>": lambda world: {"done": True},
    "POST /todos/<todo_id>/move": lambda world: {"after": world.other_id},
    "POST /todos/<todo_id>/comments": lambda world: {"body": "Why not?"},
    "PATCH /todos/<todo_id>/comments/<comment_id>": lambda world: {"body": "Changed"},
    "POST /reports": lambda world: {**REPORT, "list_id": world.list_id},
    "POST /todos/<todo_id>/attachments": lambda world: {"file": (BytesIO(b"With Flask."), "plan.txt")},
    "POST /imports": lambda world: {"file": (BytesIO(b"buy milk"), "todo.txt"), "format": "todotxt", "list_id": world.list_id},
    "POST /exports": lambda world: {"format": "csv", "list_id": world.list_id},
}
# 403s that no permission and no role in the list would help against.
OTHER_NEEDS = {"session", "author"}
PLAIN_VIEWS = {"GET /healthz", "GET /readyz", "GET /metrics", "GET /openapi.json", "GET /docs", "GET /docs/<name>"}
PLAIN_VIEWS |= {"GET /", "GET /reset-password", "GET /verify-email", "GET /assets/<release>/<path:file>"}

HEADER, *LINES = [line for line in TABLE.splitlines() if line.strip()]
ACTORS = HEADER.split()
EXPECTED = {" ".join(line.split()[:2]): dict(zip(ACTORS, map(int, line.split()[2:]), strict=True)) for line in LINES}


@pytest.fixture(scope="module")
def untouched(app):
    """A world for requests that only read, or that are to be refused: they need none of their own."""
    return World(app)


def good(operation, world):
    """The body that the operation is sent, if it takes one: JSON, or a form where a file comes along."""
    body = BODIES.get(str(operation))
    if body is None:
        return {}
    return {"data": body(world), "content_type": "multipart/form-data"} if operation.contract.upload else {"json": body(world)}


def ask(world, operation, who):
    """What the operation answers to somebody, and what the database held before."""
    client = world.actor(who, operation.contract.permission)
    token = client.refresh_token if operation.contract.credential == "refresh" else client.token
    address, sent = operation.at(world.ids), good(operation, world)
    before = world.rows()
    return client.open(address, **sent, method=operation.method, headers={"Authorization": token and f"Bearer {token}"}), before


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_says_who_may(operation):
    if operation.contract is None:
        assert str(operation) in PLAIN_VIEWS, f"{operation} has no contract: make it a Resource, or name it in PLAIN_VIEWS"
        return
    permission = operation.contract.permission
    assert permission in {None, *PERMISSIONS}, f"{operation} takes {permission}, which nobody has: add it to users/permissions.py"
    assert str(operation) in EXPECTED, f"{operation} is new: add its line to TABLE, one status for each of {', '.join(ACTORS)}"
    assert operation.contract.takes is None or str(operation) in BODIES, f"{operation} takes a body: add a good one to BODIES"


def test_the_table_names_no_operation_that_is_gone():
    assert EXPECTED.keys() <= set(map(str, API))
    assert BODIES.keys() <= set(map(str, API))


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("operation", API, ids=str)
def test_who_may(app, untouched, operation, who):
    expected = EXPECTED[str(operation)][who]
    world = untouched if expected >= 400 or operation.method == "GET" else World(app)

    answer, before = ask(world, operation, who)

    assert answer.status_code == expected, f"{operation} by {who}: {answer.status_code} instead of {expected}: {answer.text}"
    if expected >= 400:
        assert_problem(answer, expected)
        assert world.rows() == before, f"{operation} by {who} was refused, and changed something"
    if expected == 403:
        assert answer.json["missing"] in {*PERMISSIONS, *LIST_ROLES, *OTHER_NEEDS}, f"{operation} by {who}: a 403 says what is missing"
    if expected == 403 and who == "narrow" and operation.contract.permission:
        assert answer.json["missing"] == operation.contract.permission


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("operation", [operation for operation in API if operation.method == "GET"], ids=str)
def test_head_answers_as_get_does(untouched, operation, who):
    client = untouched.actor(who, operation.contract.permission)
    address = operation.at(untouched.ids)

    head, get = client.head(address), client.get(address)

    assert head.status_code == get.status_code
    assert head.data == b""
    assert head.content_type == get.content_type
    assert head.headers.get("ETag") == get.headers.get("ETag")


@pytest.mark.parametrize("foreign", ["parent", "child"])
@pytest.mark.parametrize("operation", [operation for operation in API if len(operation.ids) == 2], ids=str)
def test_a_child_is_reached_through_its_own_parent_only(app, world, operation, foreign):
    other = World(app)
    parent, child = operation.ids
    ids = (
        {parent: world.ids[parent], child: other.ids[child]} if foreign == "child" else {parent: other.ids[parent], child: world.ids[child]}
    )
    before = (world.rows(), other.rows())

    answer = world.clients["owner"].open(operation.at(ids), **good(operation, world), method=operation.method)

    assert_problem(answer, 404)
    assert (world.rows(), other.rows()) == before


REFERENCES = {
    "create in a foreign list": ("POST", "/todos", lambda own, other: {"task": "x", "list_id": other.list_id}, 404),
    "create below a foreign todo": ("POST", "/todos", lambda own, other: {"task": "x", "list_id": own.list_id, "parent_id": other.todo_id}, 422),
    "create for a foreign user": ("POST", "/todos", lambda own, other: {"task": "x", "assignee_id": other.people["owner"].id}, 422),
    "move to a foreign list": ("PATCH", "/todos/{todo}", lambda own, other: {"list_id": other.list_id}, 404),
    "replace into a foreign list": ("PUT", "/todos/{todo}", lambda own, other: {"task": "x", "list_id": other.list_id}, 404),
    "put below a foreign todo": ("PATCH", "/todos/{todo}", lambda own, other: {"parent_id": other.todo_id}, 422),
    "assign to a foreign user": ("PATCH", "/todos/{todo}", lambda own, other: {"assignee_id": other.people["owner"].id}, 422),
    "place before a foreign todo": ("POST", "/todos/{todo}/move", lambda own, other: {"before": other.todo_id}, 422),
    "place in a foreign list": ("POST", "/todos/{todo}/move", lambda own, other: {"before": other.todo_id, "list_id": other.list_id}, 404),
    "report on a foreign list": (
        "POST", "/reports", lambda own, other: {**REPORT, "list_id": other.list_id}, 404,
    ),
    "batch: create in a foreign list": (
        "POST", "/todos/batch", lambda own, other: {"operations": [{"op": "create", "todo": {"task": "x", "list_id": other.list_id}}]}, 404,
    ),
    "batch: create below a foreign todo": (
        "POST", "/todos/batch", lambda own, other: {"operations": [{"op": "create", "todo": {"task": "x", "parent_id": other.todo_id}}]}, 422,
    ),
    "batch: change a foreign todo": (
        "POST", "/todos/batch", lambda own, other: {"operations": [{"op": "update", "id": other.todo_id, "todo": {"done": True}}]}, 404,
    ),
    "batch: delete a foreign todo": ("POST", "/todos/batch", lambda own, other: {"operations": [{"op": "delete", "id": other.todo_id}]}, 404),
    "batch: move to a foreign list": (
        "POST",
        "/todos/batch",
        lambda own, other: {"operations": [{"op": "delete", "id": own.other_id}, {"op": "update", "id": own.todo_id, "todo": {"list_id": other.list_id}}]},
        404,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCES)
def test_what_a_body_refers_to_must_be_ones_own(app, world, name):
    method, path, body, status = REFERENCES[name]
    other = World(app)
    before = (world.rows(), other.rows())

    answer = world.clients["owner"].open(path.format(todo=world.todo_id), body(world, other), method=method)

    assert_problem(answer, status)
    assert (world.rows(), other.rows()) == before


def test_a_stranger_cannot_tell_a_foreign_todo_from_one_that_never_was(world):
    stranger = world.actor("stranger")
    never = "01a20459-32c8-7326-9abb-c55e842ba95a"

    foreign, absent = stranger.get(f"/todos/{world.todo_id}"), stranger.get(f"/todos/{never}")

    assert foreign.json["detail"] == f"Todo {world.todo_id} doesn't exist"
    assert {**foreign.json, "detail": "", "request_id": ""} == {**absent.json, "detail": "", "request_id": ""}


def test_collections_show_a_stranger_nothing_of_others(world):
    stranger = world.actor("stranger")

    assert stranger.get("/todos").json["data"] == []
    assert stranger.get(f"/todos?list_id={world.list_id}").json["data"] == []
    assert stranger.get(f"/todos?parent_id={world.todo_id}").json["data"] == []
    assert stranger.get("/todos?q=build&count=true").headers["X-Total-Count"] == "0"
    assert stranger.get("/tags").json["data"] == []
    assert [each["inbox"] for each in stranger.get("/lists").json["data"]] == [True]


def test_who_leaves_a_list_sees_it_no_more(world):
    editor, account = world.clients["editor"], world.people["editor"]

    assert editor.delete(f"/lists/{world.list_id}/members/{account.id}").status_code == 204

    assert_problem(editor.get(f"/lists/{world.list_id}"), 404)
    assert_problem(editor.get(f"/todos/{world.todo_id}"), 404)
    assert editor.get("/todos").json["data"] == []


def test_a_comment_is_changed_by_its_author_and_deleted_by_an_owner_too(world):
    comment = world.clients["editor"].post(f"/todos/{world.todo_id}/comments", {"body": "mine"}).json
    address = f"/todos/{world.todo_id}/comments/{comment['id']}"

    assert_problem(world.clients["owner"].patch(address, {"body": "yours"}), 403)
    assert world.clients["editor"].patch(address, {"body": "changed"}).json["body"] == "changed"
    assert world.clients["owner"].delete(address).status_code == 204

"""What becomes of the lists and todos of an account that goes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from app.core.database import execute, fetch_all, fetch_one, transaction
from app.core.types import new_id, now
from app.lists.models import List, Member
from app.todos.models import Todo


@pytest.fixture
def database(app):
    """An open door to the database."""
    with app.app_context():
        yield


@pytest.fixture
def share(database):
    """`share(owner=a, editor=b)`: a new list with these members, who joined in this order."""

    def make(*members):
        list_id, moment = new_id(), now()
        with transaction():
            execute(
                insert(List).values(
                    id=list_id, name="Shared", archived=False, inbox=False, open_count=0, version=1, created_at=moment, updated_at=moment
                )
            )
            for place, (role, account) in enumerate(members):
                joined = moment + timedelta(seconds=place)
                execute(insert(Member).values(list_id=list_id, user_id=account.id, role=role, position=2.0, version=1, joined_at=joined))
        return list_id

    return make


@pytest.fixture
def todo(make_client):
    """`todo(list_id, created_by=a, assignee=b)`: the id of a new todo."""

    def make(list_id, created_by, assignee=None):
        body = {"task": "Call", "list_id": list_id, "assignee_id": assignee and assignee.id}
        return make_client(created_by).post("/todos", body).json["id"]

    return make


def roles(list_id):
    return {row.user_id: row.role for row in fetch_all(select(Member.user_id, Member.role).where(Member.list_id == list_id))}


def there(model, row_id):
    return fetch_one(select(func.count()).select_from(model).where(model.id == row_id))[0] == 1


def test_lists_that_nobody_shares_go_with_their_todos(admin, account, share, todo):
    own = share(("owner", account))
    todos = [todo(own, account), todo(account.inbox_id, account, assignee=account)]

    admin.delete(f"/users/{account.id}")

    assert not any(there(List, list_id) for list_id in (own, account.inbox_id))
    assert not any(there(Todo, todo_id) for todo_id in todos)


def test_lists_of_others_stay_as_they_are(admin, account, user, share, todo):
    owner = user()
    shared = share(("owner", owner), ("editor", account))
    written = todo(shared, created_by=account)

    admin.delete(f"/users/{account.id}")

    assert roles(shared) == {owner.id: "owner"}
    assert fetch_one(select(Todo.created_by).where(Todo.id == written)).created_by is None


def test_todos_that_were_assigned_are_assigned_to_nobody(admin, account, user, share, todo):
    owner = user()
    assigned = todo(share(("owner", owner), ("editor", account)), created_by=owner, assignee=account)

    admin.delete(f"/users/{account.id}")

    row = fetch_one(select(Todo.assignee_id, Todo.version).where(Todo.id == assigned))
    assert tuple(row) == (None, 2)


def test_the_earliest_editor_inherits_a_list(admin, account, user, share):
    viewer, first, second = user(), user(), user()
    shared = share(("owner", account), ("viewer", viewer), ("editor", first), ("editor", second))

    admin.delete(f"/users/{account.id}")

    assert roles(shared) == {viewer.id: "viewer", first.id: "owner", second.id: "editor"}


def test_the_earliest_viewer_inherits_a_list_without_editors(admin, account, user, share):
    first, second = user(), user()
    shared = share(("owner", account), ("viewer", first), ("viewer", second))

    admin.delete(f"/users/{account.id}")

    assert roles(shared) == {first.id: "owner", second.id: "viewer"}


def test_the_list_that_an_heir_knows_is_not_the_same_any_more(admin, account, user, make_client, share):
    heir = user()
    shared = share(("owner", account), ("editor", heir))
    admin.delete(f"/users/{account.id}")

    answer = make_client(heir).get(f"/lists/{shared}", if_none_match=1)

    assert (answer.status_code, answer.json["role"]) == (200, "owner")


def test_what_others_know_of_it_is_not_the_same_without_its_author(admin, account, user, make_client, share, todo):
    owner = user()
    path = f"/todos/{todo(share(('owner', owner), ('editor', account)), created_by=account)}"
    comment = f"{path}/comments/{make_client(account).post(f'{path}/comments', {'body': 'Shall we?'}).json['id']}"

    admin.delete(f"/users/{account.id}")

    answers = [make_client(owner).get(known, if_none_match=1) for known in (path, comment)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (answers[0].json["created_by"], answers[1].json["author_id"]) == (None, None)


def test_a_list_with_another_owner_needs_no_heir(admin, account, user, share):
    owner, editor = user(), user()
    shared = share(("owner", account), ("editor", editor), ("owner", owner))

    admin.delete(f"/users/{account.id}")

    assert roles(shared) == {editor.id: "editor", owner.id: "owner"}


def test_a_refused_leaving_takes_nothing_along(client, account, share, todo):
    own = share(("owner", account))

    client.delete("/me", {"current_password": "not the password"})

    assert there(List, own)


def test_leaving_takes_its_lists_along(client, account, share):
    own = share(("owner", account))

    client.delete("/me", {"current_password": "correct horse battery"})

    assert not there(List, own)

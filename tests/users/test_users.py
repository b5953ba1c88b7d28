from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest

from tests import factories
from tests.factories import PASSWORD

NOWHERE = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def last_admin(lone_app):
    """A client of the only admin of a service."""
    return factories.client(lone_app, factories.user(lone_app, role="admin"))


@pytest.mark.parametrize("role", ["member", "viewer"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/users"), ("GET", "/users/{}"), ("PATCH", "/users/{}"), ("DELETE", "/users/{}")])
def test_accounts_are_for_admins_alone(user, make_client, role, method, path):
    caller = make_client(user(role=role))

    answer = caller.open(path.format(caller.account.id), method=method)

    assert answer.status_code == 403
    assert answer.json["missing"] == ("users:read" if method == "GET" else "users:write")


def test_accounts_are_found_by_a_part_of_address_or_name(admin, user):
    mark = token_hex(4)
    by_name, by_email = user(name=f"Zoë {mark}"), user(email=f"x{mark}@example.com")
    user()

    found = admin.get(f"/users?q={mark.upper()}").json["data"]

    assert [each["id"] for each in found] == [by_name.id, by_email.id]


def test_case_does_not_count_in_any_alphabet(admin, user):
    mark = token_hex(4)
    found = user(name=f"Özgür {mark}")

    assert [each["id"] for each in admin.get(f"/users?q=özgür {mark}").json["data"]] == [found.id]
    assert [each["id"] for each in admin.get(f"/users?q=ÖZGÜR {mark}").json["data"]] == [found.id]


@pytest.mark.parametrize(("name", "q"), [("ΜΑΡΙΟΣ", "Σ"), ("ΜΑΡΙΟΣ", "μαριος"), ("Μαριος", "ΜΑΡΙΟΣ"), ("İnci", "inci")])
def test_a_letter_is_the_same_wherever_it_stands(admin, user, name, q):
    mark = token_hex(4)
    found = user(name=f"{name} {mark}")

    assert [each["id"] for each in admin.get(f"/users?q={q} {mark}").json["data"]] == [found.id]


@pytest.mark.parametrize("wildcard", ["%25", "_", "%5C", "/"])
def test_wildcards_are_letters_like_others(admin, user, wildcard):
    mark = token_hex(4)
    user(name=f"a{mark}b")

    assert admin.get(f"/users?q={mark}{wildcard}").json["data"] == []


def test_accounts_are_filtered_by_role_and_activity(admin, user):
    mark = token_hex(4)
    wanted = user(name=mark, role="viewer", active=False)
    user(name=mark, role="viewer")
    user(name=mark, active=False)

    found = admin.get(f"/users?q={mark}&role=viewer&active=false").json["data"]

    assert [each["id"] for each in found] == [wanted.id]


def test_accounts_come_in_pages(admin, user):
    mark = token_hex(4)
    made = [user(name=mark).id for _ in range(5)]

    first = admin.get(f"/users?q={mark}&limit=3&count=true")
    second = admin.get(f"/users?q={mark}&limit=3&cursor={first.json['next_cursor']}")

    assert [each["id"] for each in first.json["data"] + second.json["data"]] == made
    assert first.headers["X-Total-Count"] == "5"
    assert second.json["next_cursor"] is None


@pytest.mark.parametrize("query", ["role=root", "active=yes", "name=x", "q=a%00b", "limit=0"])
def test_filters_that_make_no_sense_are_refused(admin, query):
    answer = admin.get(f"/users?{query}")

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [query.split("=")[0]]


def test_one_account_is_shown(admin, account):
    answer = admin.get(f"/users/{account.id}")

    assert answer.json["email"] == account.email
    assert answer.headers["ETag"] == '"1"'


@pytest.mark.parametrize("user_id", [NOWHERE, "nonsense"])
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"role": "viewer"}), ("DELETE", None)])
def test_an_unknown_account_is_not_found(admin, user_id, method, body):
    answer = admin.open(f"/users/{user_id}", method=method, **({"json": body} if body else {}))

    assert answer.status_code == 404
    assert answer.json["detail"] == f"User {user_id} doesn't exist"


def test_a_changed_role_bites_at_once_without_a_new_login(admin, client, account):
    answer = admin.patch(f"/users/{account.id}", {"role": "admin"})

    assert (answer.json["role"], answer.json["version"]) == ("admin", 2)
    assert client.get("/users?limit=1").status_code == 200


def test_a_disabled_account_is_logged_out_everywhere(admin, client, account, anonymous):
    assert admin.patch(f"/users/{account.id}", {"active": False}).json["active"] is False

    assert client.get("/me").status_code == 401
    assert client.post("/auth/refresh", headers={"Authorization": f"Bearer {client.refresh_token}"}).status_code == 401
    assert anonymous.post("/auth/login", {"email": account.email, "password": PASSWORD}).status_code == 403


def test_a_stale_version_is_refused_with_the_current_account(admin, account):
    admin.patch(f"/users/{account.id}", {"role": "viewer"}, if_match=1)

    answer = admin.patch(f"/users/{account.id}", {"role": "admin"}, if_match=1)

    assert answer.status_code == 412
    assert answer.json["current"]["role"] == "viewer"


def test_a_stale_version_deletes_nothing(admin, client, account):
    client.patch("/me", {"name": "second"})

    assert admin.delete(f"/users/{account.id}", if_match=1).status_code == 412
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize(
    "body", [{"role": "root"}, {"role": None}, {"active": "no"}, {"active": None}, {"email": "x@example.com"}, {"name": "x"}]
)
def test_admins_change_role_and_activity_alone(admin, account, body):
    answer = admin.patch(f"/users/{account.id}", body)

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == body.keys()


def test_a_deleted_account_is_gone(admin, account):
    assert admin.delete(f"/users/{account.id}").status_code == 204

    assert admin.get(f"/users/{account.id}").status_code == 404
    assert admin.delete(f"/users/{account.id}").status_code == 404


@pytest.mark.parametrize("change", [{"role": "member"}, {"role": "viewer", "active": True}, {"active": False}])
def test_the_last_admin_can_be_neither_demoted_nor_disabled(last_admin, change):
    answer = last_admin.patch(f"/users/{last_admin.account.id}", change)

    assert answer.status_code == 409
    assert last_admin.get("/users").status_code == 200


def test_the_last_admin_cannot_be_deleted(last_admin):
    assert last_admin.delete(f"/users/{last_admin.account.id}").status_code == 409


def test_the_last_admin_cannot_leave(last_admin):
    assert last_admin.delete("/me", {"current_password": PASSWORD}).status_code == 409


def test_a_disabled_admin_does_not_count(last_admin, lone_app):
    factories.user(lone_app, role="admin", active=False)

    assert last_admin.patch(f"/users/{last_admin.account.id}", {"role": "member"}).status_code == 409


def test_the_last_admin_changes_what_is_no_matter(last_admin):
    assert last_admin.patch(f"/users/{last_admin.account.id}", {"role": "admin", "active": True}).status_code == 200


@pytest.mark.parametrize("change", [{"role": "member"}, {"active": False}, None])
def test_admins_who_remove_each_other_at_once_leave_one(lone_app, change):
    admins = [factories.client(lone_app, factories.user(lone_app, role="admin")) for _ in range(4)]

    def remove(index):
        path = f"/users/{admins[(index + 1) % 4].account.id}"
        return (admins[index].patch(path, change) if change else admins[index].delete(path)).status_code

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(remove, range(4)))

    assert [admin.get("/users").status_code for admin in admins].count(200) >= 1

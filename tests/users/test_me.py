from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest

from tests.arrange import make_list, make_todo, share
from tests.factories import PASSWORD


def address():
    return f"{token_hex(6)}@example.com"


def test_the_profile_shows_the_account_and_its_rights(client, account):
    answer = client.get("/me")

    assert answer.headers["ETag"] == '"1"'
    assert answer.json.keys() == {
        "id", "email", "email_verified", "name", "role", "active", "permissions", "time_zone", "daily_digest", "inbox_id", "version",
        "created_at", "updated_at",
    }  # fmt: skip
    assert answer.json["inbox_id"] == account.inbox_id


def test_a_profile_that_is_known_is_not_sent_again(client):
    assert client.get("/me", if_none_match=1).status_code == 304


def test_a_name_is_changed(client):
    answer = client.patch("/me", {"name": " Ada "})

    assert (answer.json["name"], answer.json["version"], answer.headers["ETag"]) == ("Ada", 2, '"2"')


@pytest.mark.parametrize("change", [{"name": "Ada"}, {"email": address(), "current_password": PASSWORD}])
def test_a_member_that_others_know_is_not_the_same_under_another_name(client, stranger, change):
    shared = make_list(stranger)
    share(stranger, shared, client)

    assert client.patch("/me", change).status_code == 200

    answer = stranger.get(f"/lists/{shared['id']}/members/{client.account.id}", if_none_match=1)
    assert (answer.status_code, answer.json["version"]) == (200, 2)


def test_a_comment_that_others_know_is_not_the_same_under_another_name(client, stranger):
    shared = make_list(stranger)
    share(stranger, shared, client)
    path = f"/todos/{make_todo(stranger, list_id=shared['id'])['id']}/comments"
    comment = client.post(path, {"body": "Shall we?"}).json

    client.patch("/me", {"name": "Ada"})

    answer = stranger.get(f"{path}/{comment['id']}", if_none_match=1)
    assert (answer.status_code, answer.json["author_name"]) == (200, "Ada")


def test_nothing_to_change_changes_nothing(client):
    assert client.patch("/me", {}).json["version"] == 1


def test_a_stale_version_is_refused_with_the_current_profile(client):
    client.patch("/me", {"name": "second"}, if_match=1)

    answer = client.patch("/me", {"name": "late"}, if_match=1)

    assert answer.status_code == 412
    assert answer.json["current"] == client.get("/me").json
    assert answer.json["current"]["name"] == "second"


def test_of_writers_with_the_same_version_one_wins(make_client, account):
    clients = [make_client(account) for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda client: client.patch("/me", {"name": token_hex(2)}, if_match=1).status_code, clients)

    assert sorted(answers) == [200, 412, 412, 412]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"])
def test_a_time_zone_is_changed(client, zone):
    assert client.patch("/me", {"time_zone": zone}).json["time_zone"] == zone


@pytest.mark.parametrize("zone", ["", "Mars", "../etc/passwd", "/etc/localtime", "America", "europe/berlin", "x" * 65, None, 1])
def test_what_is_no_time_zone_is_refused(client, zone):
    assert list(client.patch("/me", {"time_zone": zone}).json["errors"]) == ["time_zone"]


def test_a_new_address_takes_the_password(client, anonymous):
    email = address()

    changed = client.patch("/me", {"email": email.upper(), "current_password": PASSWORD})

    assert changed.json["email"] == email
    assert client.get("/me").status_code == 200
    assert anonymous.post("/auth/login", {"email": email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("more", [{}, {"current_password": ""}, {"current_password": "not the password"}])
def test_a_new_address_without_the_password_is_refused(client, account, more):
    answer = client.patch("/me", {"email": address(), **more})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["current_password"]
    assert client.get("/me").json["email"] == account.email


def test_a_wrong_password_is_refused_where_none_is_needed_too(client, account):
    answer = client.patch("/me", {"name": "Grace", "current_password": "not the password"})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["current_password"]
    assert client.get("/me").json["name"] == account.name


def test_the_same_address_takes_no_password(client, account):
    assert client.patch("/me", {"email": account.email.upper()}).status_code == 200


def test_an_address_that_is_taken_is_a_conflict(client, stranger):
    answer = client.patch("/me", {"email": stranger.account.email, "current_password": PASSWORD})

    assert answer.status_code == 409


@pytest.mark.parametrize("field", ["id", "role", "active", "permissions", "inbox_id", "version", "password", "password_hash", "created_at"])
def test_nobody_changes_the_rest(client, field):
    before = client.get("/me").json

    answer = client.patch("/me", {field: "admin"})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
    assert client.get("/me").json == before


@pytest.mark.parametrize("body", [{"name": None}, {"name": "x" * 121}, {"name": "a\0b"}, {"email": None}, {"email": "nobody"}])
def test_what_makes_no_sense_is_refused(client, body):
    assert client.patch("/me", body).json["errors"].keys() == body.keys()


def test_a_strict_service_wants_the_version(make_app, client):
    strict = make_app(REQUIRE_IF_MATCH="on").test_client()
    strict.token = client.token

    assert strict.patch("/me", {"name": "Ada"}).status_code == 428


@pytest.mark.parametrize("body", [{"current_password": "not the password"}, {}, {"current_password": None}])
def test_leaving_takes_the_password(client, body):
    answer = client.delete("/me", body)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["current_password"]
    assert client.get("/me").status_code == 200


def test_leaving_is_for_good(client, account, anonymous):
    assert client.delete("/me", {"current_password": PASSWORD}).status_code == 204

    assert client.get("/me").status_code == 401
    assert anonymous.post("/auth/login", {"email": account.email, "password": PASSWORD}).status_code == 401
    assert anonymous.post("/auth/register", {"email": account.email, "password": PASSWORD}).status_code == 201

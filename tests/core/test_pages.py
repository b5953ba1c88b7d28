import pytest
from flask_migrate import downgrade, upgrade

from tests import factories
from tests.arrange import find, make_list, make_todo, make_todos, share, walk
from tests.factories import PASSWORD
from tests.system.migrating import MIGRATIONS


@pytest.fixture
def five(client):
    """The tasks of five todos, newest first."""
    make_todos(client, "1", "2", "3", "4", "5")
    return ["5", "4", "3", "2", "1"]


def test_a_collection_is_its_data_and_a_cursor(client):
    assert client.get("/todos").json == {"data": [], "next_cursor": None}


def test_the_last_page_has_no_cursor_and_no_link(client, five):
    answer = client.get("/todos?limit=5")

    assert [todo["task"] for todo in answer.json["data"]] == five
    assert answer.json["next_cursor"] is None
    assert "Link" not in answer.headers


def test_a_page_links_to_the_next_one_by_an_absolute_address(client, five):
    answer = client.get("/todos?limit=2&done=false")

    address = f"http://localhost/api/v1/todos?limit=2&done=false&cursor={answer.json['next_cursor']}"
    assert answer.headers["Link"] == f'<{address}>; rel="next"'


def test_the_link_leads_to_the_rest(client, five):
    link = client.get("/todos?limit=3").headers["Link"]

    answer = client.get(link[1 : link.index(">")])

    assert [todo["task"] for todo in answer.json["data"]] == ["2", "1"]


def test_walking_the_pages_gives_every_object_once(client, five):
    assert [todo["task"] for todo in walk(client, limit=2)] == five


@pytest.mark.parametrize("character", ["x", "\N{GRINNING FACE}", "\1"])
def test_walking_goes_on_behind_the_longest_tasks(client, character):
    make_todos(client, *[character * 500] * 3)

    assert len(walk(client, sort="task", limit=1)) == 3


def test_a_page_holds_fifty_objects_unless_told_otherwise(client):
    make_todos(client, *map(str, range(51)))

    assert len(find(client)) == 50


def test_a_page_holds_two_hundred_objects_at_most(client):
    make_todos(client, *map(str, range(201)))

    assert len(find(client, limit=200)) == 200


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "ten", "", "٣", "1e2", "00000000050"])
def test_an_odd_limit_is_refused(client, limit):
    answer = client.get("/todos", query_string={"limit": limit})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"limit": ["Must be a whole number from 1 to 200."]}


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "!!!!", "A" * 500, "A" * 5000, "\0"])
def test_a_malformed_cursor_is_refused(client, cursor):
    answer = client.get("/todos", query_string={"cursor": cursor})

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {"cursor"}


def test_a_cursor_that_somebody_changed_is_refused(client, five):
    cursor = client.get("/todos?limit=1").json["next_cursor"]

    answer = client.get("/todos", query_string={"cursor": cursor[:-4] + ("AAAA" if cursor[-4:] != "AAAA" else "BBBB")})

    assert answer.json["errors"] == {"cursor": ["Not a valid cursor."]}


@pytest.mark.parametrize("other", [{"sort": "created_at"}, {"done": "false"}, {"q": "1"}, {"tag": "x"}, {"priority": ["low", "high"]}])
def test_a_cursor_under_another_sort_or_filter_is_refused(client, five, other):
    cursor = client.get("/todos?limit=1").json["next_cursor"]

    answer = client.get("/todos", query_string={**other, "cursor": cursor})

    assert answer.status_code == 422
    assert answer.json["errors"] == {"cursor": ["This cursor belongs to another sort or filter."]}


def test_a_cursor_of_one_collection_is_refused_by_another(client):
    make_list(client)
    cursor = client.get("/lists?limit=1").json["next_cursor"]

    assert client.get("/todos", query_string={"cursor": cursor}).status_code == 422


def test_a_cursor_of_sessions_is_refused_by_tokens(client, anonymous, account):
    anonymous.post("/auth/login", {"email": account.email, "password": PASSWORD})
    cursor = client.get("/auth/sessions?limit=1").json["next_cursor"]

    assert client.get("/auth/tokens", query_string={"cursor": cursor}).status_code == 422


def test_a_cursor_may_change_the_limit_and_the_fields(client, five):
    cursor = client.get("/todos?limit=1").json["next_cursor"]

    assert find(client, cursor=cursor, limit=2, fields="task") == [{"task": "4"}, {"task": "3"}]


def test_filters_in_another_order_are_the_same_filter(client):
    make_todos(client, {"task": "a", "priority": "low"}, {"task": "b", "priority": "high"})
    cursor = client.get("/todos?priority=low&priority=high&limit=1").json["next_cursor"]

    assert [todo["task"] for todo in find(client, priority=["high", "low"], cursor=cursor)] == ["a"]


def test_a_cursor_of_a_long_key_is_taken_back(client):
    make_todos(client, *(letter * 500 for letter in "漢字語"))

    assert len(walk(client, sort="task", limit=1)) == 3


def test_the_total_is_counted_on_demand(client, five):
    assert client.get("/todos?limit=2&count=true").headers["X-Total-Count"] == "5"


def test_the_total_heeds_the_filters(client, five):
    assert client.get("/todos?q=3&count=true").headers["X-Total-Count"] == "1"


@pytest.mark.parametrize(
    "query", [{}, {"done": "false"}, {"done": "true"}, {"trashed": "true"}, {"overdue": "true"}, {"done": "true", "trashed": "true"}]
)
@pytest.mark.parametrize(
    "lists", [[], ["inbox"], ["inbox", "inbox"], ["inbox", "shared"], ["archived"], ["theirs"], ["theirs", "inbox"]], ids="-".join
)
def test_the_total_is_what_is_on_the_pages_of_the_lists_that_are_asked_for(client, stranger, lists, query):
    places = {"inbox": client.account.inbox_id, "shared": make_list(stranger)["id"], "theirs": make_list(stranger)["id"]}
    share(stranger, {"id": places["shared"]}, client, "viewer")
    places["archived"] = make_list(client, archived=True)["id"]
    late = {"task": "late", "due_on": "2020-01-01"}
    make_todos(client, "open", late, {"task": "done", "done": True}, {"task": "put away", "list_id": places["archived"]})
    make_todos(stranger, *({"task": "x", "list_id": places[name]} for name in ("shared", "shared", "theirs")))
    for fields in ({}, {"done": True}, late):
        client.delete(f"/todos/{make_todo(client, **{'task': 'thrown away', **fields})['id']}")
    query = {**query, "list_id": [places[name] for name in lists]}

    told = client.get("/todos", query_string={**query, "count": "true", "limit": 1}).headers["X-Total-Count"]

    assert int(told) == len(walk(client, **query))


def test_what_was_there_before_lists_counted_it_is_counted_by_the_migration(lone_app):
    client = factories.client(lone_app, factories.user(lone_app))
    make_todos(client, "a", "b", {"task": "c", "done": True})
    client.delete(f"/todos/{make_todo(client)['id']}")
    with lone_app.app_context():
        downgrade(MIGRATIONS, "0007")
    with lone_app.app_context():
        upgrade(MIGRATIONS)

    make_todo(client, "d", done=True)

    assert [client.get(f"/todos?count=true{done}").headers["X-Total-Count"] for done in ("", "&done=true", "&done=false")] == [
        "4",
        "2",
        "2",
    ]


def test_the_total_is_the_same_on_every_page(client, five):
    cursor = client.get("/todos?limit=3").json["next_cursor"]

    assert client.get("/todos", query_string={"cursor": cursor, "count": "true"}).headers["X-Total-Count"] == "5"


@pytest.mark.parametrize("query", ["", "?count=false"])
def test_nothing_is_counted_without_demand(client, five, query):
    assert "X-Total-Count" not in client.get(f"/todos{query}").headers

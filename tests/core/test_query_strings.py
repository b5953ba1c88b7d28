import pytest


@pytest.mark.parametrize("path", ["/todos", "/lists", "/tags", "/me", "/todos/01a20459-32c8-7326-9abb-c55e842ba95a"])
def test_an_unknown_parameter_is_refused_under_its_name(client, path):
    answer = client.get(f"{path}?colour=red")

    assert answer.status_code == 422
    assert answer.json["code"] == "validation_failed"
    assert answer.json["errors"] == {"colour": ["Unknown query parameter."]}


def test_an_unknown_parameter_is_refused_on_changes_too(client):
    assert client.post("/todos?colour=red", {"task": "paint"}).json["errors"] == {"colour": ["Unknown query parameter."]}


def test_every_wrong_parameter_is_named(client):
    assert client.get("/todos?limit=0&done=maybe&x=1").json["errors"].keys() == {"limit", "done", "x"}


@pytest.mark.parametrize("query", ["limit=1&limit=2", "done=true&done=true", "q=a&q=b", "sort=due&sort=task", "fields=id&fields=task"])
def test_a_parameter_that_is_given_twice_is_refused(client, query):
    name = query.partition("=")[0]

    assert client.get(f"/todos?{query}").json["errors"] == {name: ["Must be given once."]}


@pytest.mark.parametrize("value", ["", "1", "yes", "True", "TRUE", "false "])
def test_a_flag_is_true_or_false(client, value):
    assert client.get("/todos", query_string={"done": value}).json["errors"] == {"done": ["Must be true or false."]}


@pytest.mark.parametrize("name", ["list_id", "assignee_id", "parent_id"])
@pytest.mark.parametrize("value", ["", "x", "123", "01a20459-32c8-7326-9abb-c55e842ba95", "01a2045932c873269abbc55e842ba95a"])
def test_an_id_that_is_none_is_refused(client, name, value):
    assert client.get("/todos", query_string={name: value}).json["errors"] == {name: ["Not a valid id."]}


def test_ids_are_taken_in_upper_case_too(client, account):
    client.post("/todos", {"task": "shout"})

    assert len(client.get(f"/todos?list_id={account.inbox_id.upper()}").json["data"]) == 1


@pytest.mark.parametrize("name", ["due_before", "due_after", "updated_since"])
@pytest.mark.parametrize("value", ["", "today", "2026-13-01", "2026-02-30", "2026-11-22T09:30:00", "2026-11-22T25:00:00Z", "20261122"])
def test_a_moment_that_is_none_is_refused(client, name, value):
    answer = client.get("/todos", query_string={name: value})

    assert answer.status_code == 422
    assert answer.json["errors"].keys() == {name}


def test_a_plus_that_became_a_space_is_understood(client):
    assert client.get("/todos?updated_since=2026-11-22T09:30:00+02:00").status_code == 200


@pytest.mark.parametrize("name", ["sort", "priority"])
@pytest.mark.parametrize("value", ["", "colour", "--due", "LOW"])
def test_a_choice_that_there_is_not_is_refused(client, name, value):
    answer = client.get("/todos", query_string={name: value})

    assert answer.status_code == 422
    assert answer.json["errors"][name][0].startswith("Must be one of: ")


@pytest.mark.parametrize("name", ["q", "tag", "fields", "cursor"])
@pytest.mark.parametrize("value", ["a\0b", "\0"])
def test_nul_is_refused(client, name, value):
    assert client.get("/todos", query_string={name: value}).status_code == 422


@pytest.mark.parametrize("name", ["q", "tag", "fields"])
def test_a_text_of_more_than_500_characters_is_refused(client, name):
    assert client.get("/todos", query_string={name: "a" * 501}).status_code == 422


@pytest.mark.parametrize("query", ["q=%FF%FE", "tag=%C3", "q=%ED%A0%80"])
def test_broken_utf_8_breaks_nothing(client, query):
    assert client.get(f"/todos?{query}").status_code == 200

from tests.arrange import make_list, make_todo, share


def tags(client):
    return {tag["name"]: (tag["open_count"], tag["count"]) for tag in client.get("/tags").json["data"]}


def test_without_todos_there_are_no_tags(client):
    assert client.get("/tags").json == {"data": []}


def test_tags_are_counted(client):
    make_todo(client, tags=["home", "work"])
    make_todo(client, tags=["home"], done=True)

    assert client.get("/tags").json == {
        "data": [{"name": "home", "open_count": 1, "count": 2}, {"name": "work", "open_count": 1, "count": 1}],
    }


def test_spellings_of_one_tag_are_one(client):
    for spelling in ("Home", "home", "HOME"):
        make_todo(client, tags=[spelling])

    ((name, counts),) = tags(client).items()

    assert name.casefold() == "home"
    assert counts == (3, 3)


def test_tags_are_sorted_without_regard_to_case(client):
    make_todo(client, tags=["b", "A", "C", "éclair"])

    assert list(tags(client)) == ["A", "b", "C", "éclair"]


def test_the_trash_has_no_tags(client):
    client.delete(f"/todos/{make_todo(client, tags=['x'])['id']}")

    assert tags(client) == {}


def test_tags_of_shared_lists_are_seen(client, stranger):
    shared = make_list(client)
    make_todo(client, tags=["ours"], list_id=shared["id"])

    share(client, shared, stranger, "viewer")

    assert tags(stranger) == {"ours": (1, 1)}

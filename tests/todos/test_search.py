import pytest

from tests.arrange import make_list, make_todo, make_todos, tasks, walk


@pytest.fixture
def todos(client):
    make_todos(
        client,
        {"task": "Buy milk", "notes": "and Éclairs at the café"},
        {"task": "Milkshake for Zoë", "notes": None},
        {"task": "Call the plumber", "notes": "about the milk-white sink"},
        {"task": "Straße fegen"},
        {"task": "v1.2-beta: release"},
    )


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("plumber", ["Call the plumber"]),
        ("plum", ["Call the plumber"]),
        ("lumber", []),
        ("PLUM", ["Call the plumber"]),
        ("call sink", ["Call the plumber"]),
        ("sink call", ["Call the plumber"]),
        ("si ca", ["Call the plumber"]),
        ("call nothing", []),
        ("eclair", ["Buy milk"]),
        ("ÉCLAIR", ["Buy milk"]),
        ("e\u0301clair", ["Buy milk"]),
        ("cafe", ["Buy milk"]),
        ("zoe", ["Milkshake for Zoë"]),
        ("strasse", ["Straße fegen"]),
        ("STRASSE", ["Straße fegen"]),
        ("white", ["Call the plumber"]),
        ("milk-white", ["Call the plumber"]),
        ("v1", ["v1.2-beta: release"]),
        ("1.2", []),
        ("2 beta", ["v1.2-beta: release"]),
        ("milk milk call", ["Call the plumber"]),
    ],
)
def test_every_word_begins_a_word_of_task_or_notes(client, todos, q, expected):
    assert tasks(client, q=q) == expected


@pytest.mark.parametrize("q", ["", " "])
def test_a_blank_search_leaves_nothing_out(client, todos, q):
    assert len(tasks(client, q=q)) == 5


@pytest.mark.parametrize("q", ["!", "--", "'", '"', "***", "%", "()", "_", "🛒", "\u0301", "&|!<->"])
def test_what_holds_no_word_is_no_wildcard(client, todos, q):
    assert tasks(client, q=q) == []


@pytest.mark.parametrize(
    "q",
    [
        "plumber'",
        '"plumber"',
        "plumber*",
        "plumber:*",
        "(plumber",
        "plumber)",
        "plumber & call",
        "-plumber",
        "plumber\\",
        "call_plumber",
        "plumber;--",
        "^plumber",
        "+plumber",
        "plumber\t\ncall",
    ],
)
def test_odd_characters_are_only_what_stands_between_words(client, todos, q):
    assert tasks(client, q=q) == ["Call the plumber"]


@pytest.mark.parametrize("q", ["OR", "NOT", "NEAR", "words : plumber", "id : x", "{words} : call", "plumber OR milk", "plumber | zoe"])
def test_words_of_query_languages_are_words(client, todos, q):
    assert tasks(client, q=q) == []


def test_todos_with_words_of_query_languages_are_found(client):
    make_todos(client, "to be OR NOT to be", "near AND far")

    assert tasks(client, q="or not") == ["to be OR NOT to be"]
    assert tasks(client, q="NEAR and") == ["near AND far"]


@pytest.mark.parametrize(
    ("task", "q"),
    [
        ("naïve", "naive"),
        ("ﬁne ligature", "fine"),
        ("ＦＵＬＬ width", "full"),
        ("Ⅳ legions", "iv"),
        ("İstanbul", "istanbul"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("Ёлка", "елка"),
        ("買い物 リスト", "買い"),
        ("x² + y²", "x2"),
        ("한국어 공부", "한국"),
        ("हिन्दी", "हिन्दी"),
        ("O'Brien", "brien"),
        ("snake_case", "case"),
        ("e-mail", "mail"),
        ("100%", "100"),
    ],
)
def test_words_of_all_scripts_are_found(client, task, q):
    make_todo(client, task)

    assert tasks(client, q=q) == [task]


def test_the_best_match_comes_first(client):
    make_todos(
        client,
        {"task": "in the notes", "notes": "tea"},
        {"task": "a word of tea"},
        {"task": "teapot"},
        {"task": "begins in the notes", "notes": "teapot"},
        {"task": "TEA again"},
    )

    assert tasks(client, q="tea") == ["TEA again", "a word of tea", "teapot", "begins in the notes", "in the notes"]


def test_a_sort_comes_before_the_best_match(client):
    make_todos(client, {"task": "b", "notes": "tea"}, {"task": "a tea"})

    assert tasks(client, q="tea", sort="-task") == ["b", "a tea"]


def test_the_best_matches_of_all_lists_come_first(client):
    other = make_list(client)["id"]
    make_todos(
        client, {"task": "tea", "list_id": other}, {"task": "x", "notes": "tea"}, {"task": "y", "notes": "tea", "list_id": other}, "tea too"
    )

    assert [todo["task"] for todo in walk(client, q="tea", limit=1)] == ["tea too", "tea", "y", "x"]


@pytest.mark.parametrize("field", ["task", "notes"])
def test_what_was_changed_is_found_as_it_is_now(client, field):
    todo = make_todo(client, **{"task": "x", field: "before"})

    client.patch(f"/todos/{todo['id']}", {field: "afterwards"})

    assert (len(tasks(client, q="before")), len(tasks(client, q="afterwards"))) == (0, 1)


def test_cleared_notes_are_not_found(client):
    todo = make_todo(client, notes="secret")

    client.patch(f"/todos/{todo['id']}", {"notes": None})

    assert tasks(client, q="secret") == []


def test_tags_are_not_searched(client):
    make_todo(client, tags=["hidden"])

    assert tasks(client, q="hidden") == []


def test_a_search_goes_with_filters(client, todos):
    make_todo(client, "milk again", tags=["x"], done=True)

    assert tasks(client, q="milk", tag="x") == ["milk again"]
    assert tasks(client, q="milk", done="false", sort="task") == ["Buy milk", "Call the plumber", "Milkshake for Zoë"]


def test_nobody_finds_what_is_in_the_notes_of_a_stranger(client, stranger):
    make_todo(client, notes="treasure")

    assert tasks(stranger, q="treasure") == []
    assert stranger.get("/todos?q=treasure&count=true").headers["X-Total-Count"] == "0"


def test_the_trash_is_searched_on_demand_alone(client):
    todo = make_todo(client, "treasure")
    client.delete(f"/todos/{todo['id']}")

    assert tasks(client, q="treasure") == []
    assert tasks(client, q="treasure", trashed="true") == ["treasure"]


def test_a_very_long_word_is_found_by_its_begin(client):
    task = "x" * 100 + "y" * 400
    make_todo(client, task)

    assert tasks(client, q="x" * 30) == [task]
    assert tasks(client, q=task) == [task]


@pytest.mark.parametrize("q", ["a " * 250, "\ufdfa" * 500, "漢" * 500, "漢 " * 250, "é" * 500, "1 2 " * 125])
def test_a_long_search_is_answered(client, q):
    make_todo(client, "a b c")

    assert tasks(client, q=q) == (["a b c"] if q.startswith("a") else [])


def test_long_notes_are_found_by_their_last_word(client):
    make_todo(client, "long", notes=" ".join(f"w{number}" for number in range(3000)) + " end")

    assert tasks(client, q="end w2999 w0") == ["long"]


def test_notes_of_very_many_words_are_taken(client):
    notes = " ".join(f"{number:x}" for number in range(4500))[:20_000]

    assert len(make_todo(client, notes=notes)["notes"]) == len(notes)

"""Random histories of two people who share lists: after each step the API says what the model says."""

from __future__ import annotations

import os
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests import factories
from tests.contract.model import DEFAULTS, PRIORITIES, RULES, Model, Refused, TodoList, User, normal
from tests.contract.problems import assert_problem

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
IN_CI = os.environ.get("CI") == "true"
PROFILE = settings(
    max_examples=400 if THOROUGH else 30,
    stateful_step_count=80 if THOROUGH else 40,
    deadline=None,
    # New histories each time on a developer's machine and in the nightly run; the same ones for every push.
    derandomize=IN_CI and not THOROUGH,
    database=None if IN_CI else DirectoryBasedExampleDatabase(".hypothesis/examples"),
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

TASKS = st.sampled_from(
    [
        "buy milk",
        "Buy bread",
        "büro aufräumen",
        "Ärger",
        "zebra",
        "apple",
        "Äpfel kaufen",
        "milk",
        "MILKSHAKE",
        "buy-milk",
        " call  Bob ",
        "a",
        "42",
        "4",
    ]
)
NOTES = st.sampled_from([None, "", "with milk", "Butter & Brot", "see apple_pie", "été"])
WORDS = st.sampled_from(["milk", "buy", "b", "BÜRO", "buro", "apfel", "ete", "milk buy", "4", "zeb a", "nothing", "app", "-", "but"])
TAGS = st.lists(st.sampled_from(["home", "Home", "work", "später", "SPÄTER", "a b", "x,y"]), max_size=3)
DAYS = st.sampled_from(["2020-02-29", "2021-01-01", "2040-06-15", "2040-06-16"])
INSTANTS = st.sampled_from(["2020-02-29T03:30:00Z", "2021-01-01T00:00:00Z", "2040-06-15T23:59:59.5Z", "2040-06-16T04:00:00Z"])
POSITIONS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 1e9])
WHO = st.integers(0, 1)
NUMBER = st.integers(0, 10_000)
FIELDS = {
    "task": TASKS,
    "notes": NOTES,
    "done": st.booleans(),
    "priority": st.sampled_from(PRIORITIES),
    "due_on": st.none() | DAYS,
    "due_at": st.none() | INSTANTS,
    "remind_at": st.none() | INSTANTS,
    "recurrence": st.sampled_from([None, *RULES]),
    "tags": TAGS,
    "position": POSITIONS,
    "list_id": NUMBER,
    "parent_id": st.none() | NUMBER,
    "assignee_id": st.sampled_from([None, 0, 1]),
}
CHANGES = st.fixed_dictionaries({}, optional=FIELDS)
OPERATIONS = st.lists(st.tuples(st.sampled_from(["create", "update", "update", "delete"]), NUMBER, TASKS, CHANGES), min_size=1, max_size=5)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "list_id": st.lists(NUMBER, min_size=1, max_size=2),
        "done": st.booleans(),
        "priority": st.lists(st.sampled_from(PRIORITIES), min_size=1, max_size=2),
        "tag": st.lists(st.sampled_from(["home", "WORK", "später", "a b", "x,y", "none"]), min_size=1, max_size=2),
        "assignee_id": st.sampled_from(["me", 0, 1]),
        "parent_id": st.just("none") | NUMBER,
        "due_before": DAYS | INSTANTS,
        "due_after": DAYS | INSTANTS,
        "overdue": st.booleans(),
        "trashed": st.booleans(),
        "q": WORDS,
        "sort": st.sampled_from([sign + name for sign in ("", "-") for name in ("created_at", "due", "priority", "position", "task")]),
    },
)


class Histories(RuleBasedStateMachine):
    """Ada has a list that Bob edits and one that he may only see. Lists and todos are drawn by number, as their ids are random."""

    app = None

    @initialize()
    def two_people(self):
        accounts = [factories.user(self.app, name=name, time_zone=zone) for name, zone in (("Ada", "UTC"), ("Bob", "America/New_York"))]
        self.clients = [factories.client(self.app, account) for account in accounts]
        self.users = [User(account.id, account.inbox_id, ZoneInfo(account.time_zone)) for account in accounts]
        self.model = Model(self.users)
        self.versions = {}
        for name, role in (("edited", "editor"), ("seen", "viewer")):
            self.share(name, role)

    def share(self, name, role):
        made = self.clients[0].post("/lists", {"name": name}).json["id"]
        invited = self.clients[0].post(f"/lists/{made}/members", {"email": self.clients[1].account.email, "role": role})
        assert invited.status_code == 201
        self.model.lists[made] = TodoList(made, name, roles={self.users[0].id: "owner", self.users[1].id: role})

    # From numbers to ids

    def list_id(self, number):
        lists = list(self.model.lists)
        return lists[number % len(lists)]

    def todo_id(self, number):
        todos = list(self.model.todos)
        return todos[number % len(todos)]

    def with_ids(self, values, who):
        """The values with the ids that their numbers stand for. Half of the parents are of the list that is named."""
        values = dict(values)
        if "list_id" in values:
            values["list_id"] = self.list_id(values["list_id"])
        if values.get("parent_id") is not None:
            here = [todo.id for todo in self.model.todos.values() if todo.list_id == values.get("list_id", self.users[who].inbox)]
            choices = here if here and values["parent_id"] % 2 else list(self.model.todos)
            values["parent_id"] = choices[values["parent_id"] % len(choices)] if choices else None
        if values.get("assignee_id") is not None:
            values["assignee_id"] = self.users[values["assignee_id"]].id
        return values

    # One step on both sides

    def step(self, who, act, method, path, *body, expected=200):
        """Send it; where the model refuses, so must the API, with the same status."""
        answer = self.clients[who].open(path, *body, method=method)
        try:
            todo = self.model.all_or_nothing(lambda model: act(model, self.users[who], answer))
        except Refused as refused:
            assert_problem(answer, refused.status)
            return
        assert answer.status_code == expected, answer.text
        self.name_followers(who)
        if todo is not None and answer.data:
            self.compare(self.model.todos[todo.id], answer.json)

    def name_followers(self, who):
        """Give the next ones of series, which the API made on the side, the ids that it gave them."""
        for todo in [todo for todo in self.model.todos.values() if todo.id.startswith("next of ")]:
            pages = [self.clients[who].get(f"/todos?limit=200&list_id={todo.list_id}&trashed={flag}").json for flag in ("false", "true")]
            [made] = [
                each["id"] for page in pages for each in page["data"]
                if each["series_id"] == todo.series and each["id"] not in self.model.todos
            ]  # fmt: skip
            del self.model.todos[todo.id]
            todo.id = made
            self.model.todos[made] = todo

    def compare(self, todo, shown):
        """A todo as the API shows it, with the model's. Positions are compared where they are sent, else by the order that they make."""
        assert {name: shown[name] for name in DEFAULTS} == {name: instant(name, todo.values[name]) for name in DEFAULTS}
        assert (shown["id"], shown["list_id"], shown["task"]) == (todo.id, todo.list_id, todo.values["task"])
        assert (shown["completed_at"] is not None) == shown["done"]
        assert shown["series_id"] == todo.series
        assert (shown["deleted_at"] is None) == todo.live
        seen, content = self.versions.get(todo.id, (0, None))
        now = {name: value for name, value in shown.items() if name not in ("version", "updated_at", "completed_at")}
        assert shown["version"] > seen or (shown["version"] == seen and now == content), "what changes has another version"
        self.versions[todo.id] = shown["version"], now

    # Todos

    @rule(who=WHO, task=TASKS, values=CHANGES)
    def create(self, who, task, values):
        sent = {**self.with_ids(values, who), "task": values.get("task", task)}
        self.step(
            who, lambda model, user, answer: model.create(user, answer.json.get("id", ""), sent), "POST", "/todos", sent, expected=201
        )

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER, values=CHANGES)
    def patch(self, who, number, values):
        todo_id, sent = self.todo_id(number), self.with_ids(values, who)
        self.step(who, lambda model, user, answer: model.change(user, todo_id, sent), "PATCH", f"/todos/{todo_id}", sent)

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER, task=TASKS, values=CHANGES)
    def put(self, who, number, task, values):
        todo_id, sent = self.todo_id(number), {"task": task, **self.with_ids(values, who)}
        self.step(who, lambda model, user, answer: model.replace(user, todo_id, sent), "PUT", f"/todos/{todo_id}", sent)

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER, done=st.booleans())
    def tick(self, who, number, done):
        todo_id = self.todo_id(number)
        self.step(
            who, lambda model, user, answer: model.change(user, todo_id, {"done": done}), "PATCH", f"/todos/{todo_id}", {"done": done}
        )

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, child=NUMBER, parent=NUMBER)
    def nest(self, who, child, parent):
        todo_id, sent = self.todo_id(child), {"parent_id": self.todo_id(parent)}
        self.step(who, lambda model, user, answer: model.change(user, todo_id, sent), "PATCH", f"/todos/{todo_id}", sent)

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER, list_number=NUMBER)
    def to_another_list(self, who, number, list_number):
        todo_id, sent = self.todo_id(number), {"list_id": self.list_id(list_number)}
        self.step(who, lambda model, user, answer: model.change(user, todo_id, sent), "PATCH", f"/todos/{todo_id}", sent)

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER, anchor=NUMBER, side=st.sampled_from(["before", "after"]), elsewhere=st.booleans())
    def move(self, who, number, anchor, side, elsewhere):
        todo_id, anchor_id = self.todo_id(number), self.todo_id(anchor)
        list_id = self.model.todos[anchor_id].list_id if elsewhere else None
        sent = {side: anchor_id} | ({"list_id": list_id} if list_id else {})
        self.step(
            who, lambda model, user, answer: model.move(user, todo_id, side, anchor_id, list_id), "POST", f"/todos/{todo_id}/move", sent
        )

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER)
    def delete(self, who, number):
        todo_id = self.todo_id(number)
        self.step(who, lambda model, user, answer: model.delete(user, todo_id), "DELETE", f"/todos/{todo_id}", expected=204)

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, number=NUMBER)
    def restore(self, who, number):
        trashed = [todo.id for todo in self.model.todos.values() if not todo.live]
        todo_id = trashed[number % len(trashed)] if trashed else self.todo_id(number)
        self.step(who, lambda model, user, answer: model.restore(user, todo_id), "POST", f"/todos/{todo_id}/restore")

    @precondition(lambda self: len(self.model.todos) > 5)
    @rule(who=WHO, number=NUMBER)
    def remove_for_good(self, who, number):
        todo_id = self.todo_id(number)
        self.step(who, lambda model, user, answer: model.remove(user, todo_id), "DELETE", f"/todos/{todo_id}?permanent=true", expected=204)

    @precondition(lambda self: self.model.todos)
    @rule(who=WHO, operations=OPERATIONS)
    def batch(self, who, operations):
        sent = []
        for op, number, task, values in operations:
            target = {"id": self.todo_id(number)} if op != "create" else {}
            todo = {"todo": {**self.with_ids(values, who), **({"task": task} if op == "create" else {})}} if op != "delete" else {}
            sent.append({"op": op, **target, **todo})

        def act(model, user, answer):
            for operation in sent:
                normal(operation.get("todo", {}))
            results = answer.json.get("results", [{"id": f"refused {index}"} for index in range(len(sent))])
            for operation, result in zip(sent, results, strict=True):
                match operation:
                    case {"op": "create", "todo": values}:
                        model.create(user, result["id"], values)
                    case {"op": "update", "id": todo_id, "todo": values}:
                        model.change(user, todo_id, values)
                    case {"op": "delete", "id": todo_id}:
                        model.delete(user, todo_id)

        self.step(who, act, "POST", "/todos/batch", {"operations": sent})

    # Lists

    @rule(who=WHO, number=NUMBER, archived=st.booleans())
    def archive(self, who, number, archived):
        list_id = self.list_id(number)
        act = lambda model, user, answer: model.change_list(user, list_id, archived=archived)  # noqa: E731  # as the others
        self.step(who, act, "PATCH", f"/lists/{list_id}", {"archived": archived})

    @precondition(lambda self: len(self.model.todos) > 8)
    @rule(who=WHO, number=NUMBER)
    def delete_list(self, who, number):
        list_id = self.list_id(number)
        self.step(who, lambda model, user, answer: model.delete_list(user, list_id), "DELETE", f"/lists/{list_id}", expected=204)

    @precondition(lambda self: len(self.model.lists) < 4)
    @rule(role=st.sampled_from(["editor", "viewer"]))
    def another_shared_list(self, role):
        self.share("another", role)

    # Questions

    @rule(who=WHO, params=FILTERS, limit=st.sampled_from([1, 2, 3, 200]))
    def query(self, who, params, limit):
        params = dict(params)
        if "list_id" in params:
            params["list_id"] = [self.list_id(number) for number in params["list_id"]]
        if isinstance(params.get("parent_id"), int):
            params["parent_id"] = self.todo_id(params["parent_id"]) if self.model.todos else "none"
        if isinstance(params.get("assignee_id"), int):
            params["assignee_id"] = self.users[params["assignee_id"]].id
        expected = [todo.id for todo in self.model.query(self.users[who], params)]

        assert self.walk(who, {**params, "limit": limit}) == expected, params

    def walk(self, who, params):
        """The ids of all pages, by the Link header; X-Total-Count must be how many there are."""
        plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in params.items()}
        address = "/todos?" + urlencode({**plain, "count": "true", "fields": "id"}, doseq=True)
        found = []
        while address:
            answer = self.clients[who].get(address)
            assert answer.status_code == 200, answer.text
            found += [todo["id"] for todo in answer.json["data"]]
            link = answer.headers.get("Link")
            assert (link is None) == (answer.json["next_cursor"] is None)
            parts = urlsplit(link[1:].partition(">")[0]) if link else None
            address = f"{parts.path}?{parts.query}" if parts else None
        assert answer.headers["X-Total-Count"] == str(len(found))
        return found

    @rule(who=WHO)
    def tags(self, who):
        counted = {}
        for todo in self.model.query(self.users[who], {}):
            for tag in todo.values["tags"]:
                open_and_all = counted.setdefault(tag.casefold(), [0, 0])
                open_and_all[0] += not todo.values["done"]
                open_and_all[1] += 1
        shown = self.clients[who].get("/tags").json["data"]
        assert {tag["name"].casefold(): [tag["open_count"], tag["count"]] for tag in shown} == counted

    @invariant()
    def everything_is_as_the_model_says(self):
        if not hasattr(self, "model"):
            return
        for who, user in enumerate(self.users):
            lists = {each["id"]: each for each in self.clients[who].get("/lists").json["data"]}
            mine = {each.id: each for each in self.model.lists.values() if user.id in each.roles}
            assert lists.keys() == mine.keys()
            for list_id, shown in lists.items():
                assert shown["open_count"] == self.model.open_count(list_id)
                assert (shown["archived"], shown["inbox"]) == (mine[list_id].archived, mine[list_id].inbox)
                assert shown["role"] == mine[list_id].roles[user.id]
        self.all_todos()

    def all_todos(self):
        """Every todo of every list, live and in the trash, by whoever sees it, in the order of its position."""
        shown = {}
        for who, client in enumerate(self.clients):
            every_list = urlencode(
                {"list_id": [each.id for each in self.model.lists.values() if self.users[who].id in each.roles]}, doseq=True
            )
            for trashed in ("false", "true"):
                page = client.get(f"/todos?limit=200&sort=position&trashed={trashed}&{every_list}").json
                assert page["next_cursor"] is None, "these histories stay below a page"
                shown |= {each["id"]: each for each in page["data"]}
        assert shown.keys() == self.model.todos.keys()
        for list_id in self.model.lists:
            order = [each["id"] for each in shown.values() if each["list_id"] == list_id and each["deleted_at"] is None]
            assert order == [todo.id for todo in self.model.ordered(list_id)]
        for todo_id, each in shown.items():
            self.compare(self.model.todos[todo_id], each)
            self.model.todos[todo_id].position = each["position"]  # the model knows orders; numbers are the service's own


def instant(name, value):
    """A value as the API writes it: an instant with all its digits."""
    return value.replace(".5Z", ".500000Z") if name in ("due_at", "remind_at") and value else value


def test_random_histories_go_as_the_model_says(app):
    class Bound(Histories):
        pass

    Bound.app = app
    Bound.__name__ = Bound.__qualname__ = "Histories"
    run_state_machine_as_test(Bound, settings=PROFILE)

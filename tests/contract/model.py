"""The service as plain Python: what a careful reader of its contract would expect, without a database and without HTTP.

`test_state_machine` sends the same random requests to this and to the API. What is refused raises Refused with the status.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

PRIORITIES = ["none", "low", "medium", "high", "urgent"]
DEEPEST = 5
RULES = {"FREQ=DAILY": 1, "FREQ=WEEKLY;INTERVAL=2": 14, "FREQ=DAILY;COUNT=2": 1}
"""How many days later the next one is due. What a rule can be else is tested in tests/todos."""
DEFAULTS: dict[str, Any] = {
    "parent_id": None,
    "notes": None,
    "done": False,
    "priority": "none",
    "due_on": None,
    "due_at": None,
    "remind_at": None,
    "recurrence": None,
    "tags": [],
    "assignee_id": None,
}


class Refused(Exception):
    """The API is to answer with this status, and to change nothing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class User:
    """Who asks."""

    id: str
    inbox: str
    zone: ZoneInfo


@dataclass
class TodoList:
    """A list and the roles of its members."""

    id: str
    name: str
    inbox: bool = False
    archived: bool = False
    roles: dict[str, str] = field(default_factory=dict)


@dataclass
class Todo:
    """A todo; `values` are its writable fields, and `number` says which was made first."""

    id: str
    list_id: str
    number: int
    position: float
    values: dict[str, Any]
    creator: User
    deleted_with: str | None = None
    series: str | None = None
    continues: bool = False  # what went before, as far as COUNT counts

    @property
    def live(self) -> bool:
        """Whether it is not in the trash."""
        return self.deleted_with is None


class Model:
    """All lists and todos of some users."""

    def __init__(self, users: Iterable[User]) -> None:
        self.users = {user.id: user for user in users}
        self.lists = {user.inbox: TodoList(user.inbox, "Inbox", inbox=True, roles={user.id: "owner"}) for user in self.users.values()}
        self.todos: dict[str, Todo] = {}
        self.numbers = count()

    # Who may

    def role(self, who: User, list_id: str) -> str:
        """The role of a member; 404 for anybody else."""
        if list_id not in self.lists or who.id not in self.lists[list_id].roles:
            raise Refused(404)
        return self.lists[list_id].roles[who.id]

    def writable(self, who: User, list_id: str) -> None:
        """403 for who may only look."""
        if self.role(who, list_id) == "viewer":
            raise Refused(403)

    def editable(self, who: User, todo_id: str, *, trashed: bool = False) -> Todo:
        """A todo that the user may change."""
        todo = self.todos.get(todo_id)
        if todo is None or (not todo.live and not trashed):
            raise Refused(404)
        self.writable(who, todo.list_id)
        return todo

    # Todos

    def create(self, who: User, todo_id: str, sent: dict[str, Any]) -> Todo:
        """A new todo, last in its list unless it says where."""
        values = normal({**DEFAULTS, **sent})
        check_recurrence(values)
        list_id = values.pop("list_id", who.inbox)
        self.writable(who, list_id)
        self.check_assignee(list_id, values["assignee_id"])
        self.check_parent(None, values["parent_id"], list_id)
        position = values.pop("position", self.last_position(list_id))
        self.todos[todo_id] = Todo(todo_id, list_id, next(self.numbers), position, values, who)
        return self.todos[todo_id]

    def change(self, who: User, todo_id: str, sent: dict[str, Any]) -> Todo:
        """PATCH: what is not sent stays."""
        values = normal(sent)
        todo = self.editable(who, todo_id)
        list_id = values.pop("list_id", todo.list_id)
        leaves = list_id != todo.list_id
        if leaves:
            self.writable(who, list_id)
            values.setdefault("parent_id", None)
        if values.get("due_on"):
            values.setdefault("due_at", None)
        if values.get("due_at"):
            values.setdefault("due_on", None)
        check_recurrence({**todo.values, **values})
        self.check_parent(todo, values.get("parent_id"), list_id)
        self.check_assignee(list_id, values.get("assignee_id"))
        before = copy.copy(todo)
        before.values = dict(todo.values)
        for each in self.below(todo) if leaves else []:
            each.list_id = list_id
            if each.values["assignee_id"] not in self.lists[list_id].roles:
                each.values["assignee_id"] = None
        todo.position = values.pop("position", self.last_position(list_id) if leaves else todo.position)
        todo.values.update(values)
        counted_from = [(bool(each.values["due_on"]), due(each, UTC), each.values["recurrence"]) for each in (before, todo)]
        if counted_from[0] != counted_from[1]:
            todo.continues = False
        if todo.values["done"] and not before.values["done"] and todo.values["recurrence"]:
            self.follow(todo)
        return todo

    def follow(self, todo: Todo) -> None:
        """The next one of a series, under an id that stands for the one that the API chooses, unless there is one already."""
        newer = [each for each in self.todos.values() if each.series == todo.series and each.number > todo.number]
        if (todo.series and newer) or ("COUNT" in todo.values["recurrence"] and todo.continues):
            return
        todo.series = todo.series or todo.id
        later = Todo(f"next of {todo.series}", todo.list_id, next(self.numbers), self.last_position(todo.list_id), {}, todo.creator)
        later.values = {**todo.values, "done": False, **shifted(todo)}
        later.series, later.continues = todo.series, True
        self.todos[later.id] = later

    def replace(self, who: User, todo_id: str, sent: dict[str, Any]) -> Todo:
        """PUT: what is not sent falls back to its default, but for the position."""
        return self.change(who, todo_id, {"list_id": who.inbox, **DEFAULTS, **sent})

    def move(self, who: User, todo_id: str, side: str, anchor_id: str, list_id: str | None) -> Todo:
        """Put it next to another one; its position is whatever has no other todo between."""
        todo = self.editable(who, todo_id)
        target = list_id or todo.list_id
        if target != todo.list_id:
            self.writable(who, target)
        anchor = self.todos.get(anchor_id)
        if anchor is None or anchor is todo or not anchor.live or anchor.list_id != target:
            raise Refused(422)
        order = [each.id for each in self.ordered(target) if each is not todo]
        order.insert(order.index(anchor_id) + (side == "after"), todo_id)
        self.change(who, todo_id, {"list_id": target} if target != todo.list_id else {})
        for number, each in enumerate(order):
            self.todos[each].position = float(number)
        return todo

    def delete(self, who: User, todo_id: str) -> None:
        """To the trash, with the subtasks that are not there yet."""
        todo = self.editable(who, todo_id)
        for each in [each for each in self.below(todo) if each.live]:
            each.deleted_with = todo_id

    def remove(self, who: User, todo_id: str) -> None:
        """For good, with all subtasks."""
        for each in self.below(self.editable(who, todo_id, trashed=True)):
            del self.todos[each.id]

    def restore(self, who: User, todo_id: str) -> Todo:
        """Back from the trash with what went along; to the top where the parent is not there."""
        todo = self.editable(who, todo_id, trashed=True)
        together = todo.deleted_with
        for each in self.below(todo) if together else []:
            if each.deleted_with == together:
                each.deleted_with = None
        parent = todo.values["parent_id"]
        if together and parent and not self.todos[parent].live:
            todo.values["parent_id"] = None
        return todo

    def all_or_nothing(self, act: Callable[[Model], Any]) -> Any:
        """What `act` does to the model, or nothing where it is refused."""
        draft = copy.deepcopy(self)
        done = act(draft)
        self.lists, self.todos, self.numbers = draft.lists, draft.todos, draft.numbers
        return done

    # Lists

    def change_list(self, who: User, list_id: str, **changes: Any) -> None:
        """Another name, or archived or not."""
        self.writable(who, list_id)
        if self.lists[list_id].inbox and changes.get("archived"):
            raise Refused(409)
        for name, value in changes.items():
            setattr(self.lists[list_id], name, value)

    def delete_list(self, who: User, list_id: str) -> None:
        """A list and its todos."""
        if self.role(who, list_id) != "owner":
            raise Refused(403)
        if self.lists[list_id].inbox:
            raise Refused(409)
        del self.lists[list_id]
        self.todos = {todo.id: todo for todo in self.todos.values() if todo.list_id != list_id}

    def open_count(self, list_id: str) -> int:
        """Todos neither done nor in the trash."""
        return sum(todo.list_id == list_id and todo.live and not todo.values["done"] for todo in self.todos.values())

    # Rules

    def below(self, todo: Todo) -> list[Todo]:
        """The todo and all that is a part of it, live or not."""
        found = [todo]
        for each in found:
            found += [child for child in self.todos.values() if child.values["parent_id"] == each.id]
        return found

    def depth(self, todo: Todo) -> int:
        """How many todos are above it."""
        parent = todo.values["parent_id"]
        return 0 if parent is None else 1 + self.depth(self.todos[parent])

    def check_parent(self, todo: Todo | None, parent_id: str | None, list_id: str) -> None:
        """422 for a parent elsewhere, a circle, or too deep a tree."""
        if parent_id is None:
            return
        parent = self.todos.get(parent_id)
        if parent is None or not parent.live or parent.list_id != list_id:
            raise Refused(422)
        parts = self.below(todo) if todo else []
        height = max((self.depth(each) for each in parts), default=0) - (self.depth(todo) if todo else 0)
        if parent in parts or self.depth(parent) + 1 + height > DEEPEST:
            raise Refused(422)

    def check_assignee(self, list_id: str, user_id: str | None) -> None:
        """422 for who is no member."""
        if user_id and user_id not in self.lists[list_id].roles:
            raise Refused(422)

    def last_position(self, list_id: str) -> float:
        """The place after all live todos of the list."""
        return max([todo.position for todo in self.todos.values() if todo.list_id == list_id and todo.live] or [0.0]) + 1

    def ordered(self, list_id: str) -> list[Todo]:
        """The live todos of a list by position."""
        here = [todo for todo in self.todos.values() if todo.list_id == list_id and todo.live]
        return sorted(here, key=lambda todo: (todo.position, todo.number))

    # Queries

    def query(self, who: User, params: dict[str, Any]) -> list[Todo]:
        """The todos that GET /todos is to find, in order."""
        found = [
            todo
            for todo in self.todos.values()
            if self.shows(who, todo, params) and all(matches(todo, name, value, who) for name, value in params.items())
        ]
        words = words_of(params.get("q", ""))
        sort = params.get("sort") or ("match" if words else "-created_at")
        found.sort(key=lambda todo: todo.number, reverse=sort == "match" or sort.startswith("-"))
        if sort == "match":
            return sorted(found, key=lambda todo: -rank(todo, words))
        name = sort.removeprefix("-")
        if name == "created_at":
            return found
        with_key = [todo for todo in found if sort_key(todo, name) is not None]
        without = [todo for todo in found if sort_key(todo, name) is None]
        with_key.sort(key=lambda todo: sort_key(todo, name), reverse=sort.startswith("-"))
        if sort.startswith("-"):  # a reversed sort keeps equals in their order, which is turned round already
            return [*with_key, *without]
        return [*with_key, *without]

    def shows(self, who: User, todo: Todo, params: dict[str, Any]) -> bool:
        """Whether the user sees it at all, there."""
        home = self.lists[todo.list_id]
        if who.id not in home.roles or todo.live == params.get("trashed", False):
            return False
        return todo.list_id in params["list_id"] if "list_id" in params else not home.archived


def normal(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the API gives them back: text trimmed, tags a sorted set. 422 where that fails, whatever else is wrong."""
    values = dict(values)
    if "task" in values:
        values["task"] = values["task"].strip()
        if not values["task"]:
            raise Refused(422)
    if values.get("due_on") and values.get("due_at"):
        raise Refused(422)
    if "tags" in values:
        first = {}
        for tag in values["tags"]:
            first.setdefault(tag.strip().casefold(), tag.strip())
        values["tags"] = [first[key] for key in sorted(first)]
    return values


def check_recurrence(values: dict[str, Any]) -> None:
    """422 for what recurs and is never due."""
    if values["recurrence"] and not values["due_on"] and not values["due_at"]:
        raise Refused(422)


def shifted(todo: Todo) -> dict[str, str | None]:
    """When the next one is due, and reminds: so many days later by the clock on the wall of who made the first."""
    zone, days = todo.creator.zone, timedelta(days=RULES[todo.values["recurrence"]])
    moved: dict[str, str | None] = {}
    for name in ("due_on", "due_at", "remind_at"):
        value = todo.values[name]
        if name == "due_on" and value:
            moved[name] = (date.fromisoformat(value) + days).isoformat()
        elif value:
            later = (datetime.fromisoformat(value).astimezone(zone) + days).astimezone(UTC)
            moved[name] = later.isoformat().replace("+00:00", "Z")
    return moved


def fold(text: str) -> str:
    """Without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character)).casefold()


def words_of(text: str | None) -> list[str]:
    """Its words, folded."""
    return "".join(character if character.isalnum() else " " for character in fold(text or "")).split()


def rank(todo: Todo, words: list[str]) -> int:
    """2 where each word is a word of the task, 1 where each begins one, else 0."""
    task = words_of(todo.values["task"])
    if all(word in task for word in words):
        return 2
    return int(all(any(each.startswith(word) for each in task) for word in words))


def sort_key(todo: Todo, name: str) -> Any:
    """What a todo is sorted by."""
    if name == "due":
        return due(todo, UTC)
    if name == "task":
        return fold(todo.values["task"])
    return {"priority": PRIORITIES.index(todo.values["priority"]), "position": todo.position}[name]


def due(todo: Todo, zone: Any) -> datetime | None:
    """When it is due: the instant, or the begin of the day."""
    if todo.values["due_on"]:
        return datetime.combine(date.fromisoformat(todo.values["due_on"]), time(), zone)
    return datetime.fromisoformat(todo.values["due_at"]) if todo.values["due_at"] else None


def end_of_due(todo: Todo, zone: Any) -> datetime | None:
    """The last instant at which it is due: a day lasts until the next."""
    if todo.values["due_on"]:
        return datetime.combine(date.fromisoformat(todo.values["due_on"]) + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
    return due(todo, zone)


def limits_of(text: str, zone: Any) -> tuple[datetime, datetime]:
    """The first and the last instant of what a filter names."""
    if "T" in text:
        return datetime.fromisoformat(text), datetime.fromisoformat(text)
    begin = datetime.combine(date.fromisoformat(text), time(), zone)
    return begin, datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone) - timedelta(microseconds=1)


def matches(todo: Todo, name: str, value: Any, who: User) -> bool:
    """Whether a todo meets one filter."""
    values = todo.values
    first, last = due(todo, who.zone), end_of_due(todo, who.zone)
    if name in ("due_before", "due_after") and (first is None or last is None):
        return False
    match name:
        case "done":
            return bool(values["done"] == value)
        case "priority":
            return values["priority"] in value
        case "tag":
            return {tag.casefold() for tag in value} <= {tag.casefold() for tag in values["tags"]}
        case "assignee_id":
            return bool(values["assignee_id"] == (who.id if value == "me" else value))
        case "parent_id":
            return bool(values["parent_id"] == (None if value == "none" else value))
        case "due_before":
            return first < limits_of(value, who.zone)[0]  # type: ignore[operator]  # see above
        case "due_after":
            return first > limits_of(value, who.zone)[1]  # type: ignore[operator]  # see above
        case "overdue":
            return bool((not values["done"] and last is not None and last < datetime.now(UTC)) == value)
        case "q":
            text, wanted = words_of(values["task"]) + words_of(values["notes"]), words_of(value)
            return bool(wanted or not value.strip()) and all(any(each.startswith(word) for each in text) for word in wanted)
    return True  # list_id and trashed are `shows`; sort is no filter

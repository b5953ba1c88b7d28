"""The filters and orders of GET /todos.

Each filter is split in two: a clause, which depends on the shape of a request alone, and the values bound into it. So the
statement of a shape is put together once and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, SmallInteger, and_, bindparam, false, or_

from app.core.identity import Identity
from app.core.paging import Order, Sortable
from app.core.query import Argument, Query, day_or_instant, flag, instant, reference, typed, words
from app.core.sets import any_of
from app.core.types import Id, Instant, now
from app.todos.models import Todo
from app.todos.rules import PRIORITIES
from app.todos.search import matches, query_value, rank, rank_values, tag_word, words_of

SORTS: dict[str, Sortable] = {
    "created_at": Todo.created_at,
    "updated_at": Todo.updated_at,
    "due": Todo.due_key,
    "priority": Todo.priority,
    "position": Todo.position,
    "task": Todo.task_key,
}
DEFAULT_SORT = "-created_at"
BEST_MATCH = "best match"
# The calendar ends somewhere, and what is compared with its last day must not fall off.
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)


def _id_or(word: str) -> dict[str, Any]:
    return {"type": "string", "anyOf": [{"type": "string", "format": "uuid"}, {"type": "string", "const": word}]}


@typed(_id_or("me"))
def assignee(text: str) -> str:
    """The id of a user, or `me`."""
    return text if text == "me" else reference(text)


@typed(_id_or("none"))
def parent(text: str) -> str:
    """The id of a todo, or `none`."""
    return text if text == "none" else reference(text)


def names(text: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(name.strip() for name in words(text).split(","))


FILTERS = Query(
    Argument("list_id", type=reference, action="append", help="Todos of this list; of any of them when repeated."),
    Argument("done", type=flag, help="Only todos that are, or are not, done."),
    Argument("priority", choices=PRIORITIES, action="append", help="Todos of this priority; of any of them when repeated."),
    Argument("tag", type=words, action="append", help="Todos with this tag, without case; with all of them when repeated."),
    Argument("assignee_id", type=assignee, help="Todos assigned to this user; `me` for myself."),
    Argument("parent_id", type=parent, help="The subtasks of this todo; `none` for the top level."),
    Argument("due_before", type=day_or_instant, help="Todos due before this date or instant."),
    Argument("due_after", type=day_or_instant, help="Todos due after this date or instant."),
    Argument("overdue", type=flag, help="Todos that are, or are not, open and past their due."),
    Argument(
        "updated_since",
        type=instant,
        help="Todos changed at or after this instant. A change shows once all that belongs to it is done, seconds later where that is much:"
        " whoever follows changes asks from a minute before the last one.",
    ),
    Argument("trashed", type=flag, help="With true the trash instead of what is live."),
    Argument("q", type=words, help="Todos of which each of these words begins a word of task or notes, without case or accents."),
)
PRESENTATION = Query(
    Argument(
        "sort",
        choices=[sign + name for name in SORTS for sign in ("", "-")],
        help="What to sort by; a leading - turns it round. By default -created_at, or the best match first with q.",
    ),
    Argument("fields", type=names, help="Only these fields, separated by commas."),
)


@dataclass(frozen=True)
class Shape:
    """What of a request decides how its statement looks."""

    given: frozenset[str]
    flags: frozenset[tuple[str, bool]]
    sort: str
    sqlite: bool

    def order(self) -> Order:
        """The order of this shape."""
        if self.sort == BEST_MATCH:
            return Order(rank(Todo.search, Todo.id, sqlite=self.sqlite), Todo.id, descending=True)  # type: ignore[arg-type]  # mapped attributes are column elements
        name = self.sort.removeprefix("-")
        return Order(SORTS[name], Todo.id, descending=self.sort.startswith("-"), nullable=name == "due")

    def clauses(self, *, but: Collection[str] = ()) -> list[ColumnElement[bool]]:
        """The conditions of this shape, but for those that are seen to otherwise: `list_id`, or `words`."""
        given = self.given.difference(but)
        flags = dict(self.flags)
        clauses: list[ColumnElement[bool]] = [Todo.deleted_at.is_not(None) if flags.get("trashed") else Todo.deleted_at.is_(None)]
        clauses += [clause() for name, clause in _CLAUSES.items() if name in given]
        if "list_id" in given:
            clauses.append(any_of(Todo.list_id, "list_id", Id, sqlite=self.sqlite))
        if "priority" in given:
            clauses.append(any_of(Todo.priority, "priority", SmallInteger(), sqlite=self.sqlite))
        if "done" in flags:
            clauses.append(Todo.done.is_(flags["done"]))
        if "overdue" in flags:
            past = or_(Todo.due_on < _bound("today"), Todo.due_at < _bound("now", Instant))
            overdue = and_(Todo.done.is_(False), past, Todo.due_key < _bound("overdue_until", Instant))
            clauses.append(overdue if flags["overdue"] else _not_overdue())
        for name in ("words", "tags"):
            if name in given:
                clauses.append(matches(Todo.search, Todo.id, name, sqlite=self.sqlite))  # type: ignore[arg-type]  # see above
        return clauses


def read(params: dict[str, Any], caller: Identity, *, sqlite: bool) -> tuple[Shape, dict[str, Any]]:
    """The shape of a request and the values to bind."""
    values: dict[str, Any] = {"caller": caller.user_id}
    given: set[str] = {
        name for name in ("list_id", "priority", "assignee_id", "due_before", "due_after", "updated_since") if name in params
    }
    if params.get("parent_id") == "none":
        given.add("top level")
    elif "parent_id" in params:
        given.add("parent_id")
        values["parent_id"] = params["parent_id"]
    values.update((name, params[name]) for name in ("list_id", "updated_since") if name in params)
    if "priority" in params:
        values["priority"] = [PRIORITIES.index(word) for word in params["priority"]]
    if "assignee_id" in params:
        values["assignee_id"] = caller.user_id if params["assignee_id"] == "me" else params["assignee_id"]
    values.update(_due_values(params, caller.zone))
    sort = params.get("sort", DEFAULT_SORT)
    terms, tags = words_of(params.get("q", "")), [tag_word(tag.strip()) for tag in params.get("tag", ())]
    if params.get("q", "").strip() and not terms:
        given.add("no words")
    if terms:
        given.add("words")
        values["words"] = query_value(terms, [], sqlite=sqlite)
    if tags:
        given.add("tags")
        values["tags"] = query_value([], tags, sqlite=sqlite)
    if terms and "sort" not in params:
        sort = BEST_MATCH
        values.update(rank_values(terms, sqlite=sqlite))
    flags = frozenset((name, params[name]) for name in ("done", "overdue", "trashed") if name in params)
    return Shape(frozenset(given), flags, sort, sqlite), values


def _due_values(params: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """A day is due as long as it lasts where the caller lives: before it, or after it, is outside of it.

    `due_until`, `due_from` and `overdue_until` say what follows from that for `due_key` alone, which there is an index of.
    """
    values: dict[str, Any] = {}
    if "due_before" in params:
        moment = params["due_before"]
        if isinstance(moment, datetime):
            values |= {"before_day": _day_begun_by(moment, zone), "before_instant": moment}
        else:
            values |= {"before_day": moment, "before_instant": _midnight(moment, zone)}
        values["due_until"] = max(_midnight(values["before_day"], UTC), values["before_instant"])
    if "due_after" in params:
        moment = params["due_after"]
        if isinstance(moment, datetime):
            values |= {"after_day": _day_of(moment, zone), "after_instant": moment}
        else:
            values |= {"after_day": moment, "after_instant": _LAST if moment == date.max else _midnight(moment + _DAY, zone) - _TICK}
        values["due_from"] = min(_midnight(values["after_day"], UTC), values["after_instant"])
    if "overdue" in params:
        values |= {"today": datetime.now(zone).date(), "now": now()}
        values["overdue_until"] = max(_midnight(values["today"], UTC), values["now"])
    return values


def _midnight(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return _FIRST if day.year == 1 else _LAST


def _day_of(moment: datetime, zone: ZoneInfo) -> date:
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.date()


def _day_begun_by(moment: datetime, zone: ZoneInfo) -> date:
    """The first day that begins at this instant or later."""
    day = _day_of(moment, zone)
    return day if day == date.max or _midnight(day, zone) >= moment else day + _DAY


def _bound(name: str, kind: Any = None) -> Any:
    return bindparam(name, type_=kind)


def _not_overdue() -> ColumnElement[bool]:
    on_time = and_(
        or_(Todo.due_on.is_(None), Todo.due_on >= _bound("today")),
        or_(Todo.due_at.is_(None), Todo.due_at >= _bound("now", Instant)),
    )
    return or_(Todo.done.is_(True), on_time)


_CLAUSES: dict[str, Callable[[], ColumnElement[bool]]] = {
    "assignee_id": lambda: Todo.assignee_id == _bound("assignee_id", Id),
    "parent_id": lambda: Todo.parent_id == _bound("parent_id", Id),
    "no words": false,  # what holds neither a letter nor a digit begins no word
    "top level": lambda: Todo.parent_id.is_(None),
    "due_before": lambda: and_(
        or_(Todo.due_on < _bound("before_day"), Todo.due_at < _bound("before_instant", Instant)),
        Todo.due_key < _bound("due_until", Instant),
    ),
    "due_after": lambda: and_(
        or_(Todo.due_on > _bound("after_day"), Todo.due_at > _bound("after_instant", Instant)),
        Todo.due_key >= _bound("due_from", Instant),
    ),
    "updated_since": lambda: Todo.updated_at >= _bound("updated_since", Instant),
}

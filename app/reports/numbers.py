"""The numbers of a productivity report. The database counts, in one statement, and so all of them at one instant.

A todo counts where the caller sees it when the report is made: it is in the list that was asked for, or in any of the
caller's lists that are not archived. One in the trash never counts, not even on the days before it went there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Float,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from app.core.database import execute, on_sqlite
from app.core.identity import me
from app.core.types import Instant
from app.lists.models import List
from app.reports.schemas import MOST_TAGS
from app.todos.models import Todo
from app.todos.queries import visible
from app.todos.rules import PRIORITIES

MOST_SPELLINGS = 10_000  # of tags, the most frequent ones: of one tag they are put together in memory
_DAY = timedelta(days=1)
_COLUMNS = {
    "created": Integer,
    "completed": Integer,
    "priority": Integer,
    "overdue": Integer,
    "amount": BigInteger,
    "tag": String,
    "seconds": Float,
}


@dataclass(frozen=True)
class Span:
    """The days of a report and where they are days, the instant that is `now` in it, and the list that it is about, if one."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime
    list_id: str | None = None

    @property
    def days(self) -> list[date]:
        """Every day, the last one included."""
        return [self.first + number * _DAY for number in range((self.last - self.first).days + 1)]

    @property
    def midnights(self) -> list[datetime]:
        """The instants at which the days begin, and the one at which the last one ends."""
        return [datetime.combine(day, time(), self.zone).astimezone(UTC) for day in [*self.days, self.last + _DAY]]


def count(span: Span) -> dict[str, Any]:
    """What was created, completed and still open on each day, what is open now, and the median time to completion in seconds.

    However many todos there are, what comes back is a row for each pair of days on which some were created and completed,
    and `MOST_SPELLINGS` tags: a few megabytes for a year.
    """
    created: Counter[int] = Counter()
    completed: Counter[int] = Counter()
    closed: Counter[int] = Counter()
    priorities: Counter[int] = Counter()
    overdue, tags, median = 0, [], None
    for row in execute(_statement(span), {"caller": me().user_id}):
        match row.part:
            case "todos" if row.completed is None:
                created[row.created] += row.amount
                priorities[row.priority] += row.amount
                overdue += row.overdue * row.amount
            case "todos":
                created[row.created] += row.amount
                completed[row.completed] += row.amount
                closed[max(row.created, row.completed)] += row.amount
            case "tags":
                tags.append((row.tag, row.amount))
            case "median":
                median = row.seconds
    days = list(_days(span.days, created, completed, closed))
    return {
        "created": sum(day["created"] for day in days),
        "completed": sum(day["completed"] for day in days),
        "open": priorities.total(),
        "overdue": overdue,
        "median_completion_seconds": median,
        "days": days,
        "open_by_priority": {word: priorities[number] for number, word in enumerate(PRIORITIES)},
        **_most_frequent(tags),
    }


def _days(days: Iterable[date], created: Counter[int], completed: Counter[int], closed: Counter[int]) -> Iterator[dict[str, Any]]:
    """The days with their numbers; number 0 is all the time before the first of them.

    `closed` counts what was completed before it was created, as imported todos can be, on the day of its creation.
    """
    still_open = created[0] - closed[0]
    for number, day in enumerate(days, start=1):
        still_open += created[number] - closed[number]
        yield {"date": day, "created": created[number], "completed": completed[number], "open": still_open}


def _most_frequent(spellings: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The most frequent tags, each in its most frequent spelling, and how many times others are carried."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for spelling, amount in sorted(spellings, key=lambda each: (-each[1], each[0])):  # not as the language of the database sorts
        counts[names.setdefault(spelling.casefold(), spelling)] += amount
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))[:MOST_TAGS]
    return {
        "open_by_tag": [{"tag": tag, "count": amount} for tag, amount in best],
        "open_by_other_tags": counts.total() - sum(amount for _, amount in best),
    }


def _statement(span: Span) -> CompoundSelect[Any]:
    """All the numbers. The todos are read once, into a table of what counts about each."""
    todos = _todos(span)
    return union_all(_by_days(todos), _by_tags(todos), _median(todos, len(span.days)))


def _row(part: str, **columns: Any) -> list[ColumnElement[Any]]:
    """A row of a part of the statement. Parts do not have the same columns, but a union does."""
    return [literal(part).label("part"), *(cast(columns.get(name, null()), kind).label(name) for name, kind in _COLUMNS.items())]


def _todos(span: Span) -> CTE:
    """The todos that count, each with the numbers of the days on which it was created and completed."""
    today = span.now.astimezone(span.zone).date()
    is_open = Todo.done.is_(False)
    statement = visible(
        _day(Todo.created_at, span).label("created"),
        _day(Todo.completed_at, span).label("completed"),
        _seconds().label("seconds"),
        case((is_open, Todo.priority)).label("priority"),
        case((and_(is_open, or_(Todo.due_on < today, Todo.due_at < literal(span.now, Instant))), 1), else_=0).label("overdue"),
        case((is_open, Todo.tags)).label("tags"),
    ).where(Todo.deleted_at.is_(None))
    if span.list_id is not None:
        return statement.where(Todo.list_id == span.list_id).cte("counted")
    return statement.join(List, List.id == Todo.list_id).where(List.archived.is_(False)).cte("counted")


def _day(moment: Any, span: Span) -> ColumnElement[int]:
    """The number of the day in which the moment lies: 0 before the first one, null where there is no moment.

    It comes from the midnights alone, so that neither database needs to know time zones. SQLite, which has no `width_bucket`,
    looks for it by halves.
    """
    if not on_sqlite():
        return func.width_bucket(moment, literal(span.midnights, ARRAY(Instant)))
    midnights = [literal(midnight, Instant) for midnight in span.midnights]

    def among(low: int, high: int) -> ColumnElement[int]:
        if low == high:
            return literal_column(str(low))
        middle = (low + high) // 2
        return case((moment < midnights[middle], among(low, middle)), else_=among(middle + 1, high))

    return case((moment.is_not(None), among(0, len(midnights))))


def _seconds() -> ColumnElement[Any]:
    """How long it took from creation to completion: null for an open todo, 0 for one that was imported as completed before."""
    if not on_sqlite():
        return func.date_part("epoch", func.greatest(Todo.completed_at, Todo.created_at) - Todo.created_at)
    return (_microseconds(func.max(Todo.completed_at, Todo.created_at)) - _microseconds(Todo.created_at)) / 1e6


def _microseconds(moment: Any) -> ColumnElement[int]:
    """SQLite's text of a moment as a number. The fraction is kept out of its own arithmetic, which rounds to milliseconds."""
    return cast(func.strftime("%s", func.substr(moment, 1, 19)), BigInteger) * 1_000_000 + cast(func.substr(moment, 21), BigInteger)


def _by_days(todos: CTE) -> Select[Any]:
    """How many todos were created on one day and completed on another; of open ones by priority, and whether they are overdue."""
    days = (todos.c.created, todos.c.completed, todos.c.priority, todos.c.overdue)
    return select(*_row("todos", **{day.name: day for day in days}, amount=func.count())).group_by(*days)


def _by_tags(todos: CTE) -> Select[Any]:
    """How many open todos carry a tag, in each of its spellings, the most frequent ones first."""
    each = (func.json_each if on_sqlite() else func.jsonb_array_elements_text)(todos.c.tags).table_valued("value")
    tags = select(each.c.value.label("tag"), func.count().label("amount")).select_from(todos).join(each, true())
    ordered = tags.group_by(each.c.value).order_by(func.count().desc(), each.c.value).limit(MOST_SPELLINGS).subquery()
    return select(*_row("tags", tag=ordered.c.tag, amount=ordered.c.amount))


def _median(todos: CTE, days: int) -> Select[Any]:
    """The median time to completion of the todos that were completed on one of the days."""
    within = todos.c.completed.between(1, days)
    if not on_sqlite():
        return select(*_row("median", seconds=func.percentile_cont(0.5).within_group(todos.c.seconds))).where(within)
    place = func.row_number().over(order_by=todos.c.seconds)
    placed = select(todos.c.seconds, place.label("place"), func.count().over().label("among")).where(within).subquery()
    middle = placed.c.place.in_(((placed.c.among + 1) // 2, (placed.c.among + 2) // 2))
    return select(*_row("median", seconds=func.avg(placed.c.seconds))).where(middle)

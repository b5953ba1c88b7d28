"""A page of a search on PostgreSQL, the best match first, whose cost does not grow with how many todos match.

An order by rank and id comes from no index, so all that match would have to be ranked. But the ids of one rank do come from one,
newest first. So the best rank is asked for, and the next one only where that leaves the page short: a frequent word fills it from
the newest todos of each list; for a rare one PostgreSQL takes the index of words.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Select, bindparam, func, literal_column, select, true, union_all

from app.core.types import Id
from app.todos.filters import Shape
from app.todos.models import Todo
from app.todos.search import RANKS, of_rank


def best_matches(shape: Shape, lists: Select[Any], limit: int, after: int | None) -> CTE:
    """The ids and ranks of the first `limit` todos of `lists` that match, or of those after a place of the rank `after`.

    They are in no order, and may be some more. The id of the place is bound to `after_id`.
    """
    mine = lists.cte("mine")
    rows: ColumnElement[int] = literal_column(str(limit))
    best: CTE | None = None
    for rank in RANKS if after is None else RANKS[RANKS.index(after) :]:
        conditions = [Todo.id < bindparam("after_id", type_=Id)] if rank == after else []
        found = _of_rank(shape, mine, rank, conditions, rows)
        if best is not None:
            short = select(func.count()).select_from(best).scalar_subquery() < rows
            found = union_all(select(best), found.where(short))  # type: ignore[assignment]  # a CTE takes either
        best = found.cte(f"rank_{rank}")
    assert best is not None
    return best


def _of_rank(shape: Shape, mine: CTE, rank: int, conditions: list[ColumnElement[bool]], rows: ColumnElement[int]) -> Select[Any]:
    """The newest of each list, and of them the newest of all."""
    # The lists are the caller's already. To say it twice would have PostgreSQL expect next to no todos in them.
    clauses = [*shape.clauses(but=("list_id", "words")), of_rank(rank, Todo.search), *conditions]  # type: ignore[arg-type]  # see filters
    inner = select(Todo.id).where(Todo.list_id == mine.c.list_id, *clauses).correlate(mine)
    # Ids are never null. But this order only the index of a list gives, and not that of all ids, which passes by all other lists.
    each = inner.order_by(Todo.id.desc().nulls_last()).limit(rows).lateral("each")
    ids = select(each.c.id).select_from(mine.join(each, true())).order_by(each.c.id.desc()).limit(rows).subquery(f"newest_{rank}")
    return select(ids.c.id, literal_column(str(rank), Integer).label("rank"))

"""Putting a todo before or after another one.

Positions are numbers with room between them: a todo that moves gets the middle of its new neighbours' and no other row
changes. After some fifty moves into the same gap a double has no number left there; then the neighbours behind it are spread.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select, tuple_, update

from app.core.database import execute, fetch_all, fetch_one, transaction
from app.core.identity import me
from app.core.problems import Invalid
from app.core.types import Id, now
from app.todos import service
from app.todos.models import Todo
from app.todos.queries import visible

_SPREAD = 64


def move(todo_id: str, place: dict[str, str]) -> Row[Any]:
    """Put a todo right `before` or `after` the todo named so, in `list_id` where that is another list.

    Raises NotFound, Forbidden, and Invalid where the other todo is not there.
    """
    side = "before" if "before" in place else "after"
    with transaction():
        row = service.claim(todo_id, place.get("list_id"))
        list_id = place.get("list_id", row.list_id)
        if list_id != row.list_id:
            service.change(todo_id, {"list_id": list_id})
        anchor = fetch_one(
            visible(Todo.id, Todo.position).where(Todo.id == place[side], Todo.list_id == list_id, Todo.deleted_at.is_(None)),
            {"caller": me().user_id},
        )
        if anchor is None or anchor.id == todo_id:
            raise Invalid({side: ["Must be another todo of the list."]})
        return service.change(todo_id, {"position": _between(list_id, todo_id, anchor, side)})


def _between(list_id: str, todo_id: str, anchor: Row[Any], side: str) -> float:
    """A position next to the anchor's, with no other todo between."""
    before = side == "before"
    neighbour = _neighbour(list_id, todo_id, anchor, before=before)
    if neighbour is None:
        return float(anchor.position + (-1 if before else 1))
    low, high = (neighbour, anchor) if before else (anchor, neighbour)
    middle = (low.position + high.position) / 2
    return float(middle) if low.position < middle < high.position else _spread(list_id, todo_id, low)


def _neighbour(list_id: str, todo_id: str, anchor: Row[Any], *, before: bool) -> Row[Any] | None:
    here = tuple_(Todo.position, Todo.id)
    there = tuple_(bindparam("position", anchor.position), bindparam("anchor", anchor.id, type_=Id))
    order = (Todo.position.desc(), Todo.id.desc()) if before else (Todo.position, Todo.id)
    others = select(Todo.id, Todo.position).where(Todo.list_id == list_id, Todo.deleted_at.is_(None), Todo.id != todo_id)
    return fetch_one(others.where(here < there if before else here > there).order_by(*order).limit(1))


def _spread(list_id: str, todo_id: str, low: Row[Any]) -> float:
    """Move the todos behind `low` apart, as many as it takes; gives the position that becomes free right behind it."""
    here = tuple_(Todo.position, Todo.id)
    there = tuple_(bindparam("position", low.position), bindparam("low", low.id, type_=Id))
    behind = select(Todo.id, Todo.position).where(Todo.list_id == list_id, Todo.deleted_at.is_(None), Todo.id != todo_id, here > there)
    many = _SPREAD
    while True:
        rows = fetch_all(behind.order_by(Todo.position, Todo.id).limit(many + 1))
        end = rows[-1].position if len(rows) > many else low.position + len(rows) + 2
        step = (end - low.position) / (len(rows) + 2)
        places = [low.position + step * (number + 2) for number in range(min(len(rows), many))]
        if len(rows) <= many or len({low.position, low.position + step, *places, end}) == many + 3:
            break
        many *= 4
    moved = update(Todo).where(Todo.id == bindparam("todo_id", type_=Id))
    moved = moved.values(position=bindparam("place"), version=Todo.version + 1, updated_at=now())
    execute(moved, [{"todo_id": row.id, "place": place} for row, place in zip(rows, places, strict=False)])
    return float(low.position + step)

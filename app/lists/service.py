"""Lists: who sees them, and what becomes of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, case, delete, func, insert, select, update

from app.core.conditional import Versions, check_version
from app.core.database import execute, fetch_one, transaction
from app.core.identity import Identity, me
from app.core.paging import Listing, Order, Page, page_of
from app.core.problems import Conflict, NotFound
from app.core.types import id_time, new_id, now
from app.lists.locks import lock_todos
from app.lists.models import List, Member
from app.lists.permissions import require

PERSONAL = frozenset({"position"})
_COLUMNS = [column for column in List.__table__.columns if column.name != "live_count"]


def visible_lists(caller: Identity) -> Select[Any]:
    """The lists that the caller is a member of, with what is personal about them. The visibility rule of lists."""
    return select(*_COLUMNS, Member.role, Member.position).join(Member, Member.list_id == List.id).where(Member.user_id == caller.user_id)


def page(params: dict[str, Any]) -> Page:
    """The caller's lists in their own order; `archived` chooses those that are, or are not."""
    statement = visible_lists(me()).add_columns(Member.position.label("page_key"))
    identity = {"of": "lists"}
    if "archived" in params:
        statement = statement.where(List.archived == params["archived"])
        identity["archived"] = params["archived"]
    return page_of(Listing(statement, Order(Member.position, List.id), identity), params)


def find(list_id: str) -> Row[Any]:
    """The list, as the caller sees it. Raises NotFound, also for a list that is not shared with them."""
    row = fetch_one(visible_lists(me()).where(List.id == list_id))
    if row is None:
        raise NotFound.of("List", list_id)
    return row


def editable(list_id: str) -> Row[Any]:
    """The list as `find` gives it, if the caller may change its todos. Raises NotFound and Forbidden."""
    row = find(list_id)
    require(row.role, "editor")
    return row


def locked(list_id: str) -> Row[Any]:
    """The list as `find` gives it, locked until the transaction ends. Raises NotFound."""
    row = fetch_one(visible_lists(me()).where(List.id == list_id).with_for_update(of=List))
    if row is None:
        raise NotFound.of("List", list_id)
    return row


def create(values: dict[str, Any]) -> Row[Any]:
    """A new list of the caller's, last in their order unless `position` says otherwise."""
    with transaction():
        position = values.pop("position", None)
        if position is None:
            position = next_position(me().user_id)
        list_id = insert_list(me().user_id, position, **values)
        return find(list_id)


def next_position(user_id: str) -> float:
    """The place after the last list of the user."""
    last: float | None = execute(select(func.max(Member.position)).where(Member.user_id == user_id)).scalar_one()
    return (last or 0) + 1


def insert_list(user_id: str, position: float, list_id: str | None = None, **values: Any) -> str:
    """Insert a list with the user as its owner; gives its id. The user must be there already."""
    list_id = list_id or new_id()
    created_at = id_time(list_id)
    execute(insert(List).values(id=list_id, created_at=created_at, updated_at=created_at, **values))
    execute(insert(Member).values(list_id=list_id, user_id=user_id, role="owner", position=position, joined_at=created_at))
    return list_id


def change(list_id: str, changes: dict[str, Any], versions: Versions) -> Row[Any]:
    """Change a list: its place in the caller's order, or what all see of it (editors and owners).

    Raises NotFound, Forbidden, PreconditionFailed, and Conflict for an inbox that would be archived.
    """
    with transaction():
        row = locked(list_id)
        if changes.keys() - PERSONAL:
            require(row.role, "editor")
        check_version(row, versions)
        if row.inbox and changes.get("archived"):
            raise Conflict("The inbox cannot be archived.")
        shared = {name: value for name, value in changes.items() if name not in PERSONAL}
        if "position" in changes:
            execute(update(Member).where(Member.list_id == list_id, Member.user_id == me().user_id).values(position=changes["position"]))
        if changes:
            execute(update(List).where(List.id == list_id).values(version=List.version + 1, updated_at=now(), **shared))
        return find(list_id)


def touch(list_id: str, beyond: int = 0) -> None:
    """Note that the list has changed: it shows the caller's role, so a change of members is a change of the list.

    Its version becomes a later one than `beyond`.
    """
    execute(update(List).where(List.id == list_id).values(version=case((List.version < beyond, beyond), else_=List.version) + 1))


def remove(list_id: str, versions: Versions) -> None:
    """Delete a list with all its todos (owners). Raises NotFound, Forbidden, PreconditionFailed, and Conflict for an inbox."""
    with transaction():
        lock_todos(list_id)
        row = locked(list_id)
        require(row.role, "owner")
        check_version(row, versions)
        if row.inbox:
            raise Conflict("The inbox cannot be deleted.")
        execute(delete(List).where(List.id == list_id))

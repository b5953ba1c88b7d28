"""Sharing: the members of a list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update

from app.core.conditional import Versions, check_version
from app.core.database import execute, fetch_one, transaction
from app.core.identity import me
from app.core.paging import Listing, Order, Page, page_of
from app.core.problems import Conflict, Invalid, NotFound
from app.core.types import now
from app.jobs.service import enqueue
from app.lists import service as lists
from app.lists.locks import lock_todos
from app.lists.models import Member
from app.lists.permissions import require
from app.users.models import User


def page(list_id: str, params: dict[str, Any]) -> Page:
    """The members of a list that the caller is one of, longest member first. Raises NotFound."""
    lists.find(list_id)
    statement = _members(list_id).add_columns(Member.joined_at.label("page_key"), Member.user_id.label("id"))
    order = Order(Member.joined_at, Member.user_id)
    return page_of(Listing(statement, order, {"of": "members", "list_id": list_id}), params)


def find(list_id: str, user_id: str) -> Row[Any]:
    """A member of a list that the caller is one of. Raises NotFound."""
    lists.find(list_id)
    return _member(list_id, user_id)


def add(list_id: str, email: str, role: str) -> Row[Any]:
    """Share a list (owners) with the account of an address.

    Raises NotFound, Forbidden, Invalid for an address without an active account, and Conflict for a member or an inbox.
    """
    with transaction():
        row = lists.locked(list_id)
        require(row.role, "owner")
        if row.inbox:
            raise Conflict("The inbox cannot be shared.")
        user_id = execute(select(User.id).where(User.email == email.lower(), User.active.is_(True))).scalar_one_or_none()
        if user_id is None:
            raise Invalid({"email": ["No account has this address."]})
        if fetch_one(_members(list_id).where(Member.user_id == user_id)):
            raise Conflict("They are a member of this list already.")
        # The list's version is later than any that they had as a member before: else their old ETag would be good again.
        values = {"role": role, "position": lists.next_position(user_id), "version": row.version, "joined_at": now()}
        execute(insert(Member).values(list_id=list_id, user_id=user_id, **values))
        _tell(list_id, user_id, role)
        return _member(list_id, user_id)


def change(list_id: str, user_id: str, changes: dict[str, Any], versions: Versions) -> Row[Any]:
    """Give a member another role (owners).

    Raises NotFound, Forbidden, PreconditionFailed, and Conflict where the list would have no owner left.
    """
    with transaction():
        require(lists.locked(list_id).role, "owner")
        member = _member(list_id, user_id)
        check_version(member, versions)
        role = changes.get("role", member.role)
        if member.role != role:
            _keep_an_owner(list_id, member)
            execute(update(Member).where(*_key(list_id, user_id)).values(role=role, version=Member.version + 1))
            lists.touch(list_id)
        return _member(list_id, user_id)


def remove(list_id: str, user_id: str, versions: Versions) -> None:
    """Take a member out of a list (owners), or leave it oneself. Their todos there are assigned to nobody.

    Raises NotFound, Forbidden, PreconditionFailed, and Conflict for an inbox, or where the list would have no owner left.
    """
    with transaction():
        lock_todos(list_id, of=user_id)
        row = lists.locked(list_id)
        if user_id != me().user_id:
            require(row.role, "owner")
        member = _member(list_id, user_id)
        check_version(member, versions)
        if row.inbox:
            raise Conflict("The inbox cannot be left.")
        _keep_an_owner(list_id, member)
        last_version = execute(delete(Member).where(*_key(list_id, user_id)).returning(Member.version)).scalar_one()
        lists.touch(list_id, beyond=last_version)


def _tell(list_id: str, user_id: str, role: str) -> None:
    """Let the new member be told by mail, once a day at most: who is taken out and put in again need not know."""
    asked = {"list_id": list_id, "user_id": user_id, "invited_by": me().user_id}
    enqueue("mail.invitation", asked, key=f"invitation:{list_id}:{user_id}:{role}:{now():%Y-%m-%d}")


def _members(list_id: str) -> Select[Any]:
    columns: list[Any] = [Member.user_id, Member.role, Member.version, Member.joined_at, User.name, User.email]
    return select(*columns).join(User, User.id == Member.user_id).where(Member.list_id == list_id)


def _member(list_id: str, user_id: str) -> Row[Any]:
    member = fetch_one(_members(list_id).where(Member.user_id == user_id))
    if member is None:
        raise NotFound.of("Member", user_id)
    return member


def _key(list_id: str, user_id: str) -> tuple[Any, ...]:
    return (Member.list_id == list_id, Member.user_id == user_id)


def _keep_an_owner(list_id: str, member: Row[Any]) -> None:
    owners = execute(select(func.count()).where(Member.list_id == list_id, Member.role == "owner")).scalar_one()
    if member.role == "owner" and owners == 1:
        raise Conflict("A list always keeps an owner. Make another member one first.")

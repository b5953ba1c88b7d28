"""What can be done with accounts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, String, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from app.auth import attempts, mailed_tokens, passwords, sessions
from app.auth.revocation import announce, announce_account
from app.comments.models import Comment
from app.core.conditional import Versions, check_version
from app.core.database import execute, fetch_one, insert_or, transaction
from app.core.paging import Listing, Order
from app.core.problems import Conflict, Invalid, NotFound
from app.core.types import id_time, new_id, now
from app.jobs.service import enqueue, stop_all
from app.lists.models import List, Member
from app.users import leaving
from app.users.digests import next_digest
from app.users.models import User

TAKEN = "There is an account with this e-mail address already."
WRONG_PASSWORD = {"current_password": ["The current password is wrong."]}
LAST_ADMIN = "This is the last active admin. Make somebody else an admin first."


def by_id(user_id: str) -> Row[Any]:
    """The account. Raises NotFound."""
    user = fetch_one(select(User).where(User.id == user_id))
    if user is None:
        raise NotFound.of("User", user_id)
    return user


def by_email(email: str) -> Row[Any] | None:
    """The account with this address, if there is one."""
    return fetch_one(select(User).where(User.email == email.lower()))


def listing(q: str | None = None, role: str | None = None, active: bool | None = None) -> Listing:
    """All accounts, the oldest first; `q` is a part of the address or the name, without case."""
    statement = select(User)
    if q is not None:
        statement = statement.where(or_(_holds(User.email, q), _holds(User.name, q)))
    if role is not None:
        statement = statement.where(User.role == role)
    if active is not None:
        statement = statement.where(User.active == active)
    return Listing(statement, Order(User.id, User.id), {"q": q, "role": role, "active": active})


def _holds(column: ColumnElement[str] | InstrumentedAttribute[str], q: str) -> ColumnElement[bool]:
    """Whether `q` is a part of the column, without case; a sigma at the end of a word is one like any other."""
    part = q.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return _alike(column).contains(_alike(literal(part)), escape="/")


def _alike(text: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    return func.replace(func.lower(text), "\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}", type_=String)


def create_user(email: str, password: str, name: str = "", role: str = "member", *, verify: bool = False) -> Row[Any]:
    """A new account with its inbox; with `verify` a mail asks for the proof of its address.

    `email` is in lower case. Raises Conflict where it is taken, and Invalid.
    """
    passwords.refuse_weak(password, email)
    if by_email(email) is not None:
        raise Conflict(TAKEN)
    password_hash = passwords.hashed(password)
    user_id, inbox_id = new_id(), new_id()
    times = {"created_at": id_time(user_id), "updated_at": id_time(user_id)}
    with transaction():
        execute(insert(List).values(id=inbox_id, name="Inbox", inbox=True, **times))
        user = fetch_one(
            insert_or(User)
            .values(id=user_id, email=email, name=name, role=role, password_hash=password_hash, inbox_id=inbox_id, **times)
            .on_conflict_do_nothing(index_elements=["email"])
            .returning(User)
        )
        if user is None:
            raise Conflict(TAKEN)
        execute(insert(Member).values(list_id=inbox_id, user_id=user_id, role="owner", position=1.0, joined_at=times["created_at"]))
        if verify:
            _ask_for_proof(user)
    return user


def change_profile(user_id: str, changes: dict[str, Any], versions: Versions = None) -> Row[Any]:
    """Change the own `name`, `time_zone`, `daily_digest` and `email`, the latter with `current_password`.

    Raises Invalid, Conflict where the address is taken, PreconditionFailed, RateLimited and NotFound.
    """
    user = by_id(user_id)
    check_version(user, versions)
    password = changes.pop("current_password", "")
    moves = changes.get("email", user.email) != user.email
    if moves or password:
        confirm(user, password)
    with transaction():
        if moves and not is_still(user):
            raise Invalid(WRONG_PASSWORD)
        changed = _change(user, {**changes, **_consequences(user, changes)}, versions)
        _touch_what_shows(user, changed)
        if moves:
            mailed_tokens.spend_resets(user_id)
            _ask_for_proof(changed)
        return changed


def mark_verified(user_id: str, email: str) -> None:
    """Note that whoever has the account reads the mail of its address."""
    unproved = update(User).where(User.id == user_id, User.email == email, User.email_verified.is_(False))
    execute(unproved.values(email_verified=True, version=User.version + 1, updated_at=now()))


def change_account(user_id: str, changes: dict[str, Any], versions: Versions = None) -> Row[Any]:
    """Change an account's `role` and `active`. One that is disabled is logged out everywhere, and its jobs stop.

    Raises NotFound, PreconditionFailed, and Conflict where no active admin would be left.
    """
    with transaction():
        stays_admin = changes.get("role", "admin") == "admin" and changes.get("active", True)
        if not stays_admin:
            keep_an_admin(user_id)
        changed = _change(by_id(user_id), changes, versions)
        if not changed.active:
            mailed_tokens.spend_resets(user_id)
            stop_all(user_id)
            sessions.end_all(user_id)
        return changed


def leave(user_id: str, password: str, versions: Versions = None) -> None:
    """Delete the own account. Raises Invalid for a wrong password, and what `remove` raises."""
    user = by_id(user_id)
    check_version(user, versions)
    confirm(user, password)
    with transaction():
        keep_an_admin(user_id)
        if not is_still(user):
            raise Invalid(WRONG_PASSWORD)
        remove(user_id, versions)


def remove(user_id: str, versions: Versions = None) -> None:
    """Delete an account and the lists that nobody shares with it.

    Raises NotFound, PreconditionFailed, and Conflict where it is the last active admin.
    """
    with transaction():
        keep_an_admin(user_id)
        leaving.hold_todos(user_id)
        user = fetch_one(select(User).where(User.id == user_id).with_for_update())
        if user is None:
            raise NotFound.of("User", user_id)
        check_version(user, versions)
        own_lists = leaving.hand_over(user_id)
        execute(update(Comment).where(Comment.author_id == user_id).values(author_id=None, version=Comment.version + 1))
        execute(delete(User).where(User.id == user_id))
        execute(delete(List).where(List.id.in_(own_lists)))
        announce(user_id, revoked=True)


def confirm(user: Row[Any], password: str) -> None:
    """Let pass the one who knows the account's password. Raises Invalid, and RateLimited after many failures."""
    if not attempts.is_right(user.email, user.password_hash, password):
        raise Invalid(WRONG_PASSWORD if password else {"current_password": ["The current password is needed for this."]})


def is_still(user: Row[Any]) -> bool:
    """Whether the account still has the password that it had, and may log in; it keeps both until the transaction ends."""
    row = fetch_one(select(User.password_hash, User.active).where(User.id == user.id).with_for_update(key_share=True))
    return row is not None and row.password_hash == user.password_hash and row.active


def keep_an_admin(user_id: str) -> None:
    """Let pass what takes an account's admin powers away while another active admin is left. Raises Conflict.

    The admins stay as they are until the transaction ends, so two cannot remove each other at the same time. They go on to write todos.
    """
    # As a literal: a plan for any role would go over all users.
    admins = select(User.id).where(User.role == literal("admin", literal_execute=True), User.active).order_by(User.id)
    if [admin.id for admin in execute(admins.with_for_update(key_share=True))] == [user_id]:
        raise Conflict(LAST_ADMIN)


def _consequences(user: Row[Any], changes: dict[str, Any]) -> dict[str, Any]:
    """What follows from changes of the profile: another address is not proved yet, and other mornings have other digests."""
    follows: dict[str, Any] = {}
    if changes.get("email", user.email) != user.email:
        follows["email_verified"] = False
    wanted, time_zone = changes.get("daily_digest", user.daily_digest), changes.get("time_zone", user.time_zone)
    if (wanted, time_zone) != (user.daily_digest, user.time_zone):
        follows["digest_at"] = next_digest(time_zone, now()) if wanted else None
    return follows


def _touch_what_shows(before: Row[Any], after: Row[Any]) -> None:
    """Note that what others see of the account has changed: its memberships show name and address, its comments the name."""
    if (before.name, before.email) != (after.name, after.email):
        execute(update(Member).where(Member.user_id == after.id).values(version=Member.version + 1))
    if before.name != after.name:
        execute(update(Comment).where(Comment.author_id == after.id).values(version=Comment.version + 1))


def _ask_for_proof(user: Row[Any]) -> None:
    enqueue("mail.verify_email", {"email": user.email})


def _change(user: Row[Any], changes: dict[str, Any], versions: Versions) -> Row[Any]:
    """Write the changed fields, and no others."""
    check_version(user, versions)
    if not changes:
        return user
    which = [User.id == user.id, *([User.version.in_(versions)] if versions is not None else [])]
    statement = update(User).where(*which).values(**changes, version=User.version + 1, updated_at=now()).returning(User)
    try:
        with transaction():
            changed = fetch_one(statement)
            if changed is not None and not changes.keys().isdisjoint({"role", "active", "time_zone"}):
                announce_account(changed)
    except IntegrityError:
        raise Conflict(TAKEN) from None
    if changed is None:
        check_version(by_id(user.id), versions)
        raise NotFound.of("User", user.id)
    return changed

"""Comments: who sees a todo sees them, who may change it may add some, and each belongs to its author."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from app.comments.models import Comment
from app.core.conditional import Versions, check_version
from app.core.database import execute, fetch_one, transaction
from app.core.identity import me
from app.core.paging import Listing, Order, Page, page_of
from app.core.problems import Forbidden, NotFound
from app.core.types import id_time, new_id, now
from app.todos import queries as todos
from app.users.models import User


def page(todo_id: str, params: dict[str, Any]) -> Page:
    """The comments on a todo, oldest first. Raises NotFound."""
    todos.find(todo_id)
    order = Order(Comment.id, Comment.id)
    return page_of(Listing(_comments(todo_id), order, {"of": "comments", "todo_id": todo_id}), params)


def find(todo_id: str, comment_id: str) -> Row[Any]:
    """A comment on a todo that the caller sees. Raises NotFound."""
    todos.find(todo_id)
    row = fetch_one(_comments(todo_id).where(Comment.id == comment_id))
    if row is None:
        raise NotFound.of("Comment", comment_id)
    return row


def create(todo_id: str, body: str) -> Row[Any]:
    """A new comment of the caller's. Raises NotFound and Forbidden."""
    todos.editable(todo_id)
    comment_id = new_id()
    created_at = id_time(comment_id)
    with transaction():
        execute(
            insert(Comment).values(
                id=comment_id, todo_id=todo_id, author_id=me().user_id, body=body, created_at=created_at, updated_at=created_at
            )
        )
        return find(todo_id, comment_id)


def change(todo_id: str, comment_id: str, changes: dict[str, Any], versions: Versions) -> Row[Any]:
    """Change a comment of one's own. Raises NotFound, Forbidden and PreconditionFailed."""
    with transaction():
        row = _locked(todo_id, comment_id)
        if row.author_id != me().user_id:
            raise Forbidden("Only its author can change a comment.", missing="author")
        check_version(row, versions)
        if changes:
            execute(update(Comment).where(Comment.id == comment_id).values(version=row.version + 1, updated_at=now(), **changes))
        return find(todo_id, comment_id)


def remove(todo_id: str, comment_id: str, versions: Versions) -> None:
    """Delete a comment of one's own, or any as an owner of the list. Raises NotFound, Forbidden and PreconditionFailed."""
    with transaction():
        row = _locked(todo_id, comment_id)
        if row.author_id != me().user_id and todos.whole(todo_id).role != "owner":
            raise Forbidden("Only its author, or an owner of the list, can delete a comment.", missing="owner")
        check_version(row, versions)
        execute(delete(Comment).where(Comment.id == comment_id))


def _comments(todo_id: str) -> Select[Any]:
    columns = list(Comment.__table__.columns)
    return select(*columns, User.name.label("author_name")).outerjoin(User, User.id == Comment.author_id).where(Comment.todo_id == todo_id)


def _locked(todo_id: str, comment_id: str) -> Row[Any]:
    """The comment as `find` gives it, which nobody else changes until the transaction ends."""
    execute(select(Comment.id).where(Comment.id == comment_id).with_for_update())
    return find(todo_id, comment_id)

"""Attachments: who sees a todo sees them, who may change it may add some, and each belongs to who uploaded it."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import Row, Select, delete, func, insert, select

from app.attachments import images, sniffing
from app.attachments.models import Attachment
from app.core.database import execute, fetch_one, release, transaction
from app.core.identity import me
from app.core.locks import lock
from app.core.paging import Listing, Order, Page, page_of
from app.core.problems import Forbidden, NotFound, PayloadTooLarge
from app.core.types import id_time, new_id
from app.core.uploads import Incoming
from app.files import service as files
from app.files.models import StoredFile
from app.jobs import service as jobs
from app.todos import queries as todos


def page(todo_id: str, params: dict[str, Any]) -> Page:
    """The attachments of a todo, oldest first. Raises NotFound."""
    todos.find(todo_id)
    order = Order(Attachment.id, Attachment.id)
    return page_of(Listing(_attachments(todo_id), order, {"of": "attachments", "todo_id": todo_id}), params)


def find(todo_id: str, attachment_id: str) -> Row[Any]:
    """An attachment of a todo that the caller sees. Raises NotFound."""
    todos.find(todo_id)
    row = fetch_one(_attachments(todo_id).where(Attachment.id == attachment_id))
    if row is None:
        raise NotFound.of("Attachment", attachment_id)
    return row


def content(todo_id: str, attachment_id: str) -> Row[Any]:
    """The row of its file. Raises NotFound."""
    return files.find(find(todo_id, attachment_id).file_id)


def thumbnail(todo_id: str, attachment_id: str) -> Row[Any]:
    """The row of the file of its thumbnail. Raises NotFound, also while there is none."""
    thumbnail_id = find(todo_id, attachment_id).thumbnail_id
    if thumbnail_id is None:
        raise NotFound("The attachment has no thumbnail, or not yet.")
    return files.find(thumbnail_id)


def create(todo_id: str, incoming: Incoming) -> Row[Any]:
    """A new attachment of the caller's; pictures get their thumbnail later, by a job.

    Raises NotFound, Forbidden, PayloadTooLarge where the caller's room is used up, and Unavailable where the disk is full.
    """
    todos.editable(todo_id)
    release()
    content_type = sniffing.content_type(incoming.path)
    width, height = images.size(incoming.path, content_type) or (None, None)
    attachment_id = new_id()
    with transaction():
        _check_room(incoming.size)
        file_id = files.keep(incoming, incoming.name, content_type)
        row = {"file_id": file_id, "created_by": me().user_id, "width": width, "height": height, "created_at": id_time(attachment_id)}
        execute(insert(Attachment).values(id=attachment_id, todo_id=todo_id, **row))
        if width is not None:
            jobs.enqueue("thumbnail", {"attachment_id": attachment_id}, key=f"thumbnail:{attachment_id}")
        return find(todo_id, attachment_id)


def remove(todo_id: str, attachment_id: str) -> None:
    """Delete an attachment of one's own, or any as an owner of the list, and its files. Raises NotFound and Forbidden."""
    with transaction():
        execute(select(Attachment.id).where(Attachment.id == attachment_id).with_for_update())
        row = find(todo_id, attachment_id)
        if row.created_by != me().user_id and todos.whole(todo_id).role != "owner":
            raise Forbidden("Only who uploaded it, or an owner of the list, can delete an attachment.", missing="owner")
        execute(delete(Attachment).where(Attachment.id == attachment_id))
        files.discard([each for each in (row.file_id, row.thumbnail_id) if each])


def _check_room(size: int) -> None:
    """Let one upload of the caller's at a time find out whether there is room for it. Raises PayloadTooLarge."""
    most = current_app.config["UPLOAD_QUOTA_BYTES"]
    lock(f"uploads of {me().user_id}")
    mine = select(func.sum(StoredFile.size)).join(Attachment, Attachment.file_id == StoredFile.id)
    used = int(execute(mine.where(Attachment.created_by == me().user_id)).scalar_one() or 0)
    if used + size > most:
        raise PayloadTooLarge(f"Your attachments may take {most} bytes together, and {used} are taken. Delete some to make room.")


def _attachments(todo_id: str) -> Select[Any]:
    columns = [StoredFile.name.label("filename"), StoredFile.content_type, StoredFile.size, StoredFile.sha256]
    joined = select(*Attachment.__table__.columns, *columns).join(StoredFile, StoredFile.id == Attachment.file_id)
    return joined.where(Attachment.todo_id == todo_id)

"""Attachments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model


class Attachment(Model):
    """A file that somebody put on a todo."""

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_todo", "todo_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    todo_id: Mapped[str] = mapped_column(Id, ForeignKey("todos.id", ondelete="CASCADE"))
    file_id: Mapped[str] = mapped_column(Id, ForeignKey("files.id"), index=True)
    thumbnail_id: Mapped[str | None] = mapped_column(Id, ForeignKey("files.id"), index=True, comment="null until its job is done")
    created_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"), index=True)
    width: Mapped[int | None] = mapped_column(comment="of an image, in pixels, as it is to be seen")
    height: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)

"""Comments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model


class Comment(Model):
    """What somebody said about a todo."""

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_todo", "todo_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    todo_id: Mapped[str] = mapped_column(Id, ForeignKey("todos.id", ondelete="CASCADE"))
    author_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"), index=True)
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

"""Lists and who shares them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model


class List(Model):
    """A list of todos. What is personal about it (role, position) lies with the member."""

    __tablename__ = "lists"
    __table_args__ = (
        CheckConstraint("NOT (inbox AND archived)", name="inbox_open"),
        CheckConstraint("open_count >= 0", name="open_count"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    color: Mapped[str | None] = mapped_column(String(7))
    archived: Mapped[bool] = mapped_column(default=False)
    inbox: Mapped[bool] = mapped_column(default=False)
    open_count: Mapped[int] = mapped_column(default=0, comment="todos neither done nor in the trash; kept by triggers on todos")
    live_count: Mapped[int] = mapped_column(server_default="0", comment="todos not in the trash; kept by the same triggers")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class Member(Model):
    """That a user sees a list, and as what. This table alone decides who may see a todo."""

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("role IN ('owner', 'editor', 'viewer')", name="role"),)

    list_id: Mapped[str] = mapped_column(Id, ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(8))
    position: Mapped[float] = mapped_column(Float(53), comment="of the list among the user's lists")
    version: Mapped[int] = mapped_column(default=1)
    joined_at: Mapped[datetime] = mapped_column(Instant)

"""Accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model


class User(Model):
    """A person, or a program with an account of its own."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'member', 'viewer')", name="role"),
        CheckConstraint("email = lower(email)", name="email_case"),
        Index("ix_users_role", "role", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="in lower case: addresses are compared without it")
    name: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str] = mapped_column(Text, comment="argon2id")
    role: Mapped[str] = mapped_column(String(16), default="member")
    active: Mapped[bool] = mapped_column(default=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC", comment="IANA name")
    inbox_id: Mapped[str] = mapped_column(
        Id, ForeignKey("lists.id"), index=True, comment="the list that new todos go to; made with the account"
    )
    email_verified: Mapped[bool] = mapped_column(default=False, comment="whether a link that was mailed there came back")
    daily_digest: Mapped[bool] = mapped_column(default=False, comment="whether the todos of the day are mailed each morning")
    digest_at: Mapped[datetime | None] = mapped_column(Instant, index=True, comment="when the next digest is due; null without one")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

"""Tickbox's tables as SQLAlchemy maps them for the rivals that use it asynchronously."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from derived import PRIORITIES
from sqlalchemy import DateTime, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Key = Annotated[UUID, mapped_column(primary_key=True)]


class Priority(TypeDecorator):
    """A word, kept as its number."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> int | None:
        return None if value is None else PRIORITIES.index(value)

    def process_result_value(self, value: int | None, dialect: Any) -> str | None:
        return None if value is None else PRIORITIES[value]


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    active: Mapped[bool]
    time_zone: Mapped[str]
    inbox_id: Mapped[UUID]
    email_verified: Mapped[bool]
    daily_digest: Mapped[bool]
    digest_at: Mapped[Instant | None]
    version: Mapped[int]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class List(Base):
    __tablename__ = "lists"

    id: Mapped[Key]
    archived: Mapped[bool]


class Member(Base):
    __tablename__ = "members"

    list_id: Mapped[Key]
    user_id: Mapped[Key]
    role: Mapped[str]


class Todo(Base):
    __tablename__ = "todos"

    id: Mapped[Key]
    version: Mapped[int] = mapped_column(default=1)
    list_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    task: Mapped[str]
    notes: Mapped[str | None]
    done: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[Instant | None]
    priority: Mapped[str] = mapped_column(Priority)
    due_on: Mapped[date | None]
    due_at: Mapped[Instant | None]
    remind_at: Mapped[Instant | None]
    recurrence: Mapped[str | None]
    series_id: Mapped[UUID | None]
    tags: Mapped[list[str]] = mapped_column(JSONB)
    assignee_id: Mapped[UUID | None]
    position: Mapped[float]
    created_by: Mapped[UUID | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    deleted_at: Mapped[Instant | None]
    due_key: Mapped[Instant | None]
    task_key: Mapped[str] = mapped_column(deferred=True)
    search: Mapped[str] = mapped_column(TSVECTOR, deferred=True)

"""Tickbox's tables as entities."""

from datetime import date, datetime
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Float, ForeignKey, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)
Instant = DateTime(timezone=True)


class User(db.Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool]
    time_zone: Mapped[str] = mapped_column(String(64))
    inbox_id: Mapped[UUID] = mapped_column(ForeignKey("lists.id"))


class List(db.Model):
    __tablename__ = "lists"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    archived: Mapped[bool]


class Member(db.Model):
    __tablename__ = "members"

    list_id: Mapped[UUID] = mapped_column(ForeignKey("lists.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(8))


class Todo(db.Model):
    __tablename__ = "todos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("lists.id"))
    parent_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    series_id: Mapped[UUID | None]
    task: Mapped[str] = mapped_column(String(500))
    notes: Mapped[str | None] = mapped_column(Text)
    done: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    remind_at: Mapped[datetime | None] = mapped_column(Instant)
    recurrence: Mapped[str | None] = mapped_column(String(500))
    tags: Mapped[list[str]] = mapped_column(JSONB)
    position: Mapped[float] = mapped_column(Float(53))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    series_start: Mapped[datetime | None] = mapped_column(Instant)
    due_key: Mapped[datetime | None] = mapped_column(Instant)
    task_key: Mapped[str] = mapped_column(String(500), deferred=True)
    search: Mapped[str] = mapped_column(TSVECTOR, deferred=True)

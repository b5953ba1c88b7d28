"""Todos, and the counts of their tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy import Text as LongText
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model
from app.todos.search import OF_TASK, SearchDocument, SearchText

LIVE = text("deleted_at IS NULL")
OPEN = text("done IS false AND deleted_at IS NULL")
ASSIGNED = text("assignee_id IS NOT NULL AND deleted_at IS NULL")
TRASHED = text("deleted_at IS NOT NULL")
REMINDING = "remind_at IS NOT NULL AND NOT done AND deleted_at IS NULL AND remind_at IS {} reminded_at"
Key = String(500, collation="C").with_variant(String(500), "sqlite")


def _live_index(column: str) -> Index:
    return Index(f"ix_todos_list_{column}", "list_id", column, "id", postgresql_where=LIVE, sqlite_where=LIVE)


def _page_index(name: str, *columns: str, where: TextClause, filters: Sequence[str] = ()) -> Index:
    """An index that pages of a filter come from, and which of `filters` a todo meets: no row is read that is not shown.

    SQLite sorts what matches.
    """
    return Index(f"ix_todos_{name}", *columns, postgresql_where=where, postgresql_include=filters).ddl_if(dialect="postgresql")


class Todo(Model):
    """A todo of a list.

    The two composite foreign keys make the database itself refuse a parent of another list and an assignee who is no
    member; the first waits for the end of the transaction, as a todo moves with its subtasks. `search`, `task_key` and `due_key` are derived (see `todos.rules`).
    """

    __tablename__ = "todos"
    __table_args__ = (
        UniqueConstraint("id", "list_id", name="uq_todos_id_list"),
        ForeignKeyConstraint(
            ["parent_id", "list_id"],
            ["todos.id", "todos.list_id"],
            name="fk_todos_parent",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(["list_id", "assignee_id"], ["members.list_id", "members.user_id"], name="fk_todos_assignee"),
        CheckConstraint("length(task) > 0", name="task"),
        CheckConstraint("priority BETWEEN 0 AND 4", name="priority"),
        CheckConstraint("due_on IS NULL OR due_at IS NULL", name="one_due"),
        CheckConstraint("done = (completed_at IS NOT NULL)", name="completed"),
        CheckConstraint("recurrence IS NULL OR due_on IS NOT NULL OR due_at IS NOT NULL", name="recurrence_due"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="parent"),
        _live_index("created_at"),
        _live_index("updated_at"),
        _live_index("due_key"),
        _live_index("priority"),
        _live_index("position"),
        _live_index("task_key"),
        Index(
            "ix_todos_remind",
            "remind_at",
            postgresql_where=text(REMINDING.format("DISTINCT FROM")),
            sqlite_where=text(REMINDING.format("NOT")),
        ),
        Index("ix_todos_series", "series_id", postgresql_where=text("series_id IS NOT NULL"), sqlite_where=text("series_id IS NOT NULL")),
        Index("ix_todos_words", "list_id", "search", text(OF_TASK), postgresql_using="gin").ddl_if(dialect="postgresql"),
        Index("ix_todos_list_latest_due", "list_id", text("due_key DESC NULLS LAST"), text("id DESC"), postgresql_where=LIVE).ddl_if(
            dialect="postgresql"
        ),
        Index("ix_todos_list_latest", "list_id", text("id DESC NULLS LAST"), postgresql_where=LIVE).ddl_if(dialect="postgresql"),
        _page_index("open", "list_id", "created_at", "id", where=OPEN, filters=("due_key", "due_on", "due_at", "priority")),
        _page_index("open_due", "list_id", "due_key", "id", where=OPEN, filters=("created_at", "due_on", "due_at", "priority")),
        _page_index("list_assignee", "list_id", "assignee_id", "created_at", "id", where=ASSIGNED),
        _page_index("list_trash", "list_id", "created_at", "id", where=TRASHED),
        Index("ix_todos_trash", "list_id", "deleted_at", postgresql_where=TRASHED, sqlite_where=TRASHED),
        Index("ix_todos_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL"), sqlite_where=text("parent_id IS NOT NULL")),
        Index(
            "ix_todos_assignee",
            "assignee_id",
            postgresql_where=text("assignee_id IS NOT NULL"),
            sqlite_where=text("assignee_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    list_id: Mapped[str] = mapped_column(Id, ForeignKey("lists.id", ondelete="CASCADE"))
    parent_id: Mapped[str | None] = mapped_column(Id)
    assignee_id: Mapped[str | None] = mapped_column(Id)
    series_id: Mapped[str | None] = mapped_column(Id, comment="shared by the todos that one recurrence made")
    task: Mapped[str] = mapped_column(String(500))
    notes: Mapped[str | None] = mapped_column(LongText)
    done: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0, comment="0 none to 4 urgent")
    due_on: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    remind_at: Mapped[datetime | None] = mapped_column(Instant)
    recurrence: Mapped[str | None] = mapped_column(String(500), comment="RRULE of RFC 5545")
    tags: Mapped[list[str]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    position: Mapped[float] = mapped_column(Float(53))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant, comment="when it went to the trash")
    deleted_with: Mapped[str | None] = mapped_column(Id, comment="the todo whose deletion took this one along")
    reminded_at: Mapped[datetime | None] = mapped_column(Instant, comment="the remind_at that a mail was sent for")
    series_start: Mapped[datetime | None] = mapped_column(
        Instant, comment="the due that its recurrence counts from, as due_key is; null where that is its own"
    )
    due_key: Mapped[datetime | None] = mapped_column(Instant, comment="due_at, or the begin of due_on in UTC: what `due` sorts by")
    task_key: Mapped[str] = mapped_column(Key, comment="task without case and accents: what `task` sorts by")
    search: Mapped[SearchText] = mapped_column(SearchDocument(), comment="words of task and notes, and tags")


class ListTag(Model):
    """How many live todos of a list carry a tag, as it is spelled; kept by triggers on todos."""

    __tablename__ = "list_tags"

    list_id: Mapped[str] = mapped_column(Id, ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    open_count: Mapped[int] = mapped_column(default=0)
    count: Mapped[int] = mapped_column(default=0)

"""What requests may hold and what answers look like."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from derived import tag_set
from msgspec import UNSET, Meta, Struct, UnsetType

Priority = Literal["none", "low", "medium", "high", "urgent"]
Notes = Annotated[str, Meta(max_length=20_000)]
Instant = Annotated[datetime, Meta(tz=True)]


class TodoUpdate(Struct, kw_only=True, forbid_unknown_fields=True):
    task: str | UnsetType = UNSET
    notes: Notes | UnsetType | None = UNSET
    done: bool | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    due_on: date | UnsetType | None = UNSET
    due_at: Instant | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.task is not UNSET:
            self.task = self.task.strip()
            if not 1 <= len(self.task) <= 500 or "\0" in self.task:
                raise ValueError("a task has 1 to 500 characters, without NUL")
        if self.notes and "\0" in self.notes:
            raise ValueError("notes have no NUL")
        if self.due_on and self.due_at:
            raise ValueError("send due_on or due_at, not both")
        if self.due_at:
            self.due_at = self.due_at.astimezone(UTC)
        if self.tags is not UNSET:
            self.tags = tag_set(self.tags)

    def sent(self) -> dict[str, Any]:
        """The fields that were sent, or have a default."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET}


class TodoCreate(TodoUpdate, kw_only=True, forbid_unknown_fields=True):
    task: str
    notes: Notes | None = None
    done: bool = False
    priority: Priority = "none"
    due_on: date | None = None
    due_at: Instant | None = None
    tags: list[str] = []


class TodoPublic(Struct):
    id: UUID
    version: int
    list_id: UUID
    parent_id: UUID | None
    task: str
    notes: str | None
    done: bool
    completed_at: datetime | None
    priority: str
    due_on: date | None
    due_at: datetime | None
    remind_at: datetime | None
    recurrence: str | None
    series_id: UUID | None
    tags: list[str]
    assignee_id: UUID | None
    position: float
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class TodoPage(Struct):
    data: list[TodoPublic]
    next_cursor: str | None


class CreateOperation(Struct, tag_field="op", tag="create", forbid_unknown_fields=True):
    todo: TodoCreate


class UpdateOperation(Struct, tag_field="op", tag="update", forbid_unknown_fields=True):
    id: UUID
    todo: TodoUpdate


class Batch(Struct, forbid_unknown_fields=True):
    operations: Annotated[list[CreateOperation | UpdateOperation], Meta(min_length=1, max_length=500)]


class Result(Struct):
    op: str
    status: int
    id: UUID
    todo: TodoPublic


class BatchResult(Struct):
    results: list[Result]

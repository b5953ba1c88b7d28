"""What requests may hold and what answers look like."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from derived import tag_set
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

WITHOUT_NUL = r"^[^\x00]*$"
Priority = Literal["none", "low", "medium", "high", "urgent"]
Task = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=WITHOUT_NUL)]
Notes = Annotated[str, StringConstraints(max_length=20_000, pattern=WITHOUT_NUL)]
Tags = Annotated[list[str], AfterValidator(tag_set)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class TodoCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    task: Task
    notes: Notes | None = None
    done: StrictBool = False
    priority: Priority = "none"
    due_on: date | None = None
    due_at: Instant | None = None
    tags: Tags = []

    @model_validator(mode="after")
    def one_due(self) -> Self:
        if self.due_on is not None and self.due_at is not None:
            raise ValueError("send due_on or due_at, not both")
        return self


class TodoUpdate(TodoCreate):
    """As a TodoCreate; only the fields that were sent count."""

    task: Task = ""


class TodoPublic(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    list_id: UUID
    parent_id: UUID | None
    task: str
    notes: str | None
    done: bool
    completed_at: datetime | None
    priority: Priority
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


class TodoPage(BaseModel):
    data: list[TodoPublic]
    next_cursor: str | None


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=4096)
    done: bool | None = None
    priority: Priority | None = None
    sort: Literal["-created_at", "due"] | None = None
    q: Annotated[str, StringConstraints(max_length=500, pattern=WITHOUT_NUL)] | None = None


class CreateOperation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    op: Literal["create"]
    todo: TodoCreate


class UpdateOperation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    op: Literal["update"]
    id: UUID
    todo: TodoUpdate


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operations: list[Annotated[CreateOperation | UpdateOperation, Field(discriminator="op")]] = Field(min_length=1, max_length=500)


class Result(BaseModel):
    op: str
    status: int
    id: UUID
    todo: TodoPublic


class BatchResult(BaseModel):
    results: list[Result]

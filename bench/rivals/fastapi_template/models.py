"""Tables, requests and answers, all of them as SQLModel classes."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from derived import PRIORITIES, tag_set
from pydantic import AfterValidator, AwareDatetime, StrictBool, StringConstraints, model_validator
from sqlalchemy import DateTime, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

WITHOUT_NUL = r"^[^\x00]*$"
Priority = Literal["none", "low", "medium", "high", "urgent"]
Task = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=WITHOUT_NUL)]
Notes = Annotated[str, StringConstraints(max_length=20_000, pattern=WITHOUT_NUL)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class PriorityNumber(TypeDecorator):
    """A word, kept as its number."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> int | None:
        return None if value is None else PRIORITIES.index(value)

    def process_result_value(self, value: int | None, dialect: Any) -> str | None:
        return None if value is None else PRIORITIES[value]


def instant() -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True))


class User(SQLModel, table=True):
    __tablename__ = "users"

    id: UUID = Field(primary_key=True)
    email: str
    name: str
    password_hash: str
    role: str
    active: bool
    time_zone: str
    inbox_id: UUID
    email_verified: bool
    daily_digest: bool
    digest_at: datetime | None = instant()
    version: int
    created_at: datetime = instant()
    updated_at: datetime = instant()


class List(SQLModel, table=True):
    __tablename__ = "lists"

    id: UUID = Field(primary_key=True)
    archived: bool


class Member(SQLModel, table=True):
    __tablename__ = "members"

    list_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    role: str


class TodoBase(SQLModel):
    task: str
    notes: str | None = None
    done: bool = False
    due_on: date | None = None


class Todo(TodoBase, table=True):
    __tablename__ = "todos"

    id: UUID = Field(primary_key=True)
    version: int = 1
    list_id: UUID
    parent_id: UUID | None = None
    priority: str = Field(sa_type=PriorityNumber)
    completed_at: datetime | None = instant()
    due_at: datetime | None = instant()
    remind_at: datetime | None = instant()
    recurrence: str | None = None
    series_id: UUID | None = None
    tags: list[str] = Field(sa_type=JSONB)
    assignee_id: UUID | None = None
    position: float
    created_by: UUID | None = None
    created_at: datetime = instant()
    updated_at: datetime = instant()
    deleted_at: datetime | None = instant()
    due_key: datetime | None = instant()
    task_key: str
    search: str = Field(sa_type=TSVECTOR)


class TodoPublic(TodoBase):
    id: UUID
    version: int
    list_id: UUID
    parent_id: UUID | None
    priority: Priority
    completed_at: datetime | None
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


class TodosPublic(SQLModel):
    data: list[TodoPublic]
    next_cursor: str | None


class TodoCreate(SQLModel):
    model_config = {"extra": "forbid"}

    task: Task
    notes: Notes | None = None
    done: StrictBool = False
    priority: Priority = "none"
    due_on: date | None = None
    due_at: Instant | None = None
    tags: Annotated[list[str], AfterValidator(tag_set)] = []

    @model_validator(mode="after")
    def one_due(self) -> Self:
        if self.due_on is not None and self.due_at is not None:
            raise ValueError("send due_on or due_at, not both")
        return self


class TodoUpdate(TodoCreate):
    """As a TodoCreate; only the fields that were sent count."""

    task: Task = ""


class CreateOperation(SQLModel):
    model_config = {"extra": "forbid"}

    op: Literal["create"]
    todo: TodoCreate


class UpdateOperation(SQLModel):
    model_config = {"extra": "forbid"}

    op: Literal["update"]
    id: UUID
    todo: TodoUpdate


class Batch(SQLModel):
    model_config = {"extra": "forbid"}

    operations: list[CreateOperation | UpdateOperation] = Field(min_length=1, max_length=500)


class Result(SQLModel):
    op: str
    status: int
    id: UUID
    todo: TodoPublic


class BatchResult(SQLModel):
    results: list[Result]


class TokenPayload(SQLModel):
    sub: UUID
    type: Literal["access"]

"""Jobs: work that takes longer than a request may."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model

Json = JSON(none_as_null=True)  # not JSONB, which forgets the order of what a job came to
QUEUED, RUNNING = text("state = 'queued'"), text("state = 'running'")


class Job(Model):
    """A piece of work, whoever does it. The row is the truth; a message to a broker only wakes a worker."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="state"),
        Index("ix_jobs_user", "user_id", "id"),
        Index("ix_jobs_queued", "run_after", "id", postgresql_where=QUEUED, sqlite_where=QUEUED),
        Index("ix_jobs_running", "heartbeat_at", postgresql_where=RUNNING, sqlite_where=RUNNING),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), comment="null: the service's own work")
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str | None] = mapped_column(String(200), unique=True, comment="what there shall be one job for, ever")
    state: Mapped[str] = mapped_column(String(10), default="queued")
    args: Mapped[dict[str, Any]] = mapped_column(Json, comment="ids and choices; never a secret")
    upload_id: Mapped[str | None] = mapped_column(Id, ForeignKey("files.id"), index=True, comment="the file that came with the request")
    file_id: Mapped[str | None] = mapped_column(Id, ForeignKey("files.id"), index=True, comment="the file that the job made")
    total: Mapped[int | None] = mapped_column(comment="how many steps there are, as far as is known")
    processed: Mapped[int] = mapped_column(default=0, comment="how many of them are done")
    message: Mapped[str | None] = mapped_column(String(500), comment="what it is doing, for people")
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[str | None] = mapped_column(String(1000), comment="why it failed, for people")
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, comment="begun so far; the number fences the attempts before out")
    cancelling: Mapped[bool] = mapped_column(default=False, comment="whether it is to stop at its next step")
    request_id: Mapped[str] = mapped_column(String(64), default="", comment="of the request that asked for it")
    created_at: Mapped[datetime] = mapped_column(Instant)
    run_after: Mapped[datetime] = mapped_column(Instant, comment="not to be begun before")
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    heartbeat_at: Mapped[datetime | None] = mapped_column(Instant, comment="when its worker last gave a sign of life")
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant, index=True, comment="when its file goes")

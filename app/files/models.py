"""Files that the service keeps outside of the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model


class StoredFile(Model):
    """A file in the storage, under its id. Rows of other tables refer to it; one that nothing refers to any more is swept."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(255), comment="what a download is called")
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger, comment="in bytes")
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)

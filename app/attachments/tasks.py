"""Thumbnails of attachments."""

from __future__ import annotations

import shutil
from tempfile import TemporaryFile
from typing import Any

from sqlalchemy import select, update

from app.attachments import images
from app.attachments.models import Attachment
from app.core.database import fetch_one, release, transaction
from app.files import service as files
from app.files.models import StoredFile
from app.files.storage import storage
from app.jobs.kinds import kind
from app.jobs.work import Work


@kind("thumbnail")
def thumbnail(work: Work, args: dict[str, Any]) -> None:
    """Make the thumbnail of an attachment, if it is still there and has none. A picture that cannot be read fails the job."""
    attachment_id = args["attachment_id"]
    with_file = select(Attachment.thumbnail_id, StoredFile.id, StoredFile.name, StoredFile.content_type)
    row = fetch_one(with_file.join(StoredFile, StoredFile.id == Attachment.file_id).where(Attachment.id == attachment_id))
    if row is None or row.thumbnail_id is not None:
        return
    release()
    with files.draft() as draft:
        with storage().open(row.id) as source, TemporaryFile(dir=draft.parent) as copy, draft.open("wb") as target:
            shutil.copyfileobj(source, copy)
            copy.seek(0)
            images.shrink(copy, row.content_type, target)
        stored = files.store(draft)
        with transaction():
            made = files.register(stored, f"{row.name.rpartition('.')[0] or row.name}.webp", "image/webp")
            shown = update(Attachment).where(Attachment.id == attachment_id).values(thumbnail_id=made)
            if fetch_one(shown.returning(Attachment.id)) is None:
                files.discard([made])
            work.finish()

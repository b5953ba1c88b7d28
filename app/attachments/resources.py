"""Files on todos over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.attachments import service
from app.attachments.schemas import AttachmentSchema
from app.core.api import Resource
from app.core.contract import gives, gives_file, gives_nothing, gives_page, requires, takes_upload
from app.core.paging import Page
from app.files.serving import send


class AttachmentCollection(Resource):
    """The files on a todo."""

    @requires("todos:read")
    @gives_page(AttachmentSchema())
    def get(self, todo_id: str, params: dict[str, Any]) -> Page:
        """List the attachments of a todo, oldest first."""
        return service.page(todo_id, params)

    @requires("todos:write")
    @takes_upload(AttachmentSchema(), "UPLOAD_MAX_BYTES")
    @gives(AttachmentSchema(), 201)
    def post(self, todo_id: str, values: dict[str, Any]) -> Any:
        """Attach a file to a todo. PNG, JPEG, GIF and WebP pictures get a thumbnail, shortly afterwards."""
        return service.create(todo_id, values["file"])


class AttachmentDetail(Resource):
    """One file on a todo."""

    @requires("todos:read")
    @gives(AttachmentSchema())
    def get(self, todo_id: str, attachment_id: str) -> Any:
        """Show an attachment."""
        return service.find(todo_id, attachment_id)

    @requires("todos:write")
    @gives_nothing
    def delete(self, todo_id: str, attachment_id: str) -> None:
        """Delete an attachment. Who uploaded it may, and owners of the list."""
        service.remove(todo_id, attachment_id)


class AttachmentContent(Resource):
    """The content of a file on a todo."""

    @requires("todos:read")
    @gives_file("*/*")
    def get(self, todo_id: str, attachment_id: str) -> Response:
        """Download an attachment."""
        return send(service.content(todo_id, attachment_id))


class AttachmentThumbnail(Resource):
    """A small picture of a file on a todo."""

    @requires("todos:read")
    @gives_file("image/webp")
    def get(self, todo_id: str, attachment_id: str) -> Response:
        """Show the thumbnail of an attachment, of at most 256 pixels a side. There is none of what is no picture."""
        return send(service.thumbnail(todo_id, attachment_id), ours=True, inline=True)

"""Comments on todos over HTTP."""

from __future__ import annotations

from typing import Any

from app.comments import service
from app.comments.schemas import CommentSchema
from app.core.api import Resource
from app.core.conditional import Versions
from app.core.contract import gives, gives_nothing, gives_page, if_match, requires, takes
from app.core.paging import Page


class CommentCollection(Resource):
    """What was said about a todo."""

    @requires("todos:read")
    @gives_page(CommentSchema())
    def get(self, todo_id: str, params: dict[str, Any]) -> Page:
        """List the comments on a todo, oldest first."""
        return service.page(todo_id, params)

    @requires("todos:write")
    @takes(CommentSchema())
    @gives(CommentSchema(), 201)
    def post(self, todo_id: str, values: dict[str, Any]) -> Any:
        """Comment on a todo."""
        return service.create(todo_id, values["body"])


class CommentDetail(Resource):
    """One comment on a todo."""

    @requires("todos:read")
    @gives(CommentSchema())
    def get(self, todo_id: str, comment_id: str) -> Any:
        """Show a comment."""
        return service.find(todo_id, comment_id)

    @requires("todos:write")
    @takes(CommentSchema(partial=True))
    @gives(CommentSchema())
    @if_match
    def patch(self, todo_id: str, comment_id: str, changes: dict[str, Any], versions: Versions) -> Any:
        """Change a comment of one's own."""
        return service.change(todo_id, comment_id, changes, versions)

    @requires("todos:write")
    @gives_nothing
    @if_match
    def delete(self, todo_id: str, comment_id: str, versions: Versions) -> None:
        """Delete a comment."""
        service.remove(todo_id, comment_id, versions)

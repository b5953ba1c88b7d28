"""Todos, their trash, order and tags over HTTP."""

from __future__ import annotations

from typing import Any

from app.core.api import Resource
from app.core.conditional import Versions
from app.core.contract import asks, gives, gives_nothing, gives_page, if_match, raises, requires, takes
from app.core.paging import Page
from app.core.problems import Conflict, NotFound, PreconditionFailed
from app.core.query import Argument, Query, flag, whole
from app.todos import batch, listing, placement, queries, series, service
from app.todos.filters import FILTERS, PRESENTATION
from app.todos.schemas import MOST_OCCURRENCES, BatchResultSchema, BatchSchema, MoveSchema, OccurrencesSchema, TagsSchema, TodoSchema

FEW_OCCURRENCES = 10


class TodoCollection(Resource):
    """The todos of all lists that the caller sees."""

    @requires("todos:read")
    @gives_page(TodoSchema(), FILTERS + PRESENTATION)
    def get(self, params: dict[str, Any]) -> Page:
        """Find todos."""
        return listing.page(params)

    @requires("todos:write")
    @takes(TodoSchema())
    @gives(TodoSchema(), 201)
    @raises(NotFound)
    def post(self, values: dict[str, Any]) -> Any:
        """Create a todo."""
        return service.create(values)


class TodoDetail(Resource):
    """One todo of a list that the caller sees."""

    @requires("todos:read")
    @gives(TodoSchema())
    def get(self, todo_id: str) -> Any:
        """Show a todo."""
        return queries.find(todo_id)

    @requires("todos:write")
    @takes(TodoSchema())
    @gives(TodoSchema())
    @if_match
    def put(self, todo_id: str, values: dict[str, Any], versions: Versions) -> Any:
        """Replace all fields of a todo; absent ones fall back to their defaults."""
        return service.replace(todo_id, values, versions)

    @requires("todos:write")
    @takes(TodoSchema(partial=True))
    @gives(TodoSchema())
    @if_match
    def patch(self, todo_id: str, changes: dict[str, Any], versions: Versions) -> Any:
        """Change some fields of a todo."""
        return service.change(todo_id, changes, versions)

    @requires("todos:write")
    @asks(Query(Argument("permanent", type=flag, help="Remove it for good, also from the trash.")))
    @gives_nothing
    @if_match
    def delete(self, todo_id: str, params: dict[str, Any], versions: Versions) -> None:
        """Move a todo to the trash, its subtasks along."""
        (service.remove if params.get("permanent") else service.trash)(todo_id, versions)


class TodoRestore(Resource):
    """The way back from the trash."""

    @requires("todos:write")
    @gives(TodoSchema())
    def post(self, todo_id: str) -> Any:
        """Bring a todo back from the trash, with the subtasks that went along."""
        return service.restore(todo_id)


class TodoMove(Resource):
    """The place of a todo in its list."""

    @requires("todos:write")
    @takes(MoveSchema())
    @gives(TodoSchema())
    def post(self, todo_id: str, place: dict[str, str]) -> Any:
        """Put a todo right before or after another one."""
        return placement.move(todo_id, place)


class TodoOccurrences(Resource):
    """When a todo that recurs is due again."""

    @requires("todos:read")
    @asks(Query(Argument("limit", type=whole(1, MOST_OCCURRENCES), help=f"How many to give, {FEW_OCCURRENCES} by default.")))
    @gives(OccurrencesSchema())
    def get(self, todo_id: str, params: dict[str, Any]) -> Any:
        """List the next dues of a todo after its own; none where it does not recur."""
        return {"data": series.preview(todo_id, params.get("limit", FEW_OCCURRENCES)), "next_cursor": None}


class TodoBatch(Resource):
    """Many changes of todos at once."""

    shows = TodoSchema()

    @requires("todos:write")
    @takes(BatchSchema())
    @gives(BatchResultSchema())
    @raises(NotFound, Conflict, PreconditionFailed)
    def post(self, values: dict[str, Any]) -> Any:
        """Create, change and delete up to 500 todos, all or nothing."""
        return {"results": batch.run(values["operations"])}


class TagCollection(Resource):
    """The tags in use."""

    @requires("todos:read")
    @gives(TagsSchema())
    def get(self) -> Any:
        """List the tags of the todos that I see, and how many todos carry them."""
        return {"data": queries.tags(), "next_cursor": None}

"""Lists and their members over HTTP."""

from __future__ import annotations

from typing import Any

from app.core.api import Resource
from app.core.conditional import Versions
from app.core.contract import gives, gives_nothing, gives_page, if_match, raises, requires, takes
from app.core.paging import Page
from app.core.problems import Conflict
from app.core.query import Argument, Query, flag
from app.lists import members, service
from app.lists.schemas import InvitationSchema, ListSchema, MemberSchema

FILTERS = Query(Argument("archived", type=flag, help="Only lists that are (true) or are not (false) archived."))


class ListCollection(Resource):
    """The caller's lists."""

    @requires("lists:read")
    @gives_page(ListSchema(), FILTERS)
    def get(self, params: dict[str, Any]) -> Page:
        """List the lists that I see, in my order."""
        return service.page(params)

    @requires("lists:write")
    @takes(ListSchema())
    @gives(ListSchema(), 201)
    def post(self, values: dict[str, Any]) -> Any:
        """Create a list."""
        return service.create(values)


class ListDetail(Resource):
    """One list that the caller is a member of."""

    @requires("lists:read")
    @gives(ListSchema())
    def get(self, list_id: str) -> Any:
        """Show a list."""
        return service.find(list_id)

    @requires("lists:write")
    @takes(ListSchema())
    @gives(ListSchema())
    @if_match
    @raises(Conflict)
    def put(self, list_id: str, values: dict[str, Any], versions: Versions) -> Any:
        """Replace what can be changed of a list."""
        return service.change(list_id, values, versions)

    @requires("lists:write")
    @takes(ListSchema(partial=True))
    @gives(ListSchema())
    @if_match
    @raises(Conflict)
    def patch(self, list_id: str, changes: dict[str, Any], versions: Versions) -> Any:
        """Change some fields of a list."""
        return service.change(list_id, changes, versions)

    @requires("lists:write")
    @gives_nothing
    @if_match
    @raises(Conflict)
    def delete(self, list_id: str, versions: Versions) -> None:
        """Delete a list with all its todos."""
        service.remove(list_id, versions)


class MemberCollection(Resource):
    """Who shares a list."""

    @requires("lists:read")
    @gives_page(MemberSchema())
    def get(self, list_id: str, params: dict[str, Any]) -> Page:
        """List the members of a list."""
        return members.page(list_id, params)

    @requires("lists:write")
    @takes(InvitationSchema())
    @gives(MemberSchema(), 201)
    @raises(Conflict)
    def post(self, list_id: str, invitation: dict[str, Any]) -> Any:
        """Share a list with somebody."""
        return members.add(list_id, invitation["email"], invitation["role"])


class MemberDetail(Resource):
    """One member of a list."""

    kinds = {"user_id": "Member"}

    @requires("lists:read")
    @gives(MemberSchema())
    def get(self, list_id: str, user_id: str) -> Any:
        """Show a member of a list."""
        return members.find(list_id, user_id)

    @requires("lists:write")
    @takes(MemberSchema(partial=True))
    @gives(MemberSchema())
    @if_match
    @raises(Conflict)
    def patch(self, list_id: str, user_id: str, changes: dict[str, Any], versions: Versions) -> Any:
        """Change the role of a member."""
        return members.change(list_id, user_id, changes, versions)

    @requires("lists:write")
    @gives_nothing
    @if_match
    @raises(Conflict)
    def delete(self, list_id: str, user_id: str, versions: Versions) -> None:
        """Remove a member, or leave the list."""
        members.remove(list_id, user_id, versions)

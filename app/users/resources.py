"""Accounts over HTTP: one's own, and all of them for admins."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Row

from app.auth import tokens
from app.core.api import Resource
from app.core.conditional import Versions
from app.core.contract import anyone, gives, gives_nothing, gives_page, if_match, raises, requires, session_only, takes
from app.core.identity import me
from app.core.paging import Page, page_of
from app.core.problems import Conflict, RateLimited
from app.core.query import Argument, Query, flag, words
from app.users import service
from app.users.permissions import ROLES
from app.users.schemas import LeavingSchema, ProfileSchema, UserChangesSchema, UserSchema

FILTERS = Query(
    Argument("q", type=words, help="A part of the e-mail address or the name, without case."),
    Argument("role", choices=tuple(ROLES), schema={"type": "string", "enum": list(ROLES)}, help="Only accounts with this role."),
    Argument("active", type=flag, help="Only accounts that are active, or only those that are disabled."),
)


class Me(Resource):
    """The account of the caller."""

    @anyone
    @gives(UserSchema())
    def get(self) -> Row[Any]:
        """Show my account."""
        return service.by_id(me().user_id)

    @session_only
    @takes(ProfileSchema())
    @if_match
    @gives(UserSchema())
    @raises(Conflict, RateLimited)
    def patch(self, changes: dict[str, Any], versions: Versions) -> Row[Any]:
        """Change my name, time zone or e-mail address, or whether I get the mail of the day."""
        return service.change_profile(me().user_id, changes, versions)

    @session_only
    @takes(LeavingSchema())
    @if_match
    @gives_nothing
    @raises(Conflict, RateLimited)
    def delete(self, body: dict[str, Any], versions: Versions) -> Response:
        """Leave for good: delete my account, and my lists that nobody shares."""
        service.leave(me().user_id, body["current_password"], versions)
        answer = self.answer(self.contracts["DELETE"], None)
        tokens.unset_cookies(answer)
        return answer


class Users(Resource):
    """All accounts."""

    @requires("users:read")
    @gives_page(UserSchema(), FILTERS)
    def get(self, params: dict[str, Any]) -> Page:
        """List accounts."""
        return page_of(service.listing(params.get("q"), params.get("role"), params.get("active")), params)


class UserDetail(Resource):
    """One account."""

    @requires("users:read")
    @gives(UserSchema())
    def get(self, user_id: str) -> Row[Any]:
        """Show an account."""
        return service.by_id(user_id)

    @requires("users:write")
    @takes(UserChangesSchema())
    @if_match
    @gives(UserSchema())
    @raises(Conflict)
    def patch(self, user_id: str, changes: dict[str, Any], versions: Versions) -> Row[Any]:
        """Change an account's role, or disable or enable it."""
        return service.change_account(user_id, changes, versions)

    @requires("users:write")
    @if_match
    @gives_nothing
    @raises(Conflict)
    def delete(self, user_id: str, versions: Versions) -> None:
        """Delete an account, and its lists that nobody shares."""
        service.remove(user_id, versions)

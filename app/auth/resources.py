"""Logins, sessions and personal access tokens over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from flask import Response, g, request
from marshmallow import ValidationError

from app.auth import personal_tokens, recovery, service, sessions, tokens
from app.auth.schemas import (
    LoginSchema,
    MailedSchema,
    NewPersonalTokenSchema,
    PasswordChangeSchema,
    PersonalTokenSchema,
    RegistrationSchema,
    ResetRequestSchema,
    ResetSchema,
    SessionSchema,
    TokenPairSchema,
    VerificationSchema,
)
from app.auth.sessions import Device, TokenPair
from app.core import api
from app.core.contract import Contract, gives, gives_nothing, gives_page, public, raises, refresh_only, session_only, takes
from app.core.dumping import Dump, to_json
from app.core.identity import me
from app.core.paging import Page, page_of
from app.core.problems import Conflict, Forbidden, Problem, RateLimited, Unauthorized
from app.users.schemas import UserSchema

_dump_pair = Dump(TokenPairSchema())


class Resource(api.Resource):
    """Base of all that stands under /auth: guessing is limited more than the rest."""

    limit = "auth"
    prepare: ClassVar[Callable[..., None] | None] = None

    def authorize(self, contract: Contract) -> None:
        """Refuse personal access tokens to what is public, too.

        Passwords are hashed here, ahead of the transaction that an Idempotency-Key puts the rest of the request in.
        """
        super().authorize(contract)
        if request.headers.get("Authorization", "").partition(" ")[2].startswith(personal_tokens.PREFIX):
            raise Forbidden("Personal access tokens cannot do this. Log in instead.", missing="session")
        if self.prepare and contract.takes and "Idempotency-Key" in request.headers:
            with suppress(Problem, ValidationError):  # the request itself will come to the same
                self.prepare(**contract.takes.load(api.read_body(contract)))


class Register(Resource):
    """New accounts."""

    prepare = staticmethod(service.prepare_registration)

    @public
    @takes(RegistrationSchema())
    @gives(UserSchema(), 201)
    @raises(Conflict, Forbidden)
    def post(self, body: dict[str, Any]) -> Response:
        """Register an account."""
        answer = self.answer(self.contracts["POST"], service.register(**body))
        answer.headers["Location"] = "/api/v1/me"
        return answer


class Login(Resource):
    """Logging in."""

    prepare = staticmethod(service.prepare_login)

    @public
    @takes(LoginSchema())
    @gives(TokenPairSchema())
    @raises(Unauthorized, Forbidden, RateLimited)
    def post(self, body: dict[str, Any]) -> Response:
        """Log in."""
        device = Device(request.headers.get("User-Agent", ""), request.remote_addr or "")
        pair = service.login(body["email"], body["password"], device)
        return answer_with_tokens(pair, in_cookies=body["cookies"])


class SessionResource(Resource):
    """Base of what is done to the very session that asks: another one's Idempotency-Key gets no answer to it."""

    def told(self, contract: Contract) -> bytes:
        """What the request says, and who."""
        return super().told(contract) + (me().session_id or "").encode()


class Refresh(SessionResource):
    """Staying logged in."""

    @refresh_only
    @gives(TokenPairSchema())
    def post(self) -> Response:
        """Trade a refresh token for a new pair of tokens."""
        return answer_with_tokens(sessions.refresh(g.refresh_claims), in_cookies="Authorization" not in request.headers)


class Logout(SessionResource):
    """Logging out."""

    @session_only
    @gives_nothing
    def post(self) -> Response:
        """Log out: end this session."""
        service.logout()
        answer = self.answer(self.contracts["POST"], None)
        tokens.unset_cookies(answer)
        return answer


class PasswordChange(Resource):
    """The password of the caller."""

    prepare = staticmethod(service.prepare_password_change)

    @session_only
    @takes(PasswordChangeSchema())
    @gives_nothing
    @raises(RateLimited)
    def post(self, body: dict[str, Any]) -> None:
        """Change my password, and end all my other sessions."""
        service.change_password(**body)


class PasswordReset(Resource):
    """Another password for whoever forgot theirs."""

    @public
    @takes(ResetRequestSchema())
    @gives(MailedSchema(), 202)
    @raises(Forbidden)
    def post(self, body: dict[str, Any]) -> dict[str, str]:
        """Let a token to choose another password with be mailed to an address, if there is an account with it."""
        recovery.ask_for_reset(body["email"])
        return {"message": "If there is an account with this address, a mail is on its way."}


class PasswordResetConfirm(Resource):
    """Another password, by a token that was mailed."""

    prepare = staticmethod(recovery.prepare_reset)

    @public
    @takes(ResetSchema())
    @gives_nothing
    @raises(Forbidden)
    def post(self, body: dict[str, Any]) -> None:
        """Choose another password with a token that was mailed, and end all sessions. The token works once, for an hour."""
        recovery.reset_password(**body)


class EmailVerify(Resource):
    """The proof of an address."""

    @public
    @takes(VerificationSchema())
    @gives_nothing
    @raises(Forbidden)
    def post(self, body: dict[str, Any]) -> None:
        """Prove an e-mail address with a token that was mailed there. It works once, for three days."""
        recovery.verify_email(**body)


class Sessions(Resource):
    """Where the caller is logged in."""

    @session_only
    @gives_page(SessionSchema())
    def get(self, params: dict[str, Any]) -> Page:
        """List my sessions."""
        return page_of(sessions.listing(), params)

    @session_only
    @gives_nothing
    def delete(self) -> None:
        """End all my sessions but this one."""
        sessions.end_all(me().user_id, but=me().session_id)


class SessionDetail(Resource):
    """One session of the caller."""

    @session_only
    @gives_nothing
    def delete(self, session_id: str) -> None:
        """End one of my sessions."""
        sessions.end(session_id)


class PersonalTokens(Resource):
    """Personal access tokens of the caller."""

    @session_only
    @gives_page(PersonalTokenSchema())
    def get(self, params: dict[str, Any]) -> Page:
        """List my personal access tokens."""
        return page_of(personal_tokens.listing(), params)

    @session_only
    @takes(PersonalTokenSchema())
    @gives(NewPersonalTokenSchema(), 201)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a personal access token. It is shown this once."""
        return personal_tokens.create(**body)


class PersonalTokenDetail(Resource):
    """One personal access token of the caller."""

    @session_only
    @gives(PersonalTokenSchema())
    def get(self, token_id: str) -> Any:
        """Show a personal access token, but for what is shown once."""
        return personal_tokens.find(token_id)

    @session_only
    @gives_nothing
    def delete(self, token_id: str) -> None:
        """Delete a personal access token; it stops working."""
        personal_tokens.revoke(token_id)


def answer_with_tokens(pair: TokenPair, *, in_cookies: bool) -> Response:
    """The pair in the body, or in cookies where a page's scripts shall not get hold of it."""
    body = _dump_pair(pair)
    if in_cookies:
        del body["access_token"], body["refresh_token"]
    answer = Response(to_json(body), content_type="application/json")
    if in_cookies:
        tokens.set_cookies(answer, pair["access_token"], pair["refresh_token"])
    return answer

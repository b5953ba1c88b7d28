"""Credentials that have had their time are removed."""

from __future__ import annotations

from datetime import timedelta

from app.auth import attempts, revocation
from app.auth.mailed_tokens import WAITED_FOR
from app.auth.models import CredentialChange, LoginFailure, MailedToken, PersonalToken, Session
from app.core.database import remove_some
from app.core.types import now

SHOWN = timedelta(days=30)  # that an expired personal token still stands in its owner's list, to be recognised


def expire(most: int = 1000) -> int:
    """Remove at most so many of each kind; gives how many of the kind that there were most of.

    A mailed token stays a day longer than it is good: as long as its job could make it anew.
    """
    moment = now()
    return max(
        remove_some(Session.id, Session.expires_at <= moment, most=most),
        remove_some(PersonalToken.id, PersonalToken.expires_at <= moment - SHOWN, most=most),
        remove_some(MailedToken.token_hash, MailedToken.expires_at <= moment - WAITED_FOR, most=most),
        remove_some(LoginFailure.id, LoginFailure.failed_at <= moment - attempts.WINDOW, most=most),
        remove_some(CredentialChange.subject_id, CredentialChange.changed_at < moment - revocation.KEPT, most=most),
    )

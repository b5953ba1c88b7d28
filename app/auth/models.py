"""Sessions, personal access tokens, and what every process must learn about them soon."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CHAR, JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.types import Id, Instant
from app.extensions import Model


class Session(Model):
    """A login on one device: a chain of refresh tokens, of which the newest alone is good."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    refresh_jti: Mapped[str] = mapped_column(String(36), comment="jti of the refresh token that is good now")
    rotated: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, comment="jti of each refresh token used in the last seconds, and when"
    )
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    ip_address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class PersonalToken(Model):
    """A personal access token for scripts. The token itself is known to its owner alone."""

    __tablename__ = "personal_tokens"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(CHAR(64), unique=True, comment="SHA-256; the token has 256 random bits, so that is enough")
    scopes: Mapped[list[str]] = mapped_column(JSON)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class CredentialChange(Model):
    """News of a credential: the newest for each session, token or account, for all processes to pick up.

    No foreign keys: the news that an account was deleted must outlive the account.
    """

    __tablename__ = "credential_changes"

    subject_id: Mapped[str] = mapped_column(Id, primary_key=True, comment="of a session, a token or an account")
    revoked: Mapped[bool] = mapped_column(comment="whether credentials of the subject are refused")
    role: Mapped[str | None] = mapped_column(String(16), comment="of an account: its role now")
    time_zone: Mapped[str | None] = mapped_column(String(64), comment="of an account: its time zone now")
    changed_at: Mapped[datetime] = mapped_column(Instant, index=True)


class LoginFailure(Model):
    """A login that failed, known address or not. Ten in 15 minutes slow an account down."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("ix_login_failures_account", "account_hash", "failed_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_hash: Mapped[str] = mapped_column(CHAR(64), comment="keyed hash of the address that was tried")
    failed_at: Mapped[datetime] = mapped_column(Instant, index=True)


class MailedToken(Model):
    """What a link in a mail proves: that its bearer reads the mail of an address. Good for one use."""

    __tablename__ = "mailed_tokens"

    token_hash: Mapped[str] = mapped_column(CHAR(64), primary_key=True, comment="SHA-256; the token has 256 unguessable bits")
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(8), comment="reset, verify, or spent, which once was reset")
    email: Mapped[str] = mapped_column(String(254), comment="the address that it was sent to")
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)

"""Who is asking: logins, their tokens, and personal access tokens."""

from __future__ import annotations

from flask import Flask

from app.auth import authentication, tokens


def init_app(app: Flask) -> None:
    """Give the app its keys, and its memory of credentials that were verified or revoked."""
    tokens.init_app(app)
    authentication.init_app(app)

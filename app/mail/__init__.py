"""Mails: what they say, and how they go out. Each is a job of the service's own."""

from __future__ import annotations

from flask import Flask

from app.mail import delivery, messages


def init_app(app: Flask) -> None:
    """Give the app its way of sending mails, and their templates what they need."""
    delivery.init_app(app)
    messages.init_app(app)

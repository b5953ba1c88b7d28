"""Rate limits: how many requests an account, or an address without one, may send in a time.

Built on `limits`, the engine of Flask-Limiter, without the extension around it: 20 µs a request instead of 115 µs, of a
budget of 1,000 µs. Counts live in the process, or in Redis (`REDIS_URL`) for several. When Redis is away requests pass:
a limiter must not be what takes the service down.
"""

from __future__ import annotations

import logging
import time

from flask import Flask, current_app, g
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string

from app.core.problems import RateLimited

log = logging.getLogger(__name__)

REDIS_SECONDS = 0.25


class Limits:
    """The limits of one app by name, and their counts."""

    def __init__(self, storage: Storage, items: dict[str, RateLimitItem]) -> None:
        self.storage = storage
        self.items = items
        self.policies = {name: f'"{name}";q={item.amount};w={item.get_expiry()}' for name, item in items.items()}
        self.failures = 0

    def hit(self, name: str, who: str) -> None:
        """Count one request of `who`; its standing goes into the answer's headers. Raises RateLimited."""
        item = self.items[name]
        key = item.key_for(name, who)
        try:
            count = self.storage.incr(key, item.get_expiry())
            seconds = max(1, round(self.storage.get_expiry(key) - time.time()))
        except StorageError as error:
            self.failures += 1
            log.warning("rate limits are not counted: %s", type(error.storage_error).__name__)
            return
        g.limit_headers = [
            ("RateLimit-Policy", self.policies[name]),
            ("RateLimit", f'"{name}";r={max(0, item.amount - count)};t={seconds}'),
        ]
        if count > item.amount:
            raise RateLimited(headers={"Retry-After": str(seconds)})


def init_app(app: Flask) -> None:
    """Make the limits of the app; without them where RATE_LIMITS is off."""
    if app.config["RATE_LIMITS"]:
        items = {"default": parse(app.config["RATE_LIMIT_DEFAULT"]), "auth": parse(app.config["RATE_LIMIT_AUTH"])}
        options = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), REDIS_SECONDS) if app.config["REDIS_URL"] else {}
        storage = storage_from_string(app.config["REDIS_URL"] or "memory://", wrap_exceptions=True, **options)
        app.extensions["limits"] = Limits(storage, items)  # type: ignore[arg-type]  # synchronous addresses give a Storage


def hit(name: str, who: str) -> None:
    """Count one request of `who` under the limit `name`. Raises RateLimited."""
    limits: Limits | None = current_app.extensions.get("limits")
    if limits:
        limits.hit(name, who)

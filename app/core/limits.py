"""Rate limits: how many requests an account, or an address without one, may send in a time.

Counts live in the process, or in Redis (`REDIS_URL`) for several. When Redis is away requests pass: a limiter must not be what
takes the service down. Rates are those of `limits`, the engine of Flask-Limiter, whose Redis storage is used too. The
extension itself, and the engine's counts in memory, are not: 115 µs and 25 µs a request, and a thread every 10 ms, where the
few lines below take 3 µs of a budget of 1,000 µs.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import Protocol, cast

from flask import Flask, current_app, g
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import RedisStorage

from app.core import metrics
from app.core.problems import RateLimited

log = logging.getLogger(__name__)

MOST_KEYS = 100_000
REDIS_SECONDS = 0.25
PAUSE_SECONDS = 2  # after a failure: waiting for Redis anew in every request would slow them all down


class Counts(Protocol):
    """Where requests are counted."""

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count one more under the key, whose first count begins a window of `expiry` seconds; gives the count."""

    def get_expiry(self, key: str) -> float:
        """When the window of the key ends, in seconds since the epoch."""


class MemoryCounts:
    """Counts of one process; the oldest windows are forgotten first when there are too many."""

    def __init__(self) -> None:
        self.windows: dict[str, tuple[float, int]] = {}
        self.lock = threading.Lock()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """See Counts."""
        moment = time.time()
        with self.lock:
            end, count = self.windows.get(key, (0.0, 0))
            if end <= moment or end > moment + expiry:
                self.windows.pop(key, None)  # so that it goes to the end of the order
                end, count = moment + expiry, 0
                if len(self.windows) >= MOST_KEYS:
                    del self.windows[next(iter(self.windows))]
            self.windows[key] = end, count + amount
            return count + amount

    def get_expiry(self, key: str) -> float:
        """See Counts."""
        return self.windows.get(key, (time.time(), 0))[0]


class RedisCounts(RedisStorage):
    """Counts of several processes."""

    def get_expiry(self, key: str) -> float:
        """See Counts. The engine's asks for whole seconds, which Redis rounds: half a second too early at times."""
        left: int = self.get_connection(True).pttl(self.prefixed_key(key))  # type: ignore[attr-defined]  # it names what the engine itself asks for
        return time.time() + max(left, 0) / 1000


class Limits:
    """The limits of one app by name, and their counts."""

    def __init__(self, counts: Counts, items: dict[str, RateLimitItem]) -> None:
        self.counts = counts
        self.items = items
        self.policies = {name: f'"{name}";q={item.amount};w={item.get_expiry()}' for name, item in items.items()}
        self.keys = {name: item.key_for(name, "{}").partition("{}") for name, item in items.items()}  # made anew it would take 2 µs
        self.seconds = {name: item.get_expiry() for name, item in items.items()}
        self.failures = 0
        self.paused_until = 0.0

    def hit(self, name: str, who: str) -> None:
        """Count one request of `who`; its standing goes into the answer's headers. Raises RateLimited."""
        if time.monotonic() < self.paused_until:
            return
        item = self.items[name]
        before, _, after = self.keys[name]
        key = f"{before}{who}{after}"
        try:
            count = self.counts.incr(key, self.seconds[name])
            left = math.ceil(self.counts.get_expiry(key) - time.time())  # rounded down it would be too early to come back
        except StorageError as error:
            self.failures += 1
            metrics.current().count(metrics.LIMITER_FAILURES)
            self.paused_until = time.monotonic() + PAUSE_SECONDS
            log.warning("rate limits are not counted: %s", type(error.storage_error).__name__)
            return
        seconds = min(max(1, left), self.seconds[name])
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
        app.extensions["limits"] = Limits(_counts(app.config["REDIS_URL"]), items)


def hit(name: str, who: str) -> None:
    """Count one request of `who` under the limit `name`. Raises RateLimited."""
    limits: Limits | None = current_app.extensions.get("limits")
    if limits:
        limits.hit(name, who)


def _counts(redis_url: str) -> Counts:
    if not redis_url:
        return MemoryCounts()
    redis = RedisCounts(redis_url, wrap_exceptions=True, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    return cast(Counts, redis)

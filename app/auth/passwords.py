"""Passwords: argon2id with OWASP's parameters, a bounded number at a time, and none that everybody uses.

What was found is kept for the length of the request: one that an Idempotency-Key puts inside a transaction hashes ahead of
it, so that no lock and no connection is held meanwhile (see `service.prepare_login` and its like).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import g

from app.core.database import release
from app.core.problems import Invalid, Unavailable

SHORTEST, LONGEST = 8, 128
PARALLEL_HASHES = 2
WAIT_SECONDS = 5.0
_COMMON = Path(__file__).with_name("common_passwords.txt")
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_turns = threading.BoundedSemaphore(PARALLEL_HASHES)
_of_nobody = "$argon2id$v=19$m=19456,t=2,p=1$D35g7kryUJJzHiPOrKx+5w$O1tQ+njIANCAwme5ienc3oGk4bNvV/wRNNnymxyegEo"  # of a password that was thrown away


def hashed(password: str) -> str:
    """The argon2id hash to keep of a password; 20 ms of one core and 19 MiB. Raises Unavailable where many wait for it."""
    done: dict[str, str] = g.setdefault("passwords_hashed", {})
    if password not in done:
        with _turn():
            done[password] = _hasher.hash(password)
    return done[password]


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one of the hash. Without a hash, of nobody, it takes as long to say no.

    Raises Unavailable where many wait for it.
    """
    done: dict[tuple[str | None, str], bool] = g.setdefault("passwords_matched", {})
    if (password_hash, password) not in done:
        with _turn():
            done[password_hash, password] = _matches(password_hash or _of_nobody, password) and password_hash is not None
    return done[password_hash, password]


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than those in use now."""
    return _hasher.check_needs_rehash(password_hash)


def refuse_weak(password: str, email: str, field: str = "password") -> None:
    """Let pass a password that is hard to guess. Raises Invalid, which names `field`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid({field: [f"Length must be between {SHORTEST} and {LONGEST}."]})
    if "\0" in password:
        raise Invalid({field: ["NUL characters are not allowed."]})
    if password.lower() in _common():
        raise Invalid({field: ["This is one of the most common passwords. Choose another."]})
    if password.lower() in (email.lower(), email.lower().partition("@")[0]):
        raise Invalid({field: ["The password must not be the e-mail address or a part of it."]})


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn, and keep no database connection from others meanwhile."""
    release()
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Too many passwords are being checked. Try again shortly.")
    try:
        yield
    finally:
        _turns.release()


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="ascii").split())

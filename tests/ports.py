"""Ports for servers that tests start."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress
from pathlib import Path

LOWEST, ENOUGH = 10_000, 1_000


def free_port() -> int:
    """A port of this machine that nobody has now.

    It is none of those that the kernel gives to connections: one of them could take it before its server does, or while that is down.
    """
    candidates = _unused_by_connections()
    while len(candidates) >= ENOUGH:
        with suppress(OSError):
            return _bound(secrets.choice(candidates))
    return _bound(0)  # connections have them all: one that is free at the moment


def _unused_by_connections() -> range:
    """The ports below or above those of connections, whichever are more (Linux)."""
    try:
        first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    except OSError:
        return range(0)
    return max(range(LOWEST, first), range(last + 1, 2**16), key=len)


def _bound(port: int) -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
        return free.getsockname()[1]

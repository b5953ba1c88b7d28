"""What each role of the service may do. Scopes of personal access tokens are the same words."""

from __future__ import annotations

READ = frozenset({"todos:read", "lists:read", "jobs:read"})
WRITE = frozenset({"todos:write", "lists:write", "jobs:write"})
ADMINISTER = frozenset({"users:read", "users:write", "audit:read"})

ROLES: dict[str, frozenset[str]] = {
    "viewer": READ,
    "member": READ | WRITE,
    "admin": READ | WRITE | ADMINISTER,
}
PERMISSIONS = ROLES["admin"]

"""What a member of a list may do there, by role. The roles include each other: owner > editor > viewer."""

from __future__ import annotations

from app.core.problems import Forbidden

ROLES = ("viewer", "editor", "owner")


def may(role: str, needed: str) -> bool:
    """Whether a member with `role` may do what takes `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def require(role: str, needed: str) -> None:
    """Let pass a member whose role in the list is `needed` or more. Raises Forbidden."""
    if not may(role, needed):
        raise Forbidden(f"This takes the role {needed} in the list.", missing=needed)


def roles_from(needed: str) -> tuple[str, ...]:
    """The roles that may do what takes `needed`, for SQL."""
    return ROLES[ROLES.index(needed) :]

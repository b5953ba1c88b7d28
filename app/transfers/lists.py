"""Which list a row goes to, and who may be assigned there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.core.database import fetch_all
from app.core.identity import me
from app.lists.models import Member
from app.lists.permissions import may
from app.lists.service import visible_lists


class Shelves:
    """The lists that the caller may edit. With `only` all rows go to that one."""

    def __init__(self, rows: Any, only: str | None) -> None:
        self.only = only
        self.names: dict[str, str] = {row.id: row.name for row in rows if may(row.role, "editor")}
        self.first: dict[str, str] = {}
        for list_id, name in self.names.items():
            self.first.setdefault(name, list_id)
        self._members: dict[str, frozenset[str]] = {}

    @classmethod
    def load(cls, only: str | None = None) -> Shelves:
        """The lists as they are now, in the caller's own order."""
        return cls(fetch_all(visible_lists(me()).order_by(Member.position, Member.list_id)), only)

    def choose(self, list_id: str | None, name: str | None, current: str | None = None) -> str:
        """The list of a row: the one whose id, or else whose name, it gives. Without one a todo stays in its `current` list.

        A new one goes to the inbox. Of several lists of a name it is the current one, or the first.
        """
        if self.only is not None:
            return self.only
        if list_id in self.names:
            return str(list_id)
        if name is not None and name in self.first:
            return current if current is not None and self.names[current] == name else self.first[name]
        return current or me().inbox_id

    def is_member(self, list_id: str, user_id: str) -> bool:
        """Whether the user is a member of the list."""
        if list_id not in self._members:
            rows = fetch_all(select(Member.user_id).where(Member.list_id == list_id))
            self._members[list_id] = frozenset(row.user_id for row in rows)
        return user_id in self._members[list_id]

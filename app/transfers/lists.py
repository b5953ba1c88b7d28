"""Which list a row goes to, and who may be assigned there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.core.database import fetch_all
from app.core.identity import me
from app.core.types import new_id
from app.lists.models import Member
from app.lists.permissions import may
from app.lists.service import editable, insert_list, next_position, visible_lists

MOST_NEW = 100
"""Lists that one file may bring along."""
_LONGEST_NAME = 120


class Shelves:
    """The lists that the caller may edit. With `only` all rows go to that one; with `adding` those that a file names become new ones."""

    def __init__(self, rows: Any, only: str | None, *, adding: bool) -> None:
        self.only = only
        self.adding = adding
        self.new: dict[str, str] = {}
        self.names: dict[str, str] = {row.id: row.name for row in rows if may(row.role, "editor")}
        self.first: dict[str, str] = {}
        for list_id, name in self.names.items():
            self.first.setdefault(name, list_id)
        self._members: dict[str, frozenset[str]] = {}

    @classmethod
    def load(cls, only: str | None = None, *, adding: bool = False) -> Shelves:
        """The lists as they are now, in the caller's own order. Raises NotFound and Forbidden for `only`."""
        if only is not None:
            editable(only)
        return cls(fetch_all(visible_lists(me()).order_by(Member.position, Member.list_id)), only, adding=adding)

    def choose(self, list_id: str | None, name: str | None, current: str | None = None) -> str:
        """The list of a row: the one whose id, or else whose name, it gives. Without one a todo stays in its `current` list.

        Of several lists of a name it is the current one, or the first; where there is none the list is to be made. What names none
        goes to the inbox.
        """
        if self.only is not None:
            return self.only
        if list_id in self.names:
            return str(list_id)
        if name is not None and name in self.first:
            return current if current is not None and self.names[current] == name else self.first[name]
        if name and self.adding and name.strip() and len(name) <= _LONGEST_NAME and len(self.new) < MOST_NEW:
            return self._add(name)
        return current or me().inbox_id

    def create(self, used: set[str]) -> None:
        """Make those of the new lists that are used, in the transaction that is open."""
        for list_id, name in self.new.items():
            if list_id in used:
                insert_list(me().user_id, next_position(me().user_id), list_id, name=name)

    def is_member(self, list_id: str, user_id: str) -> bool:
        """Whether the user is a member of the list."""
        if list_id in self.new:
            return user_id == me().user_id
        if list_id not in self._members:
            rows = fetch_all(select(Member.user_id).where(Member.list_id == list_id))
            self._members[list_id] = frozenset(row.user_id for row in rows)
        return user_id in self._members[list_id]

    def _add(self, name: str) -> str:
        list_id = self.first[name] = new_id()
        self.names[list_id] = self.new[list_id] = name
        return list_id

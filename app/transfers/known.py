"""What the database knows of the ids in a file.

An id that is free is kept, so that an export which comes back into an empty account is the same. One that is the id of a todo of
somebody else's, which the caller must not even learn of, stands for another id that is made of it and the caller's: so whoever
imports the same file twice has its todos once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, and_, bindparam, select

from app.core.database import fetch_all
from app.core.identity import me
from app.core.types import Id, is_id
from app.lists.models import Member
from app.lists.permissions import roles_from
from app.todos.models import Todo

TEXTS = ("search", "task_key")
"""The columns that follow from what a todo says. They are large, and written anew only where that has changed."""
_COLUMNS = [column for column in Todo.__table__.columns if column.name not in TEXTS]
_MINE = and_(Member.list_id == Todo.list_id, Member.user_id == bindparam("caller", type_=Id), Member.role.in_(roles_from("editor")))
_BY_ID = select(*_COLUMNS, Member.role).outerjoin(Member, _MINE).where(Todo.id.in_(bindparam("ids", type_=Id, expanding=True)))
_SERIES = (
    select(Todo.series_id)
    .outerjoin(Member, _MINE)
    .where(Todo.series_id.in_(bindparam("ids", type_=Id, expanding=True)), Member.role.is_(None))
    .distinct()
)


class Known:
    """The todos that some rows name: those that the caller may edit, and which ids are taken by others'."""

    def __init__(self, texts: Iterable[str], *, unique_ids: bool) -> None:
        """With `unique_ids` also an id of another form names the same todo in every file."""
        self.ids: dict[str, str | None] = {}
        for text in texts:
            self.ids[text] = text.lower() if is_id(text.lower()) else derived_id(text) if unique_ids else None
        self.rows: dict[str, Row[Any]] = {}
        taken = self._look_up(set(self.ids.values()) - {None})
        if taken:
            self.ids = {text: derived_id(real) if real in taken else real for text, real in self.ids.items() if real} | {
                text: None for text, real in self.ids.items() if real is None
            }
            taken = self._look_up({real for real in self.ids.values() if real and real not in self.rows})
            self.ids = {text: None if real in taken else real for text, real in self.ids.items()}

    def _look_up(self, ids: set[Any]) -> set[str]:
        """Remember the todos with these ids that the caller may edit; gives the ids of the others'."""
        if not ids:
            return set()
        found = fetch_all(_BY_ID, {"caller": me().user_id, "ids": sorted(ids)})
        self.rows |= {row.id: row for row in found if row.role}
        return {row.id for row in found if not row.role}


def series_of_others(ids: set[str]) -> set[str]:
    """Which of these series have todos that the caller may not edit."""
    return {row.series_id for row in fetch_all(_SERIES, {"caller": me().user_id, "ids": sorted(ids)})} if ids else set()


def derived_id(text: str) -> str:
    """The id that stands for another one in the caller's account: of the same time where that is a UUIDv7, and never the same."""
    digest = hashlib.sha256(f"{me().user_id} {text}".encode()).hexdigest()
    head = text[:13] if is_id(text) and text[14] == "7" else "00000000-0000"
    return f"{head}-7{digest[:3]}-{'89ab'[int(digest[3], 16) % 4]}{digest[4:7]}-{digest[7:19]}"

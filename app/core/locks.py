"""Locks of things that have a name and no row."""

from __future__ import annotations

from sqlalchemy import ARRAY, Text, bindparam, column, func, select

from app.core.database import on_sqlite
from app.core.statements import Prepared

_NAMES = func.unnest(bindparam("names", type_=ARRAY(Text))).table_valued(column("name", Text), name="wanted")
_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(_NAMES.c.name, 0)).label("held")).select_from(_NAMES))


def lock(*names: str) -> None:
    """Let one transaction at a time go on that names the same things. They are locked in the order given, which must be everyone's.

    (SQLite's transactions never run side by side.)
    """
    if not on_sqlite():
        _LOCK.run({"names": list(names)})

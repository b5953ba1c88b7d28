"""Conditions on sets of values, of any size in a statement of one text."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam


def any_of(column: Any, name: str, kind: Any, *, sqlite: bool) -> ColumnElement[bool]:
    """That the column holds one of the values bound to `name`: as one array where the database has arrays."""
    if sqlite:
        return column.in_(bindparam(name, type_=kind, expanding=True))  # type: ignore[no-any-return]  # columns are Any here
    return column == any_(bindparam(name, type_=ARRAY(kind)))  # type: ignore[no-any-return]

"""The first phase of an import: rows are checked, by the API's own schema and rules, and made ready to be written."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import Any

from marshmallow import ValidationError

from app.core.problems import Invalid
from app.core.types import is_id, new_id
from app.todos.models import Todo
from app.transfers.known import TEXTS, Known, derived_id, series_of_others
from app.transfers.lists import Shelves
from app.transfers.making import BESIDE, changed_columns, new_row
from app.transfers.outline import Outline, Place
from app.transfers.rows import IGNORED, SKIPPED, Row, RowSchema, Wrong, told
from app.transfers.schemas import MOST_ERRORS
from app.transfers.spool import Spool

_NEW, _CHANGED = RowSchema(), RowSchema(partial=True)
_COLUMNS = [column.name for column in Todo.__table__.columns]
_KEPT = {"created_by", "created_at"}
_BATCH = 500
_NULLABLE = frozenset(name for name, field in _NEW.fields.items() if field.allow_none)


def _told(values: dict[str, Any], *, new: bool) -> dict[str, Any]:
    """What the schema is to look at: of a `new` todo not what is null by default, which takes half of its time."""
    if not new:
        return {name: value for name, value in values.items() if name not in IGNORED}
    return {name: value for name, value in values.items() if name not in IGNORED and (value is not None or name not in _NULLABLE)}


class Preparation:
    """The rows that are ready, the todos that they change, and what is wrong with the others."""

    def __init__(self, shelves: Shelves, *, unique_ids: bool) -> None:
        self.shelves = shelves
        self.unique_ids = unique_ids
        self.outline = Outline()
        self.lists: set[str] = set()
        self.refused: set[int] = set()
        self.count = self.created = self.updated = self.skipped = self.error_count = 0
        self._errors: list[dict[str, Any]] = []
        self._series: dict[str, str] = {}
        self._open = ExitStack()
        self.new = self._open.enter_context(Spool(_COLUMNS))
        self.changes = self._open.enter_context(Spool([name for name in _COLUMNS if name not in _KEPT]))

    def __enter__(self) -> Preparation:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def add(self, rows: list[Row]) -> None:
        """Make some rows ready."""
        given = [values for _, values in rows if isinstance(values, dict)]
        known = Known((values["id"] for values in given if isinstance(values.get("id"), str)), unique_ids=self.unique_ids)
        self._look_at_series(given)
        for number, values in rows:
            self.count += 1
            if values is SKIPPED:
                self.skipped += 1
            elif isinstance(values, Wrong):
                self.refuse(number, values.message)
            else:
                self._add(number, values, known)

    def refuse(self, number: int, message: str) -> None:
        """Leave a row out."""
        self.error_count += 1
        self.skipped += 1
        self.refused.add(number)
        if len(self._errors) < MOST_ERRORS:
            self._errors.append({"row": number, "message": message})

    def close_outline(self) -> None:
        """Leave out the rows that cannot be nested as they say."""

        def refuse(place: Place, message: str) -> None:
            self.created -= place.new
            self.updated -= not place.new
            self.refuse(place.row, message)

        self._find_parents()
        self.outline.check(refuse)

    def errors(self) -> list[dict[str, Any]]:
        """The first errors, by their rows."""
        return sorted(self._errors, key=lambda error: int(error["row"]))

    def result(self, *, kept: bool = True) -> dict[str, Any]:
        """What it comes to; without what would have been written where nothing is `kept`."""
        counts = (
            {"created": self.created, "updated": self.updated, "skipped": self.skipped}
            if kept
            else dict.fromkeys(("created", "updated", "skipped"), 0)
        )
        return {**counts, "errors": self.errors(), "error_count": self.error_count}

    def _look_at_series(self, given: list[dict[str, Any]]) -> None:
        named = {text.lower() for values in given if isinstance(text := values.get("series_id"), str) and is_id(text.lower())}
        unseen = named - self._series.keys()
        foreign = series_of_others(unseen)
        self._series |= {series: derived_id(series) if series in foreign else series for series in unseen}

    def _find_parents(self) -> None:
        """Look up what the parents that the file does not hold are called here, where an earlier file may have brought them."""
        outline = self.outline
        named = {place.parent_id for place in outline.places.values() if place.parent_id}
        outside = iter(named - outline.places.keys() - outline.renamed.keys() - outline.refused)
        while some := list(islice(outside, _BATCH)):
            outline.renamed |= {text: real for text, real in Known(some, unique_ids=self.unique_ids).ids.items() if real}

    def _add(self, number: int, values: dict[str, Any], known: Known) -> None:
        named = values.get("id")
        named = named if isinstance(named, str) else None
        real = known.ids.get(named) if named else None
        row = known.rows.get(real) if real else None
        real = real or new_id()
        try:
            loaded = (_NEW if row is None else _CHANGED).load(_told(values, new=row is None))
            if named and (real in self.outline.places or named in self.outline.renamed):
                raise ValidationError({"id": ["Another row has the same id."]})
            beside = {name: loaded.pop(name) for name in BESIDE if name in loaded}
            if beside.get("series_id"):
                beside["series_id"] = self._series[beside["series_id"]]
            place = self._create(number, real, loaded, beside) if row is None else self._change(number, row._asdict(), loaded, beside)
        except (ValidationError, Invalid) as error:
            self.outline.refused |= {named, named.lower()} if named else set()
            self.refuse(number, told(error if isinstance(error, ValidationError) else ValidationError(error.errors)))
            return
        self.lists.add(place.list_id)
        if named or place.parent_id:
            self.outline.places[real] = place
        if named and named != real:
            self.outline.renamed[named] = real

    def _create(self, number: int, todo_id: str, values: dict[str, Any], beside: dict[str, Any]) -> Place:
        row = new_row(todo_id, values, beside, self.shelves)
        self.new.add(number, row)
        self.created += 1
        return Place(row["parent_id"], row["list_id"], row["deleted_at"], number, new=True)

    def _change(self, number: int, row: dict[str, Any], values: dict[str, Any], beside: dict[str, Any]) -> Place:
        columns = changed_columns(row, values, beside, self.shelves)
        merged = {**row, **columns}
        if columns:
            self.changes.add(number, {**dict.fromkeys(TEXTS), **merged})
        if columns.keys() & {"parent_id", "list_id"}:
            self.outline.moved.append(row["id"])
            self.lists.add(row["list_id"])
        self.updated += 1
        stays = merged["list_id"] == row["list_id"] and row["deleted_at"] is None
        otherwise = row["parent_id"] if stays else None
        return Place(merged["parent_id"], merged["list_id"], merged["deleted_at"], number, otherwise=otherwise)

"""Rows that are ready for the database, in a temporary file. Their values are as the driver takes them, so that writing them is quick."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from itertools import chain, islice
from types import TracebackType
from typing import Any

import orjson

from app.core.database import engine, on_sqlite, open_connection
from app.core.uploads import incoming_folder
from app.todos.models import Todo

_MOST_VALUES = 32_000  # that a statement of SQLite takes
_MOST_ROWS = 1000


class Spool(AbstractContextManager["Spool"]):
    """Rows of the same columns, of the todos or of a table like it."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = list(columns)
        dialect = engine().dialect
        types = [Todo.__table__.c[name].type for name in self.columns]
        self._binders = [
            None if name == "tags" else kind.dialect_impl(dialect).bind_processor(dialect)
            for name, kind in zip(self.columns, types, strict=True)
        ]
        self._file = tempfile.TemporaryFile(dir=incoming_folder())  # noqa: SIM115  # `__exit__` closes it
        self.count = 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, number: int, row: Mapping[str, Any]) -> None:
        """Add a row, which is that of the file with this number."""
        values = [_bound(bind, row[name]) for name, bind in zip(self.columns, self._binders, strict=True)]
        values.append(number)
        self._file.write(orjson.dumps(values))
        self._file.write(b"\n")
        self.count += 1

    def value(self, name: str, value: Any) -> Any:
        """A value of a column as the rows have it."""
        return _bound(self._binders[self.columns.index(name)], value)

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Each row with its number; its values may be changed before they are written."""
        self._file.seek(0)
        for line in self._file:
            values = orjson.loads(line)
            yield values.pop(), values

    def write(self, table: str, rows: Iterable[list[Any]]) -> int:
        """Insert rows of these columns into a table, in the transaction that is open; gives how many."""
        connection = open_connection()
        assert connection is not None, "there is a transaction"
        names = ", ".join(self.columns)
        written = 0
        if not on_sqlite():
            # One statement, whose triggers hold the lists at its very end; and twice as fast as INSERT.
            cursor: Any = connection.connection.cursor()
            with cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
                    written += 1
            return written
        # Each statement makes FTS5 write down what it has gathered: with one for each row all takes four times as long.
        most = min(_MOST_ROWS, _MOST_VALUES // len(self.columns))
        one = f"({', '.join('?' * len(self.columns))})"
        rest = iter(rows)
        while some := list(islice(rest, most)):
            statement = f"INSERT INTO {table} ({names}) VALUES {', '.join([one] * len(some))}"  # noqa: S608  # names of our own
            connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))
            written += len(some)
        return written


def _bound(bind: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if value is None else _plain(bind(value) if bind else value)


def _plain(value: Any) -> Any:
    """The value as JSON has it; both databases read the text of a day, of an instant and of JSON."""
    if isinstance(value, date):
        return value.isoformat()
    return orjson.dumps(value).decode() if isinstance(value, list) else value

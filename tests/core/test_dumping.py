"""The fast dump and marshmallow's own must say the same of every row."""

from collections import namedtuple
from datetime import UTC, date, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields

from app.comments.schemas import CommentSchema
from app.core.dumping import Dump, to_json
from app.core.fields import InstantField
from app.lists.schemas import ListSchema, MemberSchema
from app.todos.models import Todo
from app.todos.schemas import PRIORITIES, BatchResultSchema, TodoSchema
from app.users.permissions import ROLES
from app.users.schemas import UserSchema

FEW = settings(max_examples=50, deadline=None)

ids = st.uuids().map(str)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
days = st.dates(date(1, 1, 1), date(9999, 12, 31))
versions = st.integers(1, 2**53)
positions = st.floats(-1e15, 1e15) | st.integers(-(10**15), 10**15)  # SQLite gives whole numbers now and then


def maybe(strategy):
    return st.none() | strategy


TIMES = {"version": versions, "created_at": instants, "updated_at": instants}
ROWS = {
    TodoSchema: {
        **TIMES,
        **dict.fromkeys(("id", "list_id"), ids),
        **{name: maybe(ids) for name in ("parent_id", "series_id", "assignee_id", "created_by")},
        **{name: maybe(instants) for name in ("completed_at", "due_at", "remind_at", "deleted_at")},
        "task": texts,
        "notes": maybe(texts),
        "done": st.booleans(),
        "priority": st.integers(0, len(PRIORITIES) - 1),
        "due_on": maybe(days),
        "recurrence": maybe(texts),
        "tags": st.lists(texts, max_size=3),
        "position": positions,
    },
    ListSchema: {
        **TIMES,
        "id": ids,
        "name": texts,
        "color": maybe(texts),
        "archived": st.booleans(),
        "inbox": st.booleans(),
        "position": positions,
        "role": st.sampled_from(["owner", "editor", "viewer"]),
        "open_count": st.integers(0, 2**31),
    },
    CommentSchema: {**TIMES, "id": ids, "todo_id": ids, "author_id": maybe(ids), "author_name": maybe(texts), "body": texts},
    UserSchema: {
        **TIMES,
        "id": ids,
        "inbox_id": ids,
        "email": texts,
        "name": texts,
        "role": st.sampled_from(list(ROLES)),
        "active": st.booleans(),
        "time_zone": st.just("UTC"),
    },
    MemberSchema: {"user_id": ids, "name": texts, "email": texts, "role": texts, "version": versions, "joined_at": instants},
}


def row_of(values):
    """A row as the database gives it."""
    return namedtuple("Row", values)(**values)


def check(schema, row):
    fast = orjson.loads(to_json(Dump(schema)(row)))
    slow = orjson.loads(orjson.dumps(schema.dump(row)))
    assert repr(fast) == repr(slow)  # in the same order, and 1 is not 1.0


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_a_row_is_dumped_as_marshmallow_would(kind, data):
    check(kind(), row_of(data.draw(st.fixed_dictionaries(ROWS[kind]))))


@FEW
@given(data=st.data(), only=st.sets(st.sampled_from(sorted(ROWS[TodoSchema])), min_size=1))
def test_some_fields_are_dumped_as_marshmallow_would(data, only):
    row = row_of(data.draw(st.fixed_dictionaries(ROWS[TodoSchema])))

    fast = orjson.loads(to_json(Dump(TodoSchema(), tuple(only))(row)))

    assert fast == orjson.loads(orjson.dumps(TodoSchema(only=only).dump(row)))


@FEW
@given(todos=st.lists(maybe(st.fixed_dictionaries(ROWS[TodoSchema])), max_size=3))
def test_nested_rows_are_dumped_as_marshmallow_would(todos):
    results = [{"op": "update", "status": 200, "id": str(UUID(int=7)), "todo": todo} for todo in todos]

    fast = orjson.loads(to_json(Dump(BatchResultSchema())({"results": results})))

    assert fast == orjson.loads(orjson.dumps(BatchResultSchema().dump({"results": results})))


@FEW
@given(moment=instants)
def test_an_instant_ends_in_z_and_keeps_its_microseconds(moment):
    shown = orjson.loads(to_json({"at": moment}))["at"]

    assert shown.endswith("Z")
    assert datetime.fromisoformat(shown) == moment


def test_an_instant_of_sqlite_without_a_zone_is_utc():
    assert to_json(datetime(2026, 11, 22, 9, 30)) == b'"2026-11-22T09:30:00Z"'  # without a zone is what is tested


def test_a_kind_of_field_that_is_not_known_falls_back_on_marshmallow():
    class Odd(Schema):
        shouted = fields.Function(lambda row: row.name.upper())
        at = InstantField()

    row = row_of({"name": "a", "at": datetime(2026, 11, 22, tzinfo=UTC)})

    assert Dump(Odd())(row) == {"shouted": "A", "at": "2026-11-22T00:00:00Z"}
    assert Dump(Odd(), ("shouted",))(row) == {"shouted": "A"}


def test_every_column_that_is_shown_is_in_the_random_rows():
    assert set(ROWS[TodoSchema]) == set(TodoSchema().fields)
    assert {"search", "task_key", "due_key", "deleted_with", "reminded_at", "series_start"} == {
        column.name for column in Todo.__table__.columns
    } - set(TodoSchema().fields)

"""The fast load and marshmallow's own must take the same data, understand it alike, and refuse the rest in the same words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, post_load, validates

from app.comments.schemas import CommentSchema
from app.core.fields import ObjectSchema
from app.lists.schemas import ListSchema
from app.reports.schemas import ReportSchema
from app.todos.schemas import PRIORITIES, BatchSchema, MoveSchema, TodoSchema

FEW = settings(max_examples=150, deadline=None)

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**12) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ids = st.uuids().map(str)
days = st.dates().map(str)
instants = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
VALUES = {
    "task": st.text(max_size=20),
    "notes": st.none() | st.text(max_size=20),
    "done": st.booleans(),
    "priority": st.sampled_from(PRIORITIES),
    "due_on": st.none() | days,
    "due_at": st.none() | instants,
    "remind_at": st.none() | instants,
    "tags": st.lists(st.text(max_size=8), max_size=4),
    "list_id": ids,
    "parent_id": st.none() | ids,
    "assignee_id": st.none() | ids,
    "position": st.integers(-5, 5) | st.floats(-1e9, 1e9),
    "recurrence": st.none() | st.sampled_from(["FREQ=DAILY", "FREQ=SECONDLY", "x"]),
    "name": st.text(max_size=20),
    "color": st.sampled_from(["#ff0000", "red"]),
    "archived": st.booleans(),
    "body": st.text(max_size=20),
    "before": ids,
    "after": ids,
}


def some_of(names):
    """Objects with some of these fields, mostly right."""
    right = st.fixed_dictionaries({}, optional={name: VALUES.get(name, anything) for name in names})
    return right | st.fixed_dictionaries({}, optional={name: VALUES.get(name, anything) | anything for name in [*names, "unknown"]})


def outcome(load, data):
    try:
        return load(data)
    except ValidationError as error:
        return error.normalized_messages()


def check(schema, data):
    assert outcome(schema.load, data) == outcome(lambda sent: Schema.load(schema, sent), data)


@pytest.mark.parametrize(
    "schema", [TodoSchema(), TodoSchema(partial=True), ListSchema(), CommentSchema(), MoveSchema(), ReportSchema()], ids=repr
)
@FEW
@given(st.data())
def test_both_say_the_same_of_all_data(schema, data):
    check(schema, data.draw(some_of(schema.load_fields) | anything))


todos = some_of(TodoSchema().load_fields)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["create", "update", "delete", "x"])}, optional={"id": ids, "todo": todos, "version": anything}
)


@FEW
@given(st.fixed_dictionaries({"operations": st.lists(operations, max_size=4)}) | anything)
def test_both_say_the_same_of_a_batch(data):
    check(BatchSchema(), data)


def test_what_is_right_is_loaded_by_the_plan(monkeypatch):
    monkeypatch.setattr(Schema, "_do_load", lambda *_, **__: pytest.fail("marshmallow was asked"))

    assert TodoSchema().load({"task": "x"})["task"] == "x"
    assert BatchSchema().load({"operations": [{"op": "create", "todo": {"task": "x"}}]})["operations"][0]["todo"]["task"] == "x"


@pytest.mark.parametrize("loaded", [{"many": True}, {"partial": ("name",)}], ids=str)
def test_what_is_asked_of_marshmallow_is_what_it_does(loaded):
    class Named(ObjectSchema):
        name = fields.String(required=True)
        size = fields.Integer()

    data = [{"name": "x"}] if "many" in loaded else {"size": 1}

    assert Named().load(data, **loaded) == data
    assert Named(**loaded).load(data) == data


def test_hooks_of_a_schema_are_heard():
    class Named(ObjectSchema):
        name = fields.String(required=True)

        @validates("name")
        def check(self, value, **_):
            if value == "refused":
                raise ValidationError("no")

        @post_load
        def make(self, data, **_):
            return data["name"]

    assert Named().load({"name": "x"}) == "x"
    with pytest.raises(ValidationError):
        Named().load({"name": "refused"})

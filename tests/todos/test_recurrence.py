"""Which recurrence rules a todo takes."""

import pytest


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;BYDAY=MO", "freq=daily;count=3", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;UNTIL=20301231T000000Z"]
)
def test_a_rule_of_rfc_5545_is_taken_as_it_is(client, rule):
    answer = client.post("/todos", {"task": "water the plants", "due_on": "2026-11-30", "recurrence": rule})

    assert (answer.status_code, answer.json["recurrence"]) == (201, rule)


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=HOURLY;COUNT=2", "BYDAY=MO", "FREQ=DAILY;BYMONTH=99", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=10000",
     "FREQ=YEARLY;BYEASTER=1", "FREQ=DAILY;UNTIL=20261331", "FREQ=DAILY;COUNT=2;UNTIL=20260101", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;", "every day"],
)  # fmt: skip
def test_a_rule_that_is_none_or_a_bomb_is_refused(client, rule):
    answer = client.post("/todos", {"task": "water the plants", "due_on": "2026-11-30", "recurrence": rule})

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["recurrence"]


def test_a_recurrence_needs_a_due(client):
    answer = client.post("/todos", {"task": "water the plants", "recurrence": "FREQ=DAILY"})

    assert answer.json["errors"] == {"recurrence": ["A recurrence needs due_on or due_at."]}


def test_the_due_of_a_recurring_todo_cannot_be_taken_away(client):
    todo = client.post("/todos", {"task": "water the plants", "due_on": "2026-11-30", "recurrence": "FREQ=DAILY"}).json

    answer = client.patch(f"/todos/{todo['id']}", {"due_on": None})

    assert answer.status_code == 422
    assert client.get(f"/todos/{todo['id']}").json["due_on"] == "2026-11-30"

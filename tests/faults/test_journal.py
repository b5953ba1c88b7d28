"""The checks of the fault table see what they are there for: loss, doubling, silence and a late return."""

from __future__ import annotations

import pytest

from tests.faults import journal, table
from tests.faults.journal import Attempt, Journal, Written
from tests.faults.trial import Row


def made(**changes):
    """A todo that its client was told of, and the same todo as the service gives it, with these changes."""
    written = Written("1", "key", notes="note 1")
    return written, {"id": "1", "task": "key", "notes": "note 1"} | changes


def with_todo(written):
    found = Journal()
    found.created(written)
    return found


def attempt(status, began=0.0, **told):
    return Attempt("GET", status, began, 0.1, **told)


def test_a_todo_that_is_as_its_client_was_told_is_not_lost():
    written, kept = made()

    assert journal.lost(with_todo(written), {"1": kept}) == []


def test_a_todo_that_is_gone_is_lost():
    written, _ = made()

    assert len(journal.lost(with_todo(written), {})) == 1


@pytest.mark.parametrize("changes", [{"task": "another key"}, {"notes": "note 0"}, {"notes": None}])
def test_a_todo_without_its_last_acknowledged_change_is_lost(changes):
    written, kept = made(**changes)

    assert len(journal.lost(with_todo(written), {"1": kept})) == 1


@pytest.mark.parametrize("notes", ["note 1", "note 2"])
def test_a_change_without_an_answer_may_be_there_or_not(notes):
    written, kept = made(notes=notes)
    written.unsure.add("note 2")

    assert journal.lost(with_todo(written), {"1": kept}) == []


def test_a_todo_whose_removal_was_acknowledged_must_not_be_there():
    written, kept = made()
    written.deleted = True

    assert len(journal.lost(with_todo(written), {"1": kept})) == 1
    assert journal.lost(with_todo(written), {}) == []


def test_one_key_with_two_todos_is_doubled():
    todos = [{"id": "1", "task": "key"}, {"id": "2", "task": "key"}, {"id": "3", "task": "another key"}]

    assert journal.doubled(todos) == ["key is there 2 times"]
    assert journal.doubled(todos[1:]) == []


@pytest.mark.parametrize(
    "silent",
    [
        attempt(None),
        attempt(502),
        attempt(503, problem="unavailable"),
        attempt(500, problem="internal_error", retry_after="2"),
    ],
)
def test_a_failure_without_a_problem_document_and_when_to_come_back_is_untold(silent):
    assert journal.untold([silent, attempt(503, problem="unavailable", retry_after="2"), attempt(200)]) == [silent]


def test_it_is_back_after_the_last_failure():
    seen = Journal()
    for began, status in ((1.0, 503), (2.0, 200), (7.0, 503), (8.0, 200)):
        seen.note(attempt(status, began))

    assert journal.back_after(seen, mended=3.0) == pytest.approx(4.1)
    assert journal.back_after(seen, mended=7.5) == 0.0


def test_99_of_100_requests_are_answered_within_p99():
    seen = Journal()
    for seconds in [9.0, 5.0, *[0.1] * 98]:
        seen.note(Attempt("GET", 200, 0.0, seconds))

    assert seen.p99() == 5.0
    assert Journal().p99() == 0.0


def test_the_table_says_where_a_bound_was_missed_or_not_tried():
    rows = [Row(1, "one", requests=5), Row(2, "two", misses=["lost"]), Row(3, "three", tried=False)]

    assert [line.split(" | ")[7] for line in table.markdown(rows).splitlines()[2:]] == ["yes", "no", "not tried"]

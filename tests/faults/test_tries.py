"""A fault that misses a bound is tried once more. One that loses something is not."""

from __future__ import annotations

import itertools

import pytest

from tests.faults import table, tries
from tests.faults.suite import Fault
from tests.faults.trial import Row

SLOW = "the service was not back within 10 s"


def fault(number=5):
    return Fault(number, f"fault {number}", lambda _: None)


def row(number=5, **values):
    return Row(number, f"fault {number}", **values)


class Tries:
    """Gives these rows, one a try, and notes which faults were tried and whether on a fresh stack."""

    def __init__(self, *rows):
        self.rows, self.tried = iter(rows), []

    def __call__(self, tried, *, fresh=False):
        self.tried.append((tried.number, fresh))
        return next(self.rows)


def try_all(run, *numbers, clock=lambda: 0.0):
    """The rows of these faults, and all that was told of them."""
    told = []
    return tries.try_all([fault(number) for number in numbers or (5,)], run, told.append, clock), told


def test_a_fault_that_keeps_its_bounds_is_tried_once():
    run = Tries(row(requests=7))

    rows, _ = try_all(run)

    assert run.tried == [(5, False)]
    assert rows == [row(requests=7)]


def test_a_bound_that_is_kept_at_the_second_try_is_kept_and_the_table_says_what_was_missed_first():
    run = Tries(row(misses=[SLOW, "the log ..."]), row(requests=7, note="503 at once"))

    rows, _ = try_all(run)

    assert run.tried == [(5, False), (5, True)]
    assert table.plain(rows).splitlines()[1].endswith(f"yes         kept at the second try: {SLOW}; 503 at once")


def test_a_bound_that_is_missed_twice_is_missed():
    rows, _ = try_all(Tries(row(misses=[SLOW]), row(misses=[SLOW])))

    assert rows[0].misses == [SLOW]


def test_what_is_lost_at_the_second_try_is_missed():
    rows, _ = try_all(Tries(row(misses=[SLOW]), row(misses=["1 acknowledged writes are lost"], lost=1, is_harmed=True)))

    assert rows[0].misses
    assert rows[0].lost == 1


def test_what_is_lost_or_could_not_be_looked_up_is_not_tried_again():
    run = Tries(row(misses=["1 acknowledged writes are lost"], lost=1, is_harmed=True))

    rows, _ = try_all(run)

    assert run.tried == [(5, False)]
    assert rows[0].misses


def test_second_tries_come_after_all_first_ones_and_take_their_place():
    run = Tries(row(1, misses=[SLOW]), row(2), row(3, misses=[SLOW]), row(1, requests=11), row(3, requests=13))

    rows, _ = try_all(run, 1, 2, 3)

    assert run.tried == [(1, False), (2, False), (3, False), (1, True), (3, True)]
    assert [(one.number, one.requests) for one in rows] == [(1, 11), (2, 0), (3, 13)]


def test_every_try_is_told_whole_the_one_that_missed_too():
    _, told = try_all(Tries(row(misses=[SLOW, "the log ..."]), row()))

    assert [(one.misses, one.is_second) for one in told] == [([SLOW, "the log ..."], False), ([], True)]


def test_no_second_try_begins_when_the_time_is_over():
    run = Tries(row(misses=[SLOW]))

    rows, _ = try_all(run, clock=itertools.count(0, tries.AGAIN_UNTIL).__next__)

    assert run.tried == [(5, False)]
    assert rows[0].misses == [SLOW]


@pytest.mark.parametrize(
    ("miss", "expected"),
    [("too slow", "too slow"), ("a | b\nthe rest", "a / b"), ("x" * 101, "x" * 96 + " ...")],
)
def test_a_miss_is_shortened_to_one_line_of_a_table(miss, expected):
    assert tries.short(miss) == expected

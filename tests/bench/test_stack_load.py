"""The load of the whole stack: when it counts as held."""

from __future__ import annotations

import os
from array import array

import pytest

from bench.memory import Memory, memory_of
from bench.stack_clients import Outcome
from bench.stack_load import try_twice
from bench.stack_report import Run, Sample, memory, verdicts


def outcome(**changes):
    """A hundred creates of 10 ms, all well."""
    made = Outcome(seconds=1.0)
    made.took["create"] = array("d", [0.010] * 100)
    made.statuses[201] = 100
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def samples(first=20.0, last=20.0):
    """The memory of one process at the start, when it has settled, and at the end."""
    return [Sample(seconds, {"API process 1.1": Memory(30.0, uss)}) for seconds, uss in ((0, 15.0), (60, first), (300, last))]


def run(given=None, found=None):
    return Run(given or outcome(), found or samples(), {})


def with_tail(slowest=0.051):
    """A run of which the slowest requests waited for long."""
    made = outcome()
    made.took["create"] = array("d", [0.010] * 98 + [slowest] * 2)
    return run(made)


def test_a_run_in_which_all_went_well_has_no_misses():
    assert verdicts([run()]) == []


def test_an_answer_that_is_no_success_is_a_miss_and_is_shown():
    refused = outcome(complaint="HTTP/1.1 503 Service Unavailable")
    refused.statuses[503] = 2

    assert verdicts([run(refused)]) == ["2 answers have the status 503; the first that was no success:\nHTTP/1.1 503 Service Unavailable"]


def test_a_connection_that_broke_is_a_miss():
    assert verdicts([run(outcome(broken=1))]) == ["1 connections broke."]


def test_a_long_tail_that_is_there_twice_is_a_miss_of_its_operation_and_of_all():
    runs = try_twice(iter([with_tail(0.051), with_tail(0.062)]).__next__)

    assert verdicts(runs) == ["all: p99 is 5.1 and then 6.2 times p50.", "create: p99 is 5.1 and then 6.2 times p50."]


def test_a_long_tail_that_is_there_once_is_none():
    runs = try_twice(iter([with_tail(), run()]).__next__)

    assert len(runs) == 2
    assert verdicts(runs) == []


def test_what_fails_in_a_second_run_is_a_miss():
    runs = try_twice(iter([with_tail(), run(outcome(broken=1))]).__next__)

    assert verdicts(runs) == ["1 connections broke."]


def test_a_run_without_a_long_tail_is_the_only_one():
    assert len(try_twice(iter([run(outcome(broken=1))]).__next__)) == 1


def test_memory_may_grow_until_it_has_settled_but_not_after():
    assert verdicts([run(found=samples(first=30.0, last=33.0))]) == []
    assert verdicts([run(found=samples(first=30.0, last=34.5))]) == ["API process 1.1 has grown by 4.5 MiB."]


def test_a_process_that_was_begun_anew_is_a_miss():
    first, settled, end = samples()
    end.memory = {"API process 1.2": Memory(30.0, 20.0)}

    assert verdicts([run(found=[first, settled, end])]) == ["API process 1.2 was begun anew."]


def test_memory_is_told_of_each_process_and_of_all_together():
    assert memory(samples()).splitlines()[2:] == [
        "| API process 1.1 | 30.0 / 15.0 | 30.0 / 20.0 | 30.0 / 20.0 |",
        "| all | 30.0 | 30.0 | 30.0 |",
    ]


def test_the_memory_of_a_process_is_the_kernels_account():
    held = memory_of(os.getpid())

    assert 0 < held.uss <= held.pss


def test_the_memory_of_a_process_that_is_not_there_is_an_error():
    with pytest.raises(OSError, match="No such"):
        memory_of(2**22 + 1)

"""What a try of a fault tells, whatever goes wrong with it."""

from __future__ import annotations

import pytest

from tests.faults.journal import Written
from tests.faults.suite import Fault, Suite
from tests.faults.trial import Trial


class Stack:
    """Stands for the running whole."""

    def __init__(self, servers, broker):
        self.servers, self.log = servers, servers.log
        servers.begun.append(self)

    def start(self):
        if self.servers.is_broken:
            raise RuntimeError("the stack does not start")

    def stop(self):
        pass

    def workers(self):
        return [1]

    def usage(self):
        return {}


class Servers:
    """Stand for PostgreSQL and the others; note the stacks that were begun over them."""

    is_broken = False

    def __init__(self, log):
        self.log, self.begun = log, []

    def mend(self):
        if self.is_broken:
            pytest.fail("the broker does not answer")


@pytest.fixture
def servers(tmp_path):
    log = tmp_path / "log"
    log.write_text('{"level":"ERROR","message":"what the stack complained of"}\n')
    return Servers(log)


@pytest.fixture
def suite(servers, monkeypatch):
    """A suite that starts nothing."""
    monkeypatch.setattr("tests.faults.suite.Stack", Stack)
    made = Suite()
    made.servers = servers
    return made


def fault(happen=lambda trial: None):
    return Fault(5, "fault", happen)


def goes_wrong(_):
    raise TimeoutError("too slow")


def loses_a_todo(trial):
    trial.journal.created(Written("1", "key"))
    goes_wrong(trial)


def test_a_fault_that_keeps_its_promises_has_no_misses_and_leaves_the_stack_to_the_next(suite, servers):
    rows = [suite.run(fault()), suite.run(fault())]

    assert [row.misses for row in rows] == [[], []]
    assert len(servers.begun) == 1


def test_a_fresh_stack_is_another_one(suite, servers):
    suite.run(fault())

    suite.run(fault(), fresh=True)

    assert len(servers.begun) == 2


def test_what_goes_wrong_is_a_miss_with_the_log_and_the_next_fault_has_another_stack(suite, servers):
    row = suite.run(fault(goes_wrong))
    suite.run(fault())

    assert row.misses[0] == "TimeoutError: too slow"
    assert "what the stack complained of" in row.misses[-1]
    assert not row.is_harmed
    assert len(servers.begun) == 2


def test_what_clients_were_told_is_compared_even_where_trying_the_fault_went_wrong(suite):
    row = suite.run(fault(loses_a_todo))

    assert row.lost == 1
    assert row.is_harmed


def test_where_nobody_could_compare_something_may_be_lost(suite, monkeypatch):
    monkeypatch.setattr(Trial, "finish", lambda *_: goes_wrong(_))

    assert suite.run(fault()).is_harmed


def test_a_broken_promise_that_no_busy_machine_excuses_is_harm(suite):
    row = suite.run(fault(lambda trial: trial.require(False, "an expired token is accepted")))

    assert row.misses[0] == "an expired token is accepted"
    assert row.is_harmed


def test_a_server_or_a_stack_that_does_not_start_is_a_miss_and_ends_no_run(suite, servers):
    servers.is_broken = True

    row = suite.run(fault())

    assert row.misses[0] == "RuntimeError: the stack does not start"
    assert row.misses[-1] == "what it left could not be mended: Failed: the broker does not answer"
    assert not row.is_harmed

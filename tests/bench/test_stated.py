"""The check of what is stated: what it compares with, and when a ratio counts as lost."""

from contextlib import contextmanager

import pytest

from bench import stated
from bench.contest import takes_part
from bench.stated import MEASURED, Shortfall, by_operation, check, shortfalls
from tests.bench.records import record

STATED = {"list-20": {"limit": 0.4, "fastapi_async": 2.0}, "one": {"limit": 0.4, "fastapi_async": 2.0}, "create": {"fastapi_async": 2.0}}


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """Where ratios are stated; there are none yet."""
    monkeypatch.setattr(stated, "STATED", tmp_path / "stated.json")
    return stated.STATED


@pytest.fixture
def machine(monkeypatch):
    """A machine that measures these costs, by contestant; in place of a contest."""
    costs = {"tickbox": 1.0, "limit": 0.4, "fastapi_async": 2.0}

    class Arena:
        def measure(self, operations, levels):
            who = [(name, operation) for operation in operations for name in costs if takes_part(name, operation)]
            return [record(name, costs[name], operation=operation) for name, operation in who]

    @contextmanager
    def contest(*_):
        yield Arena()

    monkeypatch.setattr(stated, "contest", contest)
    return costs


def state(ratios=STATED, connections=16):
    """State these ratios, as the bench does."""
    costs = {operation: {"tickbox": 1.0, **by_rival} for operation, by_rival in ratios.items()}
    stated.write(
        [
            record(name, cost, operation=operation, connections=connections)
            for operation, by_name in costs.items()
            for name, cost in by_name.items()
        ]
    )


def test_without_a_file_it_says_how_to_make_one(machine, capsys):
    assert stated.main([]) == 2
    assert capsys.readouterr().err == "bench/stated.json is not there: `pipenv run bench --state` measures everything and writes it.\n"


def test_what_the_file_does_not_state_is_named(machine, capsys):
    state({"one": {"limit": 0.4, "fastapi_async": 2.0}})

    assert stated.main([]) == 2
    assert "states nothing of list of 20, create with 16 connections: `pipenv" in capsys.readouterr().err


def test_ratios_of_more_connections_are_not_compared_with(machine):
    state(connections=64)

    assert stated.main([]) == 2


def test_a_machine_that_measures_what_is_stated_passes(machine, capsys):
    state()

    assert stated.main([]) == 0
    assert " behind" not in capsys.readouterr().out


def test_a_lost_ratio_is_told_with_exit_code_1(machine, capsys):
    state()
    machine["tickbox"] = 1.3

    assert stated.main([]) == 1
    assert "create: FastAPI async takes 1.54 times the CPU of Tickbox, 2.00 is stated: 23 % behind\n" in capsys.readouterr().out


def test_ratios_are_stated_by_operation():
    assert by_operation([record("tickbox", 1.0), record("litestar", 2.004)], 16) == {"list-20": {"litestar": 2.0}}


def test_a_ratio_may_fall_fifteen_percent_behind_and_no_further():
    found = {"one": {"limit": 0.35, "fastapi_async": 1.69}}

    assert shortfalls(STATED, found) == [Shortfall("one", "fastapi_async", 2.0, 1.69)]


def test_a_shortfall_says_by_how_much():
    text = "one todo: FastAPI async takes 1.50 times the CPU of Tickbox, 2.00 is stated: 25 % behind"

    assert str(Shortfall("one", "fastapi_async", 2.0, 1.5)) == text


def test_only_what_falls_short_is_measured_again_and_for_longer():
    asked = []

    def measure(operations, level):
        asked.append((operations, level.rounds))
        return {name: {"fastapi_async": 1.0 if name == "one" and len(asked) == 1 else 2.0} for name in operations}

    assert check(STATED, measure) == []
    (first, rounds), (again, more) = asked
    assert (first, again) == (MEASURED, ["one"])
    assert more > rounds


def test_what_falls_short_each_time_is_lost():
    found = iter([1.0, 1.3, 1.4])

    lost = check(STATED, lambda *_: {"one": {"fastapi_async": next(found)}})

    assert lost == [Shortfall("one", "fastapi_async", 2.0, 1.4)]
    assert next(found, None) is None

"""From single runs to tables, ratios and the chart."""

import pytest

from bench.chart import draw
from bench.summary import Ratio, medians, quantile, ratios, whole
from bench.tables import orders, ratio_table, report
from tests.bench.records import record


@pytest.mark.parametrize(("part", "value"), [(0, 1), (0.5, 2), (0.75, 3), (0.99, 4), (1, 4)])
def test_a_quantile_is_a_value_that_was_measured(part, value):
    assert quantile([1, 2, 3, 4], part) == value


def test_a_median_is_of_the_rounds():
    records = [record("tickbox", cost, number) for number, cost in enumerate([3.0, 1.0, 2.0])]

    assert medians(records)[16, "list-20", "tickbox"]["application"] == 2.0


def test_a_ratio_compares_within_a_round():
    """The second round was slow for both: their ratio is that of the first, whatever the medians of each are."""
    records = [record("tickbox", 1.0, 1), record("litestar", 2.0, 1), record("tickbox", 10.0, 2), record("litestar", 20.0, 2)]
    records += [record("tickbox", 1.0, 3), record("litestar", 3.0, 3)]

    assert ratios(records) == {(16, "list-20", "litestar"): Ratio(2.0, 2.0, 3.0)}


def test_what_the_database_takes_can_be_counted_in():
    records = [record("tickbox", 1.0, database=3.0), record("litestar", 2.0, database=4.0)]

    assert ratios(records, whole)[16, "list-20", "litestar"].median == 1.5


def test_without_a_view_of_the_database_there_is_no_ratio_that_counts_it_in():
    assert ratios([record("tickbox", 1.0, database=None), record("litestar", 2.0, database=None)], whole) == {}


def test_the_tables():
    records = [record("tickbox", 1.0), record("litestar", 2.0, database=None)]

    text = report(records)

    assert "| contestant | requests/s | p50 ms | p99 ms | CPU ms application | CPU ms database |\n| --- | ---: |" in text
    assert "| Tickbox | 1000 | 7.00 | 9.50 | 1.00 | 1.00 |" in text
    assert "| Litestar | 1000 | 7.00 | 9.50 | 2.00 | - |" in text
    assert "| list of 20 | 2.00 (2.00 to 2.00) |" in text


def test_what_a_rival_does_not_do_has_no_ratio():
    records = [
        record("tickbox", 1.0),
        record("limit", 0.5),
        record("tickbox", 1.0, operation="create"),
        record("litestar", 3.0, operation="create"),
    ]

    assert ratio_table(records, 16).splitlines()[2:] == [
        "| list of 20 | 0.50 (0.50 to 0.50) | - |",
        "| create | - | 3.00 (3.00 to 3.00) |",
    ]


@pytest.mark.parametrize(("at_64", "order"), [(2.0, "same"), (0.5, "changed")])
def test_whether_the_order_is_the_same_with_more_connections_is_said(at_64, order):
    records = [
        record("tickbox", 1.0),
        record("litestar", 2.0),
        record("tickbox", 1.0, connections=64),
        record("litestar", at_64, connections=64),
    ]

    assert orders(records, [16, 64]).splitlines()[-1].endswith(f"| {order} |")


def test_the_chart_is_the_same_every_time(tmp_path):
    records = [record("tickbox", 1.0), record("litestar", 2.0)]

    for name in ("one.svg", "two.svg"):
        draw(records, tmp_path / name)

    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert b"<svg" in (tmp_path / "one.svg").read_bytes()

"""Counting over processes: slots, files, and what happens when they are in the way."""

import logging
import os
import resource
import signal
import threading

import pytest
from prometheus_client import CollectorRegistry

from app.core.metrics import LIMITER_FAILURES, POOL_IN_USE, REQUEST_SECONDS, REQUESTS, Metrics


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "metrics"


@pytest.fixture
def metrics(folder):
    return Metrics(folder)


def value(metrics, name, labels=None):
    registry = CollectorRegistry()
    registry.register(metrics)
    return registry.get_sample_value(name, labels or {})


def in_a_child(act):
    """Do it in a process of its own, which then waits to be killed; gives its id."""
    ready, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            act()
            os.write(said, b"x")
            signal.pause()
        finally:
            os._exit(1)
    os.close(said)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return child


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def failures(metrics, many):
    for _ in range(many):
        metrics.count(LIMITER_FAILURES)


def test_nothing_is_written_before_something_is_counted(metrics, folder):
    assert not folder.exists()


def test_counts_of_all_threads_add_up(metrics):
    threads = [threading.Thread(target=failures, args=(metrics, 2000)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert value(metrics, "tickbox_limiter_failures_total") == 8000


def test_a_value_counts_in_the_smallest_bound_that_holds_it(metrics):
    for seconds in (0.001, 0.0011, 99):
        metrics.observe(REQUEST_SECONDS, seconds, "/todos")

    found = {
        le: value(metrics, "tickbox_request_seconds_bucket", {"route": "/todos", "le": le}) for le in ("0.001", "0.0025", "10.0", "+Inf")
    }
    assert found == {"0.001": 1, "0.0025": 2, "10.0": 2, "+Inf": 3}
    assert value(metrics, "tickbox_request_seconds_sum", {"route": "/todos"}) == pytest.approx(99.0021)
    assert value(metrics, "tickbox_request_seconds_count", {"route": "/todos"}) == 3


def test_a_child_counts_in_files_of_its_own(metrics, folder):
    failures(metrics, 3)

    child = in_a_child(lambda: failures(metrics, 4))

    assert value(metrics, "tickbox_limiter_failures_total") == 7
    assert sorted(path.name for path in folder.glob("counter*")) == ["counter_1.db", "counter_2.db"]
    end(child)


def test_what_a_killed_process_counted_stays_and_the_next_one_goes_on_in_its_files(metrics, folder):
    failures(metrics, 1)
    for _ in range(5):
        end(in_a_child(lambda: failures(metrics, 4)))

    assert value(metrics, "tickbox_limiter_failures_total") == 21
    assert len(list(folder.glob("counter*"))) == 2


def test_two_apps_in_one_process_never_write_to_the_same_file(metrics, folder):
    other = Metrics(folder)

    failures(metrics, 2)
    failures(other, 3)

    assert value(metrics, "tickbox_limiter_failures_total") == value(other, "tickbox_limiter_failures_total") == 5


def test_apps_of_different_installations_do_not_mix(metrics, tmp_path):
    failures(metrics, 2)

    assert value(Metrics(tmp_path / "elsewhere"), "tickbox_limiter_failures_total") is None


def test_a_gauge_counts_only_while_its_process_lives(metrics):
    metrics.count(POOL_IN_USE)
    child = in_a_child(lambda: metrics.count(POOL_IN_USE, amount=3))
    assert value(metrics, "tickbox_database_connections_in_use") == 4

    end(child)

    assert value(metrics, "tickbox_database_connections_in_use") == 1


def test_a_process_begins_its_gauges_anew_in_the_files_of_a_dead_one(metrics):
    end(in_a_child(lambda: metrics.count(POOL_IN_USE, amount=3)))

    metrics.count(POOL_IN_USE)

    assert value(metrics, "tickbox_database_connections_in_use") == 1


def test_a_file_grows_without_a_hole(metrics, folder):
    for number in range(3000):
        metrics.count(REQUESTS, "GET", f"/{number}", "200")

    size = (folder / "counter_1.db").stat()
    assert value(metrics, "tickbox_requests_total", {"method": "GET", "route": "/2999", "status": "200"}) == 1
    assert size.st_blocks * 512 >= size.st_size > 256 * 1024


def test_where_the_folder_cannot_be_made_nothing_is_counted_and_one_warning_says_so(tmp_path, caplog, monkeypatch):
    (tmp_path / "metrics").write_text("in the way")
    log = logging.getLogger("app.core.metrics")
    monkeypatch.setattr(log, "propagate", False)
    monkeypatch.setattr(log, "handlers", [caplog.handler])

    failures(Metrics(tmp_path / "metrics"), 100)

    assert [record.getMessage() for record in caplog.records] == ["metrics are not counted: File exists"]


def test_a_full_disk_costs_counts_but_no_process(metrics, folder):
    """No file may grow beyond 300 kB, which fails just as a full disk does where room is allocated."""

    def fill():
        failures(metrics, 7)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        for number in range(3000):
            metrics.count(REQUESTS, "GET", f"/{number}", "200")

    child = in_a_child(fill)

    assert value(metrics, "tickbox_limiter_failures_total") == 7
    assert value(metrics, "tickbox_requests_total", {"method": "GET", "route": "/1", "status": "200"}) == 1
    assert value(metrics, "tickbox_requests_total", {"method": "GET", "route": "/2999", "status": "200"}) is None
    end(child)


def test_a_file_in_pieces_is_begun_anew_and_the_others_are_read(metrics, folder):
    end(in_a_child(lambda: failures(metrics, 4)))
    other = in_a_child(lambda: failures(metrics, 3))
    (folder / "histogram_1.db").write_bytes(b"\xff\x00\x00\x00" + b"\xfe" * 5000)

    failures(metrics, 1)
    end(other)

    assert value(metrics, "tickbox_limiter_failures_total") == 8

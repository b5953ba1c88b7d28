"""What Prometheus reads: the counts of all processes, and what the database knows of jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core import metrics as counts
from app.core.database import engine
from app.core.openapi import VERSION
from app.core.problems import Forbidden
from app.core.types import now
from app.jobs.kinds import KINDS
from app.jobs.models import QUEUED, RUNNING, Job
from app.jobs.service import ENDED

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts and states of all processes on this machine, as Prometheus reads them. Only for the addresses in METRICS_ALLOW."""
    if not _may_read(request.remote_addr):
        raise Forbidden("Metrics are for the addresses in METRICS_ALLOW.")
    registry = CollectorRegistry()
    registry.register(counts.current())
    registry.register(Build())
    registry.register(Jobs())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Build:
    """Which code this is."""

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client.registry.Collector."""
        yield InfoMetricFamily("tickbox_build", "Which version of the service this is.", {"version": VERSION})


class Jobs:
    """The state of the queue, which the database knows. While it is away only that is told; where no connection is free, nothing is."""

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client.registry.Collector."""
        up = "Whether the database answers."
        try:
            with engine().connect() as connection:
                return [*_queue(connection), GaugeMetricFamily("tickbox_database_up", up, 1)]
        except PoolTimeout:
            return []
        except SQLAlchemyError:
            return [GaugeMetricFamily("tickbox_database_up", up, 0)]


def init_app(app: Flask) -> None:
    """Let the count of each kind of job begin before the first of it ends: Prometheus sees no growth in what begins with 1."""
    for kind in KINDS:
        for state in ENDED:
            app.extensions["metrics"].begin_with(counts.JOBS_ENDED, kind, state)


def _queue(connection: Connection) -> Iterator[Metric]:
    waits = connection.execute(select(Job.kind, func.count(), func.min(Job.run_after)).where(QUEUED).group_by(Job.kind)).all()
    runs = connection.execute(select(Job.kind, func.count()).where(RUNNING).group_by(Job.kind)).all()
    yield _by_kind(
        "tickbox_jobs_waiting", "Jobs that wait, those included that wait for another attempt.", {row[0]: row[1] for row in waits}
    )
    yield _by_kind("tickbox_jobs_running", "Jobs that are being done.", {row[0]: row[1] for row in runs})
    age = max((_seconds_since(row[2]) for row in waits), default=0.0)
    yield GaugeMetricFamily("tickbox_jobs_oldest_wait_seconds", "How long the job that is due longest has waited.", age)


def _by_kind(name: str, text: str, numbers: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["kind"])
    for kind, number in {**dict.fromkeys(KINDS, 0), **numbers}.items():
        family.add_metric([kind], number)
    return family


def _seconds_since(moment: datetime) -> float:
    return max(0.0, (now() - moment).total_seconds())


def _may_read(address: Any) -> bool:
    """Whether METRICS_ALLOW holds the address. A proxy in front must be known (PROXY_HOPS), else it is the address of everybody."""
    try:
        caller = ip_address(address)
    except ValueError:  # of a Unix socket, that has none
        return False
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return any(caller in ip_network(network) for network in current_app.config["METRICS_ALLOW"])

"""The kinds of jobs. A kind is a function, and the schema of what it gives:

    @kind("report", ReportResultSchema())
    def report(work: Work, args: dict[str, Any]) -> dict[str, Any]: ...

It does the work of one job, and may be run again where an attempt before it died half-way; so what it does to the database
it does in one transaction that ends with `work.finish(result)`, and what it does elsewhere carries the job's id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema

from app.jobs.work import Work

Function = Callable[[Work, dict[str, Any]], dict[str, Any] | None]


@dataclass(frozen=True)
class Kind:
    """A kind of job: its function, and the schema that its result is shown by."""

    name: str
    run: Function
    result: Schema | None


KINDS: dict[str, Kind] = {}


def kind(name: str, result: Schema | None = None) -> Callable[[Function], Function]:
    """Let a function do the jobs of this kind. It is found when `app.schedule` imports its module."""

    def remember(run: Function) -> Function:
        if name in KINDS:
            raise ValueError(f"two functions do jobs of the kind {name}")
        KINDS[name] = Kind(name, run, result)
        return run

    return remember

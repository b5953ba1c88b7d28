"""Reports: asking for one, and putting it together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from app.core.identity import me
from app.core.problems import Invalid
from app.jobs import service as jobs
from app.lists import service as lists
from app.reports import numbers
from app.reports.schemas import MOST_DAYS


def ask(values: dict[str, Any]) -> Row[Any]:
    """The job that makes a report for the caller. Raises NotFound, and Invalid for days that are none or too many."""
    first, last = values["from"], values["to"]
    if first > last:
        raise Invalid({"from": [f"Must not be after the last day, {last}."]})
    if (last - first).days >= MOST_DAYS:
        raise Invalid({"to": [f"Must be less than {MOST_DAYS} days after the first day, {first}."]})
    if "list_id" in values:
        lists.find(values["list_id"])
    days = {"from": first.isoformat(), "to": last.isoformat(), "time_zone": me().time_zone}
    return jobs.start("report", {**days, **{name: values.get(name) for name in ("kind", "list_id", "format")}})


def report(args: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    """The report that a job with these args makes, by the fields of its schema. Raises NotFound where its list is gone."""
    span = numbers.Span(
        date.fromisoformat(args["from"]), date.fromisoformat(args["to"]), ZoneInfo(args["time_zone"]), as_of, args["list_id"]
    )
    about = {"kind": args["kind"], "from": span.first, "to": span.last, "time_zone": args["time_zone"], "as_of": as_of}
    name = None if span.list_id is None else lists.find(span.list_id).name
    return {**about, "list_id": span.list_id, "list_name": name, **numbers.count(span)}

"""`flask jobs ...`: what an operator does about work in the background."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core.problems import Conflict
from app.core.types import is_id
from app.jobs import service
from app.jobs.models import Job
from app.jobs.schemas import STATES, percent

jobs = AppGroup("jobs", help="Look after work in the background.")


@jobs.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only jobs in this state.")
@click.option("--kind", help="Only jobs of this kind.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1), help="How many to show.")
def show_all(state: str | None, kind: str | None, most: int) -> None:
    """List jobs, the newest first."""
    which = [column == value for column, value in ((Job.state, state), (Job.kind, kind)) if value is not None]
    for job in service.matching(*which, most=most):
        parts = (job.id, job.kind, job.state, f"{percent(job)}%", f"attempt {job.attempts}", job.error or "")
        click.echo("\t".join(parts).rstrip())


@jobs.command()
@click.argument("job_id")
def retry(job_id: str) -> None:
    """Let a job that failed, or was cancelled, begin anew."""
    if not is_id(job_id) or not service.retry(job_id):
        raise click.ClickException(f"There is no failed or cancelled job {job_id}.")
    click.echo(f"{job_id} is queued.")


@jobs.command()
@click.argument("job_id")
def cancel(job_id: str) -> None:
    """Call a job off."""
    found = service.matching(Job.id == job_id, most=1) if is_id(job_id) else []
    if not found:
        raise click.ClickException(f"There is no job {job_id}.")
    try:
        service.call_off(found[0])
    except Conflict as problem:
        raise click.ClickException(problem.detail) from None
    click.echo(f"{job_id} is cancelled, or stops at its next step.")

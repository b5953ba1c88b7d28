"""A walk with the client that openapi-python-client has written to tickbox/: python walk.py http://localhost:8000."""

from __future__ import annotations

import json
import sys
import time
from typing import TypeVar

from tickbox import AuthenticatedClient, Client
from tickbox.api.auth import login, register
from tickbox.api.jobs import get_job, get_job_file
from tickbox.api.todos import create_todo, list_todos, update_todo
from tickbox.api.transfers import create_export
from tickbox.models import Export, ExportResult, Job, Login, Problem, Registration, Todo, TodoPatch, TodoWrite
from tickbox.types import UNSET, File, Response

T = TypeVar("T")
PASSWORD = "violet kettle 71"


def answered(answer: T | Problem | None) -> T:
    """What was asked for; a problem is raised."""
    if answer is None or isinstance(answer, Problem):
        raise RuntimeError(f"{answer.code}: {answer.detail}" if answer else "an empty answer")
    return answer


def log_in(base_url: str) -> AuthenticatedClient:
    anybody = Client(base_url=base_url)
    email = f"python-{time.time_ns()}@example.org"
    answered(register.sync(client=anybody, body=Registration(email=email, password=PASSWORD)))
    tokens = answered(login.sync(client=anybody, body=Login(email=email, password=PASSWORD)))
    if not tokens.access_token:
        raise RuntimeError("only a login with cookies answers without a token")
    return AuthenticatedClient(base_url=base_url, token=tokens.access_token)


def read_pages(client: AuthenticatedClient) -> dict[str, object]:
    """The tasks of all pages, and how many pages there were."""
    tasks: list[str] = []
    pages, cursor = 0, None
    while pages == 0 or cursor:
        page = answered(list_todos.sync(client=client, sort="created_at", limit=2, cursor=cursor or UNSET))
        tasks += [todo.task or "" for todo in page.data]
        cursor = page.next_cursor
        pages += 1
    return {"tasks": tasks, "pages": pages}


def meet_conflict(client: AuthenticatedClient) -> dict[str, object]:
    """Change a todo as it was before somebody else changed it; then again, as it is now."""
    todo = answered(create_todo.sync(client=client, body=TodoWrite(task="build an API", priority="high")))

    def change(version: int, task: str) -> Response[Problem | Todo]:
        return update_todo.sync_detailed(todo.id, client=client, if_match=f'"{version}"', body=TodoPatch(task=task))

    answered(change(todo.version, "build a good API").parsed)
    refused = change(todo.version, "too late")
    if not isinstance(refused.parsed, Problem) or not refused.parsed.current:
        raise RuntimeError("the second change should have been refused")
    current = refused.parsed.current
    again = answered(change(current.version, "in time").parsed)
    return {"status": refused.status_code, "code": refused.parsed.code, "current": current["task"], "version": again.version}


def finished(client: AuthenticatedClient, job: Job) -> Job:
    """Ask for a job again and again, until it has come to its end."""
    while job.state in ("queued", "running"):
        time.sleep(0.05)
        job = answered(get_job.sync(job.id, client=client))
    return job


def export_todos(client: AuthenticatedClient) -> dict[str, object]:
    job = finished(client, answered(create_export.sync(client=client, body=Export(format_="csv", priority=["high", "urgent"]))))
    if not isinstance(job.result, ExportResult):
        raise RuntimeError(job.error or "an export comes to a count")
    file = answered(get_job_file.sync(job.id, client=client))
    if not isinstance(file, File):
        raise RuntimeError("a file was asked for")
    return {"state": job.state, "count": job.result.count, "rows": len(file.payload.read().splitlines()) - 1}


def main(base_url: str = "http://localhost:8000") -> None:
    client = log_in(base_url)
    for task in ("one", "two", "three", "four", "five"):
        answered(create_todo.sync(client=client, body=TodoWrite(task=task)))
    refused = create_todo.sync(client=client, body=TodoWrite(task=" "))
    seen = {
        **read_pages(client),
        "refused": refused.errors["task"] if isinstance(refused, Problem) and refused.errors else None,
        "conflict": meet_conflict(client),
        "job": export_todos(client),
    }
    print(json.dumps(seen))


main(*sys.argv[1:])

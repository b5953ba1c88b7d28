"""Exporting: which todos, in which form, and where to get them."""

import json

import pytest

from tests import factories
from tests.arrange import make_list, make_todo, make_todos, share
from tests.contract.problems import assert_problem
from tests.transfers.files import export_job, exported


def tasks(client, **filters):
    return [todo["task"] for todo in json.loads(exported(client, "json", **filters))]


def test_the_job_says_where_the_file_is_and_until_when(client):
    make_todos(client, "a", "b")

    job = export_job(client, "csv")

    assert (job["state"], job["total"], job["processed"], job["progress"]) == ("succeeded", 2, 2, 100)
    result = job["result"]
    assert result["url"] == f"/api/v1/jobs/{job['id']}/file"
    assert (result["count"], result["size"]) == (2, len(exported(client, "csv")))
    assert result["expires_at"][:10] > job["created_at"][:10]
    assert result["expires_at"].endswith("Z")


def test_nothing_is_a_file_too(client):
    assert exported(client, "json") == b"[]\n"
    assert exported(client, "csv").startswith(b"id,list,parent_id,task,")
    assert exported(client, "todotxt") == b""
    assert exported(client, "ics").startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")


def test_only_what_the_caller_sees_goes_out(client, stranger):
    shared = make_list(client)
    make_todo(client, "shared", list_id=shared["id"])
    make_todo(client, "mine")
    make_todo(stranger, "theirs")
    share(client, shared, stranger, "viewer")

    assert tasks(stranger) == ["shared", "theirs"]


def test_the_filters_are_those_of_the_query_string(client):
    plans, other = make_list(client, "Plans"), make_list(client, "Other")
    parent = make_todo(
        client, "a", list_id=plans["id"], priority="high", tags=["x", "y"], due_on="2026-01-01", assignee_id=client.account.id
    )
    make_todo(client, "b", list_id=plans["id"], parent_id=parent["id"], done=True)
    make_todo(client, "c", list_id=other["id"], priority="low", tags=["x"], due_at="2027-01-01T00:00:00Z")
    make_todo(client, "d")

    assert tasks(client, list_id=plans["id"]) == ["a", "b"]
    assert tasks(client, list_id=[plans["id"], other["id"]]) == ["a", "b", "c"]
    assert tasks(client, done=True) == ["b"]
    assert tasks(client, done=False, priority=["high", "low"]) == ["a", "c"]
    assert tasks(client, priority="low") == ["c"]
    assert tasks(client, tag=["x", "Y"]) == ["a"]
    assert tasks(client, assignee_id="me") == ["a"]
    assert tasks(client, parent_id=parent["id"]) == ["b"]
    assert tasks(client, parent_id="none", list_id=plans["id"]) == ["a"]
    assert tasks(client, due_before="2026-06-01") == ["a"]
    assert tasks(client, due_after="2026-06-01T00:00:00Z") == ["c"]
    assert tasks(client, overdue=True) == ["a"]
    assert tasks(client, updated_since=parent["updated_at"]) == ["a", "b", "c", "d"]
    assert tasks(client, q="d") == ["d"]
    client.delete(f"/todos/{parent['id']}")
    assert tasks(client, trashed=True) == ["a", "b"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "xml"}, {"list_id": "x"}, {"list_id": ["x"]}, {"list_id": 1}, {"done": "true"}, {"done": 1}, {"done": None}, {"priority": "huge"},
        {"priority": ["high", "huge"]}, {"tag": "\0"}, {"assignee_id": "you"}, {"assignee_id": ["me"]}, {"parent_id": True}, {"due_before": "soon"},
        {"updated_since": "2026-01-01"}, {"trashed": []}, {"q": {}}, {"tag": ["x"] * 101}, {"sort": "due"}, {"limit": 5},
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_that_is_wrong_is_refused_under_its_own_name(client, wrong):
    answer = client.post("/exports", {"format": "csv"} | wrong)

    assert_problem(answer, 422)
    assert list(answer.json["errors"]) == list(wrong)


def test_spreadsheets_find_nothing_to_run(client):
    make_todo(client, "=cmd|' /C calc'!A0", notes="+1", tags=["@x"])

    file = exported(client, "csv").decode()

    assert ",'=cmd|' /C calc'!A0,'+1," in file
    assert ",'@x," in file


def test_a_list_goes_by_its_name(client):
    make_todo(client, "a", list_id=make_list(client, "Plans")["id"])

    assert json.loads(exported(client, "json"))[0]["list"] == "Plans"
    assert b"list:Plans" in exported(client, "todotxt")
    assert b"X-TICKBOX-LIST:Plans" in exported(client, "ics")


def test_one_thread_is_enough_for_an_export_that_tells_how_far_it_is(make_app, client, account, monkeypatch):
    monkeypatch.setattr("app.jobs.work.REPORT_SECONDS", 0)  # as where it takes longer than half a second
    make_todos(client, *["build an API"] * 500)

    job = export_job(factories.client(make_app(THREADS="1"), account), "json")

    assert (job["state"], job["processed"]) == ("succeeded", 500)


def test_an_export_that_is_cancelled_stops(app, client, monkeypatch):
    make_todos(client, *map(str, range(10)))
    monkeypatch.setattr("app.transfers.exporting._STEP", 1)
    monkeypatch.setattr("app.jobs.work.REPORT_SECONDS", 0)
    step, job_ids = __import__("app.jobs.work", fromlist=["Work"]).Work.step, []

    def cancel(work, processed=None, **told):
        if processed == 5:
            job_ids.append(work.job_id)
            client.delete(f"/jobs/{work.job_id}")
        step(work, processed, **told)

    monkeypatch.setattr("app.jobs.work.Work.step", cancel)

    assert export_job(client, "csv")["state"] == "cancelled"

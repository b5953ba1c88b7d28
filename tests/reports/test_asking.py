"""Asking for a report: what is taken, what is refused, and what the job comes to."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.dumping import Dump
from app.jobs.kinds import KINDS
from tests.arrange import make_list, make_todo, make_todos, share, unknown
from tests.contract.problems import assert_problem
from tests.reports.planting import ask, run


def test_a_report_is_a_job(client):
    answer = ask(client)

    assert (answer.status_code, answer.json["kind"], answer.json["state"]) == (202, "report", "queued")
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['id']}"


def test_its_result_is_for_who_may_read_todos(app, client, anonymous):
    job = run(app, client, ask(client))
    token = client.post("/auth/tokens", {"name": "watch", "scopes": ["jobs:read"]}).json["token"]
    using = {"headers": {"Authorization": f"Bearer {token}"}}

    assert job["result"]["report"]
    seen = [anonymous.get(f"/jobs/{job['id']}", **using).json, *anonymous.get("/jobs", **using).json["data"]]
    assert [(each["state"], each["result"]) for each in seen] == [("succeeded", None)] * 2


def test_its_result_holds_the_numbers_and_says_where_the_file_is(app, client):
    done, _ = make_todos(
        client, {"task": "a", "tags": ["home"]}, {"task": "b", "priority": "high", "due_on": "2020-01-01", "tags": ["Home"]}
    )
    client.patch(f"/todos/{done['id']}", {"done": True})
    today = datetime.now(UTC).date().isoformat()

    job = run(app, client, ask(client, **{"from": today, "to": today}))

    assert (job["state"], job["progress"]) == ("succeeded", 100)
    result = job["result"]
    assert result["url"] == f"/api/v1/jobs/{job['id']}/file"
    assert (result["filename"], result["content_type"]) == (f"productivity-{today}-{today}.json", "application/json")
    assert result["size"] > 100
    left = datetime.fromisoformat(result["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    report = result["report"]
    assert 0 <= report.pop("median_completion_seconds") < 60
    assert report == {
        "kind": "productivity",
        "from": today,
        "to": today,
        "time_zone": "UTC",
        "as_of": job["created_at"],
        "list_id": None,
        "list_name": None,
        "created": 2,
        "completed": 1,
        "open": 1,
        "overdue": 1,
        "days": [{"date": today, "created": 2, "completed": 1, "open": 1}],
        "open_by_priority": {"none": 0, "low": 0, "medium": 0, "high": 1, "urgent": 0},
        "open_by_tag": [{"tag": "Home", "count": 1}],
        "open_by_other_tags": 0,
    }


def test_it_is_shown_as_it_was_kept(app, client):
    result = run(app, client, ask(client))["result"]

    assert Dump(KINDS["report"].result)(result) == result


def test_days_keep_the_zone_that_they_were_asked_for_in(app, client):
    answer = ask(client)
    client.patch("/me", {"time_zone": "Asia/Tokyo"})

    assert run(app, client, answer)["result"]["report"]["time_zone"] == "UTC"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "2026-02-02", "to": "2026-02-01"}, "from"),
        ({"from": "2025-01-01", "to": "2026-01-02"}, "to"),
        ({"from": "1969-12-31", "to": "1970-01-02"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": None}, "from"),
        ({"kind": "guesses"}, "kind"),
        ({"kind": None}, "kind"),
        ({"format": "exe"}, "format"),
        ({"list_id": "mine"}, "list_id"),
        ({"user_id": unknown()}, "user_id"),
    ],
)
def test_what_is_wrong_is_said_under_its_name(client, body, field):
    answer = ask(client, **body)

    assert_problem(answer, 422)
    assert list(answer.json["errors"]) == [field]
    assert client.get("/jobs").json["data"] == []


@pytest.mark.parametrize("missing", ["kind", "from", "to", "format"])
def test_kind_days_and_format_are_required(client, missing):
    body = {"kind": "productivity", "from": "2026-11-01", "to": "2026-11-30", "format": "json"}
    answer = client.post("/reports", {name: value for name, value in body.items() if name != missing})

    assert_problem(answer, 422)
    assert list(answer.json["errors"]) == [missing]


@pytest.mark.parametrize("ends", [("2024-01-01", "2024-12-31"), ("1970-01-01", "1970-01-01"), ("9998-12-31", "9998-12-31")])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_longest_and_the_outermost_days_are_reported(app, make_client, user, ends, zone):
    client = make_client(user(time_zone=zone))
    first, last = ends

    report = run(app, client, ask(client, **{"from": first, "to": last}))["result"]["report"]

    assert len(report["days"]) == (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def test_a_list_that_is_not_shared_is_not_there(client, stranger):
    assert_problem(ask(client, list_id=make_list(stranger)["id"]), 404)
    assert_problem(ask(client, list_id=unknown()), 404)


def test_a_list_that_goes_meanwhile_fails_the_job_with_its_reason(app, client):
    going = make_list(client)
    answer = ask(client, list_id=going["id"])
    client.delete(f"/lists/{going['id']}")

    job = run(app, client, answer)

    assert (job["state"], job["error"]) == ("failed", f"List {going['id']} doesn't exist")


def test_who_leaves_a_list_gets_no_report_of_it(app, client, stranger):
    shared = make_list(client, "Secret plans")
    make_todo(client, list_id=shared["id"])
    share(client, shared, stranger, "viewer")
    answer = ask(stranger, list_id=shared["id"])
    client.delete(f"/lists/{shared['id']}/members/{stranger.account.id}")

    job = run(app, stranger, answer)

    assert (job["state"], job["result"]) == ("failed", None)


def test_a_retried_request_is_one_job(client):
    body = {"kind": "productivity", "from": "2026-11-01", "to": "2026-11-30", "format": "pdf"}
    first, second = (client.post("/reports", body, idempotency_key="weekly") for _ in range(2))

    assert first.json == second.json
    assert len(client.get("/jobs").json["data"]) == 1

"""When a todo that recurs is due again."""

import pytest

from tests.arrange import make_list, make_todo, share, unknown


def next_dues(client, rule, limit=3, **due):
    todo = make_todo(client, recurrence=rule, **due)
    answer = client.get(f"/todos/{todo['id']}/occurrences?limit={limit}")
    assert answer.status_code == 200, answer.json
    return [each["due_on"] or each["due_at"] for each in answer.json["data"]]


@pytest.fixture
def living_in(make_client, user):
    """`living_in("Asia/Tokyo")`: a client of somebody there."""
    return lambda zone: make_client(user(time_zone=zone))


@pytest.mark.parametrize(
    ("due", "rule", "expected"),
    [
        ("2026-11-30", "FREQ=DAILY", ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("2026-11-30", "freq=daily;interval=10", ["2026-12-10", "2026-12-20", "2026-12-30"]),
        ("2026-11-30", "FREQ=WEEKLY", ["2026-12-07", "2026-12-14", "2026-12-21"]),
        ("2026-12-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", ["2026-12-03", "2026-12-14", "2026-12-17"]),
        ("2026-12-06", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=MO", ["2026-12-14", "2026-12-28", "2027-01-11"]),
        ("2026-12-06", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU", ["2026-12-07", "2026-12-21", "2027-01-04"]),
        ("2026-12-02", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1", ["2026-12-07", "2026-12-14", "2026-12-21"]),
        ("2027-01-31", "FREQ=MONTHLY", ["2027-03-31", "2027-05-31", "2027-07-31"]),
        ("2027-01-30", "FREQ=MONTHLY", ["2027-03-30", "2027-04-30", "2027-05-30"]),
        ("2027-12-31", "FREQ=MONTHLY;BYMONTHDAY=-1", ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ("2026-12-25", "FREQ=MONTHLY;BYDAY=-1FR", ["2027-01-29", "2027-02-26", "2027-03-26"]),
        ("2026-12-31", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2027-01-29", "2027-02-26", "2027-03-31"]),
        ("2026-12-31", "FREQ=MONTHLY;BYDAY=1MO,FR;BYSETPOS=2", ["2027-01-04", "2027-02-05", "2027-03-05"]),
        ("2026-11-13", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", ["2027-08-13", "2028-10-13", "2029-04-13"]),
        ("2024-02-29", "FREQ=YEARLY", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("2096-02-29", "FREQ=YEARLY", ["2104-02-29", "2108-02-29", "2112-02-29"]),
        ("2026-11-26", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2027-11-25", "2028-11-23", "2029-11-22"]),
        ("2026-12-31", "FREQ=YEARLY;BYYEARDAY=366", ["2028-12-31", "2032-12-31", "2036-12-31"]),
        ("2026-05-11", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", ["2027-05-17", "2028-05-15", "2029-05-14"]),
    ],
)
def test_days_follow_as_rfc_5545_says(client, due, rule, expected):
    assert next_dues(client, rule, due_on=due) == expected


@pytest.mark.parametrize(
    ("due", "rule", "expected"),
    [
        ("2026-11-30", "FREQ=DAILY;COUNT=3", ["2026-12-01", "2026-12-02"]),
        ("2026-11-30", "FREQ=DAILY;COUNT=1", []),
        ("2026-12-01", "FREQ=WEEKLY;BYDAY=MO;COUNT=3", ["2026-12-07", "2026-12-14"]),
        ("2026-11-30", "FREQ=DAILY;UNTIL=20261202", ["2026-12-01", "2026-12-02"]),
        ("2026-11-30", "FREQ=DAILY;UNTIL=20261202T000000Z", ["2026-12-01", "2026-12-02"]),
        ("2026-11-30", "FREQ=DAILY;UNTIL=20261201T235959Z", ["2026-12-01"]),
        ("2026-11-30", "FREQ=DAILY;UNTIL=20261130", []),
    ],
)
def test_a_rule_ends(client, due, rule, expected):
    assert next_dues(client, rule, limit=10, due_on=due) == expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("20261202", ["2026-12-01T20:00:00Z"]),
        ("20261203", ["2026-12-01T20:00:00Z", "2026-12-02T20:00:00Z"]),
        ("20261202T050000", ["2026-12-01T20:00:00Z"]),
        ("20261202T045959", []),
        ("20261202T200000Z", ["2026-12-01T20:00:00Z", "2026-12-02T20:00:00Z"]),
        ("20261202T195959Z", ["2026-12-01T20:00:00Z"]),
    ],
)
def test_the_end_of_a_rule_is_an_instant_with_a_z_and_local_without(living_in, until, expected):
    five_in_the_morning_of_december_1 = "2026-11-30T20:00:00Z"

    assert next_dues(living_in("Asia/Tokyo"), f"FREQ=DAILY;UNTIL={until}", due_at=five_in_the_morning_of_december_1) == expected


@pytest.mark.parametrize("until", ["99991231", "99991231T235959"])
def test_a_rule_until_the_end_of_the_calendar_goes_on(living_in, until):
    client = living_in("America/New_York")

    assert next_dues(client, f"FREQ=DAILY;UNTIL={until}", due_at="2026-11-30T20:00:00Z")[0] == "2026-12-01T20:00:00Z"


@pytest.mark.parametrize(
    ("zone", "due", "expected"),
    [
        # 09:00 stays 09:00 when summer time begins and ends.
        ("Europe/Berlin", "2027-03-26T08:00:00Z", ["2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z", "2027-03-29T07:00:00Z"]),
        ("Europe/Berlin", "2026-10-23T07:00:00Z", ["2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z", "2026-10-26T08:00:00Z"]),
        ("America/New_York", "2027-03-12T14:00:00Z", ["2027-03-13T14:00:00Z", "2027-03-14T13:00:00Z", "2027-03-15T13:00:00Z"]),
        ("Australia/Lord_Howe", "2026-10-02T22:30:00Z", ["2026-10-03T22:00:00Z", "2026-10-04T22:00:00Z", "2026-10-05T22:00:00Z"]),
        # 02:30 is skipped: 03:30 on that day, and 02:30 again on the next.
        ("Europe/Berlin", "2027-03-27T01:30:00Z", ["2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"]),
        ("America/New_York", "2027-03-13T07:30:00Z", ["2027-03-14T07:30:00Z", "2027-03-15T06:30:00Z", "2027-03-16T06:30:00Z"]),
        # 02:30 comes twice: the first one.
        ("Europe/Berlin", "2026-10-24T00:30:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]),
        # No summer time.
        ("Asia/Kolkata", "2027-03-27T03:30:00Z", ["2027-03-28T03:30:00Z", "2027-03-29T03:30:00Z", "2027-03-30T03:30:00Z"]),
        # A day that never was: Samoa went from December 29, 2011 to the 31st.
        ("Pacific/Apia", "2011-12-29T19:00:00Z", ["2011-12-30T19:00:00Z", "2011-12-31T19:00:00Z", "2012-01-01T19:00:00Z"]),
    ],
)
def test_the_time_on_the_wall_stays_when_the_clocks_change(living_in, zone, due, expected):
    assert next_dues(living_in(zone), "FREQ=DAILY", due_at=due) == expected


def test_two_local_times_that_are_one_instant_come_once(living_in):
    dues = next_dues(living_in("Europe/Berlin"), "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30", due_at="2027-03-27T02:30:00Z")

    assert dues == ["2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z", "2027-03-29T01:30:00Z"]


def test_the_second_of_a_doubled_hour_is_followed_by_the_next_day(living_in):
    assert next_dues(living_in("Europe/Berlin"), "FREQ=DAILY", limit=1, due_at="2026-10-25T01:30:00Z") == ["2026-10-26T01:30:00Z"]


def test_the_day_of_the_week_is_local(living_in):
    early_on_monday_there = "2026-11-29T20:00:00Z"

    assert next_dues(living_in("Asia/Tokyo"), "FREQ=WEEKLY;BYDAY=MO", limit=1, due_at=early_on_monday_there) == ["2026-12-06T20:00:00Z"]


def test_fractions_of_a_second_are_kept(client):
    assert next_dues(client, "FREQ=DAILY", limit=1, due_at="2026-11-30T09:00:00.25Z") == ["2026-12-01T09:00:00.250000Z"]


def test_several_times_of_a_day(client):
    dues = next_dues(client, "FREQ=DAILY;BYHOUR=8,20", due_at="2026-11-30T08:00:00Z")

    assert dues == ["2026-11-30T20:00:00Z", "2026-12-01T08:00:00Z", "2026-12-01T20:00:00Z"]


def test_the_zone_is_the_creators_whoever_asks(living_in):
    creator, guest = living_in("Europe/Berlin"), living_in("Asia/Tokyo")
    shared = make_list(creator)
    share(creator, shared, guest, "viewer")
    todo = make_todo(creator, list_id=shared["id"], due_at="2027-03-27T08:00:00Z", recurrence="FREQ=DAILY")

    answer = guest.get(f"/todos/{todo['id']}/occurrences?limit=1")

    assert answer.json == {"data": [{"due_on": None, "due_at": "2027-03-28T07:00:00Z"}], "next_cursor": None}


def test_the_zone_is_the_one_that_the_creator_has_now(living_in):
    client = living_in("UTC")
    todo = make_todo(client, due_at="2027-03-27T08:00:00Z", recurrence="FREQ=DAILY")
    client.patch("/me", {"time_zone": "Europe/Berlin"})

    answer = client.get(f"/todos/{todo['id']}/occurrences?limit=1")

    assert answer.json == {"data": [{"due_on": None, "due_at": "2027-03-28T07:00:00Z"}], "next_cursor": None}


def test_a_todo_that_does_not_recur_has_none(client):
    todo = make_todo(client, due_on="2026-11-30")

    assert client.get(f"/todos/{todo['id']}/occurrences").json == {"data": [], "next_cursor": None}


@pytest.mark.parametrize(("query", "many"), [("", 10), ("?limit=1", 1), ("?limit=100", 100)])
def test_as_many_as_asked_for(client, query, many):
    todo = make_todo(client, due_on="2026-11-30", recurrence="FREQ=DAILY")

    assert len(client.get(f"/todos/{todo['id']}/occurrences{query}").json["data"]) == many


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=x"])
def test_a_wrong_question_is_refused(client, query):
    todo = make_todo(client)

    answer = client.get(f"/todos/{todo['id']}/occurrences?{query}")

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [query.partition("=")[0]]


def test_what_is_not_there_has_none(client, stranger):
    trashed = make_todo(client, due_on="2026-11-30", recurrence="FREQ=DAILY")
    client.delete(f"/todos/{trashed['id']}")

    for todo_id in (trashed["id"], make_todo(stranger)["id"], unknown()):
        assert client.get(f"/todos/{todo_id}/occurrences").status_code == 404

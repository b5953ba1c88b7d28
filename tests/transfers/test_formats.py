"""The formats by themselves: what is written reads back as it was, and files of other programs make sense."""

import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from app.core.types import new_id
from app.todos.rules import PRIORITIES
from app.transfers.formats import FORMATS
from app.transfers.rows import NAMES, RowSchema, Wrong

ZONES = [ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Africa/Cairo")]
SPECIAL = ["=", "+", "-", "@", "'", '"', ",", ";", ":", "\\", "\n", "\r", "\t", " ", "n", "N", "s", "x ", "(A) ", "due:2026-01-01", "id:1", "rrule:", "\u202e", "\u2028", "\x85", "\x01", "🎉", "é", "2026-01-01 "]  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(SPECIAL), st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=60).map(
    "".join
)
LINES = HOSTILE.map(str.strip).filter(bool)
TAGS = st.lists(LINES.map(lambda text: text[:50].strip()), max_size=20, unique_by=str.casefold).map(
    lambda tags: sorted(tags, key=str.casefold)
)
RULES = [
    "FREQ=DAILY",
    "freq=weekly;byday=mo,TU",
    "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
    "FREQ=YEARLY;INTERVAL=2;UNTIL=20300101T000000Z",
    "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR",
]
INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))


@st.composite
def todos(draw):
    day = draw(st.one_of(st.none(), st.dates(date(1, 1, 3), date(9999, 12, 29))))
    instant = None if day else draw(st.one_of(st.none(), INSTANTS))
    done = draw(st.booleans())
    maybe = lambda strategy: draw(st.one_of(st.none(), strategy))  # noqa: E731
    return {
        "id": new_id(), "list": draw(LINES), "parent_id": maybe(st.builds(new_id)), "task": draw(LINES), "notes": maybe(HOSTILE), "done": done,
        "completed_at": draw(INSTANTS) if done else None, "priority": draw(st.sampled_from(PRIORITIES)), "due_on": day, "due_at": instant,
        "remind_at": maybe(INSTANTS), "recurrence": maybe(st.sampled_from(RULES)) if day or instant else None, "series_id": maybe(st.builds(new_id)),
        "tags": draw(TAGS), "assignee_id": maybe(st.builds(new_id)), "position": draw(st.floats(-1e15, 1e15)), "created_at": draw(INSTANTS), "deleted_at": maybe(INSTANTS),
    }  # fmt: skip


def written(kind, made, zone=ZONES[0]):
    file = io.BytesIO()
    FORMATS[kind].write(made, file, zone)
    return file.getvalue()


def read(kind, data, zone=ZONES[0]):
    return list(FORMATS[kind].read(io.BufferedReader(io.BytesIO(data)), zone))


def one(kind, data, zone=ZONES[0]):
    ((_, values),) = read(kind, data.encode(), zone)
    return values


def loaded(values):
    row = RowSchema().load(values)
    return {**dict.fromkeys(NAMES), **row, "priority": PRIORITIES[row["priority"]]}


@pytest.mark.parametrize("kind", ["csv", "json", "ics"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(todos(), max_size=3), zone=st.sampled_from(ZONES), elsewhere=st.sampled_from(ZONES))
def test_what_is_written_reads_back_as_it_was(kind, made, zone, elsewhere):
    rows = read(kind, written(kind, made, zone), elsewhere)

    assert [number for number, _ in rows] == list(range(1, len(made) + 1))
    assert [loaded(values) for _, values in rows] == made


@settings(max_examples=100, deadline=None)
@given(made=todos(), zone=st.sampled_from(ZONES))
def test_todo_txt_keeps_what_it_can(made, zone):
    data = written("todotxt", [made], zone)
    row = loaded(read("todotxt", data, zone)[0][1])

    kept = ("id", "list", "parent_id", "task", "done", "priority", "due_on", "due_at", "recurrence", "tags", "deleted_at")
    assert {name: row[name] for name in kept} == {name: made[name] for name in kept}
    again = {**made, **{name: row[name] for name in ("created_at", "completed_at")}}
    assert written("todotxt", [again], zone) == data


LINES_OF_OTHERS = {
    "(A) Thank Mom for the meatballs @phone": {"task": "Thank Mom for the meatballs", "priority": "urgent", "tags": ["phone"]},
    "(B) 2011-03-02 Document +TodoTxt task format +docs": {
        "task": "Document +TodoTxt task format", "priority": "high", "tags": ["TodoTxt", "docs"], "created_at": "2011-03-02T00:00:00Z",
    },
    "x 2011-03-03 2011-03-01 Review Tim's pull request +TodoTxtTouch @github": {
        "task": "Review Tim's pull request", "done": True, "completed_at": "2011-03-03T00:00:00Z", "created_at": "2011-03-01T00:00:00Z",
        "tags": ["TodoTxtTouch", "github"],
    },
    "x (C) 2011-03-03 water the plants": {"task": "water the plants", "done": True, "priority": "medium", "completed_at": "2011-03-03T00:00:00Z"},
    "x water pri:d": {"task": "water", "done": True, "priority": "low"},
    "(Z) someday": {"task": "someday", "priority": "low"},
    "xylophone lesson": {"task": "xylophone lesson"},
    "X 2012-01-01 no completion": {"task": "X 2012-01-01 no completion"},
    "(a) no priority": {"task": "(a) no priority"},
    "pay rent due:2026-11-30 rec:+1m": {"task": "pay rent", "due_on": "2026-11-30", "recurrence": "FREQ=MONTHLY"},
    "water due:2026-11-30 rec:2w": {"task": "water", "due_on": "2026-11-30", "recurrence": "FREQ=WEEKLY;INTERVAL=2"},
    "due:tomorrow http://x.org a@b.c 1+1 C:\\new \\@x": {"task": "due:tomorrow http://x.org a@b.c 1+1 C:\\new \\@x"},
    "a due:2026-11-30 due_at:2026-11-30T10:00:00Z": {"task": "a", "due_at": "2026-11-30T10:00:00Z"},
    "a due:2026-12-01 due_at:2026-11-30T10:00:00Z": {"task": "a", "due_on": "2026-12-01"},
    "a due:2026-11-30 due_at:2026-11-30T22:00:00-05:00": {"task": "a", "due_at": "2026-11-30T22:00:00-05:00"},
    "a due:2026-12-01 due_at:2026-11-30T22:00:00-05:00": {"task": "a", "due_on": "2026-12-01"},
}  # fmt: skip


@pytest.mark.parametrize("line", LINES_OF_OTHERS)
def test_todo_txt_of_other_programs(line):
    plain = {
        "done": False,
        "priority": "none",
        "tags": [],
        "due_on": None,
        "due_at": None,
        "recurrence": None,
        "parent_id": None,
        "deleted_at": None,
    }

    assert one("todotxt", line + "\r\n") == plain | LINES_OF_OTHERS[line]


@pytest.mark.parametrize("added", ["@home", "pri:A"])
def test_a_line_of_ours_that_another_program_adds_to_is_read_as_ours(added):
    values = one("todotxt", f"2026-11-26 buy \\@milk list:My\\sList id:01a20459-32c8-7326-9abb-c55e842ba95a {added}\n")

    assert (values["task"], values["list"], values["id"]) == ("buy @milk", "My List", "01a20459-32c8-7326-9abb-c55e842ba95a")


def test_lines_of_todo_txt_are_counted_as_an_editor_does():
    assert [number for number, _ in read("todotxt", b"a\n\n  \nb")] == [1, 4]


def calendar(*lines):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""])


def vtodo(*lines):
    return calendar("BEGIN:VTODO", "SUMMARY:x", *lines, "END:VTODO")


TODOS_OF_OTHERS = {
    "a time zone": (["DUE;TZID=Europe/Berlin:20260701T100000"], {"due_at": "2026-07-01T08:00:00Z"}),
    "a time zone of Windows": (["DUE;TZID=W. Europe Standard Time:20260701T100000"], {"due_at": "2026-07-01T08:00:00Z"}),
    "a quoted time zone": (['due;x-a="b;c:d";tzid="Europe/Berlin":20260701T100000'], {"due_at": "2026-07-01T08:00:00Z"}),
    "the caller's own time": (["DUE:20260701T100000"], {"due_at": "2026-07-01T14:00:00Z"}),
    "a day": (["DUE;VALUE=DATE:20260701"], {"due_on": "2026-07-01"}),
    "a day that is told to be in a time zone": (["DUE;TZID=Europe/Berlin;VALUE=DATE:20260701"], {"due_on": "2026-07-01"}),
    "a start and how long": (["DTSTART:20260701T100000Z", "DURATION:PT1H30M"], {"due_at": "2026-07-01T11:30:00Z"}),
    "a start that repeats": (["DTSTART;VALUE=DATE:20260701", "RRULE:FREQ=DAILY"], {"due_on": "2026-07-01", "recurrence": "FREQ=DAILY"}),
    "a rule without a due": (["RRULE:FREQ=DAILY"], {}),
    "an alarm": (
        ["DUE:20260701T100000Z", "BEGIN:VALARM", "TRIGGER;RELATED=END:-PT15M", "ACTION:DISPLAY", "SUMMARY:y", "END:VALARM"],
        {"due_at": "2026-07-01T10:00:00Z", "remind_at": "2026-07-01T09:45:00Z"},
    ),
    "an alarm that Apple keeps silent": (
        ["BEGIN:VALARM", "ACTION:NONE", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z", "END:VALARM"],
        {},
    ),
    "an alarm after one that is kept silent": (
        ["DUE:20260701T100000Z", "BEGIN:VALARM", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z", "ACTION:NONE", "END:VALARM",
         "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "END:VALARM", "BEGIN:VALARM", "ACTION:NONE", "TRIGGER:-PT9M", "END:VALARM"],
        {"due_at": "2026-07-01T10:00:00Z", "remind_at": "2026-07-01T09:55:00Z"},
    ),
    "an alarm in the night of the change of clocks": (
        ["DUE;TZID=Europe/Berlin:20260329T031000", "BEGIN:VALARM", "TRIGGER:-PT15M", "END:VALARM"],
        {"due_at": "2026-03-29T01:10:00Z", "remind_at": "2026-03-29T00:55:00Z"},
    ),
    "an alarm a day before the change of clocks": (
        ["DUE;TZID=Europe/Berlin:20260329T090000", "BEGIN:VALARM", "TRIGGER:-P1D", "END:VALARM"],
        {"due_at": "2026-03-29T07:00:00Z", "remind_at": "2026-03-28T08:00:00Z"},
    ),
    "hours across the change of clocks": (
        ["DTSTART;TZID=Europe/Berlin:20260328T230000", "DURATION:PT10H"],
        {"due_at": "2026-03-29T08:00:00Z"},
    ),
    "done": (["STATUS:COMPLETED", "COMPLETED:20260701T100000Z", "PERCENT-COMPLETE:100"], {"done": True, "completed_at": "2026-07-01T10:00:00Z"}),
    "cancelled": (["STATUS:CANCELLED"], {"done": True}),
    "priorities": (["PRIORITY:9"], {"priority": "low"}),
    "no such priority": (["PRIORITY:a lot"], {}),
    "text": (["DESCRIPTION:one\\ntwo\\, th", " ree\\; \\\\n"], {"notes": "one\ntwo, three; \\n"}),
    "categories": (["CATEGORIES:a,b\\,c", "CATEGORIES:d"], {"tags": ["a", "b,c", "d"]}),
    "relations": (["RELATED-TO;RELTYPE=CHILD:1", "RELATED-TO:2"], {"parent_id": "2"}),
    "an id": (["UID:20260701T100000-1@example.org"], {"id": "20260701T100000-1@example.org"}),
}  # fmt: skip


@pytest.mark.parametrize("name", TODOS_OF_OTHERS)
def test_calendars_of_other_programs(name):
    lines, expected = TODOS_OF_OTHERS[name]
    plain = dict.fromkeys(("notes", "due_on", "due_at", "remind_at", "recurrence", "parent_id", "deleted_at"))

    values = one("ics", vtodo(*lines), ZoneInfo("America/New_York"))

    assert values == plain | {"task": "x", "done": False, "priority": "none", "tags": []} | expected


CUSTOM_ZONE = [
    "BEGIN:VTIMEZONE", "TZID:(UTC+01:00) Here\\, there", "X-LIC-LOCATION:Here",
    "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:Winter",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
    "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
]  # fmt: skip


@pytest.mark.parametrize(("local", "utc"), [("20260701T090000", "2026-07-01T07:00:00Z"), ("20261201T090000", "2026-12-01T08:00:00Z")])
def test_a_time_zone_that_only_the_file_knows_is_as_the_file_defines_it(local, utc):
    todo = [
        "BEGIN:VTODO",
        "SUMMARY:x",
        f'DUE;TZID="(UTC+01:00) Here, there":{local}',
        "BEGIN:VALARM",
        "TRIGGER:-PT1H",
        "END:VALARM",
        "END:VTODO",
    ]

    values = one("ics", calendar(*CUSTOM_ZONE, *todo), ZoneInfo("America/New_York"))

    assert values["due_at"] == utc
    assert values["remind_at"] == f"{utc[:11]}{int(utc[11:13]) - 1:02}{utc[13:]}"


def test_a_time_zone_may_have_summers_alone():
    summers = ["BEGIN:DAYLIGHT", "DTSTART:20200101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT"]
    zone = ["BEGIN:VTIMEZONE", "TZID:Here", *summers, *summers, "END:VTIMEZONE"]

    rows = read("ics", calendar(*zone, *[f"BEGIN:VTODO\r\nDUE;TZID=Here:{year}0701T090000\r\nEND:VTODO" for year in (2026, 1990)]).encode())

    assert [values["due_at"] for _, values in rows] == ["2026-07-01T07:00:00Z", "1990-07-01T07:00:00Z"]


def test_what_one_file_says_of_a_time_zone_is_not_heeded_in_another():
    todo = vtodo('DUE;TZID="(UTC+01:00) Here, there":20260701T090000')
    one("ics", calendar(*CUSTOM_ZONE, "BEGIN:VTODO", "SUMMARY:x", "END:VTODO"))

    assert one("ics", todo, ZoneInfo("America/New_York"))["due_at"] == "2026-07-01T13:00:00Z"


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=YEARLY;BYSECOND=1,2", "INTERVAL=1", "FREQ=YEARLY;BYDAY=0MO", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYDAY=MO"],
)
def test_a_time_zone_that_is_none_is_the_callers_own(rule):
    zone = [line if not line.startswith("RRULE") else f"RRULE:{rule}" for line in CUSTOM_ZONE]
    todo = ["BEGIN:VTODO", "SUMMARY:x", 'DUE;TZID="(UTC+01:00) Here, there":20260701T090000', "END:VTODO"]

    assert one("ics", calendar(*zone, *todo), ZoneInfo("America/New_York"))["due_at"] == "2026-07-01T13:00:00Z"


def test_a_letter_that_another_program_cut_in_two_to_fold_a_line_is_whole_again():
    file = vtodo("DESCRIPTION:Grüße 🎉").encode()
    cut = file.replace("ü".encode(), b"\xc3\r\n \xbc").replace("🎉".encode(), b"\xf0\x9f\r\n \x8e\r\n\t\x89")

    ((_, values),) = read("ics", cut)

    assert values["notes"] == "Grüße 🎉"


def test_events_are_counted_and_skipped():
    events = [
        "BEGIN:VTIMEZONE",
        "BEGIN:STANDARD",
        "END:STANDARD",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "BEGIN:VALARM",
        "END:VALARM",
        "END:VEVENT",
    ]

    rows = read("ics", calendar(*events, "BEGIN:VTODO", "SUMMARY:x", "END:VTODO").encode())

    assert [(number, values and values["task"]) for number, values in rows] == [(1, None), (2, "x")]


def test_icalendar_reads_what_is_written():
    made = {
        **dict.fromkeys(NAMES),
        "id": "1",
        "task": "a,b;c" * 30,
        "notes": "é\n" * 90,
        "done": True,
        "priority": "high",
        "tags": ["x", "y,z"],
        "position": 1.0,
    }
    made |= {"due_at": datetime(2026, 7, 1, 10, tzinfo=UTC), "completed_at": datetime(2026, 7, 1, 9, tzinfo=UTC)}
    made |= {
        "created_at": datetime(2026, 6, 1, tzinfo=UTC),
        "recurrence": "FREQ=WEEKLY;BYDAY=MO",
        "remind_at": datetime(2026, 7, 1, 8, tzinfo=UTC),
    }
    data = written("ics", [made])

    (todo,) = Calendar.from_ical(data).walk("VTODO")

    assert max(map(len, data.split(b"\r\n"))) <= 75
    assert (todo["SUMMARY"], todo["DESCRIPTION"], todo["PRIORITY"]) == (made["task"], made["notes"], 3)
    assert todo["CATEGORIES"].cats == ["x", "y,z"]
    assert (todo["DUE"].dt, todo["RRULE"].to_ical()) == (made["due_at"], b"FREQ=WEEKLY;BYDAY=MO")
    assert todo["DTSTART"].dt == made["due_at"], "what has a rule has to have a start (section 3.8.2.4)"
    assert todo.walk("VALARM")[0]["TRIGGER"].dt == made["remind_at"]


def weekly(due_at):
    plain = {**dict.fromkeys(NAMES), "id": "1", "task": "x", "priority": "none", "tags": [], "position": 1.0}
    return plain | {"created_at": due_at, "due_at": due_at, "recurrence": "FREQ=WEEKLY;BYDAY=MO"}


def test_a_series_stays_at_its_hour_and_on_its_day_in_other_programs():
    zone = ZoneInfo("America/New_York")
    first = datetime(2026, 10, 26, 20, tzinfo=zone)  # a Monday there and a Tuesday in UTC, a week before clocks change

    calendar = Calendar.from_ical(written("ics", [weekly(first.astimezone(UTC))] * 2, zone))

    for todo in calendar.walk("VTODO"):
        start = todo["DTSTART"].dt
        assert (start, todo["DUE"].dt) == (first, first)
        assert list(rrulestr(todo["RRULE"].to_ical().decode(), dtstart=start)[:2]) == [first, datetime(2026, 11, 2, 20, tzinfo=zone)]
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["America/New_York"]


def test_the_time_zone_of_a_series_is_told_to_programs_that_do_not_know_it():
    zone = ZoneInfo("Europe/Berlin")
    moments = [datetime(2026, 7, 6, 9, tzinfo=zone), datetime(2026, 12, 7, 9, tzinfo=zone)]
    data = written("ics", [weekly(moment.astimezone(UTC)) for moment in moments], zone)

    rows = read("ics", data.replace(b"Europe/Berlin", b"X"), ZoneInfo("Asia/Tokyo"))

    assert [values["due_at"] for _, values in rows] == ["2026-07-06T07:00:00Z", "2026-12-07T08:00:00Z"]


def test_the_second_of_two_hours_that_clocks_show_alike_is_told_in_utc():
    zone = ZoneInfo("Europe/Berlin")

    data = written("ics", [weekly(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))], zone)

    assert b"\r\nDUE:20261025T013000Z\r\n" in data


def test_json_may_be_lines_of_objects_and_begin_with_a_mark():
    assert read("json", b'\xef\xbb\xbf{"task": "a"}\n{"task": "b"}\n') == [(1, {"task": "a"}), (2, {"task": "b"})]


def test_csv_of_a_spreadsheet():
    data = b'\xef\xbb\xbfTask,Done,Tags,Due_on\r\n"a ""b""",TRUE,"x, y",2026-11-30\r\n,,,\r\n\r\n-5 things,,,\r\n'

    assert read("csv", data) == [
        (1, {"task": 'a "b"', "done": True, "tags": ["x", " y"], "due_on": "2026-11-30"}),
        (4, {"task": "-5 things", "tags": [], "due_on": None}),
    ]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_csv_of_a_spreadsheet_whose_numbers_have_commas(mark):
    data = '\ufeff"Task";Tags;Done\r\n"a;b";x,y;TRUE\r\n"c, d";"";FALSE\r\n'.replace(";", mark)

    assert read("csv", data.encode()) == [
        (1, {"task": f"a{mark}b", "tags": ["x", "y"], "done": True}),
        (2, {"task": "c, d", "tags": [], "done": False}),
    ]


def test_a_row_with_a_cell_too_few_is_wrong():
    assert read("csv", b"task,notes\r\na\r\n") == [(1, Wrong("It has 1 cells, but the header has 2."))]

"""Files that are broken or hostile: a clear reason, in bounded memory, and nothing is kept."""

import io
import time
import tracemalloc
from zoneinfo import ZoneInfo

import pytest

from app.transfers.formats import FORMATS
from app.transfers.rows import Unreadable, Wrong
from tests.arrange import find
from tests.transfers.files import import_job

MIB = 1024 * 1024
UTC = ZoneInfo("UTC")


class Endless(io.RawIOBase):
    """`head`, and then `body` for 100 MiB, made as it is read."""

    def __init__(self, head, body):
        self.rest, self.body, self.left = head, body * (64 * 1024 // len(body)), 100 * MIB

    def readable(self):
        return True

    def readinto(self, buffer):
        if not self.rest and self.left > 0:
            self.rest, self.left = self.body, self.left - len(self.body)
        data, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


HUGE = {
    "csv: one line": ("csv", b"task\r\n", b"x"),
    "csv: a header without end": ("csv", b"", b"task,"),
    "csv: a quoted field without end": ("csv", b'task\r\n"', b"x\r\n"),
    "csv: a record of many fields": ("csv", b"task\r\n", b'"x\r\n",'),
    "json: one text": ("json", b'[{"task": "', b"x"),
    "json: one text of quotation marks": ("json", b'[{"task": "', b'\\"'),
    "json: brackets": ("json", b"", b"["),
    "json: objects in objects": ("json", b"[", b'{"a":'),
    "json: one number": ("json", b'[{"position": ', b"1"),
    "json: an object of many fields": ("json", b'[{"a": 0', b',"a": 0'),
    "json: white space": ("json", b"[", b" "),
    "json: tags": ("json", b'[{"tags": [1', b',"a"'),
    "todotxt: one line": ("todotxt", b"", b"x"),
    "ics: one line": ("ics", b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:", b"x"),
    "ics: a folded line without end": ("ics", b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:", b"x\r\n "),
    "ics: components in components": ("ics", b"BEGIN:VCALENDAR\r\n", b"BEGIN:VTODO\r\n"),
}


@pytest.mark.parametrize("name", HUGE)
def test_what_never_ends_is_refused_in_bounded_memory(name):
    kind, head, body = HUGE[name]
    file = io.BufferedReader(Endless(head, body))
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            for _ in FORMATS[kind].read(file, UTC):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 40 * MIB


def test_a_component_of_a_million_lines_is_one_bad_row():
    lines = b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\n" + b"".join(b"X-%d:x\r\n" % n for n in range(100_000))
    tracemalloc.start()
    try:
        ((number, row),) = FORMATS["ics"].read(io.BytesIO(lines + b"END:VTODO\r\nEND:VCALENDAR\r\n"), UTC)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (number, row) == (1, Wrong("It has too many lines."))
    assert peak < 10 * MIB


def todo_of(*lines):
    """What is read of a calendar with one VTODO of these lines."""
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VTODO", "SUMMARY:x", *lines, "END:VTODO", "END:VCALENDAR", ""])
    ((_, row),) = FORMATS["ics"].read(io.BytesIO(text.encode()), UTC)
    return row


COSTLY = {
    "parameters of commas": "X" + ";A=," * 200,
    "one parameter of commas": "X;A=" + "," * 200_000,
    "a backslash at the end": "CATEGORIES:" + "a" * 200_000 + "\\",
}


@pytest.mark.parametrize("name", COSTLY)
def test_no_line_of_a_calendar_takes_long_to_read(name):
    begun = time.process_time()

    todo_of(COSTLY[name])

    assert time.process_time() - begun < 1


def test_a_component_of_long_lines_is_one_bad_row_in_bounded_memory():
    line = "CATEGORIES:" + "ab," * 200_000
    tracemalloc.start()
    try:
        row = todo_of(*[line] * 60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert isinstance(row, Wrong)
    assert peak < 250 * MIB


WRONG_MOMENTS = {
    "a duration where an instant belongs": ["CREATED:P1D"],
    "a day beyond the calendar": ["DTSTART:99991231", "DURATION:P1D"],
    "an alarm before the calendar": ["DUE:00010101", "BEGIN:VALARM", "TRIGGER:-P1D", "END:VALARM"],
    "a zone that is a folder": ["DUE;TZID=Europe:20260101T000000"],
    "a zone that is too long for a file": [f"DUE;TZID={'x' * 5000}:20260101T000000"],
}


@pytest.mark.parametrize("name", WRONG_MOMENTS)
def test_a_moment_that_is_none_is_one_bad_row(name):
    row = todo_of(*WRONG_MOMENTS[name])

    assert isinstance(row, Wrong)
    assert "/" not in row.message


def test_exact_values_that_are_nested_without_end_count_for_nothing():
    deep = "[" * 600 + "]" * 600

    assert todo_of(f'X-TICKBOX-EXACT:{{"tags":{deep}}}')["tags"] == []


def test_a_due_of_todotxt_beyond_the_calendar_is_one_bad_row(client):
    job = import_job(client, "x due_at:9999-12-31T23:59:59-14:00 due:2026-01-01\ny\n", "todotxt", on_error="skip")

    assert (job["state"], job["result"]["created"], job["result"]["error_count"]) == ("succeeded", 1, 1), job


BAD = {
    "csv: unknown columns": ("csv", "task,foo,bar\r\nx,1,2", "Unknown columns: foo, bar."),
    "csv: a column twice": ("csv", "task,task\r\nx,y", "The header names a column twice."),
    "csv: a stray quotation mark": ("csv", 'task\r\n"x"y\r\n', "Not valid CSV"),
    "csv: an open quotation mark": ("csv", 'task\r\n"x\r\ny\r\n', "Not valid CSV"),
    "csv: too many cells": ("csv", "task\r\nx,y\r\n", "It has 2 cells, but the header has 1."),
    "csv: latin-1": ("csv", "task\r\ncafé".encode("latin-1"), "Line 2 is not text in UTF-8."),
    "csv: utf-16": ("csv", "task\r\nx".encode("utf-16"), "Line 1 is not text in UTF-8."),
    "json: no JSON": ("json", "task", "Not valid JSON in UTF-8"),
    "json: no end": ("json", '[{"task": "x"}', "Not valid JSON in UTF-8"),
    "json: utf-16": ("json", '[{"task": "x"}]'.encode("utf-16"), "Not valid JSON in UTF-8"),
    "json: an unknown field": ("json", '[{"task": "x", "foo": 1}]', "foo: Unknown field."),
    "json: no object": ("json", "[1]", "It is not an object."),
    "json: infinity": ("json", '[{"task": "x", "position": 1e999}]', "Not valid JSON in UTF-8"),
    "json: half a character": ("json", '[{"task": "x \\ude00"}]', "It has half of a pair of surrogates, which is no character."),
    "json: wrong kinds": ("json", '[{"task": 1, "id": [], "priority": {}, "done": "true", "position": "1"}]', "task: Not a valid string."),
    "todotxt: utf-16": ("todotxt", "x".encode("utf-16"), "Line 1 is not text in UTF-8."),
    "ics: no calendar": ("ics", "task\r\nx", "This is not a calendar."),
    "ics: no end": ("ics", "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:x", "The VTODO has no end."),
    "ics: a wrong end": ("ics", "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nEND:VCALENDAR", "END:VCALENDAR does not end what was begun last."),
    "ics: no such day": ("ics", "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nDUE:20260230T000000Z\nEND:VTODO\nEND:VCALENDAR\n", "Row 1: "),
    "ics: no line": ("ics", "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY\nEND:VTODO\nEND:VCALENDAR\n", "Not a line of iCalendar: SUMMARY"),
    "ics: no summary": ("ics", "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:x\nEND:VTODO\nEND:VCALENDAR\n", "task: "),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_fails_with_its_reason(client, name):
    kind, file, reason = BAD[name]

    job = import_job(client, file, kind)

    assert job["state"] == "failed"
    assert reason in job["error"]
    assert job["result"]["error_count"] == 1
    assert find(client) == []


TEXTS_OF_OTHERS = {
    "csv": b'task,notes\r\none,"first\r\nsecond"\r\ncaf\xe9,\r\n',
    "json": b'[{"task": "one",\n "notes": "x"\n},\n{"task": "caf\xe9"}]\n',
    "todotxt": b"one\ncaf\xe9\n",
    "ics": b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:one\r\nEND:VTODO\r\nBEGIN:VTODO\r\nSUMMARY:caf\xe9\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
}


@pytest.mark.parametrize("kind", TEXTS_OF_OTHERS)
def test_what_is_no_text_is_told_by_its_row_and_not_by_its_line(client, kind):
    job = import_job(client, TEXTS_OF_OTHERS[kind], kind)

    assert [error["row"] for error in job["result"]["errors"]] == [2]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_unreadable_rest_keeps_all_out_even_if_bad_rows_are_skipped(client, kind):
    good = {
        "csv": "task\r\nx\r\n",
        "json": '[{"task": "x"},',
        "todotxt": "x\n",
        "ics": "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nEND:VTODO\n",
    }

    job = import_job(client, good[kind].encode() + b"\xff\xfe", kind, on_error="skip")

    assert (job["state"], job["result"]["created"]) == ("failed", 0)
    assert find(client) == []


@pytest.mark.parametrize("file", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", ["csv", "todotxt", "ics"])
def test_an_empty_file_has_no_rows(client, kind, file):
    assert import_job(client, file, kind)["result"]["created"] == 0


def test_a_file_has_so_many_rows_at_most(client, monkeypatch):
    monkeypatch.setattr("app.transfers.importing.MOST_ROWS", 600)

    job = import_job(client, "x\n" * 700, "todotxt")

    assert "A file may have 600 rows." in job["error"]
    assert find(client) == []

"""A todo in one line of text: what is understood, and what stays text."""

from __future__ import annotations

import random

import pytest

THURSDAY = "2026-11-26T09:00:00Z"  # 10:00 in Berlin
SEED = 6


@pytest.fixture
def fields(modules):
    """`fields(*lines, language="en", zone=..., now=...)`: what each line says, on a Thursday at 10 o'clock in Berlin."""

    def fields_(*lines, language="en", zone="Europe/Berlin", now=THURSDAY):
        calls = [[line, {"zone": zone, "now": now}] for line in lines]
        return modules.call("todos/one_line.js", "understand", *calls, locale=language)

    return fields_


def test_a_line_says_task_due_tag_and_priority(fields):
    assert fields("Buy milk tomorrow 17:00 #errand !high") == [
        {"task": "Buy milk", "due_at": "2026-11-27T16:00:00Z", "priority": "high", "tags": ["errand"]}
    ]


def test_a_german_line_says_the_same(fields):
    said = fields("Milch kaufen morgen um 17 Uhr #einkauf !hoch", language="de")
    assert said == [{"task": "Milch kaufen", "due_at": "2026-11-27T16:00:00Z", "priority": "high", "tags": ["einkauf"]}]


DAYS = {
    "today": "2026-11-26",
    "tomorrow": "2026-11-27",
    "day after tomorrow": "2026-11-28",
    "the day after tomorrow": "2026-11-28",
    "monday": "2026-11-30",
    "next Monday": "2026-11-30",
    "by friday": "2026-11-27",
    "on sun": "2026-11-29",
    "thursday": "2026-12-03",
    "in 3 days": "2026-11-29",
    "in 2 weeks": "2026-12-10",
    "in a week": "2026-12-03",
    "next week": "2026-12-03",
    "2026-12-24": "2026-12-24",
    "24 Dec": "2026-12-24",
    "December 24th": "2026-12-24",
    "Dec 24, 2027": "2027-12-24",
    "12/24": "2026-12-24",
    "12/24/2027": "2027-12-24",
    "1 Nov": "2027-11-01",
    "29 Feb": "2028-02-29",
}
GERMAN_DAYS = {
    "heute": "2026-11-26",
    "morgen": "2026-11-27",
    "Übermorgen": "2026-11-28",
    "Montag": "2026-11-30",
    "nächsten Montag": "2026-11-30",
    "am Mo": "2026-11-30",
    "bis Samstag": "2026-11-28",
    "in 3 Tagen": "2026-11-29",
    "in einer Woche": "2026-12-03",
    "nächste Woche": "2026-12-03",
    "24.12.": "2026-12-24",
    "am 24.12.2027": "2027-12-24",
    "24. Dezember": "2026-12-24",
    "3. März": "2027-03-03",
    "tomorrow": "2026-11-27",
    "in 2 weeks": "2026-12-10",
}


@pytest.mark.parametrize(("language", "days"), [("en", DAYS), ("de", GERMAN_DAYS)])
def test_a_day_is_understood_in_many_ways(fields, language, days):
    said = fields(*[f"call Bob {day}" for day in days], language=language)
    assert dict(zip(days, said, strict=True)) == {day: {"task": "call Bob", "due_on": due} for day, due in days.items()}


@pytest.mark.parametrize(
    ("language", "times"),
    [
        ("en", {"17:00": "16:00", "at 17:00": "16:00", "5pm": "16:00", "5:30 pm": "16:30", "12am": "23:00", "12pm": "11:00"}),
        ("de", {"17:00": "16:00", "17 Uhr": "16:00", "um 17 Uhr": "16:00", "17.30 Uhr": "16:30", "at 17:00": "16:00"}),
    ],
)
def test_a_time_is_understood_in_many_ways(fields, language, times):
    said = fields(*[f"call Bob 2026-12-24 {time}" for time in times], language=language)
    assert {time: one["due_at"][11:16] for time, one in zip(times, said, strict=True)} == times
    assert {one["task"] for one in said} == {"call Bob"}


def test_day_and_time_belong_together_wherever_they_stand(fields):
    said = fields("call Bob tomorrow at 5pm", "5pm call Bob tomorrow", "tomorrow call Bob at 5pm")
    assert said == [{"task": "call Bob", "due_at": "2026-11-27T16:00:00Z"}] * 3


def test_a_time_alone_is_today_or_tomorrow_if_it_has_passed(fields):
    assert fields("11:00 tea", "9:00 tea") == [
        {"task": "tea", "due_at": "2026-11-26T10:00:00Z"},
        {"task": "tea", "due_at": "2026-11-27T08:00:00Z"},
    ]


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("America/New_York", "2026-11-25", "2026-11-26T01:00:00Z"),
        ("Asia/Kolkata", "2026-11-26", "2026-11-26T14:30:00Z"),
        ("Pacific/Auckland", "2026-11-26", "2026-11-26T07:00:00Z"),
    ],
)
def test_today_is_the_day_of_the_persons_zone(fields, zone, day, instant):
    assert fields("tea today", "tea 20:00", zone=zone, now="2026-11-26T00:30:00Z") == [
        {"task": "tea", "due_on": day},
        {"task": "tea", "due_at": instant},
    ]


def test_days_on_which_the_clocks_change_are_days_as_others(fields):
    saturday = "2026-03-28T22:00:00Z"
    assert fields("tea tomorrow 2:30", "tea tomorrow 12:00", "tea in 2 days", now=saturday) == [
        {"task": "tea", "due_at": "2026-03-29T01:30:00Z"},
        {"task": "tea", "due_at": "2026-03-29T10:00:00Z"},
        {"task": "tea", "due_on": "2026-03-30"},
    ]


@pytest.mark.parametrize(
    ("language", "line", "rule", "due"),
    [
        ("en", "every day", "FREQ=DAILY", "2026-11-26"),
        ("en", "every week", "FREQ=WEEKLY", "2026-11-26"),
        ("en", "every 2 weeks", "FREQ=WEEKLY;INTERVAL=2", "2026-11-26"),
        ("en", "every month", "FREQ=MONTHLY", "2026-11-26"),
        ("en", "every year 24 Dec", "FREQ=YEARLY", "2026-12-24"),
        ("en", "every Monday", "FREQ=WEEKLY;BYDAY=MO", "2026-11-30"),
        ("en", "every thu", "FREQ=WEEKLY;BYDAY=TH", "2026-11-26"),
        ("de", "jeden Tag", "FREQ=DAILY", "2026-11-26"),
        ("de", "jede Woche", "FREQ=WEEKLY", "2026-11-26"),
        ("de", "alle 2 Monate", "FREQ=MONTHLY;INTERVAL=2", "2026-11-26"),
        ("de", "jedes Jahr", "FREQ=YEARLY", "2026-11-26"),
        ("de", "jeden Montag", "FREQ=WEEKLY;BYDAY=MO", "2026-11-30"),
        ("de", "every Montag", "FREQ=WEEKLY;BYDAY=MO", "2026-11-30"),
    ],
)
def test_what_repeats_is_due_first_on_the_next_such_day(fields, language, line, rule, due):
    assert fields(f"water plants {line}", language=language) == [{"task": "water plants", "due_on": due, "recurrence": rule}]


def test_what_repeats_at_a_time_that_has_passed_today_begins_the_next_time(fields):
    assert [one["due_at"] for one in fields("tea every day 9:00", "tea every thursday 9:00", "tea every thursday 11:00")] == [
        "2026-11-27T08:00:00Z",
        "2026-12-03T08:00:00Z",
        "2026-11-26T10:00:00Z",
    ]


@pytest.mark.parametrize(
    ("language", "priorities"),
    [
        (
            "en",
            {"!none": "none", "!low": "low", "!medium": "medium", "!HIGH": "high", "!urgent": "urgent", "!u": "urgent", "!med": "medium"},
        ),
        (
            "de",
            {
                "!keine": "none",
                "!niedrig": "low",
                "!mittel": "medium",
                "!hoch": "high",
                "!dringend": "urgent",
                "!n": "low",
                "!urgent": "urgent",
            },
        ),
    ],
)
def test_a_priority_is_named_or_begun(fields, language, priorities):
    said = fields(*[f"tea {name}" for name in priorities], language=language)
    assert dict(zip(priorities, said, strict=True)) == {name: {"task": "tea", "priority": value} for name, value in priorities.items()}


def test_tags_are_of_any_script_and_counted_once_without_case(fields):
    assert fields("#Küche tea #पानी, #küche #to-do_2.") == [{"task": "tea", "tags": ["Küche", "पानी", "to-do_2"]}]


def test_a_todo_takes_20_tags_and_the_others_stay_text(fields):
    [said] = fields("tea " + " ".join(f"#t{number}" for number in range(22)))
    assert said == {"task": "tea #t20 #t21", "tags": [f"t{number}" for number in range(20)]}


def test_the_last_day_time_and_priority_count_and_those_before_stay_text(fields):
    assert fields("monday !low 8:00 tea tomorrow !high 9:00") == [
        {"task": "monday !low 8:00 tea", "due_at": "2026-11-27T08:00:00Z", "priority": "high"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Mayday, Mayday",
        "Monday's soup in the sun",
        "write to tomorrow@example.org about monday.com",
        "read https://example.org/#today-17:00",
        "13pm and 24:00 and 25:61",
        "2026-02-30 and 2/30 and 31 June",
        "I may 3x",
        "done in days",
        "!important",
        "5 apples",
        "24.12.",
        "C# a#b #",
        f"#{'a' * 51}",
    ],
)
def test_what_only_looks_like_it_stays_text(fields, text):
    assert fields(text) == [{"task": text}]


def test_a_german_line_does_not_take_german_words_for_english_ones(fields):
    assert fields("Nimm 5 am Montag mit", "Seite 12/24", language="de") == [
        {"task": "Nimm 5 mit", "due_on": "2026-11-30"},
        {"task": "Seite 12/24"},
    ]


def test_what_stands_in_quotes_stays_text_and_loses_them(fields):
    assert fields('"tomorrow never dies" tomorrow', "see „Der #Morgen“, heute", 'a 5"x7" frame', language="de") == [
        {"task": "tomorrow never dies", "due_on": "2026-11-27"},
        {"task": "see Der #Morgen,", "due_on": "2026-11-26"},
        {"task": 'a 5"x7" frame'},
    ]


def test_a_backslash_keeps_a_sign_that_would_mean_something(fields):
    assert fields(r"fix \#5 and \!high but \n") == [{"task": r"fix #5 and !high but \n"}]


def test_a_task_has_single_spaces_and_may_be_empty(fields):
    assert fields("  tea \t and  tomorrow   cake ", "tomorrow", "") == [
        {"task": "tea and cake", "due_on": "2026-11-27"},
        {"task": "", "due_on": "2026-11-27"},
        {"task": ""},
    ]


def test_the_task_of_any_line_is_what_is_left_of_it(fields):
    pieces = [
        *DAYS,
        *GERMAN_DAYS,
        "17:00",
        "5pm",
        "#a",
        "!h",
        "every monday",
        "jede Woche",
        '"',
        "“",
        "„",
        "\\",
        "#",
        "!",
        ",",
        ".",
        " ",
        "  ",
        "\t",
        "😀",
        "e\u0301",
    ]
    chosen = random.Random(SEED)
    lines = ["".join(chosen.choice([*pieces, " ", " "]) for _ in range(chosen.randrange(25))) for _ in range(1000)]
    for language in ("en", "de"):
        for line, said in zip(lines, fields(*lines, language=language), strict=True):
            rest = iter(line)
            assert all(character in rest for character in said["task"] if character != " "), line


@pytest.mark.parametrize("piece", ['"', '"a ', "in ", "on ", "1 ", "#a ", "!", "\\", "tomorrow ", "every 2 ", "„“ ", "a", " "])
def test_a_hostile_line_takes_no_more_time_than_its_length_needs(modules, piece):
    line = (piece * 160_000)[:160_000]
    call = [line, {"zone": "Europe/Berlin", "now": THURSDAY}]
    assert (
        min(modules.seconds("todos/one_line.js", "understand", call, call, locale="de")) < 5
    )  # steps that grow with the square would take minutes

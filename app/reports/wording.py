"""What stands on a page of charts, in words that fit: days, durations, and names that somebody else chose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from matplotlib.font_manager import findfont, get_font
from matplotlib.ft2font import FT2Font, LoadFlags

MINUTE, HOUR, DAY = 60, 3600, 86400
_DASH = "\N{EN DASH}"
_NO_GLYPH = "\N{WHITE SQUARE}"
_LONGEST = 120  # characters, before anybody measures them


def span_of_days(first: date, last: date) -> str:
    """`24 November 2026`, or the first and the last day with what differs between them."""
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {first:%B %Y} {_DASH} {end}"
    return f"{first.day} {_DASH} {end}" if first.month == last.month else f"{first.day} {first:%B} {_DASH} {end}"


def duration(seconds: float | None) -> tuple[str, str]:
    """A time and its unit, of which there are two or more: `("3.2", "days")`. A dash where there is none."""
    if seconds is None:
        return _DASH, "nothing completed"
    for size, unit in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f}", unit
    return f"{seconds:.0f}", "seconds"


def day_marks(days: Sequence[date]) -> list[tuple[int, str]]:
    """Which days, by their numbers, are marked on an axis, and how: at most thirteen, so that no two of them touch."""
    if len(days) <= 10:
        return [(number, f"{day.day} {day:%b}") for number, day in enumerate(days)]
    if len(days) <= 20:
        return [(number, f"{day.day} {day:%b}") for number, day in enumerate(days) if number % 2 == 0]
    if len(days) <= 80:
        return [(number, f"{day.day} {day:%b}") for number, day in enumerate(days) if day.weekday() == 0]
    firsts = [(number, day) for number, day in enumerate(days) if day.day == 1]
    return [
        (number, f"{day:%b}\n{day.year}" if place == 0 or day.month == 1 else f"{day:%b}") for place, (number, day) in enumerate(firsts)
    ]


def fitted(text: str, size: float, inches: float) -> str:
    """A name on one line, cut where it is wider than so many inches in the font of the page.

    Marks that would turn the direction of what comes after them go; for what the font cannot show there is a square.
    """
    plain = " ".join("".join(map(_shown, text[:_LONGEST])).split())
    if len(text) <= _LONGEST and _width(plain, size) <= inches:
        return plain
    while plain and _width(f"{plain}…", size) > inches:
        plain = plain[:-1]
    return f"{plain.rstrip()}…"


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    if not character.isprintable():
        return ""
    return character if ord(character) in _glyphs() else _NO_GLYPH


def _width(text: str, size: float) -> float:
    font = _font()
    font.set_size(size, 72)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return font.get_width_height()[0] / 64 / 72


@cache
def _font() -> FT2Font:
    return get_font(findfont("DejaVu Sans"))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(_font().get_charmap())

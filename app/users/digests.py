"""When the mail of the day is due."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

SENT_AT = time(7)


def next_digest(time_zone: str, after: datetime) -> datetime:
    """The first 7 o'clock after an instant, as clocks go in the time zone."""
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    due = datetime.combine(day, SENT_AT, zone).astimezone(UTC)
    return due if due > after else datetime.combine(day + timedelta(days=1), SENT_AT, zone).astimezone(UTC)

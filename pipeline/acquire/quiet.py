"""Hours of the day in which nothing is asked."""

import re
from datetime import datetime, time

from schemas.table import Seconds

_DAY_S = 86_400
_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def parse_quiet_hours(text: str) -> tuple[time, time]:
    """When the quiet begins and ends; past midnight if it ends earlier than it begins.

    Raises:
        ValueError: says what would be right.
    """
    found = _FORM.fullmatch(text.strip())
    if not found or found.group(1, 2) == found.group(3, 4):
        raise ValueError('two different times of day, such as "22:00-06:00"')
    hour, minute, end_hour, end_minute = map(int, found.groups())
    return time(hour, minute), time(end_hour, end_minute)


def quiet_for(text: str | None, local: datetime) -> Seconds:
    """How long the quiet lasts that `local`, a local time of day, falls into; 0 if into none."""
    if text is None:
        return 0.0
    begin, end = (moment.hour * 3600 + moment.minute * 60 for moment in parse_quiet_hours(text))
    now = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
    if (now - begin) % _DAY_S >= (end - begin) % _DAY_S:
        return 0.0
    return (end - now) % _DAY_S

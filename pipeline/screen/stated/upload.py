"""Videos uploaded before or after the days that a recipe names."""

import re

from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict, unmeasured, within
from pipeline.stated import Stated


def upload(stated: Stated, screen: Screen) -> Verdict | None:
    """Whether the day of upload is within bounds, both included. Value: the day as a number,
    `YYYYMMDD`."""
    first, last = (float(day or 0) for day in (screen.uploaded_after, screen.uploaded_before))
    if not first and not last:
        return None
    day = stated.upload_date or ""
    if not re.fullmatch("[0-9]{8}", day):
        return unmeasured(last or first, "not stated")
    return within(float(day), first, last, f"uploaded on {day}")

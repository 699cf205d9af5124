from datetime import datetime

import pytest

from pipeline.acquire.quiet import parse_quiet_hours, quiet_for


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("21:59:59", 0),
        ("22:00:00", 8 * 3600),
        ("23:59:30", 6 * 3600 + 30),
        ("00:00:00", 6 * 3600),
        ("05:59:59", 1),
        ("06:00:00", 0),
        ("12:00:00", 0),
    ],
)
def test_a_night_goes_past_midnight(clock, seconds):
    local = datetime.fromisoformat(f"2026-03-01 {clock}")
    assert quiet_for("22:00-06:00", local) == seconds


def test_a_siesta_lies_within_one_day():
    noon = datetime.fromisoformat("2026-03-01 13:30:00")
    assert quiet_for("13:00-15:00", noon) == 90 * 60
    assert quiet_for("15:00-13:00", noon) == 0
    assert quiet_for(None, noon) == 0


@pytest.mark.parametrize("text", ["", "22-6", "22:00", "24:00-06:00", "22:60-06:00", "08:00-08:00"])
def test_what_is_no_pair_of_times_is_refused(text):
    with pytest.raises(ValueError, match="two different times of day"):
        parse_quiet_hours(text)

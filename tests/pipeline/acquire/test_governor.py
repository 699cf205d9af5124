import json
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from pipeline.acquire.governor import Cancelled, Governor, standing
from pipeline.acquire.pace import LONGEST_REST
from pipeline.acquire.settings import Fetching
from pipeline.errors import RecipeError, SessionBlocked
from pipeline.validation import settings

GO = threading.Event()


@pytest.fixture
def state(tmp_path):
    return tmp_path / "dataset" / "governor.json"


def a_governor(state, said=None, **options):
    fetching = Fetching(**{"gap_seconds": 0, **options})
    return Governor(fetching, state, said.append if said is not None else lambda _: None)


def is_free(governor, site="one"):
    """Whether the site may be asked at once; asks it if so."""
    stop = threading.Event()
    threading.Timer(0.15, stop.set).start()
    try:
        governor.wait(site, stop)
    except Cancelled:
        return False
    return True


def shift(state, seconds):
    """What the file would say had it been written so much earlier."""
    data = json.loads(state.read_text())
    data["saved_at"] -= seconds
    for site in data["sites"].values():
        site["free_at"] -= seconds
        site["asked"] = [each - seconds for each in site["asked"]]
    if data["block"]:
        data["block"]["until"] -= seconds
    state.write_text(json.dumps(data))


def test_the_first_question_is_free_and_the_second_waits(state):
    governor = a_governor(state, gap_seconds=60)
    assert is_free(governor)
    assert not is_free(governor)
    assert is_free(governor, "two")


def test_a_wait_ends_when_the_gap_is_over(state):
    governor = a_governor(state, gap_seconds=0.3)
    began = time.monotonic()
    for _ in range(3):
        governor.wait("one", GO)
    assert 0.4 <= time.monotonic() - began <= 3


def test_a_restart_makes_no_burst(state):
    a_governor(state, gap_seconds=60).wait("one", GO)
    again = a_governor(state, gap_seconds=60)
    assert not is_free(again)
    assert is_free(again, "two")
    shift(state, 90)
    assert is_free(a_governor(state, gap_seconds=60))


def test_a_killed_process_counts_as_having_asked(state):
    code = (
        "import os, sys, threading; from pathlib import Path;"
        "from pipeline.acquire.governor import Governor;"
        "from pipeline.acquire.settings import Fetching;"
        "Governor(Fetching(), Path(sys.argv[1])).wait('one', threading.Event()); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(state)], check=False)
    assert not is_free(a_governor(state))


def test_the_hourly_ceiling_survives_restarts(state):
    said = []
    for _ in range(3):
        assert is_free(a_governor(state, per_hour=3))
    assert not is_free(a_governor(state, said, per_hour=3))
    assert said[0].startswith("3 videos of one were asked for within an hour; going on at 20")
    shift(state, 3601)
    assert is_free(a_governor(state, per_hour=3))


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"saved_at": NaN}', b"[]"])
def test_a_damaged_file_counts_as_asked_just_now(state, damage):
    state.parent.mkdir()
    state.write_bytes(damage)
    said = []
    assert not is_free(a_governor(state, said, gap_seconds=60))
    assert "cannot be read" in said[0]


def test_a_clock_that_was_set_back_neither_frees_nor_closes_a_site(state):
    a_governor(state, gap_seconds=60).wait("one", GO)
    shift(state, -1e6)  # the file now is from the future
    governor = a_governor(state, gap_seconds=60)
    assert not is_free(governor)
    pause = governor._pace.wait_s("one", time.monotonic())[0]
    assert pause <= 80


def test_quiet_hours_hold_everything_and_say_until_when(state):
    now = datetime.now()
    hours = [(now + timedelta(hours=n)).strftime("%H:%M") for n in (-1, 2, 4)]
    said = []
    assert not is_free(a_governor(state, said, quiet_hours=f"{hours[0]}-{hours[1]}"))
    (line,) = said
    assert line.startswith("Quiet hours: nothing is asked until 20")
    assert line.endswith(f"{hours[1]}.")
    assert is_free(a_governor(state, quiet_hours=f"{hours[1]}-{hours[2]}"))


def test_a_block_holds_every_site_and_then_goes_on(state):
    said = []
    governor = a_governor(state, said, block_pauses_s=[0.4, 600])
    governor.blocked("one", "http_429", detail="HTTP Error 429 \x1b[2J")
    assert said[0].startswith("one asks us to stop (http_429): HTTP Error 429. Nothing is asked")
    assert not is_free(governor, "two")
    time.sleep(0.4)
    assert is_free(governor, "two")


def test_the_last_pause_ends_the_run_and_the_next_one_asks_nothing(state):
    with pytest.raises(SessionBlocked, match=r"one asks us to stop \(captcha\)\. Nothing will be"):
        a_governor(state, block_pauses_s=[600]).blocked("one", "captcha")
    again = a_governor(state, block_pauses_s=[600])
    with pytest.raises(SessionBlocked, match="before 20"):
        again.wait("two", GO)
    shift(state, 601)
    assert is_free(a_governor(state, block_pauses_s=[600]))


def test_a_restart_within_a_pause_waits_for_its_end(state):
    a_governor(state, block_pauses_s=[600, 3600]).blocked("one", "http_429")
    said = []
    assert not is_free(a_governor(state, said, block_pauses_s=[600, 3600]), "two")
    assert said[0].startswith("one asked us to stop; going on at 20")


def test_blocks_go_on_growing_over_restarts(state):
    a_governor(state, block_pauses_s=[600, 3600]).blocked("one", "http_429")
    shift(state, 601)
    with pytest.raises(SessionBlocked):
        a_governor(state, block_pauses_s=[600, 3600]).blocked("one", "http_429")


def test_one_site_s_rest_leaves_the_others_alone(state):
    governor = a_governor(state)
    governor.rest("one", 60)
    assert not is_free(governor, "one")
    assert is_free(governor, "two")
    with pytest.raises(SessionBlocked, match="Retry-After"):
        governor.rest("one", 1e9)


def test_threads_share_one_pace(state):
    governor = a_governor(state, gap_seconds=0.15)
    times = []

    def ask():
        governor.wait("one", GO)
        times.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= 0.09


def test_its_standing_can_be_read_and_nothing_changes(state):
    assert standing(Fetching(), state).asked == {}
    assert not state.parent.exists()
    governor = a_governor(state)
    for site in ("one", "one", "two"):
        governor.wait(site, GO)
    governor.blocked("two", "captcha")
    before = state.read_bytes()
    seen = standing(Fetching(), state)
    assert seen.asked == {"one": 2, "two": 1}
    assert seen.blocked.startswith("two (captcha), until 20")
    assert state.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("quiet_hours", "at night", "should be two different times of day"),
        ("block_pauses_s", [60.0, 30.0], "none shorter than the one before it"),
        ("block_pauses_s", [0.0], "seconds above 0"),
        ("per_hour", 0, "greater than or equal to 1"),
        ("workers", 9, "less than or equal to 8"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(tmp_path, option, value, said):
    with pytest.raises(RecipeError, match=said):
        settings(tmp_path / "my.toml", "[fetch]", Fetching, {option: value})


def test_sites_that_were_last_asked_an_hour_ago_leave_the_file(state):
    governor = a_governor(state)
    governor.wait("old", GO)
    governor._pace.sites["old"].asked[0] -= 3601
    governor.wait("new", GO)
    assert list(json.loads(state.read_text())["sites"]) == ["new"]


def test_a_wish_without_end_is_kept_within_a_week(state):
    governor = a_governor(state, block_pauses_s=[600, LONGEST_REST])
    governor.rest("one", float("inf"))
    assert not is_free(a_governor(state))

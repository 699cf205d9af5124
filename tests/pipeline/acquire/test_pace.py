from pipeline.acquire.pace import HOUR, LONGEST_REST, Pace
from pipeline.acquire.settings import Fetching


def a_pace(**options):
    return Pace(Fetching(**options))


def test_gaps_are_kept_for_each_site_and_vary():
    pace = a_pace(gap_seconds=9)
    assert pace.wait_s("one", 100) == (0, "gap")
    waits = []
    for n in range(200):
        now = 100 * HOUR * n
        pace.began("one", now)
        assert pace.wait_s("two", now)[0] == 0
        waits.append(pace.wait_s("one", now)[0])
    assert all(6 <= wait <= 12 for wait in waits)
    assert max(waits) > 10.5
    assert min(waits) < 7.5


def test_the_gap_starts_anew_when_the_answer_is_there():
    pace = a_pace(gap_seconds=9)
    pace.began("one", 100)
    pace.ended("one", 160)
    assert 6 <= pace.wait_s("one", 160)[0] <= 12


def test_no_hour_has_more_requests_than_allowed():
    pace = a_pace(gap_seconds=0, per_hour=20)
    now, asked = 0.0, []
    while now < 5 * HOUR:
        wait, _ = pace.wait_s("one", now)
        now += wait
        asked.append(now)
        pace.began("one", now)
        now += 7
    within = [sum(start <= each < start + HOUR for each in asked) for start in asked]
    assert max(within) == 20
    assert sum(each < 5 * HOUR for each in asked) == 100


def test_pauses_grow_while_blocks_follow_each_other():
    pace = a_pace(block_pauses_s=[600, 3600, 21600])
    first = pace.blocked("one", "x", None, now=0)
    assert (first.until, first.stopped) == (600, False)
    second = pace.blocked("two", "x", None, now=601)
    assert (second.until, second.stopped) == (601 + 3600, False)
    third = pace.blocked("one", "x", None, now=5000)
    assert (third.until, third.stopped) == (5000 + 21600, True)


def test_a_block_long_after_the_last_is_a_new_one():
    pace = a_pace(block_pauses_s=[600, 3600, 21600])
    pace.blocked("one", "x", None, now=0)
    assert pace.blocked("one", "x", None, now=600 + HOUR).until == 1200 + HOUR


def test_answers_to_what_was_under_way_lengthen_no_block():
    pace = a_pace(block_pauses_s=[600, 3600])
    pace.blocked("one", "x", None, now=0)
    again = pace.blocked("one", "x", None, now=5)
    assert (again.until, again.stopped) == (600, False)
    longer = pace.blocked("one", "x", 900, now=10)
    assert (longer.until, longer.stopped) == (910, False)


def test_a_retry_after_lengthens_a_pause_and_never_shortens_it():
    assert a_pace().blocked("one", "x", 30, now=0).until == 600
    assert a_pace().blocked("one", "x", 1234, now=0).until == 1234


def test_a_retry_after_beyond_the_longest_pause_ends_the_run():
    pace = a_pace()
    block = pace.blocked("one", "x", 21601, now=0)
    assert (block.until, block.stopped) == (21601, True)
    assert pace.blocked("one", "x", None, now=1).stopped
    assert a_pace().blocked("one", "x", 1e12, now=0).until == LONGEST_REST

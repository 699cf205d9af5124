"""Checks of what sites state, before anything is downloaded."""

import time

import pytest

from pipeline.screen.settings import Screen
from pipeline.screen.stated import STATED, judge
from pipeline.screen.verdict import Verdict
from pipeline.stated import Stated

ALL_ON = Screen(
    min_duration_s=30,
    drop_live=["is_live", "was_live"],
    max_age_limit=17,
    uploaded_after="20100101",
    uploaded_before="20241231",
    need_labels=["Music video"],
    drop_labels=["Video game", "Slide show"],
    drop_title_patterns=["fan.?made"],
)


def verdict(check: str, screen: Screen = ALL_ON, **facts: object) -> Verdict:
    return judge(Stated(**facts), screen)[check]


def test_what_nobody_states_drops_nothing() -> None:
    found = judge(Stated(), ALL_ON)
    assert list(found) == list(STATED)
    assert all(each.passed and each.detail == "not stated" for each in found.values())


def test_what_is_wanted_passes() -> None:
    good = Stated(
        title="Artist - Song (Official Video)",
        duration_s=200,
        live_status="not_live",
        age_limit=0,
        upload_date="20200229",
        labels=("music video", "Concert"),
    )
    found = judge(good, ALL_ON)
    assert all(each.passed and each.detail is None for each in found.values())


def test_a_check_that_is_off_says_nothing() -> None:
    off = Screen(max_duration_s=0, drop_live=[], drop_titles=[])
    assert judge(Stated(title="Full album", duration_s=9999, live_status="is_live"), off) == {}


@pytest.mark.parametrize(
    ("duration_s", "passed", "threshold"),
    [(29.9, False, 30), (30, True, 1200), (1200, True, 1200), (1201, False, 1200)],
)
def test_a_length_is_held_against_the_bound_that_it_breaks(
    duration_s: float, passed: bool, threshold: float
) -> None:
    found = verdict("stated_duration", duration_s=duration_s)
    assert (found.value, found.passed, found.threshold) == (duration_s, passed, threshold)


@pytest.mark.parametrize(
    ("status", "passed"),
    [("is_live", False), ("was_live", False), ("is_upcoming", True), ("not_live", True)],
)
def test_live_streams_are_dropped_by_choice(status: str, passed: bool) -> None:
    assert verdict("live", live_status=status).passed == passed


def test_a_recording_of_a_stream_is_kept_by_default() -> None:
    assert verdict("live", Screen(), live_status="was_live").passed
    assert not verdict("live", Screen(), live_status="is_upcoming").passed


@pytest.mark.parametrize(("limit", "passed"), [(0, True), (16, True), (18, False)])
def test_what_is_for_adults_is_dropped_by_choice(limit: int, passed: bool) -> None:
    assert verdict("age", age_limit=limit).passed == passed


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        ("20091231", False),
        ("20100101", True),
        ("20241231", True),
        ("20250101", False),
        ("2025", True),
        ("٢٠٢٥٠١٠١", True),
    ],
)
def test_both_days_belong_to_the_span_of_uploads(day: str, passed: bool) -> None:
    found = verdict("upload", upload_date=day)
    assert found.passed == passed
    if day == "20250101":
        assert found.detail == "uploaded on 20250101; allowed is at most 20241231"


def test_labels_are_needed_and_forbidden_by_name() -> None:
    found = verdict("labels", labels=("CONCERT", "video GAME"))
    assert (found.value, found.passed) == (2, False)
    assert found.detail == "no label `Music video`, label `Video game`"


KINDS = [
    ("lyric_video", "Band - Song (Lyric Video)"),
    ("lyric_video", "Band \u2013 Song [Official Lyrics Video]"),
    ("lyric_video", "Band - Song (Lyrics)"),
    ("lyric_video", "バンド - 歌【歌詞付き】"),
    ("reaction", "FIRST TIME HEARING Band - Song"),
    ("reaction", "Vocal Coach Reacts to Band - Song"),
    ("reaction", "Band - Song (Reaction!!)"),
    ("reaction", "REACTION: Band - Song"),
    ("gameplay", "Some Game Gameplay Walkthrough Part 1 No Commentary"),
    ("gameplay", "Let's Play Some Game - Episode 12"),
    ("compilation", "Funny Moments Compilation 2019"),
    ("compilation", "Top 50 Songs of the Week"),
    ("compilation", "Best of 1999"),
    ("full_album", "Band - Record (Full Album) 1973"),
    ("mix", "Relaxing Piano - 3 Hours of Sleep Music"),
    ("mix", "Song [10 hours]"),
    ("mix", "Summer Megamix 2020"),
    ("trailer", "Film | Official Trailer"),
    ("trailer", "Group 'Song' M/V Teaser"),
    ("tutorial", "How to play Song on the guitar"),
    ("tutorial", "Song - Piano Lesson"),
    ("karaoke", "Band - Song (Karaoke Version)"),
    ("making_of", "Band - Song (Behind The Scenes)"),
    ("interview", "Interview with Band"),
    ("review", "Band - Record ALBUM REVIEW"),
    ("audio_only", "Band - Song (Official Audio)"),
    ("audio_only", "Band - Song \uff08\uff21udio\uff09"),
]


@pytest.mark.parametrize(("kind", "title"), KINDS)
def test_a_title_that_names_its_kind_is_dropped_by_choice(kind: str, title: str) -> None:
    found = verdict("title", Screen(drop_titles=[kind]), title=title)
    assert not found.passed
    assert found.detail == f"by its title: {kind}"


HARMLESS = [
    "Naruto AMV - Courtesy Call",
    "[AMV] Anime Mix - Believer (with lyrics)",
    "AMV - Mix - Band - Song (Lyrics)",
    "【MAD】アニメ - 歌",
    "AMV Trailer Style - Song",
    "Band - Song (Official Music Video)",
    "Diana Ross - Chain Reaction",
    "Foo Fighters - Best of You",
    "Modest Mouse - Trailer Trash",
    "TeeFLii - 24 Hours",
    "Let's Play House",
    "The Interview",
    "Talking Heads - Psycho Killer (Live)",
    "Tutorial-free zone"[14:],
    "Lyrics Born - Callin' Out",
    "Massive Attack - Live With Me (Remix)",
    "Gamer's Delight",
    "Daft Punk - Around the World (Mix Cut)",
    "Audioslave - Like a Stone",
]


@pytest.mark.parametrize("title", HARMLESS)
def test_a_music_video_is_not_dropped_for_a_word(title: str) -> None:
    every = [kind for kind, _ in KINDS]
    found = verdict("title", Screen(drop_titles=sorted(set(every))), title=title)
    assert found.passed, found.detail


def test_patterns_of_the_user_join_the_known_kinds() -> None:
    found = verdict("title", title="FAN-MADE lyric video")
    assert found.value == 2
    assert found.detail == "by its title: lyric_video, `fan.?made`"


def test_a_hostile_title_costs_no_time() -> None:
    every = Screen(drop_titles=sorted({kind for kind, _ in KINDS}))
    before = time.process_time()
    for letter in ("let's play ", "( ", "official ", "lyrics ", "1 hour ", "\ufdfa", "﷽"):
        verdict("title", every, title=letter * 100_000)
    assert time.process_time() - before < 0.5

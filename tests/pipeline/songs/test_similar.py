# ruff: noqa: RUF001 - the marks that titles use
"""Which names are of one song."""

from itertools import permutations

import pytest

from pipeline.songs.keys import artist_key, key, song_id
from pipeline.songs.names import Name, parse_name
from pipeline.songs.similar import CROWD, SongIndex
from pipeline.stated import Stated


def name(title: str) -> Name:
    return parse_name(Stated(title=title))


def one_song(first: str, second: str, threshold: float = 88.0) -> bool:
    index = SongIndex(threshold)
    index.add("v-1", "song-1", name(first))
    return index.best(name(second)) is not None


@pytest.mark.parametrize(
    "other",
    [
        "ADELE - ROLLING IN THE DEEP",
        "Rolling In The Deep - Adele",
        "Adele - Rolling in the Deep (Live at the Royal Albert Hall)",
        "Adele: Rolling in the Deep [Skrillex Remix]",
        "Adele - Rollin in the Deep",
        "Adele - Rolling in the Depe",
        "Adelle - Rolling in the Deep",
        "Adele feat. Somebody - Rolling in the Deep",
        "Adele & Somebody - Rolling in the Deep",
        "Rolling in the Deep - Adele & Somebody",
        "Adele - Rolling in the Deep (a title's aside)",
        "Ａｄｅｌｅ「Rolling in the Deep」MV",
        "The Adele - Rolling In Deep",
    ],
)
def test_other_spellings_and_versions_are_one_song(other: str) -> None:
    assert one_song("Adele - Rolling in the Deep (Official Video)", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Adele - Hello", "Lionel Richie - Hello"),
        ("Adele - Hello", "Adele - Skyfall"),
        ("Taylor Swift - Love Story", "Taylor Swift - The Story"),
        ("Berliner Philharmoniker - Symphony No. 5", "Berliner Philharmoniker - Symphony No. 7"),
        (
            "Pink Floyd - Another Brick In The Wall Part 1",
            "Pink Floyd - Another Brick In The Wall Part 2",
        ),
        (
            "Pink Floyd - Another Brick In The Wall Part II",
            "Pink Floyd - Another Brick In The Wall Part III",
        ),
        (
            "Florence and the Machine - Long Lost Hello",
            "Florence and the Machine - Long Lost Hello Again",
        ),
        ("Blur - Song 2", "Blur - Song"),
        ("Some Orchestra - Concert of 1985", "Some Orchestra - Concert of 1986"),
        ("Suite (Part 1) - Some Orchestra", "Suite (Part 2) - Some Orchestra"),
        ("YOASOBI「アイドル」", "YOASOBI「怪物」"),
        ("Hello", "Hello"),
        ("Hello", "Adele - Hello"),
        ("", ""),
    ],
)
def test_near_misses_are_two_songs(one: str, other: str) -> None:
    assert not one_song(one, other)
    assert not one_song(other, one)


def test_a_title_without_an_artist_counts_if_it_is_long_and_nearly_equal() -> None:
    assert one_song("Never Gonna Give You Up Rick Astley", "Rick Astley - Never Gonna Give You Up")
    assert one_song("Never Gonna Give You Up Rick Astley", "never gonna give you up rick astley!")
    assert not one_song(
        "Never Gonna Give You Up Rick Astley", "Never Gonna Let You Down Rick Astley"
    )


def test_without_an_artist_a_misspelling_is_no_sure_sign() -> None:
    assert one_song("Some Band - Pretty Long Title", "Some Band - Pretty Lang Title")
    assert not one_song("Pretty Long Song Title", "Pretty Lang Song Title")


def test_two_words_that_many_songs_use_are_no_misspelling_of_each_other() -> None:
    index = SongIndex(80.0)
    for number in range(5):
        for word in ("Night", "Might"):
            index.add(f"{word}{number}", f"{word}{number}", Name(f"Band {'abcde'[number]}x", word))
    index.add("v", "s", Name("Some Long Band", "Night"))
    assert index.best(Name("Some Long Band", "Might")) is None
    assert index.best(Name("Some Long Band", "Nigtt")) is not None


def test_small_differences_never_chain() -> None:
    index = SongIndex(93.0)
    chain = ["Some Artist - abcdefgh", "Some Artist - abcdefxh", "Some Artist - abcdyfxh"]
    index.add("v-0", "song-0", name(chain[0]))
    near = index.best(name(chain[1]))
    assert near is not None
    index.add("v-1", near.song_id, name(chain[1]))
    assert index.best(name(chain[2])) is None
    assert len(index) == 1


def test_what_is_found_is_the_songs_first_video_and_the_score() -> None:
    index = SongIndex(88.0)
    index.add("v-1", "song-1", name("Adele - Hello"))
    index.add("v-2", "song-1", name("Adele - Hello"))
    near = index.best(name("HELLO / ADELE"))
    assert near is not None
    assert (near.video_id, near.song_id, near.score) == ("v-1", "song-1", 100.0)
    spelt = index.best(name("Adele - Helo"))
    assert spelt is not None
    assert 88.0 <= spelt.score < 100.0


def test_a_threshold_of_zero_finds_equal_names_only() -> None:
    assert one_song("Adele - Rolling in the Deep", "ADELE - ROLLING IN THE DEEP", 0)
    assert not one_song("Adele - Rolling in the Deep", "Adele - Rollin in the Deep", 0)


def test_a_crowd_of_songs_by_one_artist_costs_recall_not_time() -> None:
    index = SongIndex(88.0)
    for number in range(CROWD + 10):
        title = "".join(chr(ord("a") + int(digit)) for digit in str(number)) * 2
        index.add(f"v{number}", f"s{number}", Name("Very Busy", title))
    assert index.best(Name("Very Busy", "bbbb")) is not None


def test_the_key_knows_no_order_case_width_or_articles() -> None:
    forms = permutations(["The", "ＢＥＡＴＬＥＳ", "Help"], 3)
    assert {key(Name(" ".join(form[:2]), form[2])) for form in forms} == {"beatles help"}
    assert artist_key("The Beatles & Friends") == "beatles"


def test_a_song_is_named_after_its_first_video_and_stays() -> None:
    assert song_id("v", Name("Beyoncé", "Halo")) == song_id("w", Name("BEYONCE\u0301", "halo "))
    assert song_id("v", Name("Beyoncé", "Halo")) == "song-ca83be1d702b"
    assert song_id("v", Name(None, "Halo")) == "v"
    assert song_id("v", Name("Beyoncé", None)) == "v"

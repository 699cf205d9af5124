"""Artist and title out of what uploaders write."""

import time
import unicodedata

import pytest

from pipeline.songs.names import MAX_LENGTH, parse_name, site_name
from pipeline.songs.tags import VERSIONS
from pipeline.stated import Stated
from tests.pipeline.songs.title_cases import CHANNELS, TITLES


@pytest.mark.parametrize(("title", "artist", "song", "versions"), TITLES, ids=ascii)
def test_titles_in_the_wild(
    title: str, artist: str | None, song: str | None, versions: str
) -> None:
    name = parse_name(Stated(title=title))
    assert (name.artist, name.title) == (artist, song)
    assert set(name.versions) == set(versions.split())


@pytest.mark.parametrize(("title", "channel", "artist", "song"), CHANNELS, ids=ascii)
def test_channels_that_tell_the_artist(
    title: str, channel: str, artist: str | None, song: str
) -> None:
    name = parse_name(Stated(title=title, channel=channel))
    assert (name.artist, name.title) == (artist, song)


def test_the_sites_own_artist_and_track_come_first() -> None:
    name = parse_name(
        Stated(title="Some - Thing Else (Live)", artist="Adele", track="Hello (Remastered 2015)")
    )
    assert (name.artist, name.title, name.versions) == ("Adele", "Hello", ("live", "remaster"))


def test_a_track_without_an_artist_still_names_the_title() -> None:
    name = parse_name(Stated(title="Adele - Hello (Official Video)", track="Hello"))
    assert (name.artist, name.title) == ("Adele", "Hello")


@pytest.mark.parametrize("case", TITLES, ids=ascii)
def test_a_parsed_name_read_back_from_a_table_stays_the_same(
    case: tuple[str, str | None, str | None, str],
) -> None:
    name = parse_name(Stated(title=case[0]))
    again = site_name(name.artist, name.title)
    assert (again.artist, again.title) == (name.artist, name.title)


def test_versions_come_from_a_closed_vocabulary_in_one_order() -> None:
    name = parse_name(Stated(title="A - B (slowed + reverb) [Live] (cover) [lyrics]"))
    assert name.versions == ("live", "lyrics", "cover", "slowed", "reverb")
    assert set(name.versions) <= set(VERSIONS)


def test_composed_letters_stay_composed() -> None:
    name = parse_name(Stated(title="ヨルシカ - だから僕は音楽を辞めた"))
    assert name.title == "だから僕は音楽を辞めた"
    assert unicodedata.is_normalized("NFC", str(name.title))


HOSTILE = [
    *("x", "(", "[【", "「", "'a ", '"', " - ", "a -", "/", " by ", "|", "-", " ", "\u202e"),
    *("\x1b[", "\x00", "video clip ", "live at ", "Official Video ", "feat. ", "AMV - ", "#a "),
    *("(lyrics ", "<b>", "\U0001f3b5", "e\u0301", "\u0345\u0300"),
]


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_hostile_titles_are_quick_and_harmless(piece: str) -> None:
    title = piece * (100_000 // len(piece))
    before = time.process_time()
    name = parse_name(Stated(title=title, channel=title))
    assert time.process_time() - before < 0.5
    for text in filter(None, (name.artist, name.title)):
        assert len(text) <= MAX_LENGTH
        assert text.isprintable()

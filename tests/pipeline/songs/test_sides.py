"""Which side of the split a video is on."""

from typing import get_args

import pytest

from pipeline.songs.sides import Sides, SplitBy, Splitting


def sides(split_by: SplitBy = "song", seed: int = 1, eval_fraction: float = 0.3) -> Sides:
    return Sides(Splitting(seed, eval_fraction, split_by))


@pytest.mark.parametrize("split_by", get_args(SplitBy))
def test_a_song_is_on_one_side_whoever_uploads_or_covers_it(split_by: SplitBy) -> None:
    hands_out = sides(split_by)
    for song in range(50):
        found = {
            hands_out.side(f"song-{song}", f"artist {version}", f"channel {version}")
            for version in range(8)
        }
        assert len(found) == 1


def test_artists_stay_together_by_choice() -> None:
    by_song, by_artist = sides("song"), sides("artist")
    songs = [f"song-{number}" for number in range(40)]
    assert len({by_song.side(song, "Adele", None) for song in songs}) == 2
    assert len({by_artist.side(song, "Adele & Guest", None) for song in songs}) == 1
    everyone = {by_artist.side(f"other-{n}", f"artist {n}", None) for n in range(40)}
    assert everyone == {"train", "eval"}


def test_channels_stay_together_by_choice() -> None:
    by_channel = sides("channel")
    found = {by_channel.side(f"song-{n}", f"artist {n}", "AMV Heaven") for n in range(40)}
    assert len(found) == 1
    assert by_channel.apart == 0


def test_the_song_wins_over_the_artist_and_it_is_counted() -> None:
    fresh = sides("artist")
    there = fresh.side("song-1", "Adele", None)
    away = "train" if there == "eval" else "eval"
    held = sides("artist")
    held.hold("song-1", "Somebody", None, away)
    assert held.side("song-1", "Adele", None) == away
    assert held.apart == 1


def test_an_artist_keeps_the_side_that_the_dataset_gave_it() -> None:
    for side in ("train", "eval"):
        held = sides("artist")
        held.hold("song-1", "Adele", None, side)
        assert held.side("song-2", "ADELE", None) == side


def test_a_video_without_artist_goes_by_its_song() -> None:
    found = {sides("artist").side(f"song-{n}", None, None) for n in range(40)}
    assert found == {"train", "eval"}


def test_only_the_seed_and_the_name_decide() -> None:
    one, two = sides(), sides()
    songs = [f"song-{number}" for number in range(100)]
    forwards = {song: one.side(song, None, None) for song in songs}
    backwards = {song: two.side(song, None, None) for song in reversed(songs)}
    assert forwards == backwards
    other = {song: sides(seed=2).side(song, None, None) for song in songs}
    assert other != forwards

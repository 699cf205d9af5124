"""Which side of the split a video is on."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from pipeline.songs.keys import artist_key
from schemas.video import Split

SplitBy = Literal["song", "artist", "channel"]


@dataclass(frozen=True)
class Splitting:
    """What decides the split."""

    seed: int
    eval_fraction: float
    """Share of songs (artists, channels) that go to `eval`."""
    split_by: SplitBy = "song"


class Sides:
    """Hands out sides. A song that has one keeps it; else its artist or channel decides, where
    those are kept together; else chance, by a hash that nothing but the seed changes."""

    def __init__(self, splitting: Splitting) -> None:
        self._splitting = splitting
        self._of_song: dict[str, Split] = {}
        self._of_group: defaultdict[str, set[Split]] = defaultdict(set)
        self.apart = 0
        """Videos that went with their song, away from their artist or channel."""

    def hold(self, song_id: str, artist: str | None, channel: str | None, side: Split) -> None:
        """Take note of a video that has its side."""
        self._of_song[song_id] = side
        if group := self._group(artist, channel):
            self._of_group[group].add(side)

    def side(self, song_id: str, artist: str | None, channel: str | None) -> Split:
        """The side of a new video. All of a song is on one."""
        group = self._group(artist, channel)
        wanted = self._wanted(song_id, group)
        side = self._of_song.setdefault(song_id, wanted)
        self.apart += bool(group) and side != wanted
        if group:
            self._of_group[group].add(side)
        return side

    def given(self, song_id: str, side: Split) -> Split:
        """The side of a new video that has one already, unless its song is on the other."""
        return self._of_song.setdefault(song_id, side)

    def _group(self, artist: str | None, channel: str | None) -> str:
        """What is kept together besides a song's videos; empty for nothing."""
        if self._splitting.split_by == "song":
            return ""
        if self._splitting.split_by == "channel":
            return (channel or "").strip().casefold()
        return artist_key(artist)

    def _wanted(self, song_id: str, group: str) -> Split:
        drawn = self._drawn(f"{self._splitting.split_by} {group}" if group else song_id)
        held = self._of_group.get(group)
        return drawn if not held or drawn in held else next(iter(held))

    def _drawn(self, name: str) -> Split:
        digest = hashlib.sha256(f"split {self._splitting.seed} {name}".encode()).digest()
        share = int.from_bytes(digest[:8]) / 2**64
        return "eval" if share < self._splitting.eval_fraction else "train"

"""Where listed videos go, and the rows that say so."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, overload

from pipeline.songs.names import Name
from pipeline.songs.similar import Near
from pipeline.sources.base import Listed
from schemas.match import MATCHES, Match
from schemas.table import Row, Table
from schemas.video import VIDEOS, Split, Video

_COPIED = [
    field.name
    for field in fields(Listed)
    if field.name in Video.model_fields and field.name not in ("labels", "song_id", "split")
]


@dataclass(frozen=True, slots=True)
class Placed:
    """A listed video with its place. Rows are made of it only when they are written: a million of
    them would take gigabytes."""

    source: str
    listed: Listed
    name: Name
    song_id: str
    split: Split
    shard: str
    near: Near | None
    """The song it joined, if that was there before."""

    def video(self) -> Video:
        """Its row. What the site left open comes from the title's form."""
        facts: dict[str, Any] = {name: getattr(self.listed, name) for name in _COPIED}
        facts["artist"] = self.listed.artist or self.name.artist
        facts["track"] = self.listed.track or self.name.title
        return Video(
            source=self.source,
            labels=list(self.listed.labels),
            versions=list(self.name.versions),
            song_id=self.song_id,
            split=self.split,
            shard=self.shard,
            **facts,
        )


class _Videos(Sequence[Video]):
    """Rows that are made when they are looked at."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self._placed = placed

    def __len__(self) -> int:
        return len(self._placed)

    @overload
    def __getitem__(self, place: int) -> Video: ...

    @overload
    def __getitem__(self, place: slice) -> list[Video]: ...

    def __getitem__(self, place: int | slice) -> Video | list[Video]:
        if isinstance(place, slice):
            return [placed.video() for placed in self._placed[place]]
        return self._placed[place].video()


@dataclass(frozen=True)
class Listing:
    """What came of listing all sources. Every listed video is counted once."""

    placed: list[Placed]
    """The new ones: in the order in which they were listed, but songs together."""
    known: int
    """Listed, but already in the dataset."""
    repeated: int
    """Listed more than once; the first source to list a video keeps it."""
    title_similarity: float
    """The threshold of its matches."""
    removed: int = 0
    """Listed, but taken out of the dataset for good."""
    apart: int = 0
    """New videos on another side than their artist or channel, because their song was there."""

    @property
    def videos(self) -> Sequence[Video]:
        """The rows of the new videos."""
        return _Videos(self.placed)

    def matches(self) -> list[Match]:
        """For each new video that joined a song that was there before it: why."""
        return _matches(self.placed, self.title_similarity)

    def parts(self) -> Iterator[tuple[Table[Row], str, Sequence[Row]]]:
        """What to write, shard by shard in the order of their names. Matches come first: a shard
        exists as soon as its videos are declared."""
        in_order = sorted(self.placed, key=lambda placed: placed.shard)
        for shard, members in groupby(in_order, lambda placed: placed.shard):
            placed = list(members)
            yield MATCHES, shard, _matches(placed, self.title_similarity)
            yield VIDEOS, shard, [each.video() for each in placed]


def _matches(placed: Iterable[Placed], threshold: float) -> list[Match]:
    return [
        Match(
            video_id=each.listed.video_id,
            other_id=each.near.video_id,
            by="title",
            score=each.near.score,
            threshold=threshold,
            consequence="same_song",
            song_id=each.song_id,
        )
        for each in placed
        if each.near
    ]


class Shards:
    """Hands out places in new shards, numbered after those that exist."""

    def __init__(self, known: Iterable[str], size: int) -> None:
        """`size`: videos per shard."""
        self._size = size
        self._next = Counter[str]()
        for shard in known:
            split, _, number = shard.rpartition("-")
            self._next[split] = max(self._next[split], int(number) + 1)
        self._placed = Counter[str]()

    def place(self, split: Split) -> str:
        """The shard of the next video on this side."""
        number = self._next[split] + self._placed[split] // self._size
        self._placed[split] += 1
        return f"{split}-{number:06d}"


def place_again(videos: Iterable[Video], shards: Iterable[str], size: int) -> list[Video]:
    """The same videos with places in new shards, after `shards`, on the same side of the split.

    Args:
        size: videos per shard.
    """
    places = Shards(shards, size)
    return [video.model_copy(update={"shard": places.place(video.split)}) for video in videos]

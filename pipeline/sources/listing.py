"""Give every newly listed video its place: song, split and shard."""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.base import Listed
from pipeline.sources.ids import short_digest
from schemas.video import Split, Video


@dataclass(frozen=True)
class Listing:
    """What came of listing all sources. Every listed video is counted once."""

    videos: list[Video]
    """The new ones, in the order in which they were listed."""
    known: int
    """Listed, but already in the dataset."""
    repeated: int
    """Listed more than once; the first source to list a video keeps it."""


def assign(
    listed: Iterable[tuple[str, Listed]],
    known: Iterable[Video],
    seed: int,
    eval_fraction: float,
    videos_per_shard: int,
) -> Listing:
    """Places for what is new. Nothing that has a place is moved: new videos get new shards, and a
    song that the dataset holds keeps its side of the split.

    Args:
        listed: names of sources, and what they list.
        known: the videos that the dataset holds.
        seed: decides the split, together with each song's id.
        eval_fraction: share of songs that go to `eval`.

    Raises:
        SourceError: two local files would get the same id.
    """
    before = list(known)
    ids, urls = {video.video_id for video in before}, {video.url for video in before}
    sides = {video.song_id: video.split for video in before}
    new: dict[str, tuple[str, Listed]] = {}
    new_urls: set[str] = set()
    already = repeated = 0
    for source, video in listed:
        if video.video_id in ids or video.url in urls:
            already += 1
        elif video.video_id in new or video.url in new_urls:
            _refuse_clash(new.get(video.video_id), video)
            repeated += 1
        else:
            new[video.video_id] = (source, video)
            new_urls.add(video.url)
    shards = _Shards({video.shard for video in before}, videos_per_shard)
    placed = []
    for source, video in new.values():
        song = song_id(video)
        split = sides.setdefault(song, _split(seed, song, eval_fraction))
        placed.append(_video(source, video, song, split, shards.place(split)))
    return Listing(placed, already, repeated)


def place_again(videos: Iterable[Video], shards: Iterable[str], size: int) -> list[Video]:
    """The same videos with places in new shards, after `shards`, on the same side of the split.

    Args:
        size: videos per shard.
    """
    places = _Shards(shards, size)
    return [video.model_copy(update={"shard": places.place(video.split)}) for video in videos]


def song_id(video: Listed) -> str:
    """The same for every video whose artist and title agree once case, width and spaces are set
    aside; a video of which either is unknown is a song of its own."""
    artist, title = _normal(video.artist), _normal(video.track or video.title)
    if not artist or not title:
        return video.video_id
    return f"song-{short_digest(json.dumps([artist, title]))}"


def _normal(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def _split(seed: int, song: str, eval_fraction: float) -> Split:
    digest = hashlib.sha256(f"split {seed} {song}".encode()).digest()
    return "eval" if int.from_bytes(digest[:8]) / 2**64 < eval_fraction else "train"


def _refuse_clash(first: tuple[str, Listed] | None, second: Listed) -> None:
    if first is None or first[1].url == second.url:
        return
    if Path(first[1].url).is_absolute() and Path(second.url).is_absolute():
        raise SourceError(
            f"{first[1].url} and {second.url} get the same id {second.video_id}: "
            "set another `site` in one of the two folder sources."
        )


class _Shards:
    """Hands out places in new shards, numbered after those that exist."""

    def __init__(self, known: Iterable[str], size: int) -> None:
        self._size = size
        self._next = Counter[str]()
        for shard in known:
            split, _, number = shard.rpartition("-")
            self._next[split] = max(self._next[split], int(number) + 1)
        self._placed = Counter[str]()

    def place(self, split: Split) -> str:
        number = self._next[split] + self._placed[split] // self._size
        self._placed[split] += 1
        return f"{split}-{number:06d}"


def _video(source: str, listed: Listed, song: str, split: Split, shard: str) -> Video:
    facts = {
        name: value
        for name, value in vars(listed).items()
        if name in Video.model_fields and name != "labels"
    }
    labels = list(listed.labels)
    return Video(source=source, labels=labels, song_id=song, split=split, shard=shard, **facts)

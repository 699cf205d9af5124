"""Give every newly listed video its place: song, split and shard."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.songs.keys import song_id
from pipeline.songs.names import Name, parse_name, site_name
from pipeline.songs.sides import Sides, Splitting
from pipeline.songs.similar import Near, SongIndex
from pipeline.sources.base import Listed
from pipeline.sources.places import Listing, Placed, Shards, place_again
from pipeline.stated import Stated
from schemas.video import Video

__all__ = ["Listing", "assign", "place_again"]


def assign(
    listed: Iterable[tuple[str, Listed]],
    known: Iterable[Video],
    splitting: Splitting,
    title_similarity: float,
    videos_per_shard: int,
) -> Listing:
    """Places for what is new. Nothing that has a place is moved: new videos get new shards, and a
    song that the dataset holds keeps its id and its side of the split.

    Args:
        listed: names of sources, and what they list.
        known: the videos that the dataset holds; read once.
        title_similarity: least similarity, in percent, of names that are one song; 0 for equal
            names only.

    Raises:
        SourceError: two local files would get the same id.
    """
    with _no_collector():
        return _assign(listed, _Held(known, splitting), title_similarity, videos_per_shard)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Spare Python looking for cycles among millions of rows again and again: there are none, and
    it would take a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _assign(
    listed: Iterable[tuple[str, Listed]],
    held: "_Held",
    title_similarity: float,
    videos_per_shard: int,
) -> Listing:
    new: dict[str, tuple[str, Listed]] = {}
    urls: set[str] = set()
    already = repeated = 0
    for source, video in listed:
        if video.video_id in held.ids or video.url in held.urls:
            already += 1
        elif video.video_id in new or video.url in urls:
            _refuse_clash(new.get(video.video_id), video)
            repeated += 1
        else:
            new[video.video_id] = (source, video)
            urls.add(video.url)
    members = [_Member(source, video, parse_name(_stated(video))) for source, video in new.values()]
    songs = _songs(members, held.index(title_similarity, (member.name for member in members)))
    shards = Shards(held.shards, videos_per_shard)
    placed = [
        Placed(
            member.source,
            member.listed,
            member.name,
            song,
            side := held.sides.side(song, member.name.artist, member.listed.channel),
            shards.place(side),
            near,
        )
        for song, of_song in songs.items()
        for member, near in of_song
    ]
    return Listing(placed, already, repeated, title_similarity, held.sides.apart)


class _Held:
    """What the dataset holds already."""

    def __init__(
        self,
        known: Iterable[Video],
        splitting: Splitting,
    ) -> None:
        self.ids: set[str] = set()
        self.urls: set[str] = set()
        self.shards: set[str] = set()
        self.sides = Sides(splitting)
        self._firsts: dict[str, tuple[str, Name]] = {}
        for video in known:
            self.ids.add(video.video_id)
            self.urls.add(video.url)
            self.shards.add(video.shard)
            if (
                video.listed_song_id is None
            ):  # else it may be out, for its song is on the other side
                self.sides.hold(video.song_id, video.artist, video.channel, video.split)
            name = site_name(video.artist, video.track or video.title)
            first = song_id(video.video_id, name) == video.song_id
            if first or video.song_id not in self._firsts:
                self._firsts[video.song_id] = (video.video_id, name)

    def index(self, similarity: float, new: Iterable[Name]) -> SongIndex:
        """Its songs by their first names, ready to look up the `new` ones."""
        names = (name for _, name in self._firsts.values())
        songs = SongIndex(similarity, words_of=chain(names, new))
        for song, (video_id, name) in self._firsts.items():
            songs.add(video_id, song, name)
        return songs


@dataclass(frozen=True, slots=True)
class _Member:
    """A new video of a song."""

    source: str
    listed: Listed
    name: Name


def _songs(
    members: Iterable[_Member], index: SongIndex
) -> dict[str, list[tuple[_Member, Near | None]]]:
    """The new videos by song, each with what it joined: songs in the order of their first video,
    videos as listed."""
    songs: dict[str, list[tuple[_Member, Near | None]]] = {}
    for member in members:
        near = index.best(member.name)
        song = near.song_id if near else song_id(member.listed.video_id, member.name)
        if near is None:
            index.add(member.listed.video_id, song, member.name)
        songs.setdefault(song, []).append((member, near))
    return songs


def _stated(video: Listed) -> Stated:
    return Stated(title=video.title, artist=video.artist, track=video.track, channel=video.channel)


def _refuse_clash(first: tuple[str, Listed] | None, second: Listed) -> None:
    if first is None or first[1].url == second.url:
        return
    if Path(first[1].url).is_absolute() and Path(second.url).is_absolute():
        raise SourceError(
            f"{first[1].url} and {second.url} get the same id {second.video_id}: "
            "set another `site` in one of the two folder sources."
        )

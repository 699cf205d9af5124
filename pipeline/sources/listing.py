"""Give every newly listed video its place: song, split and shard."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pipeline.collector import no_collector
from pipeline.errors import SourceError
from pipeline.songs.keys import song_id
from pipeline.songs.names import Name, parse_name, site_name
from pipeline.songs.sides import Sides, Splitting
from pipeline.songs.similar import Near, SongIndex
from pipeline.sources.base import Listed
from pipeline.sources.places import Listing, Placed, Shards, place_again
from pipeline.stated import Stated
from schemas.video import Split, Video

__all__ = ["Listing", "assign", "place_again"]


def assign(
    listed: Iterable[tuple[str, Listed]],
    known: Iterable[Video],
    splitting: Splitting,
    title_similarity: float,
    videos_per_shard: int,
    shards: Iterable[str] = (),
    removed: Callable[[str, str], bool] = lambda video_id, url: False,
) -> Listing:
    """Places for what is new. Nothing that has a place is moved: new videos get new shards, and a
    song that the dataset holds keeps its id and its side of the split.

    Args:
        listed: names of sources, and what they list.
        known: the videos that the dataset holds; read once.
        title_similarity: least similarity, in percent, of names that are one song; 0 for equal
            names only.
        shards: names that are taken, of shards without videos too.
        removed: whether a video, by its id and address, must not come back.

    Raises:
        SourceError: two local files would get the same id.
    """
    with no_collector():
        held = _Held(known, splitting, shards)
        fresh, counts = _fresh(listed, held, removed)
        return _placed(fresh, counts, held, title_similarity, videos_per_shard)


def _fresh(
    listed: Iterable[tuple[str, Listed]], held: "_Held", removed: Callable[[str, str], bool]
) -> tuple[dict[str, tuple[str, Listed]], Counter[str]]:
    """The new videos by id, and how many of the others there were."""
    new: dict[str, tuple[str, Listed]] = {}
    urls: set[str] = set()
    counts = Counter[str]()
    for source, video in listed:
        if removed(video.video_id, video.url):
            counts["removed"] += 1
        elif video.video_id in held.ids or video.url in held.urls:
            counts["known"] += 1
        elif video.video_id in new or video.url in urls:
            _refuse_clash(new.get(video.video_id), video)
            counts["repeated"] += 1
        else:
            new[video.video_id] = (source, video)
            urls.add(video.url)
    return new, counts


def _placed(
    new: dict[str, tuple[str, Listed]],
    counts: Counter[str],
    held: "_Held",
    title_similarity: float,
    videos_per_shard: int,
) -> Listing:
    members = [_Member(source, video, parse_name(_stated(video))) for source, video in new.values()]
    songs = _songs(members, held.index(title_similarity, (member.name for member in members)))
    shards = Shards(held.shards, videos_per_shard)
    placed = [
        Placed(
            member.source,
            member.listed,
            member.name,
            song,
            side := _side(held.sides, song, member),
            shards.place(side),
            near,
        )
        for song, of_song in songs.items()
        for member, near in of_song
    ]
    return Listing(
        placed=placed,
        known=counts["known"],
        repeated=counts["repeated"],
        title_similarity=title_similarity,
        removed=counts["removed"],
        apart=held.sides.apart,
    )


class _Held:
    """What the dataset holds already."""

    def __init__(
        self,
        known: Iterable[Video],
        splitting: Splitting,
        shards: Iterable[str],
    ) -> None:
        self.ids: set[str] = set()
        self.urls: set[str] = set()
        self.shards: set[str] = set(shards)
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
        if member.listed.song:
            songs.setdefault(member.listed.song, []).append((member, None))
            continue
        near = index.best(member.name)
        song = near.song_id if near else song_id(member.listed.video_id, member.name)
        if near is None:
            index.add(member.listed.video_id, song, member.name)
        songs.setdefault(song, []).append((member, near))
    return songs


def _side(sides: Sides, song: str, member: _Member) -> Split:
    """The side of a new video; where it was decided elsewhere, the same."""
    given = member.listed
    if not given.side:
        return sides.side(song, member.name.artist, given.channel)
    side = sides.given(song, given.side)
    if side != given.side:
        raise SourceError(
            f"{given.video_id} is of the {given.side} split of its export, but its song is in "
            f"{side} here: build the export into a folder of its own."
        )
    return side


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

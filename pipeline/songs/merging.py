"""Which songs of a shard are one, and which turn out to be on the other side of the split."""

from collections import defaultdict
from dataclasses import dataclass

from pipeline.songs.library import Library
from pipeline.songs.links import Links, Shard
from pipeline.songs.unions import Unions


@dataclass(frozen=True)
class Merged:
    """What becomes of one video's song."""

    song: str
    """What it is called now."""
    shared: str
    """The song of the videos that it was joined with; not its own one where those stay on this side
    and it goes, because it has something in common with the other side as well."""
    away: frozenset[str]
    """Songs on the other side that it has something in common with, or is of."""
    goes: bool
    """Whether it is kept out, for its song is on the other side."""

    @property
    def goes_with_all(self) -> bool:
        """Whether all new videos of its song are kept out."""
        return self.goes and self.song == self.shared


def merge(library: Library, shard: Shard, links: Links) -> dict[str, Merged]:
    """Join the songs that the links say are one, and tell what each video's song is then.

    Where a song has accepted videos on this side, it stays here, and only those of its new videos
    go that have something in common with the other side. Where it has none, all of its videos go.
    """
    songs = {video.video_id: library.song(video.song_id) for video in shard.videos}
    sets = Unions()
    known: set[str] = set()
    away: defaultdict[str, set[str]] = defaultdict(set)
    for video_id, song in songs.items():
        others = [link.other_id for link in links.get(video_id, [])]
        for each in [song, *(songs.get(other) or library.song_of(other) for other in others)]:
            first = library.first(each)
            if first and first[1] != shard.split:
                away[video_id].add(each)
            else:
                known.add(each)
                sets.join(each, song)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for video_id, song in songs.items():
        members[sets.root(song)].append(video_id)
    here: defaultdict[str, set[str]] = defaultdict(set)
    for song in known:
        here[sets.root(song)].add(song)
    merged: dict[str, Merged] = {}
    for root, video_ids in members.items():
        home = {song for song in here[root] if library.first(song)}
        gone = {song for video_id in video_ids for song in away[video_id]}
        shared = min(gone) if gone and not home else min(home or here[root])
        for video_id in video_ids:
            own = away[video_id]
            song = min(own) if own and home else shared
            goes = bool(own) or (bool(gone) and not home)
            merged[video_id] = Merged(song, shared, frozenset(own), goes)
    return merged

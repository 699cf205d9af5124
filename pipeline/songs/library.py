"""What the dataset holds so far, in memory, so that each new shard can be held against it.

For 100,000 videos it takes about 1.5 GB, half of it audio fingerprints, and a minute to load.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.songs.alignment import similarity as audio_similarity
from pipeline.songs.audio_index import AudioIndex
from pipeline.songs.frames import FrameIndex, is_varied
from pipeline.songs.frames import similarity as frame_similarity
from pipeline.songs.keys import song_id as song_named
from pipeline.songs.links import Entry, Link, Shard, entries
from pipeline.songs.names import Name, parse_name, site_name
from pipeline.songs.settings import Duplicates
from pipeline.songs.similar import SongIndex
from pipeline.songs.unions import Unions
from pipeline.stated import listed
from pipeline.store import Dataset
from schemas import MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from schemas.match import DROPPING, Match
from schemas.table import Seconds
from schemas.video import Split, Video

_SAME_LENGTH = 0.05
"""Durations of two copies differ by at most this share: a cut title card, 4 % from 24 to 25 frames
a second."""


@dataclass(frozen=True)
class Matched:
    """What came of matching one shard."""

    matches: list[Match]
    """The shard's whole part, what listing wrote included."""
    songs: Mapping[str, str]
    """For every video of the shard: its song."""


@dataclass
class _Held:
    ids: list[str] = field(default_factory=list)
    durations: list[Seconds | None] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    audio: AudioIndex = field(default_factory=AudioIndex)
    frames: FrameIndex = field(default_factory=FrameIndex)


class Library:
    """The videos that were accepted, and the names of those that matching kept out too.

    Fill it with the shards that were matched, in the order of their names, then let each new one
    be matched by `pipeline.songs.matching.match_shard`, and add it.
    """

    def __init__(self, settings: Duplicates, words_of: Iterable[Name] = ()) -> None:
        """`words_of`: the names that are known before; see `SongIndex`."""
        self.settings = settings
        self._held = _Held()
        self._names = SongIndex(settings.title_similarity, words_of)
        self._songs = Unions()
        self._song_of: dict[str, str] = {}
        self._first: dict[str, tuple[str, Split]] = {}

    def __contains__(self, video_id: str) -> bool:
        return video_id in self._song_of

    @property
    def nbytes(self) -> int:
        """Memory that fingerprints and hashes take."""
        return self._held.audio.nbytes + self._held.frames.nbytes

    def song_of(self, video_id: str) -> str:
        """The song of a video that is in a shard here, as it is known by now."""
        return self.song(self._song_of[video_id])

    def song(self, song_id: str) -> str:
        """What a song is called by now, should it have turned out to be another's."""
        return self._songs.root(song_id)

    def first(self, song_id: str) -> tuple[str, Split] | None:
        """The first accepted video of a song, and the side of the split that the song is on."""
        return self._first.get(self.song(song_id))

    def links(self, entry: Entry) -> list[Link]:
        """What has something in common with a video; at most eight by audio and by frames each.
        A video has none with itself."""
        numbers = {
            *self._held.audio.candidates(entry.audio),
            *self._held.frames.candidates(entry.frames),
        }
        found = [link for number in sorted(numbers) if (link := self._compared(entry, number))]
        if entry.sha256 in self._held.files:
            found.append(Link(self._held.files[entry.sha256], "file", 1.0, 1.0, is_copy=True))
        threshold = self.settings.title_similarity
        near = self._names.best(entry.name) if threshold and entry.renamed else None
        if near:
            found.append(Link(near.video_id, "title", near.score, threshold, is_copy=False))
        return [link for link in found if link.other_id != entry.video_id]

    def _compared(self, entry: Entry, number: int) -> Link | None:
        settings, held = self.settings, self._held
        sound = audio_similarity(entry.audio, held.audio[number])
        sight = frame_similarity(entry.frames, held.frames[number])
        same_sound = 0 < settings.audio_similarity <= sound
        same_sight = 0 < settings.frame_similarity <= sight
        same_sight = same_sight and _same_length(entry.duration_s, held.durations[number])
        other = held.ids[number]
        if same_sound:
            return Link(other, "audio", sound, settings.audio_similarity, is_copy=same_sight)
        if same_sight and is_varied(entry.frames):
            return Link(other, "frames", sight, settings.frame_similarity, is_copy=True)
        return None

    def add(self, shard: Shard, matched: Matched) -> None:
        """Take in a shard that was matched."""
        out = {row.video_id for row in matched.matches if row.consequence in DROPPING}
        for video in shard.videos:
            self._song_of[video.video_id] = matched.songs[video.video_id]
        accepted = entries(shard)
        for entry in accepted:
            if entry.video_id not in out:
                self.hold(entry)
                self._first.setdefault(self.song_of(entry.video_id), (entry.video_id, shard.split))
        self._join(shard, matched)
        heard = {row.video_id for row in matched.matches if row.by != "title"}
        for entry in accepted:
            self.name(entry, self.song_of(entry.video_id), entry.video_id in heard)

    def hold(self, entry: Entry) -> None:
        """Take in what a video is compared by, its name excepted."""
        held, number = self._held, len(self._held.ids)
        held.ids.append(entry.video_id)
        held.durations.append(entry.duration_s)
        held.audio.add(number, entry.audio)
        held.frames.add(number, entry.frames)
        if entry.sha256:
            held.files.setdefault(entry.sha256, entry.video_id)

    def name(self, entry: Entry, song_id: str, is_news: bool) -> None:
        """Take in a video's name. `is_news`: its song was told by its content, so that this name
        of the song need not be like the first one."""
        own = song_named(entry.video_id, entry.name) if is_news else song_id
        self._names.add(entry.video_id, own, entry.name)

    def _join(self, shard: Shard, matched: Matched) -> None:
        """Remember which songs are one. A later shard may list the song that a video here was
        listed with and does not have any more; and a video may be what two songs have in common."""
        for video in shard.videos:
            song = matched.songs[video.video_id]
            self._same(video.song_id, song)
            self._same(song_named(video.video_id, parse_name(listed(video))), song)
        for row in matched.matches:
            if row.other_id in self._song_of:
                self._same(self._song_of[row.other_id], row.song_id)

    def _same(self, song: str, into: str) -> None:
        """Unless they are on two sides, where shards that are committed keep them."""
        one, two = self.first(song), self.first(into)
        if one and two and one[1] != two[1]:
            return
        self._songs.join(song, into)
        if first := two or one:
            self._first[self.song(into)] = first


def read_shard(dataset: Dataset, shard: str) -> Shard:
    """A screened shard's rows, from its tables: each video with the song that it was listed with,
    whether the shard was matched or not."""
    return _shard(dataset, shard, dataset.read(VIDEOS, shard))


def load_library(dataset: Dataset, shards: Iterable[str], settings: Duplicates) -> Library:
    """A library of the shards that were matched already, each of their parts read once; the names
    that are listed in all shards are read before."""
    listed_names = (site_name(row.artist, row.track) for row in dataset.read_all(VIDEOS))
    library = Library(settings, listed_names)
    for name in shards:
        videos = dataset.read(VIDEOS, name)
        shard = _shard(dataset, name, videos)
        songs = {video.video_id: video.song_id for video in videos}
        library.add(shard, Matched(shard.matches, songs))
    return library


def _shard(dataset: Dataset, shard: str, videos: list[Video]) -> Shard:
    failed = {row.video_id for row in dataset.read(SCREENING, shard) if not row.passed}
    media = [
        row
        for row in dataset.read(MEDIA, shard)
        if row.status == "ok" and row.video_id not in failed
    ]
    split: Split = "eval" if shard.startswith("eval-") else "train"
    return Shard(
        split,
        [_as_listed(video) for video in videos],
        media,
        dataset.read(MEASURES, shard),
        dataset.read(MATCHES, shard),
    )


def _as_listed(video: Video) -> Video:
    if video.listed_song_id is None:
        return video
    return video.model_copy(update={"song_id": video.listed_song_id, "listed_song_id": None})


def _same_length(one: Seconds | None, two: Seconds | None) -> bool:
    return one is not None and two is not None and abs(one - two) <= _SAME_LENGTH * max(one, two)

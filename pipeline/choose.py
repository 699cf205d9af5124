"""Which of the fetched videos are cut: what the checks say of each, and what the dataset already
has. Each function does one shard's share, and can be killed at any moment and called again."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from pipeline.failures import kept_out
from pipeline.provenance import software
from pipeline.recipe import Recipe
from pipeline.removal.tombstones import Gone, gone
from pipeline.screen import Prints, screen
from pipeline.screen.models import records
from pipeline.songs import audio, frames
from pipeline.songs.library import Library, Matched, load_library, read_shard
from pipeline.songs.links import Shard
from pipeline.songs.matching import match_shard
from pipeline.store import Dataset
from schemas import MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from schemas.match import DROPPING
from schemas.media import Media
from schemas.table import Row, Table
from schemas.video import Video

Note = Callable[[str], None]

_FEW = 0.1
"""Share of a shard's videos that may go without a fingerprint and without a word."""


def in_turn(dataset: Dataset) -> list[str]:
    """The uncut shards, in the order in which they are worked on: those that are fetched come
    first, since cutting them makes room, and cannot be stopped by a site."""
    return sorted(dataset.uncut(), key=lambda shard: dataset.manifest(MEDIA, shard) is None)


def located(dataset: Dataset, media: Media) -> Path:
    """Where a fetched file lies."""
    return dataset.root / str(media.file)


def accepted(dataset: Dataset, shard: str) -> list[Media]:
    """The media that were fetched, passed every check, and are no copies."""
    out = kept_out(dataset, shard)
    return [
        row for row in dataset.read(MEDIA, shard) if row.status == "ok" and row.video_id not in out
    ]


def is_screened(dataset: Dataset, recipe: Recipe, shard: str) -> bool:
    """Whether the checks looked at today's media with today's thresholds and models."""
    done = dataset.manifest(SCREENING, shard)
    return (
        done is not None
        and done.inputs == _digest(dataset, MEDIA, shard)
        and done.config == recipe.screen.model_dump(mode="json")
        and done.models == records(recipe.screen.at(recipe.base))
    )


def is_matched(dataset: Dataset, recipe: Recipe, shard: str) -> bool:
    """Whether a shard is ready to be cut: its screened videos were compared with all others."""
    done = dataset.manifest(MATCHES, shard)
    return (
        is_screened(dataset, recipe, shard)
        and done is not None
        and done.inputs == _digest(dataset, SCREENING, shard)
        and done.config == recipe.duplicates.model_dump(mode="json")
    )


@dataclass(frozen=True)
class ScreenJob:
    """What a worker process does to screen shard after shard: it looks at each video by itself."""

    recipe: Recipe
    threads: int
    """Videos that are measured at a time."""
    name: str = "screen"

    def __call__(self, shard: str, device: str, note: Note) -> None:
        """Screen one shard."""
        dataset, settings = Dataset(self.recipe.root), self.recipe.screen.at(self.recipe.base)
        listener = _Listener()
        verdicts, measures = screen(
            dataset.read(VIDEOS, shard),
            dataset.read(MEDIA, shard),
            settings,
            lambda media: located(dataset, media),
            Prints(frames.hashes, listener),
            self.threads,
            device,
        )
        listener.tell(shard, len(measures), note)
        dataset.write(MEASURES, shard, measures, software=software())
        dataset.write(
            SCREENING,
            shard,
            verdicts,
            inputs=_digest(dataset, MEDIA, shard),
            config=self.recipe.screen.model_dump(mode="json"),
            models=records(settings),
            software=software(),
        )


class _Listener:
    """Makes audio fingerprints, and remembers why some could not be made."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def __call__(self, path: Path) -> list[int]:
        heard = audio.hear(path)
        if heard.reason:
            self._reasons.append(heard.reason)
        return heard.fingerprint

    def tell(self, shard: str, videos: int, note: Note) -> None:
        """Note it if more than a few of the shard's videos have no fingerprint."""
        if audio.REMEDY in self._reasons:
            note(audio.REMEDY)
        elif len(self._reasons) > _FEW * videos:
            (reason, _) = Counter(self._reasons).most_common(1)[0]
            without = f"{len(self._reasons)} of {videos} videos"
            note(f"{shard}: {without} have no audio fingerprint: {reason}")


class Matcher:
    """Compares each screened shard with all shards before it. One for each run."""

    def __init__(self, dataset: Dataset, recipe: Recipe, shards: list[str]) -> None:
        """
        Args:
            shards: the uncut ones, in the order in which they will be matched.
        """
        self._dataset = dataset
        self._recipe = recipe
        self._shards = shards
        self._library: Library | None = None
        self._done: set[str] = set()

    def match(self, shard: str) -> None:
        """Find copies and songs, and say so in the tables. Call it shard by shard, in order: a
        killed run that goes on gives what an undisturbed one would have. Copies of removed videos
        stay out."""
        if self._library is None:
            self._library = self._load()
        if shard in self._done:
            return
        dataset = self._dataset
        found = read_shard(dataset, shard)
        matched = _still_out(match_shard(self._library, found), found, gone(dataset))
        renamed = [_of_song(video, matched.songs[video.video_id]) for video in found.videos]
        if renamed != dataset.read(VIDEOS, shard):
            dataset.write(VIDEOS, shard, renamed, software=software())
        dataset.write(
            MATCHES,
            shard,
            matched.matches,
            inputs=_digest(dataset, SCREENING, shard),
            config=self._recipe.duplicates.model_dump(mode="json"),
            software=software(),
        )
        self._library.add(found, matched)

    def _load(self) -> Library:
        """With what was matched before, in the order in which it was."""
        dataset, recipe = self._dataset, self._recipe
        self._done = {*takewhile(lambda each: is_matched(dataset, recipe, each), self._shards)}
        to_come = set(self._shards) - self._done
        known = [shard for shard in dataset.shards() if shard not in to_come]

        def when(shard: str) -> tuple[str, str]:
            manifest = dataset.manifest(MATCHES, shard)
            return (manifest.created_at if manifest else "", shard)

        return load_library(dataset, sorted(known, key=when), recipe.duplicates)


def _still_out(matched: Matched, found: Shard, out: Gone) -> Matched:
    """With what was decided before because of videos that were removed since: there is nothing left
    to compare with, and their copies would come back."""
    rows = {MATCHES.key_of(row): row for row in matched.matches}
    for row in found.matches:
        if row.consequence in DROPPING and out.video(row.other_id):
            rows[MATCHES.key_of(row)] = row
    return replace(matched, matches=[rows[key] for key in sorted(rows)])


def _of_song(video: Video, song_id: str) -> Video:
    """A video as it was listed, with the song that it turned out to be of."""
    if song_id == video.song_id:
        return video
    return video.model_copy(update={"song_id": song_id, "listed_song_id": video.song_id})


def _digest(dataset: Dataset, table: Table[Row], shard: str) -> dict[str, str]:
    manifest = dataset.manifest(table, shard)
    return {table.name: manifest.digest} if manifest else {}

"""Everything that is not in the dataset, with its reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pipeline.recipe import Recipe
from pipeline.removal.finding import copies_of
from pipeline.removal.tombstones import gone
from pipeline.store import Dataset
from schemas import CLIPS, MATCHES, MEDIA, SCREENING, VIDEOS
from schemas.match import DROPPING, Match
from schemas.media import Media, Screening
from schemas.video import Video

RETRIED = ("transient", "session")
"""Outcomes of a fetch that another attempt may change."""

_SAID = {
    "reupload": "a copy of",
    "other_split": "on the other side of the split than its song, by",
}


@dataclass(frozen=True)
class Loss:
    """One video or clip that did not become rows, and where that happened."""

    where: str
    """`fetch`, `screen`, `cut`, or the name of a step."""
    kind: str
    """For a fetch its class (`transient`, `permanent`, …), else `dropped` or `failed`."""
    reason: str
    subject: str
    """The video's or clip's id."""
    shard: str
    detail: str


def last_attempts(dataset: Dataset) -> list[tuple[Video, Media | None]]:
    """Each listed video once, as it was listed last, with what came of that fetch if it ran."""
    last: dict[str, tuple[Video, Media | None]] = {}
    for shard in dataset.shards():
        media = {row.video_id: row for row in dataset.read(MEDIA, shard)}
        for video in dataset.read(VIDEOS, shard):
            last[video.video_id] = (video, media.get(video.video_id))
    return list(last.values())


def losses(dataset: Dataset, recipe: Recipe) -> Iterator[Loss]:
    """What failed or was dropped, in the order of the pipeline; each video or clip once a place."""
    attempts = last_attempts(dataset)
    for video, media in attempts:
        if media and media.status not in ("ok", "dropped"):
            reason, detail = media.reason or media.status, media.detail or ""
            yield Loss("fetch", media.status, reason, video.video_id, video.shard, detail)
    places = {
        video.video_id: video.shard
        for video, media in attempts
        if media and media.status in ("ok", "dropped")
    }
    for shard in dataset.shards():
        for video_id, (reason, detail) in kept_out(dataset, shard).items():
            if places.get(video_id) == shard:
                yield Loss("screen", "dropped", reason, video_id, shard, detail)
    tables = [("cut", CLIPS, None), *((s.name, s.table, s.variant) for s in recipe.steps)]
    for where, table, variant in tables:
        for shard in dataset.shards():
            manifest = dataset.manifest(table, shard, variant)
            for each in manifest.failures if manifest else ():
                yield Loss(where, "failed", each.reason, each.clip_id, shard, each.detail)


def dropped(screening: Iterable[Screening], matches: Iterable[Match]) -> dict[str, tuple[str, str]]:
    """For each video that a check or a match keeps out: the reason to count it by, and a line.

    The first check by name is the reason; the line has what the others say too.
    """
    said: dict[str, list[tuple[str, str]]] = {}
    for row in sorted(screening, key=SCREENING.key_of):
        if not row.passed:
            detail = row.detail or f"{row.value:g}, allowed {row.threshold:g}"
            said.setdefault(row.video_id, []).append((row.check, detail))
    out = [match for match in sorted(matches, key=MATCHES.key_of) if match.consequence in DROPPING]
    for (video_id, other_id, consequence), same in groupby(out, key=_what_follows):
        scores = ", ".join(f"{match.by} {match.score:.4g}" for match in same)
        detail = f"{_SAID[consequence]} {other_id} ({scores})"
        said.setdefault(video_id, []).append((consequence, detail))
    return {
        video_id: (verdicts[0][0], "; ".join(detail for _, detail in verdicts))
        for video_id, verdicts in said.items()
    }


def _what_follows(match: Match) -> tuple[str, str, str]:
    return match.video_id, match.other_id, match.consequence


def worth_another_try(dataset: Dataset, recipe: Recipe) -> list[Video]:
    """The videos whose last attempt failed in passing, and those of committed shards that were
    dropped under other thresholds than today's. What was removed never is, nor are its copies: they
    could not be told any more."""
    found = []
    out = gone(dataset)
    copies = set(copies_of(dataset, out.videos))
    dropped_then = {
        shard: _dropped_then(dataset, recipe, shard)
        for shard in dataset.shards()
        if dataset.shard_manifest(shard)
    }
    for video, media in last_attempts(dataset):
        if media is None or out.video(video.video_id, video.url) or video.video_id in copies:
            continue
        if media.status in RETRIED or video.video_id in dropped_then.get(video.shard, {}):
            found.append(video)
    return found


def _dropped_then(dataset: Dataset, recipe: Recipe, shard: str) -> dict[str, tuple[str, str]]:
    """What was dropped by a threshold that is another today."""
    screened, matched = dataset.manifest(SCREENING, shard), dataset.manifest(MATCHES, shard)
    screening: list[Screening] = []
    matches: list[Match] = []
    if screened and screened.config != recipe.screen.model_dump(mode="json"):
        screening = dataset.read(SCREENING, shard)
    if matched and matched.config != recipe.duplicates.model_dump(mode="json"):
        matches = dataset.read(MATCHES, shard)
    return dropped(screening, matches)


def kept_out(dataset: Dataset, shard: str) -> dict[str, tuple[str, str]]:
    """`dropped` for one shard."""
    return dropped(dataset.read(SCREENING, shard), dataset.read(MATCHES, shard))

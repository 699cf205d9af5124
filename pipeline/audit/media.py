"""What the report shows and measures of the clips' media."""

import hashlib
import math
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.audit.data import AuditData
from pipeline.audit.distributions import bin_edges, distribution
from pipeline.audit.kept import ClipFacts
from pipeline.audit.shard_media import ShardJob, ShardMedia, write_shard_media
from pipeline.audit.thumbnails import safe_name
from schemas.report import Distribution, MediaFacts

FOLDER = "media"
"""Within the report's folder."""
_SHOWN = "shown: "
_WORKERS = 8
"""At most so many shards at once. Threads do: decoding, scaling and encoding leave the
interpreter's lock alone."""


@dataclass(frozen=True)
class ReportMedia:
    """What lies in the report's folder, and what was measured. Paths are relative to that folder,
    by clip; a clip whose media cannot be read has none."""

    frames: dict[str, str]
    """Thumbnails."""
    audio: dict[str, str]
    """Of the picked clips, as it lies in the shard."""
    facts: MediaFacts


def write_media(
    data: AuditData,
    picks: set[str],
    folder: Path,
    earlier: Path | None,
    on_shard: Callable[[int], None] = lambda shards: None,
) -> ReportMedia:
    """Write thumbnails and the picks' audio into `folder`/media, and measure all clips.

    Args:
        picks: the clips whose audio is written, and who get a thumbnail in any case.
        folder: the report's, of which nothing else is touched.
        earlier: an earlier report's folder. What it has of tars that did not change is taken over.
        on_shard: told how many more shards with clips are done.

    Raises:
        DiskFull: the disk is full.
    """
    jobs = dict(_jobs(data, picks, folder, earlier))
    done: dict[str, ShardMedia] = {}
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        for shard, written in zip(jobs, pool.map(write_shard_media, jobs.values()), strict=True):
            done[shard] = written
            on_shard(1)
    frames: dict[str, str] = {}
    audio: dict[str, str] = {}
    facts: dict[str, ClipFacts] = {}
    for shard, media in done.items():
        place = f"{FOLDER}/{_folder_name(shard)}"
        facts.update(media.facts)
        audio |= {clip: f"{place}/{name}" for clip, name in media.audio.items()}
        for clip, found in media.facts.items():
            if found.thumbnail:
                frames[clip] = f"{place}/{safe_name(clip)}.jpg"
    return ReportMedia(frames, audio, _facts(data, facts))


def _jobs(
    data: AuditData, picks: set[str], folder: Path, earlier: Path | None
) -> Iterable[tuple[str, ShardJob]]:
    shards: dict[str, list[str]] = defaultdict(list)
    for clip in data.clips:
        shards[clip.shard].append(clip.clip_id)
    timed = _sample(data) if data.settings.tempo else frozenset()
    for shard, clips in shards.items():
        wanted = frozenset(clips)
        place = Path(FOLDER) / _folder_name(shard)
        yield (
            shard,
            ShardJob(
                tar=data.tar(shard),
                digest=data.tars.get(shard),
                clips=tuple(dict.fromkeys(clips)),
                shown=wanted if data.settings.thumbnails else wanted & picks,
                heard=wanted & picks,
                timed=wanted & timed,
                folder=folder / place,
                earlier=earlier / place if earlier else None,
            ),
        )


def _sample(data: AuditData) -> frozenset[str]:
    """Drawn by a hash of the clips' ids, so that most stay when others are added."""

    def chance(clip_id: str) -> bytes:
        return hashlib.sha256(f"tempo {clip_id}".encode()).digest()

    drawn = sorted({clip.clip_id for clip in data.clips}, key=chance)
    return frozenset(drawn[: data.settings.sample])


def _folder_name(shard: str) -> str:
    return shard if re.fullmatch(r"[A-Za-z0-9_-]{1,100}", shard) else safe_name(shard)


def _facts(data: AuditData, facts: dict[str, ClipFacts]) -> MediaFacts:
    clips = {clip.clip_id: clip for clip in data.clips}
    tempi = [each.tempo_bpm for each in facts.values() if each.tempo_bpm is not None]
    return MediaFacts(
        loudness_dbfs=_spread(20 * math.log10(c.rms) for c in clips.values() if c.rms > 0),
        gain_db=_spread(clip.gain_db for clip in clips.values()),
        brightness=_spread(each.brightness for each in facts.values()),
        contrast=_spread(each.contrast for each in facts.values()),
        sharpness=_spread(each.sharpness for each in facts.values()),
        tempo_bpm=_spread(tempi),
        shown=_shown(data),
        frames=len(facts),
        unreadable=len(clips.keys() - facts.keys()),
    )


def _spread(values: Iterable[float]) -> Distribution | None:
    finite = [value for value in values if math.isfinite(value)]
    return distribution(finite, bin_edges(finite)) if finite else None


def _shown(data: AuditData) -> dict[str, float]:
    """Means over the videos that have clips; of a video that was screened twice, the later row."""
    videos = {clip.video_id for clip in data.clips}
    rows = {
        (row.check.removeprefix(_SHOWN), row.video_id): row.value
        for row in data.screening
        if row.check.startswith(_SHOWN) and row.video_id in videos and math.isfinite(row.value)
    }
    values: dict[str, list[float]] = defaultdict(list)
    for (text, _), value in sorted(rows.items()):
        values[text].append(value)
    return {text: math.fsum(each) / len(each) for text, each in values.items()}

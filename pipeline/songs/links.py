"""What one video is compared by, and what it has in common with others."""

from dataclasses import dataclass

import numpy as np

from pipeline.songs.alignment import Fingerprint, as_fingerprint
from pipeline.songs.frames import Hashes
from pipeline.songs.names import Name, parse_name
from pipeline.stated import listed, stated
from schemas.match import Evidence, Match
from schemas.measures import Measures
from schemas.media import Media
from schemas.table import Seconds
from schemas.video import Split, Video


@dataclass(frozen=True)
class Shard:
    """A fetched and screened shard of one side of the split."""

    split: Split
    videos: list[Video]
    media: list[Media]
    """Of the videos that were fetched and passed every check."""
    measures: list[Measures]
    matches: list[Match]
    """What listing wrote: songs that were known by their titles. Or what matching made of it."""


@dataclass(frozen=True)
class Entry:
    """What one video is compared by."""

    video_id: str
    name: Name
    renamed: bool
    """Whether the video's own page names it otherwise than the list did."""
    sha256: str | None
    duration_s: Seconds | None
    audio: Fingerprint
    frames: Hashes
    rank: tuple[int, float, str]
    """Sorts the best copy first: height, then bit rate; else the id, to be the same each time."""


def entries(shard: Shard) -> list[Entry]:
    """The shard's accepted videos, the best copy first."""
    videos = {video.video_id: video for video in shard.videos}
    measures = {row.video_id: row for row in shard.measures}
    made = [
        _entry(videos[media.video_id], media, measures.get(media.video_id)) for media in shard.media
    ]
    return sorted(made, key=lambda entry: entry.rank)


def _entry(video: Video, media: Media, measures: Measures | None) -> Entry:
    name = parse_name(stated(video, media))
    bit_rate = (media.bytes or 0) / media.duration_s if media.duration_s else 0.0
    return Entry(
        video_id=video.video_id,
        name=name,
        renamed=name != parse_name(listed(video)),
        sha256=media.sha256,
        duration_s=media.duration_s,
        audio=as_fingerprint(measures.audio if measures else []),
        frames=np.asarray(measures.frames if measures else [], np.int64),
        rank=(-(media.height or 0), -bit_rate, video.video_id),
    )


@dataclass(frozen=True)
class Link:
    """That a video has something in common with one that is held."""

    other_id: str
    by: Evidence
    score: float
    threshold: float
    is_copy: bool


Links = dict[str, list[Link]]
"""For each accepted video of a shard."""

"""Where in a dataset the things are that ids name."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.errors import DatasetError
from pipeline.removal.tombstones import Gone
from pipeline.store import Dataset
from schemas import CLIPS, MATCHES, VIDEOS

_SHOWN = 3
_POOL = 20_000
"""Ids that a mistyped one is compared with: more would take seconds."""


@dataclass(frozen=True)
class Holdings:
    """All ids of a dataset, each with the shards that have it."""

    videos: dict[str, set[str]]
    clips: dict[str, str]
    video_of: dict[str, str]
    """For each clip."""
    urls: dict[str, str]
    """For each video: its address."""

    def clips_of(self, videos: Iterable[str]) -> set[str]:
        """All clips of some videos."""
        wanted = set(videos)
        return {clip_id for clip_id, video_id in self.video_of.items() if video_id in wanted}

    def shards_with(self, out: Gone) -> set[str]:
        """The shards that hold something that is to go."""
        listing = {
            shard for video, shards in self.videos.items() if out.video(video) for shard in shards
        }
        return listing | {shard for clip, shard in self.clips.items() if out.clip(clip)}


def holdings(dataset: Dataset) -> Holdings:
    """Read all ids: of 100,000 clips, in seconds.

    Raises:
        DatasetError: a part is damaged.
    """
    found = Holdings({}, {}, {}, {})
    for shard in dataset.shards():
        videos = dataset.read_column(VIDEOS, shard, "video_id")
        urls = dataset.read_column(VIDEOS, shard, "url")
        for video_id, url in zip(videos, urls, strict=True):
            found.videos.setdefault(video_id, set()).add(shard)
            found.urls[video_id] = url
        clips = dataset.read_column(CLIPS, shard, "clip_id")
        owners = dataset.read_column(CLIPS, shard, "video_id")
        found.clips.update(dict.fromkeys(clips, shard))
        found.video_of.update(zip(clips, owners, strict=True))
    return found


def copies_of(dataset: Dataset, videos: Iterable[str]) -> list[str]:
    """The videos that were dropped because they are copies of one of these."""
    wanted = set(videos)
    if not wanted:
        return []
    return sorted(
        {
            row.video_id
            for row in dataset.read_all(MATCHES)
            if row.consequence == "reupload" and row.other_id in wanted
        }
        - wanted
    )


def refuse_unknown(kind: str, unknown: list[str], known: Iterable[str]) -> None:
    """Say which ids name nothing, with the nearest that do.

    Args:
        kind: `clip`, or `video or clip`.

    Raises:
        DatasetError: there is one.
    """
    if not unknown:
        return
    first = unknown[0]
    pool = [each for each in known if abs(len(each) - len(first)) <= _SHOWN]
    near = difflib.get_close_matches(first, pool[:_POOL], n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    shown = ", ".join(f"`{each}`" for each in unknown[:_SHOWN])
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    raise DatasetError(f"There is no {kind} {shown}{more} in this dataset.{hint}")

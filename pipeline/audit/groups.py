"""What each clip belongs to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.audit.data import AuditData

UNLISTED = "(not listed)"
"""Where clips belong whose video, or which themselves, are in no list."""


@dataclass(frozen=True)
class Groups:
    """By clip: its video, its split and its source."""

    video: Mapping[str, str]
    split: Mapping[str, str]
    source: Mapping[str, str]


def groups_of(data: AuditData) -> Groups:
    """Of all clips of a dataset."""
    sources = {video.video_id: video.source for video in data.videos}
    return Groups(
        video={clip.clip_id: clip.video_id for clip in data.clips},
        split={clip.clip_id: clip.split for clip in data.clips},
        source={clip.clip_id: sources.get(clip.video_id, UNLISTED) for clip in data.clips},
    )


def grouped(
    values: Iterable[tuple[str, float]], group: Mapping[str, str]
) -> dict[str, list[float]]:
    """Values by what their clip belongs to, in the order of the groups' names."""
    found: dict[str, list[float]] = defaultdict(list)
    for clip_id, value in values:
        found[group.get(clip_id, UNLISTED)].append(value)
    return dict(sorted(found.items()))

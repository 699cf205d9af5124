"""What a dataset has, and what it lost."""

from schemas.media import MediaStatus
from schemas.report.part import Part


class Counts(Part):
    """Videos: `listed` = `dropped` + `waiting` + `with_clips`."""

    listed: int
    fetched: int
    """Downloaded and usable."""
    dropped: int
    """Gave no clip and will not: lost while fetching, screening or cutting."""
    waiting: int
    """Not dropped, and not cut yet."""
    with_clips: int
    songs: int
    """Among the videos with clips; versions of one song count once."""
    clips: int
    hours: float
    """Of audio, in the clips."""


class Breakdown(Part):
    """The counts of the whole dataset and of its parts, by name."""

    total: Counts
    by_split: dict[str, Counts]
    by_source: dict[str, Counts]


class Example(Part):
    """One thing that was dropped."""

    id: str
    """Of a video or a clip."""
    title: str | None
    detail: str
    """One line for people; may be empty."""


class Drop(Part):
    """What was lost for one reason at one point of a dataset's life."""

    stage: str
    """`fetch`, `screen`, `cut`, or the name of an annotation step."""
    reason: str
    status: MediaStatus | None
    """For `fetch`: the class of the reason."""
    videos: int
    """Videos that gave no clip because of it; each lost video counts once in the report."""
    clips: int
    """Clips that could not be cut, or for which the step has no rows."""
    examples: list[Example]

"""Which videos and clips were taken out of a dataset."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from pydantic import ValidationError

from pipeline.disk import write_atomically
from pipeline.errors import DatasetError
from pipeline.stage import Failure, Sample
from pipeline.store import Dataset, manifest_bytes
from schemas.clip import Clip
from schemas.removal import Removals

_START = re.compile(r"[0-9]{8,}")
"""What a clip's id has and its video's has not: milliseconds."""


@dataclass(frozen=True)
class Gone:
    """Ids that must not be in a dataset."""

    videos: frozenset[str] = frozenset()
    clips: frozenset[str] = frozenset()
    urls: frozenset[str] = field(default=frozenset(), repr=False)
    """sha256 of the videos' addresses."""

    @classmethod
    def of(cls, removals: Removals) -> Self:
        """What the tombstones name."""
        return cls(
            frozenset(each.id for each in removals.removed if each.kind == "video"),
            frozenset(each.id for each in removals.removed if each.kind == "clip"),
            frozenset(each.url_sha256 for each in removals.removed if each.url_sha256),
        )

    def __bool__(self) -> bool:
        return bool(self.videos or self.clips)

    def video(self, video_id: str, url: str = "") -> bool:
        """Whether a video was removed, under this id or under another one."""
        return video_id in self.videos or (bool(self.urls and url) and url_digest(url) in self.urls)

    def clip(self, clip_id: str) -> bool:
        """Whether a clip was removed, or its video."""
        if clip_id in self.clips:
            return True
        video_id, _, start = clip_id.rpartition("-")
        return video_id in self.videos and _START.fullmatch(start) is not None


def staying(
    outcomes: Iterable[tuple[Clip, Sample] | Failure], out: Gone
) -> Iterator[tuple[Clip, Sample] | Failure]:
    """What comes of cutting a video, without clips that were removed."""
    for outcome in outcomes:
        clip_id = outcome.clip_id if isinstance(outcome, Failure) else outcome[0].clip_id
        if not out.clip(clip_id):
            yield outcome


def url_digest(url: str) -> str:
    """sha256 of an address, hexadecimal."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def read_removals(dataset: Dataset) -> Removals:
    """The dataset's tombstones.

    Raises:
        DatasetError: the file is damaged. Without it, what was removed could come back.
    """
    path = dataset.removals_file
    try:
        return Removals.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Removals()
    except (OSError, ValidationError) as error:
        raise DatasetError(
            f"{path} cannot be read ({type(error).__name__}): it names what was removed, so that "
            "it never comes back. Mend it, or bring it back from a copy."
        ) from None


def write_removals(dataset: Dataset, removals: Removals) -> None:
    """Keep tombstones: whole and on disk when this returns.

    Raises:
        DiskFull: the disk refuses.
    """
    write_atomically(dataset.removals_file, manifest_bytes(removals))


def gone(dataset: Dataset) -> Gone:
    """What was removed from a dataset, be it finished or not.

    Raises:
        DatasetError: as `read_removals`.
    """
    return Gone.of(read_removals(dataset))


def pending(dataset: Dataset) -> list[str]:
    """The ids that an interrupted removal may have left in places. The next removal finishes it.

    Raises:
        DatasetError: as `read_removals`.
    """
    left = read_removals(dataset).pending
    return left.ids if left else []

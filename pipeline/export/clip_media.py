"""The media of clips, wherever they lie in the shards, checked as they are read."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import DatasetError
from pipeline.media.members import Member, members_of
from pipeline.media.shard import AUDIO_FORMATS
from pipeline.store import Dataset


@dataclass(frozen=True, slots=True)
class ClipMedia:
    """One clip's files."""

    audio: bytes
    audio_format: str
    """`flac`, `wav` or `opus`."""
    frame: bytes
    """A JPEG file."""


class MediaReader:
    """Reads clips in any order. Remembers where those of the shards that were touched lie."""

    def __init__(self, dataset: Dataset, clip_ids: Iterable[str]) -> None:
        self._dataset = dataset
        self._wanted = frozenset(clip_ids)
        self._shards: dict[str, Mapping[str, list[Member]]] = {}

    def read(self, clip: Mapping[str, Any]) -> ClipMedia:
        """A clip's audio and frame.

        Args:
            clip: a row of `pipeline.columns`.

        Raises:
            DatasetError: they are not there, or not as they were cut.
        """
        shard, clip_id = clip["shard"], clip["clip_id"]
        if shard not in self._shards:
            self._shards[shard] = self._places(shard)
        members = {member.extension: member for member in self._shards[shard].get(clip_id, ())}
        sounds = [extension for extension in members if extension in AUDIO_FORMATS]
        if len(sounds) != 1 or "jpg" not in members:
            raise self._damaged(shard, clip_id, "is not in it with sound and frame")
        try:
            with self._dataset.tar(shard).open("rb") as tar:
                audio, frame = members[sounds[0]].read(tar), members["jpg"].read(tar)
        except OSError as error:
            raise self._damaged(shard, clip_id, f"cannot be read ({error.strerror})") from error
        for data, digest, what in (
            (audio, clip["audio_sha256"], "sound"),
            (frame, clip["frame_sha256"], "frame"),
        ):
            if hashlib.sha256(data).hexdigest() != digest:
                raise self._damaged(shard, clip_id, f"has another {what} than was cut")
        return ClipMedia(audio, sounds[0], frame)

    def _places(self, shard: str) -> Mapping[str, list[Member]]:
        places: dict[str, list[Member]] = defaultdict(list)
        for member in members_of(self._dataset.tar(shard)):
            if member.clip_id in self._wanted and member.extension != "json":
                places[member.clip_id].append(member)
        return dict(places)

    def _damaged(self, shard: str, clip_id: str, trouble: str) -> DatasetError:
        return DatasetError(
            f"Shard `{shard}` is damaged: clip `{clip_id}` {trouble}. `framesong verify` says what "
            "else is; delete the shard's tar and its .json to have it cut again."
        )

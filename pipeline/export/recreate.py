"""Which clips of a metadata export a dataset that was built from it has again."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from pipeline.columns import read_parts
from pipeline.errors import SourceError
from pipeline.failures import kept_out, last_attempts
from pipeline.lines import clean_line
from pipeline.recipe import Recipe
from pipeline.sources.export import CLIPS_FILE, Export, check_file
from pipeline.store import Dataset
from schemas import CLIPS

Outcome = Literal["equal", "differs", "gone", "not_cut"]

_FACTS = ("clip_id", "video_id", "split", "audio_sha256", "frame_sha256")
_SHOWN = 20


class RecreatedClip(BaseModel):
    """One clip that is not as it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip_id: str
    video_id: str
    outcome: Outcome
    """`gone`: its video is not there; `not_cut`: it is, but it gave no such clip."""
    differs: list[str] = []
    """What: `audio`, `frame`, or `split`."""
    same_file: bool | None = None
    """Whether the video's file has the bytes that the original was cut from; None if unknown."""
    reason: str = ""
    detail: str = ""


class Recreated(BaseModel):
    """What a build from an export came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clips: int
    """In the export."""
    equal: int
    others: list[RecreatedClip]

    def lines(self, most: int = _SHOWN) -> Iterator[str]:
        """One line for people about all, and one about each that is not as it was, up to `most`."""
        counts = Counter(clip.outcome for clip in self.others)
        words: dict[Outcome, str] = {"differs": "differ", "gone": "gone", "not_cut": "not cut"}
        said = [f"{counts[each]} {word}" for each, word in words.items() if counts[each]]
        yield (
            f"Of {self.clips} clips of the export, {self.equal} are equal"
            + "".join(f", {each}" for each in said)
            + "."
        )
        for clip in self.others[:most]:
            yield f"{clean_line(clip.clip_id, 200)}: {clean_line(_said(clip), 300)}"
        if len(self.others) > most:
            yield f"… and {len(self.others) - most} more."


def _said(clip: RecreatedClip) -> str:
    why = f"{clip.reason} ({clip.detail})" if clip.detail else clip.reason
    if clip.outcome != "differs":
        return f"{clip.outcome.replace('_', ' ')}: {why}"
    files = {
        True: "though the video's file is the same",
        False: "the video's file is another",
        None: "the original's file is not known",
    }
    return f"{' and '.join(clip.differs)} differ; {files[clip.same_file]}"


def recreated(dataset: Dataset, recipe: Recipe) -> Recreated | None:
    """Hold the clips of a dataset against those of the exports that its recipe names.

    Returns:
        None if the recipe names no export.

    Raises:
        SourceError: an export cannot be read.
    """
    exports = [source for source in recipe.sources.values() if isinstance(source, Export)]
    if not exports:
        return None
    shards = [shard for shard in dataset.shards() if dataset.shard_manifest(shard)]
    rows = read_parts(dataset, CLIPS, shards, columns=_FACTS).to_pylist()
    held = {row["clip_id"]: row for row in rows}
    reasons = _Reasons(dataset)
    total, others = 0, []
    for export in exports:
        wanted = {row["video_id"]: row for row in export.rows(recipe.base)}
        left_out = _left_out(export, recipe.base, wanted)
        for clip in _clips(export.folder(recipe.base) / CLIPS_FILE):
            total += 1
            video = wanted.get(clip["video_id"], {})
            outcome = _outcome(clip, held.get(clip["clip_id"]), video, reasons, left_out)
            if outcome:
                others.append(outcome)
    return Recreated(clips=total, equal=total - len(others), others=others)


def _clips(path: Path) -> Iterator[dict[str, Any]]:
    check_file(path)
    try:
        for batch in pq.ParquetFile(path).iter_batches(10_000, columns=list(_FACTS)):
            if batch.num_columns < len(_FACTS):
                raise SourceError(f"{path} has no digests to compare with.")
            yield from batch.to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceError(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def _left_out(export: Export, base: Path, rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Why videos are not listed."""
    copies, found = export.copies(base), {}
    for name, row in rows.items():
        try:
            copies.find(row)
        except ValueError as error:
            found[name] = str(error)
    return found


class _Reasons:
    """Why videos and clips are not in a dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self.sha256: dict[str, str | None] = {}
        self.gone: dict[str, tuple[str, str]] = {}
        self.not_cut: dict[str, tuple[str, str]] = {}
        """By video or clip."""
        self.listed: set[str] = set()
        self.uncut = set(dataset.uncut())
        self.shards: dict[str, str] = {}
        for video, media in last_attempts(dataset):
            self.listed.add(video.video_id)
            self.shards[video.video_id] = video.shard
            if media is not None and media.status not in ("ok", "dropped"):
                self.gone[video.video_id] = (media.reason or media.status, media.detail or "")
            elif media is not None:
                self.sha256[video.video_id] = media.sha256
        for shard in dataset.shards():
            self.not_cut |= kept_out(dataset, shard)
            manifest = dataset.manifest(CLIPS, shard)
            for each in manifest.failures if manifest else ():
                self.not_cut[each.clip_id] = (each.reason, each.detail)


def _outcome(
    clip: dict[str, Any],
    mine: dict[str, Any] | None,
    video: dict[str, Any],
    reasons: _Reasons,
    left_out: dict[str, str],
) -> RecreatedClip | None:
    """None where all is equal."""
    name, video_id = str(clip["clip_id"]), str(clip["video_id"])

    def absent(outcome: Outcome, reason: str, detail: str = "") -> RecreatedClip:
        return RecreatedClip(
            clip_id=name, video_id=video_id, outcome=outcome, reason=reason, detail=detail
        )

    if mine is not None:
        checked = (("audio", "audio_sha256"), ("frame", "frame_sha256"), ("split", "split"))
        differs = [word for word, column in checked if mine[column] != clip[column]]
        if not differs:
            return None
        then, now = video.get("media_sha256"), reasons.sha256.get(video_id)
        same = then == now if then and now else None
        return RecreatedClip(
            clip_id=name, video_id=video_id, outcome="differs", differs=differs, same_file=same
        )
    if video_id in reasons.gone:
        return absent("gone", *reasons.gone[video_id])
    if video_id not in reasons.listed:
        return absent("gone", "not_listed", left_out.get(video_id, "it was left out, or removed"))
    if found := reasons.not_cut.get(name) or reasons.not_cut.get(video_id):
        return absent("not_cut", *found)
    if reasons.shards[video_id] in reasons.uncut:
        return absent("not_cut", "pending", "its shard is not finished yet")
    return absent("not_cut", "removed", "it is in no table of this dataset")

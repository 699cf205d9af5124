"""Which clips an export holds, in which order, and why the others are not in it."""

import hashlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DatasetError
from pipeline.export.condition import matches
from pipeline.export.request import ExportRequest
from schemas.video import Split

OTHER_SPLIT = "other split"
NOT_LISTED = "not in the list"
NO_PROMPT = "no prompt"
CONDITION = "condition"
NO_VALUE = "no value"
UNKNOWN = "unknown id"


@dataclass(frozen=True)
class Chosen:
    """Some clips of a dataset."""

    clips: pa.Table
    """Columns of `pipeline.columns`, split after split as they were asked for, shuffled within."""
    left_out: dict[str, int]
    """Clips by why they are not in it, each counted once, in the order of looking."""

    def of(self, split: Split) -> pa.Table:
        """One split's."""
        return self.clips.filter(pc.equal(self.clips["split"], split))


def choose(columns: pa.Table, request: ExportRequest) -> Chosen:
    """The clips that a request asks for.

    Clips without a prompt cannot be trained on: they are in exports of metadata only, from which
    prompts can be made again.

    Raises:
        RecipeError: the condition is none.
        DatasetError: nothing is left.
    """
    left_out: dict[str, int] = {}
    kept = columns

    def keep(mask: pa.ChunkedArray, reason: str) -> None:
        nonlocal kept
        remaining = kept.filter(mask)
        if len(remaining) < len(kept):
            left_out[reason] = len(kept) - len(remaining)
        kept = remaining

    keep(pc.is_in(kept["split"], pa.array(request.splits)), OTHER_SPLIT)
    if request.clips is not None:
        wanted = pa.array(sorted(request.clips), pa.string())
        keep(pc.is_in(kept["clip_id"], wanted), NOT_LISTED)
        unknown = len(request.clips - set(columns["clip_id"].to_pylist()))
        left_out.update({UNKNOWN: unknown} if unknown else {})
    if request.format != "metadata":
        spoken = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(kept["prompt"])), 0)
        keep(pc.fill_null(spoken, False), NO_PROMPT)
    if request.where.strip():
        answers = matches(columns, request.where).filter(
            pc.is_in(columns["clip_id"], kept["clip_id"].combine_chunks())
        )
        valid = pc.is_valid(answers)
        keep(valid, NO_VALUE)
        keep(answers.filter(valid), CONDITION)
    if not len(kept):
        raise DatasetError(_nothing(len(columns), left_out))
    return Chosen(_shuffled(kept, request), left_out)


def _nothing(clips: int, left_out: dict[str, int]) -> str:
    if not clips:
        return "The dataset has no clips yet: `framesong build` makes them."
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"No clip is left to export. Of {clips} clips: {reasons}. Ask for less."


def _shuffled(clips: pa.Table, request: ExportRequest) -> pa.Table:
    """By a digest of seed and id: a clip's place depends on no other clip, and on no machine."""
    ids = clips["clip_id"].to_pylist()
    splits = [request.splits.index(split) for split in clips["split"].to_pylist()]
    keys = [hashlib.sha256(f"{request.seed}/{clip_id}".encode()).digest() for clip_id in ids]
    order = sorted(range(len(ids)), key=lambda place: (splits[place], keys[place]))
    return clips.take(order)

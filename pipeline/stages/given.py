"""Stage `given`: rows that a metadata export brought along, so that no model is needed."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
from pydantic import ValidationError

from pipeline.errors import DatasetError, MissingCheckpoint, RecipeError, unknown
from pipeline.stage import Failure, Inputs, Stage
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS, SCORES
from schemas.manifest import ModelRecord
from schemas.table import Row, Table, from_arrow

TABLES: dict[str, Table[Row]] = {
    table.name: table for table in (FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS, SCORES)
}


@dataclass(frozen=True)
class Given(Stage):
    """Take captions, prompts or scores from a Parquet file, as a metadata export has them. Clips
    without a row there fail as `not_given`."""

    name = "given"
    reads = (CLIPS,)

    table: str
    """Which: `frame_captions`, `music_captions`, `prompts` or `scores`."""
    rows: str
    """The file, relative to the recipe. It runs again when its content changes."""

    def __post_init__(self) -> None:
        if self.table not in TABLES:
            raise RecipeError(unknown("table", self.table, TABLES))

    @property
    def writes(self) -> Table[Row]:  # type: ignore[override]  # of a class elsewhere, here of each
        """The table that it is configured for."""
        return TABLES[self.table]

    @property
    def paths(self) -> tuple[str, ...]:
        return ("rows",)

    def models(self) -> dict[str, ModelRecord]:
        """The file's digest, in the place of a checkpoint's."""
        try:
            with Path(self.rows).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise MissingCheckpoint(
                f"{self.rows} cannot be read ({error.strerror}): it belongs to the metadata export "
                "of this recipe; copy all of it."
            ) from None
        return {"rows": ModelRecord(model=Path(self.rows).name, revision="", digest=digest)}

    def run(self, inputs: Inputs) -> Iterator[Row | Failure]:
        clips = [clip.clip_id for clip in inputs.rows(CLIPS)]
        found: dict[tuple[object, ...], Row] = {}
        for row in self._rows(clips):
            key = self.writes.key_of(row)
            if key in found:
                raise DatasetError(f"{self.rows} has two rows of {str(key[0])!a}: export again.")
            found[key] = row
        yield from found.values()
        have = {key[0] for key in found}
        for clip_id in clips:
            if clip_id not in have:
                yield Failure(clip_id, "not_given", "the export has no row of it")

    def _rows(self, clips: list[str]) -> list[Row]:
        try:
            file = ds.dataset(self.rows, format="parquet")
            names = list(self.writes.row.model_fields)
            wanted = pa.array(clips, pa.string())  # of no clips too: a shard may have none
            rows = file.to_table(columns=names, filter=ds.field("clip_id").isin(wanted))
            parsed = from_arrow(self.writes, rows)
        except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, ValidationError) as error:
            raise DatasetError(
                f"{self.rows} holds no rows of {self.table} ({type(error).__name__}): it is "
                "damaged or from another version."
            ) from error
        for row in parsed:
            if any(
                isinstance(each, float) and not math.isfinite(each) for each in vars(row).values()
            ):
                raise DatasetError(f"{self.rows} has a value that is no number.")
        return parsed

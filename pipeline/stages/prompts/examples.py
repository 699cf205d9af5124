"""Example prompts that a language model is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import MissingCheckpoint, RecipeError
from pipeline.stages.prompts.cleaning import one_line
from pipeline.stages.prompts.draws import sample
from schemas.manifest import ModelRecord

BUILTIN = "builtin"
DIFFUSIONDB = "diffusiondb"
DIFFUSIONDB_ID = "poloclub/diffusiondb"
DIFFUSIONDB_FILE = "metadata.parquet"
UNSAFE = 0.5
"""A prompt of DiffusionDB whose `prompt_nsfw` is above this is more likely unsafe than not: it is
the larger of two probabilities, of being toxic and of being sexually explicit (Wang et al. 2023,
arXiv:2210.14896, section 2.3)."""
LONGEST = 400
"""Characters: about 70 words, the most that is asked for."""
_ROWS = 65_536
"""That are read at a time."""


@lru_cache(maxsize=2)
def pool(source: str) -> pa.Array:
    """All example prompts of a source: each once, in the source's order.

    Args:
        source: `builtin` for our own; `diffusiondb` for `metadata.parquet` of
            huggingface.co/datasets/poloclub/diffusiondb (2,000,000 rows, CC0) in the local Hugging
            Face cache; or a file: text with one prompt per line, or Parquet with a column `prompt`
            and perhaps `prompt_nsfw`, of which unsafe rows are left out.

    Raises:
        MissingCheckpoint: DiffusionDB is not on this machine.
        RecipeError: the file is not there, or is neither of these.
    """
    if source == BUILTIN:
        text = files(__package__).joinpath("examples.txt").read_text(encoding="utf-8")
        return _lines(text.splitlines())
    path = _path(source)
    try:
        if path.suffix == ".parquet":
            return _column(path)
        return _lines(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise RecipeError(
            f'The example prompts in `{source}` cannot be read ({error}). Name "builtin", '
            '"diffusiondb", a text file with one prompt per line, or a Parquet file with a column '
            "`prompt`."
        ) from error


def record(source: str) -> ModelRecord | None:
    """Which file of examples this is, so that another one is noticed; None for our own.

    Raises:
        MissingCheckpoint: it is not on this machine.
    """
    from pipeline.models.checkpoint import quick_digest

    if source == BUILTIN:
        return None
    path = _path(source)
    if source == DIFFUSIONDB:
        return ModelRecord(model=DIFFUSIONDB_ID, revision=path.parent.name)
    if not path.is_file():
        raise MissingCheckpoint(
            f"There is no file `{source}` to take example prompts from. Set `examples` to a text "
            'or Parquet file, to "builtin", or to "diffusiondb".'
        )
    digest = quick_digest(path)
    return ModelRecord(model=path.name, revision=f"local:{digest[:12]}", digest=digest)


def _path(source: str) -> Path:
    if source != DIFFUSIONDB:
        return Path(source).expanduser()
    from pipeline.models.checkpoint import data_file

    return data_file(DIFFUSIONDB_ID, DIFFUSIONDB_FILE)


@dataclass(frozen=True)
class Choice:
    """How examples are drawn."""

    source: str
    """As `pool` takes it."""
    count: int
    seed: int
    shared_by: str | None = None
    """The name of a shard whose clips all see the same examples; None: each clip its own."""

    def draw(self, clip_id: str) -> list[str]:
        """The examples for one clip, all different, as single lines.

        Raises:
            RecipeError: the source cannot be read, or has too few.
        """
        prompts = pool(self.source)
        if len(prompts) < self.count:
            raise RecipeError(
                f"`examples` has {len(prompts)} usable prompts, fewer than "
                f"`examples_count` = {self.count}."
            )
        key = self.shared_by or clip_id
        chosen = sample(len(prompts), self.count, "examples", self.seed, key)
        return [one_line(prompts[n].as_py()) for n in chosen]


def _lines(lines: Iterable[str]) -> pa.Array:
    return _usable(pa.array([" ".join(line.split()) for line in lines], pa.string())).unique()


def _column(path: Path) -> pa.Array:
    """The prompts stay in Arrow, and are read piece by piece without threads: DiffusionDB's two
    million then take seconds and at their peak 1.2 GiB (all at once: 2.5 GiB), of which 0.3 GiB
    stay. A million and a half Python strings would take more for good."""
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=2**20) as file:
        names = file.schema_arrow.names
        if "prompt" not in names:
            raise RecipeError(
                f"`{path.name}` has no column `prompt`; its columns: {', '.join(names)}."
            )
        wanted = [name for name in ("prompt", "prompt_nsfw") if name in names]
        rows = file.iter_batches(_ROWS, columns=wanted, use_threads=False)
        kind = file.schema_arrow.field("prompt").type
        prompts = pa.chunked_array([_usable(_safe(batch)) for batch in rows], kind).unique()
    pa.default_memory_pool().release_unused()
    return prompts


def _safe(rows: pa.RecordBatch) -> pa.Array:
    if "prompt_nsfw" in rows.schema.names:
        rows = rows.filter(pc.less_equal(rows["prompt_nsfw"], UNSAFE))
    return rows["prompt"]


def _usable(prompts: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(prompts).drop_null()
    lengths = pc.utf8_length(trimmed)
    return trimmed.filter(pc.and_(pc.greater(lengths, 0), pc.less_equal(lengths, LONGEST)))

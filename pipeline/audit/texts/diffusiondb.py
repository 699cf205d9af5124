"""Prompts that people wrote for Stable Diffusion, from a file of the user's."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.audit.texts.words import READ
from pipeline.errors import RecipeError
from pipeline.lines import clean_line

UNSAFE = 0.5
"""A prompt whose `prompt_nsfw` is above this is more likely unsafe than not (Wang et al. 2023,
arXiv:2210.14896, section 2.3)."""
_ROWS = 16_384
"""That are read at a time."""


def draw_prompts(file: str, count: int) -> list[str]:
    """At most `count` different prompts of a Parquet file, in random order.

    Chance is a hash of the prompt: neither the order of rows nor repeats change the draw. Unsafe
    and empty prompts are left out. Of DiffusionDB's two million rows it takes seconds, and memory
    for what is drawn.

    Args:
        file: Parquet with a column `prompt` of text, and perhaps `prompt_nsfw`.

    Raises:
        RecipeError: the file cannot be read, is something else, or holds fewer than two prompts.
    """
    kept: dict[bytes, str] = {}
    bound = b"\xff" * 16
    with _readable(file):
        for prompt in _prompts(file):
            key = hashlib.blake2b(prompt.encode(), digest_size=16).digest()
            if key < bound:
                kept[key] = prompt
                if len(kept) == 2 * count:
                    bound, kept = _lowest(kept, count)
        if len(kept) < 2:
            raise ValueError("it holds fewer than two prompts")
    return list(_lowest(kept, count)[1].values())


def _lowest(kept: dict[bytes, str], count: int) -> tuple[bytes, dict[bytes, str]]:
    keys = sorted(kept)[:count]
    return keys[-1], {key: kept[key] for key in keys}


def check_file(file: str) -> None:
    """Look whether `draw_prompts` could read a file, without reading its rows.

    Raises:
        RecipeError: it could not.
    """
    with _readable(file), pq.ParquetFile(_path(file)) as parquet:
        _columns(parquet.schema_arrow)


def _path(file: str) -> Path:
    return Path(file).expanduser()


def _prompts(file: str) -> Iterator[str]:
    with pq.ParquetFile(_path(file), pre_buffer=False, buffer_size=2**20) as parquet:
        wanted = _columns(parquet.schema_arrow)
        for rows in parquet.iter_batches(_ROWS, columns=wanted, use_threads=False):
            if "prompt_nsfw" in wanted:
                rows = rows.filter(pc.less_equal(rows["prompt_nsfw"], UNSAFE))
            prompts = pc.utf8_slice_codeunits(rows["prompt"].cast(pa.large_string()), 0, READ)
            yield from filter(str.strip, prompts.drop_null().to_pylist())


def _columns(schema: pa.Schema) -> list[str]:
    """The names of the columns to read."""
    names = schema.names
    if names.count("prompt") != 1 or names.count("prompt_nsfw") > 1:
        raise ValueError(f"its columns are {', '.join(names)}")
    kind = schema.field("prompt").type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise ValueError(f"its column `prompt` holds no text, but {kind}")
    if "prompt_nsfw" not in names:
        return ["prompt"]
    rating = schema.field("prompt_nsfw").type
    if not (pa.types.is_floating(rating) or pa.types.is_integer(rating)):
        raise ValueError(f"its column `prompt_nsfw` holds no numbers, but {rating}")
    return ["prompt", "prompt_nsfw"]


@contextmanager
def _readable(file: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
        raise RecipeError(
            f"`diffusiondb` in [audit] names `{clean_line(file, 200)}`, which cannot be read: "
            f"{clean_line(str(error), 300)}. Name a Parquet file with a column `prompt`, such as "
            "DiffusionDB's metadata.parquet, or leave it out."
        ) from error

"""How long a text is for CLIP."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.models.pretrained import load_tokenizer


@lru_cache(maxsize=1)
def _tokenizer(path: Path) -> Any:
    return load_tokenizer(path)


def clip_tokens(path: Path, text: str) -> int:
    """The length of `text` in the tokens of the tokenizer in folder `path`, with start and end.

    Raises:
        FramesongError: the folder holds no tokenizer.
    """
    return len(_tokenizer(path)(text)["input_ids"])

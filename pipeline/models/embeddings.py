"""What models share that put texts beside pictures or music: their cosines."""

from collections.abc import Sequence
from typing import Any, Literal

import torch


def unit(vectors: torch.Tensor) -> torch.Tensor:
    """The same directions with length 1, so that a product is a cosine: [items, width]."""
    return torch.nn.functional.normalize(vectors.float(), dim=-1)


def tokenised(
    tokenizer: Any, texts: Sequence[str], context: int, padding: Literal["longest", "max_length"]
) -> tuple[Any, list[bool]]:
    """The texts' tokens, padded at the right and cut to `context`, and which texts were cut. A cut
    text keeps its end token."""
    lengths = [len(ids) for ids in tokenizer(list(texts), verbose=False)["input_ids"]]
    tokens = tokenizer(
        list(texts),
        padding=padding,
        padding_side="right",
        truncation=True,
        max_length=context,
        return_tensors="pt",
    )
    return tokens, [length > context for length in lengths]

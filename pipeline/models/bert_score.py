"""BERTScore (Zhang et al. 2020): how alike two texts are, token by token, to a language encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, DebertaTokenizer, RobertaTokenizer

from pipeline.errors import FramesongError, RecipeError
from pipeline.models.devices import be_reproducible
from pipeline.models.embeddings import unit
from pipeline.models.pretrained import load_model, load_tokenizer

_CONTEXT = 512
"""Tokens of a text, start and end included: those of BERT, RoBERTa and DeBERTa."""
_CHARACTERS = 10_000
"""Of a text that are tokenised: more than any context holds."""
_UNUSED = ("pooler.",)
"""Released checkpoints such as roberta-large have no pooler."""


@dataclass(frozen=True)
class Embedded:
    """The tokens of one text."""

    vectors: torch.Tensor
    """Unit vectors, [tokens, width], start and end included: another text's tokens may match
    them."""
    counts: torch.Tensor
    """Which tokens the mean is over: all but start and end, [tokens]."""


class BertScore:
    """A loaded encoder, and the hidden layer that tokens are compared by."""

    def __init__(self, model: Any, tokenizer: Any, layer: int) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.layer = layer
        places = getattr(model.config, "max_position_embeddings", _CONTEXT)
        # RoBERTa counts its places from 2.
        self._context = min(_CONTEXT, max(places - 2, 2), tokenizer.model_max_length)

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> list[Embedded]:
        """The tokens of each text, cut to the model's context."""
        tokens = self.tokenizer(
            [self._spaced(text) for text in texts],
            padding=True,
            padding_side="right",
            truncation=True,
            max_length=self._context,
            return_tensors="pt",
        ).to(self.model.device)
        ids, mask = tokens["input_ids"], tokens["attention_mask"]
        states = self.model(ids, attention_mask=mask, output_hidden_states=True).hidden_states
        vectors = unit(states[self.layer])
        start, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        counts = (ids != start) & (ids != end)
        lengths = mask.sum(dim=1).tolist()
        return [
            Embedded(vectors[n, :length], counts[n, :length]) for n, length in enumerate(lengths)
        ]

    def _spaced(self, text: str) -> str:
        """As in the paper's own package, a byte-level tokenizer sees the first word as it would
        see it within a sentence."""
        trimmed = text[:_CHARACTERS].encode("utf-8", "replace").decode().strip()
        spaces = isinstance(self.tokenizer, RobertaTokenizer | DebertaTokenizer)
        return f" {trimmed}" if spaces and trimmed else trimmed


@torch.inference_mode()
def f1(one: Embedded, two: Embedded) -> float:
    """F1 of greedy matching: each token with the one of the other text that is most like it. All
    tokens weigh the same, and nothing is rescaled (Zhang et al. 2020, section 3). A text without
    tokens is like nothing: 0."""
    if not one.counts.any() or not two.counts.any():
        return 0.0
    cosines = (one.vectors @ two.vectors.T).clamp(-1.0, 1.0)  # rounding goes beyond
    precision = float(cosines.max(dim=1).values[one.counts].mean())
    recall = float(cosines.max(dim=0).values[two.counts].mean())
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


@lru_cache(maxsize=1)
def load(path: Path, layer: int, device: str) -> BertScore:
    """The checkpoint in a folder, in float32. The last one stays loaded for the life of the
    process.

    Args:
        layer: 0 is what goes into the first layer; negative numbers count from the last.

    Raises:
        RecipeError: the model has no such layer.
        FramesongError: the folder holds no language encoder, or is incomplete.
    """
    be_reproducible()
    try:
        model = load_model(AutoModel, path, torch.float32, device, unused=_UNUSED)
    except ValueError as error:
        raise _no_encoder(path) from error
    tokenizer = load_tokenizer(path)
    layers = getattr(model.config, "num_hidden_layers", None)
    ends = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
    if layers is None or model.config.is_encoder_decoder or None in ends:
        raise _no_encoder(path)
    if not -layers - 1 <= layer <= layers:
        raise RecipeError(
            f"`bert_score_layer` = {layer}, but the model in `{path}` has layers 0 to {layers}, or "
            f"-{layers + 1} to -1 from the last."
        )
    layer %= layers + 1
    if hasattr(getattr(model, "encoder", None), "layer"):
        del model.encoder.layer[layer:]  # what comes after is not looked at
    return BertScore(model, tokenizer, layer)


def _no_encoder(path: Path) -> FramesongError:
    return FramesongError(
        f"`{path}` holds no language encoder, which BERTScore needs; name one such as "
        "FacebookAI/roberta-large."
    )

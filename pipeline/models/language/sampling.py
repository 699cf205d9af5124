"""Sampling in which each row of a batch has a stream of its own."""

import hashlib

import torch
from torch import Tensor
from transformers import LogitsProcessor


class SeededSampler(LogitsProcessor):  # type: ignore[misc]  # read without its types
    """Draws each row's next token itself, and leaves `generate` only that one to choose.

    transformers samples a whole batch from one shared stream, so a row's tokens would depend on
    its neighbours. Here a row draws one number per token from its own seed, and takes the token
    at that place of the cumulative distribution.
    """

    def __init__(self, seeds: list[int], temperature: float, top_p: float) -> None:
        self.seeds = seeds
        self.temperature = temperature
        self.top_p = top_p
        self.drawn = 0

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores `[B, V]` to scores that are 0 for the chosen token and -inf for all others."""
        if self.temperature == 0:
            return scores
        logits = scores.float() / self.temperature
        ordered, tokens = logits.sort(dim=-1, descending=True, stable=True)
        cumulative = ordered.softmax(-1).cumsum(-1)
        # The smallest set of tokens whose probabilities reach top_p, and always one.
        kept = (cumulative < self.top_p).sum(-1).clamp(max=cumulative.shape[-1] - 1)
        mass = cumulative.gather(1, kept[:, None])
        draws = torch.tensor([_uniform(seed, self.drawn) for seed in self.seeds])
        self.drawn += 1
        place = (cumulative <= draws[:, None].to(mass) * mass).sum(-1).minimum(kept)
        chosen = tokens.gather(1, place[:, None])
        return torch.full_like(scores, -torch.inf).scatter(1, chosen, 0.0)


def _uniform(seed: int, number: int) -> float:
    """The `number`-th draw of a seed's stream, at least 0 and below 1."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return int.from_bytes(digest[:3], "big") / 2**24

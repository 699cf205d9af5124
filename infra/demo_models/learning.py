"""How the models' weights are moved: Muon for the matrices inside, AdamW for the rest.

Muon (Jordan et al. 2024, in PyTorch as `torch.optim.Muon`) took the vision tower as far in 150
steps as AdamW alone did in 400, at 1.1 times the cost of a step.
"""

import math
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

ATTENTION = "eager"
"""On a CPU, the backward pass of PyTorch's fused attention in bfloat16 takes as long as all else
together."""
MATRICES = 10
"""Muon's learning rate as a multiple of AdamW's."""
PRINTED = 100
"""Every so many steps, the losses."""


class Learning:
    """Two optimisers whose rates rise for a twentieth of the steps and fall as a cosine."""

    def __init__(
        self, parts: Iterable[nn.Module], matrices: Iterable[Tensor], steps: int, rate: float
    ) -> None:
        """
        Args:
            parts: whose weights are trained, those that require a gradient.
            matrices: of these weights, the ones for Muon.
            steps: how often `step` will be called.
            rate: AdamW's highest learning rate.
        """
        inner = list(matrices)
        known = {id(weight) for weight in inner}
        others = [
            weight
            for part in parts
            for weight in part.parameters()
            if weight.requires_grad and id(weight) not in known
        ]
        self._optimisers = (
            torch.optim.Muon(inner, lr=MATRICES * rate, weight_decay=0.01),
            torch.optim.AdamW(others, lr=rate, weight_decay=0.01),
        )
        self._schedules = [
            torch.optim.lr_scheduler.LambdaLR(one, _share(steps)) for one in self._optimisers
        ]
        self._steps, self._taken = steps, 0
        self._started = time.monotonic()

    def step(self, losses: dict[str, Tensor]) -> None:
        """Move the weights against the gradient of the losses' sum, and print them now and then."""
        for optimiser in self._optimisers:
            optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        for one in (*self._optimisers, *self._schedules):
            one.step()
        self._taken += 1
        if self._taken % PRINTED == 0:
            seconds = time.monotonic() - self._started
            parts = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
            print(f"  step {self._taken} of {self._steps}, {seconds:.0f} s: {parts}", flush=True)


def linear_matrices(*parts: nn.Module) -> list[Tensor]:
    """The matrices of all linear layers that are trained."""
    return [
        module.weight
        for part in parts
        for module in part.modules()
        if isinstance(module, nn.Linear) and module.weight.requires_grad
    ]


def _share(steps: int) -> Callable[[int], float]:
    """What is left of the learning rate at a step."""

    def at(step: int) -> float:
        return min(20 * (step + 1) / steps, 1.0) * 0.5 * (1 + math.cos(math.pi * step / steps))

    return at

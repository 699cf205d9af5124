"""Interlaced video stored as if it were progressive: moving edges have teeth, in odd lines."""

import numpy as np

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence, Luma

_STEP = 15
"""Grey levels between a line and the next."""
_STEPS = 4
"""In a row, up and down in turn: one bright line alone is a drawing's."""


def _measure(evidence: Evidence) -> Finding:
    """The share of pixels from which brightness goes up and down in turn from line to line, less
    the share of those from which it does so from column to column: grain and fine texture do both,
    combing the first only. Mean of the worse half of the frames, as combing needs motion."""
    shares = sorted(_teeth(shown.luma) - _teeth(shown.luma.T) for shown in evidence.frames)
    worst = shares[len(shares) // 2 :]
    value = max(0.0, sum(worst) / len(worst))
    return Finding(value, f"interlaced: {value:.1%} of the pixels are combed")


def _teeth(luma: Luma) -> float:
    steps = np.diff(luma.astype(np.int16), axis=0)
    up, down = steps > _STEP, steps < -_STEP
    turns = (up[:-1] & down[1:]) | (down[:-1] & up[1:])
    rows = len(turns) - _STEPS + 2
    if rows < 1:
        return 0.0
    teeth = np.logical_and.reduce([turns[at : at + rows] for at in range(_STEPS - 1)])
    return float(teeth.mean())


combed = Check("max_combed", least=False, measure=_measure)

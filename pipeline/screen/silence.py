"""Videos whose sound was taken away, or is mostly pause."""

import numpy as np

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence, Sides

QUIET = 2e-3
"""Root mean square (full scale = 1) below which there is nothing to hear: AudioCraft's value."""
_PIECE_S = 0.1


def _measure(evidence: Evidence) -> Finding:
    quiet = np.concatenate([_quiet(each.sides, each.rate) for each in evidence.excerpts])
    value = float(quiet.mean())
    return Finding(value, f"{value:.0%} of the sound is silence")


def _quiet(sides: Sides, rate: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which tenths of a second are silent."""
    size = min(round(_PIECE_S * rate), sides.shape[1])
    whole = sides[:, : sides.shape[1] // size * size].reshape(2, -1, size)
    quiet: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        np.square(whole).mean(axis=(0, 2)) < QUIET**2
    )
    return quiet


silence = Check("max_silence", least=False, measure=_measure)

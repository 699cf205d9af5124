"""Music that was once stored at a low rate or bit rate, and then made to look better."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence, Excerpt
from pipeline.screen.silence import QUIET
from schemas.table import Hertz

_SIZE = 4096
_SIDE_HZ, _GAP_HZ = 500.0, 150.0
"""An edge is judged by the mean levels of 500 Hz on either side, 150 Hz from it."""
_DROP_DB = 20.0
"""Of an edge, and of all that is above it. Codecs and resamplers drop 32 to 56 dB as measured;
music with few highs, at 24 dB an octave, less than 10 within these 1,300 Hz."""
_LOWEST_HZ = 2000.0
"""Below, the partials of single notes look like edges."""


def _measure(evidence: Evidence) -> Finding:
    excerpts = evidence.excerpts
    rate = max(excerpt.rate for excerpt in excerpts)
    power = _spectrum([excerpt for excerpt in excerpts if excerpt.rate == rate])
    if power is None:
        return Finding(None, "silent: not measured")
    value = bandwidth_of(power, rate)
    return Finding(value, f"the sound ends at {value / 1000:.1f} kHz")


def bandwidth_of(power: NDArray[np.float64], rate: Hertz) -> float:
    """Where the spectrum ends as if cut off, in Hz; half the rate where it does not.

    A 99.99 % roll-off would be simpler, but it calls a flute or a piano low fidelity: such music
    has little power above 8 kHz, but it fades; what a codec or a resampler leaves has an edge.

    Args:
        power: mean power spectrum, from 0 to half the rate.
        rate: of the sound.
    """
    level = 10 * np.log10(power + 1e-14)
    step = rate / 2 / (len(level) - 1)
    side, gap = round(_SIDE_HZ / step), round(_GAP_HZ / step)
    sums = np.concatenate([[0.0], np.cumsum(level)])
    edges = np.arange(round(_LOWEST_HZ / step), len(level) - side - gap)
    below = (sums[edges - gap] - sums[edges - gap - side]) / side
    drop = below - (sums[edges + gap + side] - sums[edges + gap]) / side
    smooth = np.convolve(level, np.full(15, 1 / 15), "same")
    loudest_above = np.maximum.accumulate(smooth[::-1])[::-1][edges + gap]
    drop[(drop < _DROP_DB) | (loudest_above > below - _DROP_DB)] = 0.0
    return float(edges[np.argmax(drop)] * step) if drop.any() else rate / 2


def _spectrum(excerpts: Sequence[Excerpt]) -> NDArray[np.float64] | None:
    """Mean power of the pieces that are not silent; None where all are."""
    window = np.hanning(_SIZE).astype(np.float32)
    total, pieces = np.zeros(_SIZE // 2 + 1), 0
    for excerpt in excerpts:
        mono = excerpt.sides.mean(axis=0)
        rows = mono[: len(mono) // _SIZE * _SIZE].reshape(-1, _SIZE)
        rows = rows[np.square(rows).mean(axis=1) > QUIET**2]
        total += np.square(np.abs(np.fft.rfft(rows * window, axis=1))).sum(axis=0)
        pieces += len(rows)
    return total / pieces if pieces else None


bandwidth = Check("min_bandwidth_hz", least=True, measure=_measure)

"""Where a mean lies, when clips of one video are alike: the bootstrap over videos."""

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.report import Interval

RESAMPLES = 1000
"""Enough for the ends of a 95 % interval (Efron and Tibshirani 1993, section 13.3)."""
_COVERAGE = 0.95
_SEED = b"framesong audit"


def interval_of_mean(values_by_video: Mapping[str, Sequence[float]], name: str) -> Interval:
    """The 95 % percentile interval of the mean over all values, by drawing whole videos.

    Clips of one video resemble each other: drawing clips would take them for independent, and the
    interval would be too narrow (Efron and Tibshirani 1993, chapters 8 and 13). Of paired
    differences, it is the interval of the mean difference: give one difference per clip.

    One video alone always draws itself: its interval is its mean, and says nothing.

    Args:
        values_by_video: finite values, at least one in all; a video may have none.
        name: what is measured. The draws are seeded by it: the same values and name give the same
            interval, whatever the order.

    Raises:
        ValueError: there is no value.
    """
    videos = sorted(video for video, values in values_by_video.items() if len(values))
    if not videos:
        raise ValueError(f"no values of {name}")
    origin = float(values_by_video[videos[0]][0])  # equal values then give exactly themselves
    sums = np.array([math.fsum(v - origin for v in values_by_video[video]) for video in videos])
    counts = np.array([len(values_by_video[video]) for video in videos], dtype=np.float64)
    tail = (1 - _COVERAGE) / 2
    low, high = np.quantile(_means(sums, counts, name), [tail, 1 - tail])
    return Interval(low=origin + float(low), high=origin + float(high))


def _means(
    sums: NDArray[np.float64], counts: NDArray[np.float64], name: str
) -> NDArray[np.float64]:
    """The mean of each resample: a video brings all its values, so it weighs as many as it has."""
    seed = hashlib.sha256(_SEED + name.encode()).digest()
    generator = np.random.default_rng(int.from_bytes(seed[:16], "big"))
    means = np.empty(RESAMPLES)
    for number in range(RESAMPLES):  # one at a time stays in the cache: faster than all at once
        drawn = generator.integers(len(sums), size=len(sums), dtype=np.int32)
        means[number] = sums[drawn].sum() / counts[drawn].sum()
    return means

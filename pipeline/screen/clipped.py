"""Music amplified beyond the ceiling."""

import numpy as np

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence

CEILING = 0.985
"""Of full scale: lossy codecs bring clipped samples a little below or above 1."""


def _measure(evidence: Evidence) -> Finding:
    clipped = sum(int((np.abs(each.sides) >= CEILING).sum()) for each in evidence.excerpts)
    value = clipped / sum(each.sides.size for each in evidence.excerpts)
    return Finding(value, f"{value:.1%} of the samples are at the ceiling")


clipped = Check("max_clipped", least=False, measure=_measure)

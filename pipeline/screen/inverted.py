"""Stereo with one side turned over: it hides a track from fingerprints, and nothing is left of it
once both sides are averaged."""

import numpy as np

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence


def _measure(evidence: Evidence) -> Finding:
    both = sum(float(np.vdot(*each.sides)) for each in evidence.excerpts)
    left, right = (
        sum(float(np.square(each.sides[side]).sum()) for each in evidence.excerpts)
        for side in (0, 1)
    )
    if not left or not right:
        return Finding(None, "one side is silent: not measured")
    value = both / (left * right) ** 0.5
    return Finding(value, f"left and right have the correlation {value:.2f}")


inverted = Check("min_correlation", least=True, measure=_measure)

"""Pictures too small to train on."""

from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence


def _measure(evidence: Evidence) -> Finding:
    width, height = evidence.media.width, evidence.media.height
    if not width or not height:
        return Finding(None, "the size is not known")
    return Finding(min(width, height), f"the picture has {width}x{height} pixels")


resolution = Check("min_short_side", least=True, measure=_measure)

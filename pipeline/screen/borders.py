"""Black bars above and below, at the sides, or all around."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.media.raw import Rectangle
from pipeline.screen.check import Check, Finding
from pipeline.screen.evidence import Evidence

_BLACK = 24
"""Brightest channel of a black pixel, of 255: codecs do not keep 0."""
_SPECKS = 0.02
"""Share of a bar's line that may be brighter: a logo, a subtitle's end."""


def picture_of(evidence: Evidence) -> Rectangle | None:
    """The part of the picture that is not black in all of the frames, in pixels of the upright
    picture before any reduction. None where all is black.

    Bars of other colours and blurred copies of the picture are not found.

    Raises:
        MediaError: nothing can be decoded.
    """
    shown = evidence.frames[0]
    brightest = np.zeros(shown.rgb.shape[:2], np.uint8)
    for each in evidence.frames:
        if each.rgb.shape == shown.rgb.shape:
            np.maximum(brightest, each.rgb.max(axis=2), out=brightest)
    bright = brightest > _BLACK
    rows = _span(bright.mean(axis=1))
    if rows is None:
        return None
    columns = _span(bright[rows[0] : rows[1]].mean(axis=0))
    if columns is None:
        return None
    high, wide = (whole / seen for whole, seen in zip(shown.size, bright.shape, strict=True))
    return (
        math.ceil(columns[0] * wide),
        math.ceil(rows[0] * high),
        math.floor(columns[1] * wide),
        math.floor(rows[1] * high),
    )


def _span(bright: NDArray[np.float64]) -> tuple[int, int] | None:
    """From the first line that is not black until after the last one; beside a bar one line less,
    as codecs smear its edge."""
    lines = np.flatnonzero(bright > _SPECKS)
    if not len(lines):
        return None
    first, last = int(lines[0]), int(lines[-1])
    begin, end = first + (first > 0), last + (last == len(bright) - 1)
    return (begin, end) if begin < end else (first, last + 1)


def _measure(evidence: Evidence) -> Finding:
    picture = picture_of(evidence)
    if picture is None:
        return Finding(1.0, "the picture is black")
    height, width = evidence.frames[0].size
    left, top, right, bottom = picture
    value = max(0.0, 1 - (right - left) * (bottom - top) / (height * width))
    return Finding(value, f"{value:.0%} of the picture is black border")


borders = Check("max_border", least=False, measure=_measure)

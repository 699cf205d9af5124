"""What a cutter delivers, and what any cutter must be able to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.media.windows import Window
from schemas.table import Hertz, Seconds

Mono = NDArray[np.float32]
"""Samples of one channel, full scale = 1: [samples]."""
Rgb = NDArray[np.uint8]
"""A picture: [height, width, 3]."""
Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom: the part of a picture to keep, in pixels of the upright picture with
square pixels, before any reduction."""


@dataclass(frozen=True)
class RawCut:
    """One clip before normalising and encoding."""

    window: Window
    audio: Mono
    """Exactly `sample_rate * clip_seconds` samples, before any gain."""
    frame: Rgb
    """Upright, square pixels, final size."""
    frame_pts_s: Seconds
    """When the frame is really shown, on the presentation timeline."""


@dataclass(frozen=True)
class WindowFailure:
    """Why a window gave no clip."""

    window: Window
    reason: str
    detail: str


@dataclass(frozen=True)
class Piece:
    """A run of decoded audio at its own rate."""

    start_s: Seconds
    """On the presentation timeline."""
    rate: Hertz
    mono: Mono


@dataclass(frozen=True)
class Picture:
    """One decoded frame."""

    pts_s: Seconds
    rgb: Rgb


class Cutter(Protocol):
    """Something that decodes parts of one file. All times are on the presentation timeline."""

    def audio(self, start_s: Seconds, end_s: Seconds) -> Iterator[Piece]:
        """Audio in file order, from `start_s` or earlier until `end_s` or later.

        Raises:
            MediaError: `undecodable`.
        """

    def frame(self, at_s: Seconds) -> Picture:
        """The first frame shown at or after `at_s`.

        Raises:
            MediaError: `undecodable`, `no_frame`.
        """

    def close(self) -> None:
        """Give the file back."""

"""Perceptual hashes of frames: which videos show the same pictures at the same shares of their
length, whatever their coding, size and sound.

A hash tells by 64 bits which of a picture's 64 coarsest waves are stronger than the median one. It
hardly changes with coding, scaling and brightness; it does with cropping and mirroring, so borders
are to be cut off before.
"""

from collections.abc import Sequence

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.songs.postings import PLACE_BITS, Postings

Rgb = NDArray[np.uint8]
Hashes = NDArray[np.int64]

BLANK = 0
"""Stands for a frame that shows nothing: no hash has no bit set."""
_FLAT = 4.0
"""Standard deviation of luma, of 255, up to which a frame counts as blank: its hash would be that
of its coding noise."""
_LEAST = 3
"""Frames that must show something in two videos to compare them."""
_VARIED = 0.8
"""Mean share of equal bits of a video's own frames, up to which its pictures are its own."""
_PLACES = 64
"""Frames of one video that are indexed."""


def hashes(frames: Sequence[Rgb]) -> list[int]:
    """One signed 64-bit number for each frame, [height, width, 3]; `BLANK` for a blank one."""
    return [_hash(frame) for frame in frames]


def _hash(frame: Rgb) -> int:
    luma = Image.fromarray(frame).convert("L")
    if float(np.asarray(luma).std()) <= _FLAT:
        return BLANK
    bits = np.packbits(imagehash.phash(luma).hash)
    return int(bits.view(">i8")[0])


def similarity(one: Hashes, two: Hashes) -> float:
    """The mean share of equal bits of frames at equal places, 0.5 by chance; 0 where too few frames
    show something in both. The worst quarter is left out: a second more at the start of a copy puts
    some frames into another shot."""
    frames = min(len(one), len(two))
    shown = (one[:frames] != BLANK) & (two[:frames] != BLANK)
    if np.count_nonzero(shown) < _LEAST:
        return 0.0
    shares = np.sort(_equal(one[:frames][shown], two[:frames][shown]))
    return float(shares[len(shares) // 4 :].mean())


def is_varied(frames: Hashes) -> bool:
    """Whether the pictures of one video tell it from others. A still picture, or one set in front
    of one camera, may go with any number of songs."""
    shown = frames[frames != BLANK]
    if len(shown) < _LEAST:
        return False
    first, second = np.triu_indices(len(shown), 1)
    return float(_equal(shown[first], shown[second]).mean()) <= _VARIED


def _equal(one: Hashes, two: Hashes) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = 1 - np.bitwise_count((one ^ two).view(np.uint64)) / 64
    return shares


class FrameIndex:
    """Finds, among very many videos, those that may show the same pictures: two of their frames
    agree with the ones at the same places in a quarter of the bits."""

    def __init__(self) -> None:
        self._postings = Postings()
        self._hashes: dict[int, Hashes] = {}

    @property
    def nbytes(self) -> int:
        """Memory that entries and hashes take: about 0.3 MB for 1,000 videos."""
        return self._postings.nbytes + sum(each.nbytes for each in self._hashes.values())

    def __getitem__(self, item: int) -> Hashes:
        return self._hashes[item]

    def add(self, item: int, frames: Hashes) -> None:
        """Take in a video under a number that is higher than all before."""
        self._hashes[item] = frames
        self._postings.add(item, *_bands(frames))

    def candidates(self, frames: Hashes, most: int = 8) -> list[int]:
        """The videos of which most frames agree, best first."""
        keys, places = _bands(frames)
        asked, items, _ = self._postings.find(keys)
        agreeing = np.unique(items << PLACE_BITS | places[asked])
        videos, votes = np.unique(agreeing >> PLACE_BITS, return_counts=True)
        enough = votes >= 2
        found = dict(zip(videos[enough].tolist(), votes[enough].tolist(), strict=True))
        return sorted(found, key=lambda item: (-found[item], item))[:most]


def _bands(frames: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Four keys for each frame that shows something, of its place and 16 bits, and the places."""
    places = np.flatnonzero(frames[:_PLACES] != BLANK)
    bits = frames[places].view(np.uint64)
    keys = [
        places << 18 | band << 16 | (bits >> np.uint64(16 * band)).astype(np.int64) & 0xFFFF
        for band in range(4)
    ]
    return np.concatenate(keys), np.tile(places, 4)

"""How a frame looks, in three numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class FrameFacts:
    """Of one frame."""

    brightness: float
    """Mean luma (ITU-R BT.601), 0 to 1."""
    contrast: float
    """Standard deviation of the luma, 0 to 0.5."""
    sharpness: float
    """Variance of the Laplacian of the luma from 0 to 255 (Pech-Pacheco et al. 2000). Below 100 is
    often called blurred."""


def measure_frame(picture: Image.Image) -> FrameFacts:
    """Measure an RGB picture as it is; pictures are comparable at one width only."""
    luma = np.asarray(picture.convert("L"), np.float32)
    return FrameFacts(
        brightness=round(float(luma.mean()) / 255, 6),
        contrast=round(float(luma.std()) / 255, 6),
        sharpness=round(_laplacian_variance(luma), 3),
    )


def _laplacian_variance(luma: NDArray[np.float32]) -> float:
    """Each pixel against its four neighbours; 0 where a picture has no inner pixels."""
    if min(luma.shape) < 3:
        return 0.0
    middle = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float(np.var(around - 4 * middle))

"""A decoded frame to the picture a person would see: upright, square pixels, right colours."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from pipeline.media.raw import Rgb

_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""By AVColorSpace, ITU-T H.273 table 4. High dynamic range is not tone-mapped."""

_SCALER = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)


def is_high_definition(width: int, height: int) -> bool:
    """Whether untagged video counts as BT.709, else BT.601: mpv's rule (video/csputils.c)."""
    return width >= 1280 or height > 576


def final_size(width: int, height: int, aspect: float, short_side: int) -> tuple[int, int]:
    """Width and height with square pixels, shorter side at most `short_side`.

    Pixels that are not square are corrected by shrinking one side, so no direction is ever
    enlarged.

    Args:
        width, height: as stored.
        aspect: a pixel's width by its height.
        short_side: in pixels.
    """
    wide, high = width * min(aspect, 1.0), height / max(aspect, 1.0)
    scale = min(1.0, short_side / min(wide, high))
    return max(1, int(wide * scale + 0.5)), max(1, int(high * scale + 0.5))


def rgb_of(frame: VideoFrame, aspect: float, short_side: int) -> Rgb:
    """The frame as [height, width, 3], 8 bits a channel."""
    width, height = final_size(frame.width, frame.height, aspect, short_side)
    full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    rgb = VideoReformatter().reformat(
        frame,
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=_matrix(frame),
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=_SCALER,
        threads=1,
    )
    return _upright(rgb.to_ndarray().astype(np.uint8, copy=False), frame)


def _matrix(frame: VideoFrame) -> Colorspace:
    tall = is_high_definition(frame.width, frame.height)
    return _MATRICES.get(frame.colorspace, Colorspace.ITU709 if tall else Colorspace.ITU601)


def _upright(rgb: Rgb, frame: VideoFrame) -> Rgb:
    """Apply the display matrix (ISO/IEC 14496-12, 8.2.2): quarter turns and mirrorings."""
    matrix: Buffer | None = cast("Mapping[str, Buffer]", frame.side_data).get("DISPLAYMATRIX")
    if matrix is None:
        return rgb
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5]
    if abs(b) > abs(a):
        rgb, a, d = rgb.transpose(1, 0, 2), c, b
    if a < 0:
        rgb = rgb[:, ::-1]
    if d < 0:
        rgb = rgb[::-1]
    return np.ascontiguousarray(rgb)

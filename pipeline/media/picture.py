"""A decoded frame to the picture a person would see: upright, square pixels, right colours."""

import math
from collections.abc import Mapping
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from pipeline.errors import MediaError
from pipeline.media.raw import Rectangle, Rgb

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

_EXACT = 1e-6
"""Products this close to a whole number are meant to be it."""

_SCALER = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)


def is_high_definition(width: int, height: int) -> bool:
    """Whether untagged video counts as BT.709, else BT.601: mpv's rule (video/csputils.c)."""
    return width >= 1280 or height > 576


def final_size(
    width: int, height: int, aspect: float, short_side: int, crop: Rectangle | None = None
) -> tuple[int, int]:
    """Width and height with square pixels, shorter side at most `short_side`.

    Pixels that are not square are corrected by shrinking one side, so no direction is ever
    enlarged.

    Args:
        width, height: as stored.
        aspect: a pixel's width by its height.
        short_side: in pixels; with `crop`, of the part that is kept.
        crop: what will be kept of the picture.
    """
    wide, high = width * min(aspect, 1.0), height / max(aspect, 1.0)
    scale = reduction(min(wide, high) if crop is None else shorter(crop), short_side)
    return max(1, int(wide * scale + 0.5)), max(1, int(high * scale + 0.5))


def reduction(side: float, short_side: int) -> float:
    """What a picture with this shorter side is multiplied by; never above 1."""
    return min(1.0, short_side / side)


def shorter(crop: Rectangle) -> int:
    """The shorter side of a rectangle."""
    left, top, right, bottom = crop
    return min(right - left, bottom - top)


def cropped(rgb: Rgb, crop: Rectangle | None, short_side: int) -> Rgb:
    """The part of a picture that is kept.

    Args:
        rgb: upright, of the size that `final_size` says.
        crop: in pixels before reduction; its edges are rounded inwards, so that no line of a
            border stays.
        short_side: as for `final_size`.

    Raises:
        MediaError: `crop_outside`: the frame is smaller than the others of its video.
    """
    if crop is None:
        return rgb
    scale = reduction(shorter(crop), short_side)
    left, top = (math.ceil(edge * scale - _EXACT) for edge in crop[:2])
    right, bottom = (math.floor(edge * scale + _EXACT) for edge in crop[2:])
    if right > rgb.shape[1] or bottom > rgb.shape[0] or left >= right or top >= bottom:
        size = f"{rgb.shape[1]}x{rgb.shape[0]}"
        raise MediaError("crop_outside", f"The part to keep is not inside a frame of {size}.")
    return np.ascontiguousarray(rgb[top:bottom, left:right])


def rgb_of(frame: VideoFrame, aspect: float, short_side: int, crop: Rectangle | None = None) -> Rgb:
    """The frame, or the part of it to keep, as [height, width, 3], 8 bits a channel."""
    width, height = final_size(frame.width, frame.height, aspect, short_side, crop)
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
    upright = _upright(rgb.to_ndarray().astype(np.uint8, copy=False), frame)
    return cropped(upright, crop, short_side)


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

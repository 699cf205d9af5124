"""What the checks look at and listen to: a few frames and excerpts of one downloaded video, decoded
once and shared by all of them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.media.container import Source, open_source, tick_of
from pipeline.media.picture import final_size, rgb_of
from pipeline.media.pyav_cutter import PyavCutter
from pipeline.media.raw import Rectangle, Rgb
from schemas.media import Media
from schemas.table import Hertz, Seconds

FRAMES = 8
"""At shares (i + 0.5) / 8 of the duration."""
LATER_S = (0.25, 0.5)
"""Two more frames are taken this long after each, to see whether anything moves: within half a
second there is rarely more than one cut, and animation holds a drawing for an eighth."""
EXCERPTS = 8
EXCERPT_S = 4.0
"""Half a minute in all, at the same places as the frames: enough for the spectrum of a song."""

_SHORT_SIDE = 1080
"""Larger pictures are reduced to this, which bounds memory: 50 MB for eight RGB frames."""
_WHOLE = 1 << 30

Luma = NDArray[np.uint8]
"""Brightness, [height, width], as stored: before rotation and sample aspect ratio."""
Sides = NDArray[np.float32]
"""Left and right, full scale = 1: [2, samples]."""
T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """One frame, and what is seen a little later."""

    time_s: Seconds
    rgb: Rgb
    """Upright, square pixels."""
    size: tuple[int, int]
    """Height and width of the picture before it was reduced to 1080 lines; mostly those of
    `rgb`."""
    luma: Luma
    later: tuple[Luma, ...]
    """LATER_S after it; fewer where the video ends before."""

    def inside(self, picture: Rectangle | None) -> Rgb:
        """The part of `rgb` inside a rectangle of the picture before reduction; all of it for
        None."""
        if picture is None:
            return self.rgb
        high, wide = (seen / whole for seen, whole in zip(self.rgb.shape, self.size, strict=False))
        left, top, right, bottom = picture
        rows = slice(round(top * high), round(bottom * high))
        return self.rgb[rows, round(left * wide) : round(right * wide)]


@dataclass(frozen=True)
class Excerpt:
    """A few seconds of the sound, at the file's own rate."""

    rate: Hertz
    sides: Sides
    """One channel counts as both; of more than two, the front ones."""


class Evidence:
    """Lazily decoded parts of one video. What cannot be decoded is tried once, and is then the
    same MediaError for every check that asks."""

    def __init__(self, path: Path, media: Media) -> None:
        self.path = path
        self.media = media

    @property
    def frames(self) -> list[Shown]:
        """FRAMES frames, in order of time. One that cannot be decoded is black.

        Raises:
            MediaError: as `open_source` does, or `undecodable`.
        """
        return _given(self._frames)

    @property
    def excerpts(self) -> list[Excerpt]:
        """Up to EXCERPTS pieces of EXCERPT_S seconds; of a short video fewer or a shorter one, at
        least one.

        Raises:
            MediaError: as `open_source` does, or `undecodable`.
        """
        return _given(self._excerpts)

    @cached_property
    def _frames(self) -> list[Shown] | MediaError:
        try:
            return _frames(self.path, self.media.duration_s or 0.0)
        except MediaError as error:
            return error

    @cached_property
    def _excerpts(self) -> list[Excerpt] | MediaError:
        try:
            return _excerpts(self.path, self.media.duration_s or 0.0)
        except MediaError as error:
            return error


def _given(outcome: T | MediaError) -> T:
    if isinstance(outcome, MediaError):
        raise outcome
    return outcome


def _frames(path: Path, duration_s: Seconds) -> list[Shown]:
    room_s = duration_s / (2 * FRAMES)
    gaps_s = [min(gap_s, room_s * gap_s / LATER_S[-1]) for gap_s in LATER_S]
    found: list[Shown | MediaError] = []
    places_s = [duration_s * (index + 0.5) / FRAMES for index in range(FRAMES)]
    with closing(PyavCutter(path, _SHORT_SIDE)) as cutter:
        for at_s in places_s:
            try:
                found.append(_shown(cutter, at_s, gaps_s))
            except MediaError as error:
                found.append(error)
    like = next((shown for shown in found if isinstance(shown, Shown)), None)
    if like is None:
        raise next(error for error in found if isinstance(error, MediaError))
    return [
        shown if isinstance(shown, Shown) else _black(like, at_s)
        for shown, at_s in zip(found, places_s, strict=True)
    ]


def _black(like: Shown, at_s: Seconds) -> Shown:
    rgb, luma = np.zeros_like(like.rgb), np.zeros_like(like.luma)
    return Shown(at_s, rgb, like.size, luma, later=())


def _shown(cutter: PyavCutter, at_s: Seconds, gaps_s: Sequence[Seconds]) -> Shown:
    frame = cutter.decoded(at_s)
    rgb, luma = rgb_of(frame, cutter.aspect, _SHORT_SIDE), _luma(frame)
    size = final_size(frame.width, frame.height, cutter.aspect, _WHOLE)
    is_turned = (rgb.shape[0] < rgb.shape[1]) != (size[1] < size[0])
    later = [cutter.following(at_s + gap_s) for gap_s in gaps_s]
    return Shown(
        time_s=cutter.shown_s(frame),
        rgb=rgb,
        size=size if is_turned else (size[1], size[0]),
        luma=luma,
        later=tuple(_luma(frame) for frame in later if frame is not None),
    )


def _luma(frame: VideoFrame) -> Luma:
    grey = VideoReformatter().reformat(frame, format="gray", threads=1)
    return grey.to_ndarray().astype(np.uint8, copy=False)


def _excerpts(path: Path, duration_s: Seconds) -> list[Excerpt]:
    count = max(1, min(EXCERPTS, int(duration_s / EXCERPT_S)))
    with closing(open_source(path)) as source:
        starts = (duration_s * (i + 0.5) / count - EXCERPT_S / 2 for i in range(count))
        found = [_excerpt(source, max(0.0, start_s)) for start_s in starts]
    heard = [excerpt for excerpt in found if excerpt is not None]
    if not heard:
        raise MediaError("undecodable", "None of the sound can be decoded.")
    return heard


def _excerpt(source: Source, start_s: Seconds) -> Excerpt | None:
    """The sound from about `start_s` on; None where there is none."""
    parts: list[Sides] = []
    rate = samples = 0
    for frame in _heard(source, start_s):
        if parts and frame.sample_rate != rate:
            break
        rate = frame.sample_rate
        parts.append(_sides(frame))
        samples += frame.samples
        if samples >= EXCERPT_S * rate:
            break
    if not parts:
        return None
    sides = np.concatenate(parts, axis=1)
    if not np.isfinite(sides).all():
        raise MediaError("undecodable", "The sound holds samples that are no numbers.")
    return Excerpt(rate, sides)


def _heard(source: Source, start_s: Seconds) -> Iterator[AudioFrame]:
    """Decoded sound from `start_s` on, as planar floats; damaged packets are left out."""
    stream = source.audio
    if stream.codec_context is None:
        raise MediaError("undecodable", "PyAV has no decoder for the audio.")
    start_s += float(source.origin_s)
    floats = AudioResampler(format="fltp")
    try:
        source.container.seek(int(start_s / tick_of(stream)), stream=stream)
        for packet in source.container.demux(stream):
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                continue
            for frame in decoded:
                if isinstance(frame, AudioFrame) and (frame.time or 0.0) >= start_s:
                    yield from floats.resample(frame)
    except av.FFmpegError as error:
        raise MediaError("undecodable", f"Reading fails ({str(error)[:80]}).") from None


def _sides(frame: AudioFrame) -> Sides:
    channels = frame.to_ndarray().astype(np.float32, copy=False)
    return channels[[0, min(1, len(channels) - 1)]]

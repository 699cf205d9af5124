"""Encode the demo's pictures and sound into real video files, always into the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.video.stream import VideoStream

Picture = npt.NDArray[np.uint8]
Container = Literal["mp4", "webm"]

_VIDEO = {
    "mp4": ("libx264", {"preset": "superfast", "crf": "26", "threads": "1"}),
    "webm": (
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b": "0", "threads": "1"},
    ),
}
_AUDIO = {
    "mp4": ("aac", {"aac_coder": "fast"}),
    "webm": ("libopus", {"application": "audio"}),
}


@dataclass(frozen=True)
class Format:
    """What kind of file to write."""

    container: Container
    """`mp4` holds H.264 and AAC, `webm` VP9 and Opus."""
    width: int
    height: int
    fps: Fraction
    rate: int
    """Audio samples a second; Opus needs 48,000."""


def encode(
    path: Path, kind: Format, pictures: Iterable[Picture], sound: npt.NDArray[np.float32]
) -> None:
    """Write one video file. One thread and no dates: the same input gives the same bytes.

    Args:
        path: the file to write.
        kind: its format.
        pictures: RGB, [height, width, 3] each, `kind.fps` a second.
        sound: stereo, [samples, 2], within -1 and 1, `kind.rate` a second.
    """
    options = {"fflags": "+bitexact"}
    if kind.container == "mp4":
        options["movflags"] = "+faststart"
    with av.open(str(path), "w", format=kind.container, options=options) as file:
        video, audio = _streams(file, kind)
        planar = sound.T
        heard = 0
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, 1 / kind.fps
            file.mux(video.encode(frame))
            until = round((number + 1) / kind.fps * kind.rate)
            piece = planar[:, heard:until]
            if piece.size:
                file.mux(audio.encode(_samples(piece, heard, kind.rate)))
            heard = until
        file.mux(video.encode(None))
        file.mux(audio.encode(None))


def _streams(file: av.container.OutputContainer, kind: Format) -> tuple[VideoStream, AudioStream]:
    codec, options = _VIDEO[kind.container]
    video = cast(VideoStream, file.add_stream(codec, rate=kind.fps, options=options))
    video.width, video.height, video.pix_fmt = kind.width, kind.height, "yuv420p"
    video.codec_context.gop_size = round(4 * kind.fps)
    codec, options = _AUDIO[kind.container]
    audio = cast(AudioStream, file.add_stream(codec, rate=kind.rate, options=options))
    audio.layout = "stereo"
    audio.bit_rate = 128_000
    for stream in (video, audio):
        stream.codec_context.flags |= Flags.bitexact
    return video, audio


def _samples(piece: npt.NDArray[np.float32], start: int, rate: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
    return frame


def turn_clockwise(path: Path) -> None:
    """Mark a finished mp4 as one to be shown turned by 90 degrees clockwise, as phones do.

    PyAV cannot write the display matrix, so this sets it in the video track's header: the nine
    fixed-point numbers of the `tkhd` box (ISO/IEC 14496-12, 8.3.2) that map (x, y) to
    (height - y, x).
    """
    data = bytearray(path.read_bytes())
    header, height = _video_track_header(data)
    matrix = (0, 1 << 16, 0, -1 << 16, 0, 0, height << 16, 0, 1 << 30)
    at = header + _MATRIX
    data[at : at + 36] = b"".join(part.to_bytes(4, "big", signed=True) for part in matrix)
    path.write_bytes(data)


_MATRIX = 48
"""Where a version 0 `tkhd` box has its matrix; width and height follow it, 16.16 fixed-point."""


def _video_track_header(data: bytearray) -> tuple[int, int]:
    """Where the `tkhd` box of the track with a picture starts, and the picture's height."""
    for moov in _boxes(data, 0, len(data), b"moov"):
        for trak in _boxes(data, moov[0] + 8, moov[1], b"trak"):
            for start, _ in _boxes(data, trak[0] + 8, trak[1], b"tkhd"):
                height = int.from_bytes(data[start + 88 : start + 90], "big")
                if height:
                    return start, height
    raise ValueError("no video track")


def _boxes(data: bytearray, start: int, end: int, kind: bytes) -> Iterable[tuple[int, int]]:
    """Start and end of each box of that kind directly within a stretch of an mp4 file."""
    while start < end:
        size = int.from_bytes(data[start : start + 4], "big")
        if data[start + 4 : start + 8] == kind:
            yield start, start + size
        start += size

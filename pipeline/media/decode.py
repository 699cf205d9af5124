"""The bytes of a shard back to arrays and pictures, for annotators."""

import io

import av
import numpy as np
from av.audio.frame import AudioFrame
from PIL import Image

from pipeline.errors import MediaError
from pipeline.media.audio import mono_of, resample
from pipeline.media.raw import Mono
from schemas.table import Hertz

_RATES = range(8_000, 2**20)
"""Sample rates, in Hz: from the least that a recipe may ask for to the most that FLAC can state. A
header with another is damaged, and resampling by it could take minutes or all memory."""


def decode_audio(data: bytes, rate: Hertz) -> Mono:
    """A clip's audio file as mono samples, full scale = 1.

    Args:
        data: FLAC, WAV or Ogg Opus.
        rate: wanted; resampled if the file has another.

    Returns:
        [samples], as many as the clip's length times `rate`, rounded.

    Raises:
        MediaError: `undecodable`.
    """
    try:
        mono = _decoded(data, rate)
    except (av.FFmpegError, IndexError, ValueError, MemoryError) as error:  # by odd headers
        raise MediaError("undecodable", f"The clip's audio cannot be read ({error}).") from None
    return mono


def _decoded(data: bytes, rate: Hertz) -> Mono:
    options = {"format_whitelist": "flac,wav,ogg"}
    with av.open(io.BytesIO(data), "r", options=options) as container:
        frames = [f for f in container.decode(audio=0) if isinstance(f, AudioFrame)]
        parts, native = [mono_of(frame) for frame in frames], frames[0].sample_rate
    if native not in _RATES:
        raise ValueError(f"it has {native} Hz")
    mono = np.concatenate(parts)
    if native == rate:
        return mono
    return resample(mono, native, rate)[: round(len(mono) * rate / native)]


def decode_frame(data: bytes) -> Image.Image:
    """A clip's JPEG as an RGB picture.

    Raises:
        MediaError: `undecodable`.
    """
    try:
        return Image.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError("undecodable", f"The clip's frame cannot be read ({error}).") from None

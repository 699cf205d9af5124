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
    options = {"format_whitelist": "flac,wav,ogg"}
    try:
        with av.open(io.BytesIO(data), "r", options=options) as container:
            frames = [f for f in container.decode(audio=0) if isinstance(f, AudioFrame)]
            parts, native = [mono_of(frame) for frame in frames], frames[0].sample_rate
    except (av.FFmpegError, IndexError) as error:
        raise MediaError("undecodable", f"The clip's audio cannot be read ({error}).") from None
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

"""Raw clips to the bytes of a shard. Equal input gives equal bytes: encoders and muxers run in
FFmpeg's bit-exact mode, which leaves out versions, dates and random stream numbers."""

import io
import math
from dataclasses import dataclass
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from PIL import Image

from pipeline.errors import MediaError, RecipeError
from pipeline.media.raw import Mono, Rgb
from pipeline.media.settings import OPUS_RATES, Cutting
from schemas.table import Decibels, Hertz

_FORMATS = {"flac": ("flac", "flac"), "wav": ("wav", "pcm_s16le"), "opus": ("ogg", "libopus")}
"""Container and codec."""
_OPUS_BIT_RATE = 128_000
"""For one channel; RFC 7845 readers and listening tests see no gain above 64 to 96 kb/s."""
_LOUDEST = 32767 / 32768
"""The largest positive sample that 16 bits hold."""


@dataclass(frozen=True)
class Normalised:
    """One clip's audio at its final level."""

    audio: Mono
    rms: float
    """Before the gain, full scale = 1."""
    gain_db: Decibels


def normalise(audio: Mono, cutting: Cutting) -> Normalised:
    """Bring the peak to `peak_dbfs` by one linear gain, which can never clip.

    Raises:
        MediaError: `silent`: the root mean square is below `silence_rms`; `undecodable`: it is no
            number, which damaged floating-point audio gives.
    """
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    peak = float(np.max(np.abs(audio)))
    if not math.isfinite(rms):
        raise MediaError("undecodable", "The window's audio holds samples that are no numbers.")
    if rms < cutting.silence_rms or peak == 0.0:
        raise MediaError("silent", f"The window's audio has an RMS of {rms:.6f}.")
    gain = min(10 ** (cutting.peak_dbfs / 20), _LOUDEST) / peak
    return Normalised(audio * np.float32(gain), rms, 20 * math.log10(gain))


def encode_audio(audio: Mono, rate: Hertz, audio_format: str) -> bytes:
    """An audio file of 16-bit FLAC, 16-bit WAV or Ogg Opus.

    Raises:
        RecipeError: Opus does not know the rate.
    """
    if audio_format == "opus" and rate not in OPUS_RATES:
        raise RecipeError(
            f"Opus cannot store `sample_rate = {rate}`: take one of "
            f"{', '.join(map(str, OPUS_RATES))}, or another `audio_format`."
        )
    container_name, codec = _FORMATS[audio_format]
    file = io.BytesIO()
    with av.open(file, "w", format=container_name, options={"fflags": "+bitexact"}) as out:
        stream = cast(AudioStream, out.add_stream(codec, rate, {"flags": "+bitexact"}))
        stream.layout = "mono"
        if audio_format == "opus":
            stream.bit_rate = _OPUS_BIT_RATE
        scaled = np.clip(np.rint(audio * 32768.0), -32768, 32767).astype(np.int16)
        frame = AudioFrame.from_ndarray(scaled[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = rate
        out.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


def encode_frame(rgb: Rgb, quality: int) -> bytes:
    """A JPEG file (4:2:0, no metadata) of [height, width, 3]."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return file.getvalue()

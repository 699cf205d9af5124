"""The `[cut]` options of a recipe."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.settings import Settings
from schemas.table import Decibels, Hertz, Seconds

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""RFC 6716, section 2."""


class Cutting(Settings):
    """How clips are cut. All of it decides the bytes of a shard, so none of it can change once a
    dataset has shards."""

    clips_per_video: int = Field(default=8, ge=1)
    """How many windows are drawn from each video; all of them where there are fewer."""
    clip_seconds: Seconds = Field(default=10.0, gt=0)
    """Length of a window. LP-MusicCaps wants ten seconds."""
    sample_rate: Hertz = Field(default=48_000, ge=8_000)
    """Of the mono audio. 48 kHz is Opus's own rate and divides evenly into 24 and 16 kHz."""
    audio_format: Literal["flac", "wav", "opus"] = "flac"
    """16-bit FLAC or WAV, or Opus, which loses a little and takes a tenth of the space."""
    peak_dbfs: Decibels = Field(default=-1.0, le=0)
    """Peak that each clip is brought to, by one linear gain."""
    silence_rms: float = Field(default=2e-3, ge=0)
    """A clip whose root mean square is below this (full scale = 1) fails as silent. AudioCraft's
    value."""
    short_side: int = Field(default=512, ge=16)
    """Upper bound of a frame's shorter side in pixels; a frame is never enlarged."""
    crop_borders: bool = False
    """Cut black borders off the frames, where screening found any; `short_side` is then of what is
    left."""
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    """Of the frames."""
    cutter: Literal["pyav", "ffmpeg"] = "pyav"
    """`pyav` cuts in this process; `ffmpeg` runs the ffmpeg program, and is also tried for files
    that PyAV cannot decode."""

    @model_validator(mode="after")
    def _opus_has_few_rates(self) -> Self:
        if self.audio_format == "opus" and self.sample_rate not in OPUS_RATES:
            rates = ", ".join(map(str, OPUS_RATES))
            raise ValueError(f"Opus has the sample rates {rates}: set one, or another audio_format")
        return self

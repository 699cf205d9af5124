"""One shard in memory, for tests of stages: the same contract as a shard on disk."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from PIL import Image, ImageDraw

from pipeline.stage import Sample
from schemas import CLIPS
from schemas.clip import Clip
from schemas.table import R, Row, Table

RATE = 48_000


@dataclass
class MemoryInputs:
    """An `Inputs` whose rows, samples and notes are plain lists."""

    tables: dict[str, list[Row]]
    media: list[Sample]
    shard: str = "train-000000"
    device: str = "cpu"
    notes: list[str] = field(default_factory=list)
    opened: int = 0
    """How often the media were opened."""

    def rows(self, table: Table[R]) -> list[R]:
        return cast(list[R], self.tables.get(table.name, []))

    def samples(self) -> Iterator[Sample]:
        self.opened += 1
        yield from self.media

    def note(self, text: str) -> None:
        self.notes.append(text)


def shard_of(samples: list[Sample], *tables: tuple[Table[Row], list[Row]]) -> MemoryInputs:
    """A shard with these samples, their clips, and rows of further tables."""
    clips: list[Row] = [Clip.model_validate(sample.meta) for sample in samples]
    return MemoryInputs({CLIPS.name: clips} | {t.name: rows for t, rows in tables}, samples)


def sample(number: int, frame: bytes | None = None, audio: bytes | None = None) -> Sample:
    """Clip `number`: a picture and a tune of its own, unless the bytes are given."""
    clip_id = f"local-video{number}-{number * 10_000:08d}"
    frame = jpeg(number) if frame is None else frame
    audio = wav(220.0 * (1 + number)) if audio is None else audio
    clip = Clip(
        clip_id=clip_id,
        video_id=f"local-video{number}",
        split="train",
        shard="train-000000",
        start_s=number * 10.0,
        end_s=number * 10.0 + 10.0,
        frame_s=number * 10.0 + 2.0,
        frame_pts_s=number * 10.0 + 2.0,
        frame_width=96,
        frame_height=64,
        sample_rate=RATE,
        rms=0.2,
        gain_db=0.0,
        audio_sha256="0" * 64,
        frame_sha256="0" * 64,
    )
    return Sample(clip_id, audio, "wav", frame, clip.model_dump())


def jpeg(number: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A JPEG file: shapes whose colours and places depend on `number`."""
    width, height = size
    image = Image.new("RGB", size, (37 * number % 256, 91 * number % 256, 160))
    draw = ImageDraw.Draw(image)
    left = 7 * number % (width // 2)
    draw.ellipse((left, 5, left + width // 3, height - 5), fill=(255, 53 * number % 256, 20))
    draw.rectangle((0, height // 2, 10 + number, height), fill=(0, 200, 29 * number % 256))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def wav(hertz: float, seconds: float = 10.0, rate: int = RATE) -> bytes:
    """A 16-bit mono WAV file with one sine tone at -6 dBFS."""
    times = np.arange(int(seconds * rate)) / rate
    samples = (16_383 * np.sin(2 * np.pi * hertz * times)).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()

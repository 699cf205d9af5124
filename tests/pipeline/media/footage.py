"""Footage whose every frame and sample can be recognised: frames carry their number as blocks,
the audio is seeded noise that cross-correlation finds again to the sample."""

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

FPS = 25
SECONDS = 9
RATE = 48_000
WIDTH, HEIGHT = 320, 180
BITS = 10
BLOCK = WIDTH // BITS
STAMP_HEIGHT = 48


def stamped(number: int) -> NDArray[np.uint8]:
    """A grey picture [HEIGHT, WIDTH, 3] with its number in black and white blocks at the top and a
    moving bar, so that pictures differ below as well."""
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for bit in range(BITS):
        picture[:STAMP_HEIGHT, bit * BLOCK : (bit + 1) * BLOCK] = 235 * (number >> bit & 1)
    at = number * 7 % (WIDTH - 20)
    picture[100:160, at : at + 20] = (220, 60, 40)
    return picture


def number_of(rgb: NDArray[np.uint8]) -> int:
    """The number on a picture of any size."""
    height, width = rgb.shape[:2]
    row = rgb[round(height * STAMP_HEIGHT / HEIGHT / 2)].mean(axis=1)
    centres = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    return sum(1 << bit for bit, at in enumerate(centres) if row[at] > 118)


@lru_cache
def noise(seconds: float = SECONDS, rate: int = RATE) -> NDArray[np.float32]:
    """Noise between 100 and 3,000 Hz, which every codec keeps; peak 0.6."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(7).normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < 100) | (hertz > 3000)] = 0
    signal = np.fft.irfft(spectrum)
    return (signal / np.abs(signal).max() * 0.6).astype(np.float32)


def samples_off(cut: NDArray[np.float32], line: NDArray[np.float32], expected: int) -> int:
    """How many samples later than `expected` the middle of `cut` is found in `line`."""
    reach, middle = 4000, slice(len(cut) // 4, 3 * len(cut) // 4)
    begin = expected + middle.start - reach
    part = line[max(begin, 0) : expected + middle.stop + reach]
    size = 1 << (len(part) + len(cut)).bit_length()
    spectrum = np.fft.rfft(part, size) * np.conj(np.fft.rfft(cut[middle], size))
    return int(np.argmax(np.fft.irfft(spectrum, size)[: 2 * reach + 1])) - (
        expected + middle.start - max(begin, 0)
    )


def write_master(
    path: Path, audio: NDArray[np.float32] | None = None, frames: int | None = None
) -> Path:
    """Stamped frames as all-but-lossless H.264 with FLAC in Matroska: what cases are made of.

    Args:
        path: to write.
        audio: [samples] or [channels, samples] at RATE; the noise by default.
        frames: how many; as many as the audio is long by default.
    """
    sound = noise() if audio is None else audio
    channels = np.atleast_2d(sound) if sound.ndim == 2 else np.stack([sound, sound])
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", FPS, {"preset": "ultrafast", "qp": "8"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream = out.add_stream("flac", RATE, layout=layout)
        for number in range(frames or round(channels.shape[1] / RATE * FPS)):
            frame = VideoFrame.from_ndarray(stamped(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        scaled = np.rint(channels.T * 32767).astype(np.int16).reshape(1, -1)
        block = AudioFrame.from_ndarray(scaled, format="s16", layout=layout)
        block.sample_rate, block.pts = RATE, 0
        out.mux([*stream.encode(block), *stream.encode(None)])
    return path


def run_ffmpeg(program: str, arguments: Sequence[str]) -> None:
    """Run the program; a failure shows its message."""
    command = [program, "-y", "-nostdin", "-v", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"

"""Videos with one fault each, made on the spot: what the checks of screening must tell apart.

Sounds are [2, samples] at RATE; pictures are lazily drawn [height, width, 3].
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

RATE = 48_000
Sound = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Shape:
    """How large and long a made video is."""

    width: int = 320
    height: int = 180
    fps: int = 12
    seconds: float = 16.0

    @property
    def frames(self) -> int:
        return round(self.fps * self.seconds)


@lru_cache(maxsize=4)
def music(seconds: float) -> Sound:
    """Plucked chords that fade, hits of noise on the beat, and air up to the highest frequencies;
    left and right differ a little. Peak 0.7."""
    rng = np.random.default_rng(3)
    times = np.arange(round(seconds * RATE)) / RATE
    beat = times % 0.5
    chord = sum(
        np.sin(2 * np.pi * pitch * part * times) / part**1.5
        for pitch in (110.0, 138.6, 164.8, 220.0)
        for part in range(1, 12)
    )
    air = rng.normal(size=(2, len(times)))
    sides = chord * np.exp(-3 * beat) + 0.4 * air * np.exp(-30 * beat) + 0.003 * air
    return _peak(sides, 0.7)


def dark(sound: Sound) -> Sound:
    """Few highs, as a piano or a lullaby has: 24 dB less with each octave above 1 kHz."""
    return _peak(_shaped(sound, lambda hertz: 1 / (1 + (hertz / 1000) ** 4)), 0.7)


def upsampled(sound: Sound, rate: int) -> Sound:
    """As if the sound had once been stored at a lower rate."""
    return _shaped(sound, lambda hertz: (hertz < 0.48 * rate).astype(float))


def phase_inverted(sound: Sound) -> Sound:
    """One side turned over, which hides a track from fingerprints and cancels in mono."""
    return np.stack([sound[0], -sound[0]])


def clipped(sound: Sound, gain_db: float) -> Sound:
    """Amplified until it hits the ceiling."""
    return np.clip(sound / np.abs(sound).max() * 10 ** (gain_db / 20), -1, 1).astype(np.float32)


def limited(sound: Sound) -> Sound:
    """A loud master: pressed softly against the ceiling, as records are."""
    return np.tanh(2.5 * sound / np.abs(sound).max()).astype(np.float32)


def silent_after(sound: Sound, share: float) -> Sound:
    """Nothing from a share of the length on."""
    quiet = sound.copy()
    quiet[:, round(share * sound.shape[1]) :] = 0
    return quiet


def _shaped(sound: Sound, gain: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Sound:
    hertz = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    return np.fft.irfft(np.fft.rfft(sound) * gain(hertz), sound.shape[1]).astype(np.float32)


def _peak(sides: NDArray[np.float64], peak: float) -> Sound:
    return (sides * (peak / np.abs(sides).max())).astype(np.float32)


@lru_cache(maxsize=32)
def photo(seed: int, width: int, height: int) -> Picture:
    """A picture with large and small detail, nowhere black."""
    rng = np.random.default_rng(seed)
    layers = np.zeros((height, width, 3))
    for octave in range(1, 7):
        cells = rng.uniform(-1, 1, (2 + 2**octave, 3 + 2**octave, 3))
        layers += np.stack([_enlarged(cells[..., c], width, height) for c in range(3)], 2) / octave
    scaled = (layers - layers.min()) / (layers.max() - layers.min())
    return (40 + 200 * scaled).astype(np.uint8)


def _enlarged(cells: NDArray[np.float64], width: int, height: int) -> NDArray[np.float32]:
    image = Image.fromarray(cells.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def motion(shape: Shape) -> Iterator[Picture]:
    """A camera that pans over a scene, with a cut every three seconds and somebody walking."""
    for number in range(shape.frames):
        yield moment(shape, number / shape.fps)


def moment(shape: Shape, time_s: float) -> Picture:
    """What `motion` shows at a time."""
    scene = photo(int(time_s // 3), 2 * shape.width, 2 * shape.height)
    x, y = round(shape.width * (time_s % 3) / 8), round(shape.height * (time_s % 3) / 12)
    picture = scene[y : y + shape.height, x : x + shape.width].copy()
    at = round(time_s * shape.width / 4) % (shape.width * 3 // 4)
    picture[shape.height // 3 :, at : at + shape.width // 8] = (200, 60, 50)
    return picture


def still(shape: Shape) -> Iterator[Picture]:
    """One picture throughout."""
    for _ in range(shape.frames):
        yield photo(1, shape.width, shape.height)


def grainy_still(shape: Shape) -> Iterator[Picture]:
    """One picture under film grain, which fills the packets with noise."""
    rng = np.random.default_rng(5)
    for picture in still(shape):
        grain = rng.normal(0, 12, (shape.height, shape.width, 1))
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def slow_zoom(shape: Shape) -> Iterator[Picture]:
    """One picture that grows by a fifth in a minute, under film grain."""
    rng = np.random.default_rng(6)
    image = Image.fromarray(photo(1, 2 * shape.width, 2 * shape.height))
    for number in range(shape.frames):
        zoom = 1 + 0.2 * number / shape.fps / 60
        width, height = image.width / zoom, image.height / zoom
        left, top = (image.width - width) / 2, (image.height - height) / 2
        box = (left, top, left + width, top + height)
        picture = np.asarray(image.resize((shape.width, shape.height), box=box))
        grain = rng.normal(0, 6, (shape.height, shape.width, 1))
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def slides(shape: Shape) -> Iterator[Picture]:
    """Another picture every four seconds, under film grain."""
    rng = np.random.default_rng(7)
    for number in range(shape.frames):
        picture = photo(number // (4 * shape.fps), shape.width, shape.height)
        grain = rng.normal(0, 6, (shape.height, shape.width, 1))
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def singer(shape: Shape) -> Iterator[Picture]:
    """A still scene in which one figure, a twelfth of the picture, sways."""
    for number, picture in enumerate(still(shape)):
        sway = np.sin(2 * np.pi * 0.7 * number / shape.fps)
        left = round(shape.width * (0.4 + 0.04 * sway))
        drawn = picture.copy()
        drawn[shape.height // 3 :, left : left + shape.width // 8] = (200, 60, 50)
        yield drawn


def boxed(pictures: Iterable[Picture], left: int, top: int) -> Iterator[Picture]:
    """Black bars of so many pixels at the sides, and above and below."""
    for picture in pictures:
        inner = Image.fromarray(picture).resize(
            (picture.shape[1] - 2 * left, picture.shape[0] - 2 * top)
        )
        framed = np.zeros_like(picture)
        framed[top : picture.shape[0] - top, left : picture.shape[1] - left] = np.asarray(inner)
        yield framed


def combed(shape: Shape) -> Iterator[Picture]:
    """Interlaced video stored as if it were progressive: odd lines are half a frame later."""
    for number in range(shape.frames):
        picture = moment(shape, number / shape.fps)
        picture[1::2] = moment(shape, (number + 0.5) / shape.fps)[1::2]
        yield picture


def with_hud(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """What video games draw over the picture: bars of health and power, a map, a cross-hair."""
    for picture in pictures:
        height, width = picture.shape[:2]
        drawn = picture.copy()
        drawn[height // 20 : height // 10, width // 20 : width // 3] = (230, 20, 20)
        drawn[height // 8 : height // 6, width // 20 : width // 4] = (20, 60, 240)
        drawn[-height // 3 :, -width // 4 :] = (10, 90, 20)
        drawn[height // 2, width // 2 - 9 : width // 2 + 9] = 255
        drawn[height // 2 - 9 : height // 2 + 9, width // 2] = 255
        yield drawn


def write(
    path: Path,
    shape: Shape,
    pictures: Iterable[Picture],
    sound: Sound,
    codecs: Sequence[str] = ("libx264", "aac"),
    bit_rate: int = 128_000,
    gop_s: float = 2.0,
) -> Path:
    """The video file, encoded by one thread; a keyframe each `gop_s`."""
    with av.open(str(path), "w") as out:
        video = out.add_stream(codecs[0], shape.fps, _options(codecs[0], round(gop_s * shape.fps)))
        video.width, video.height, video.pix_fmt = shape.width, shape.height, "yuv420p"
        video.codec_context.thread_count = 1
        audio = out.add_stream(codecs[1], RATE, layout="stereo")
        audio.bit_rate = bit_rate
        heard = 0
        for number, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, shape.fps)
            until = round((number + 1) * RATE / shape.fps)
            out.mux([*video.encode(frame), *audio.encode(_block(sound, heard, until))])
            heard = until
        out.mux([*video.encode(None), *audio.encode(None)])
    return path


def _block(sound: Sound, start: int, end: int) -> AudioFrame:
    part = np.ascontiguousarray(sound[:, start:end])
    block = AudioFrame.from_ndarray(part, "fltp", "stereo")
    block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
    return block


def _options(codec: str, gop: int) -> dict[str, str]:
    options = {"crf": "23", "g": str(gop)}
    if codec == "libx264":
        return options | {"preset": "ultrafast"}
    return options | {"deadline": "realtime", "cpu-used": "8", "b": "0"}

"""What LP-MusicCaps hears of a tune: synthesised, coded as a video's sound, cut and decoded.

Codecs silence whatever the ear would not notice, which is much of a tune's spectrogram in decibels,
so that a model trained on the synthesiser's own output would hear something else in a real file.
Every sound here has been written into a video file by the demo's encoder and was cut, normalised,
stored as FLAC, decoded and resampled by the pipeline's own functions.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.demo.encoding import Container, Format, encode
from pipeline.demo.held_out import tune_held_out
from pipeline.demo.tunes import Tune, draw_tune, synthesise
from pipeline.media.cut import cut_windows
from pipeline.media.decode import decode_audio
from pipeline.media.encode import encode_audio, normalise
from pipeline.media.raw import Mono, RawCut
from pipeline.media.settings import Cutting
from pipeline.media.windows import Window
from pipeline.models.lp_music_caps import HOP, SAMPLE_RATE, MelEncoder

FIRST_TEST_SEED = 10_000_000
"""Tunes are tested from this seed on, and only held-out combinations; training takes the others,
from 0."""
CODINGS: tuple[tuple[Container, int], ...] = (("mp4", 44_100), ("mp4", 48_000), ("webm", 48_000))
"""AAC at two sample rates and Opus, as in the demo's videos, taken in turn."""
LATEST_S = 24.0
"""Where in its tune a stretch of sound may start: from 0 to here, in seconds."""
MARGIN_S = 0.5
"""Sound in the file on either side of what is cut out of it."""
_SIDE = 32
"""Of the black picture that the sound comes with, in pixels."""
_FPS = Fraction(1)


@dataclass(frozen=True)
class Heard:
    """Stretches of sound as spectrograms, longer than the model hears at once."""

    tunes: list[Tune]
    mels: NDArray[np.float16]
    """In decibels, [stretches, 128, frames]."""
    peaks: NDArray[np.float32]
    """The largest absolute sample of each frame's 10 ms, [stretches, frames]."""


def tunes_from(first: int, held_out: bool) -> Iterator[tuple[int, Tune]]:
    """Seeds from `first` on with their tunes: the held-out ones, or all others."""
    for seed in count(first):
        tune = draw_tune(seed)
        if tune_held_out(tune) == held_out:
            yield seed, tune


def training_sound(stretches: int, seconds: float, workers: int) -> Heard:
    """Tunes to train on, one stretch of sound of each."""
    drawn = list(islice(tunes_from(0, held_out=False), stretches))
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        one = partial(_spectrogram, seconds=seconds)
        made = list(pool.map(one, range(stretches), [seed for seed, _ in drawn], chunksize=8))
    return Heard(
        tunes=[tune for _, tune in drawn],
        mels=np.stack([mel for mel, _ in made]),
        peaks=np.stack([peaks for _, peaks in made]),
    )


def test_sound(windows: int, seconds: float, workers: int) -> tuple[list[Tune], list[Mono]]:
    """Held-out tunes, and one window of each as the captioner gets it, at 16 kHz."""
    drawn = list(islice(tunes_from(FIRST_TEST_SEED, held_out=True), windows))
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        one = partial(_window, seconds=seconds)
        made = list(pool.map(one, range(windows), [seed for seed, _ in drawn], chunksize=8))
    return [tune for _, tune in drawn], made


def _spectrogram(
    number: int, seed: int, seconds: float
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    sound = _window(number, seed, seconds)
    mel = MelEncoder()(torch.from_numpy(sound)[None])[0].numpy().astype(np.float16)
    peaks = np.abs(sound).reshape(-1, HOP).max(axis=1)
    return mel, np.append(peaks, peaks[-1:])


def _window(number: int, seed: int, seconds: float) -> Mono:
    tune = draw_tune(seed)
    start = float(np.random.default_rng(seed).uniform(0, LATEST_S))
    container, rate = CODINGS[number % len(CODINGS)]
    length = seconds + 2 * MARGIN_S
    sound = synthesise(tune, start + length, rate)[round(start * rate) :]
    return through_a_video(sound, container, rate, seconds)


def through_a_video(
    sound: NDArray[np.float32], container: Container, rate: int, seconds: float
) -> Mono:
    """A stretch of stereo sound as an annotator gets it from the pipeline.

    Args:
        sound: [samples, 2], `seconds` and a `MARGIN_S` at either end.
        container: of the video, which decides the codec.
        rate: of `sound`, samples a second.
        seconds: how much is cut out.

    Returns:
        [`seconds` * 16,000] samples.
    """
    black = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    pictures = [black] * round(len(sound) / rate * _FPS)
    window = Window(MARGIN_S, MARGIN_S + seconds, MARGIN_S)
    cutting = Cutting(clip_seconds=seconds, short_side=_SIDE)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"tune.{container}"
        encode(path, Format(container, _SIDE, _SIDE, _FPS, rate), pictures, sound)
        (cut,) = cut_windows(path, [window], cutting)
    assert isinstance(cut, RawCut), cut
    audio = normalise(cut.audio, cutting).audio
    stored = encode_audio(audio, cutting.sample_rate, cutting.audio_format)
    return decode_audio(stored, SAMPLE_RATE)

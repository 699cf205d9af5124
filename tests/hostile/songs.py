"""Hundreds of small music videos that no check drops, and that nobody takes for one another."""

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SECONDS = 12.0
_FPS = 8
_RATE = 44_100
_WIDTH, _HEIGHT = 160, 120
_SCENE_S = 2
_BEAT_S = 0.4
_CONSONANTS, _VOWELS = "bcdfghklmnprstvwxz", "aeiou"
_WORD = (_CONSONANTS, _VOWELS) * 4


def make_song(path: Path, seed: int, crf: int = 28) -> Path:
    """A video of pans over scenes, to a tune with drums: both follow from `seed` alone. Another
    `crf` codes the same pictures another way, as a re-upload does. Takes 0.2 CPU seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        video = container.add_stream("h264", rate=_FPS)
        video.width, video.height, video.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        video.codec_context.gop_size = 2 * _FPS
        video.codec_context.thread_count = 1
        video.options = {"preset": "ultrafast", "crf": str(crf)}
        audio = container.add_stream("aac", rate=_RATE, layout="stereo")
        audio.options = {"aac_coder": "fast"}
        for index, picture in enumerate(_pictures(rng)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, _FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        sound = _tune(rng)
        for start in range(0, sound.shape[1], 1024):
            block = np.ascontiguousarray(sound[:, start : start + 1024])
            heard = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            heard.sample_rate, heard.pts, heard.time_base = _RATE, start, Fraction(1, _RATE)
            container.mux(audio.encode(heard))
        container.mux(audio.encode(None))
    return path


def name_of(seed: int) -> tuple[str, str]:
    """An artist and a title that no other seed has anything in common with."""
    draw = random.Random(seed)
    words = ["".join(draw.choice(each) for each in _WORD).capitalize() for _ in range(4)]
    return " ".join(words[:2]), " ".join(words[2:])


def _pictures(rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    per_scene = _SCENE_S * _FPS
    found = []
    for _ in range(round(SECONDS / _SCENE_S)):
        cells = rng.integers(20, 236, (9, 12, 3), dtype=np.uint8)
        wide = Image.fromarray(cells).resize((2 * _WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
        scene = np.asarray(wide)
        found += [scene[:, 8 * step : 8 * step + _WIDTH] for step in range(per_scene)]
    return found


def _tune(rng: np.random.Generator) -> NDArray[np.float32]:
    """A note on each beat, from three octaves, and a hit of noise, which has all highs."""
    beat = np.arange(round(_BEAT_S * _RATE)) / _RATE
    fade = np.exp(-4 * beat)
    hit = 0.15 * rng.standard_normal(len(beat)) * np.exp(-25 * beat)
    notes = []
    for pitch in 130 * 2 ** (rng.integers(0, 36, round(SECONDS / _BEAT_S)) / 12):
        notes.append(sum(np.sin(2 * np.pi * pitch * part * beat) / part for part in (1, 2, 3)))
    mono = np.concatenate([0.2 * fade * note + hit for note in notes])
    air = 0.002 * rng.standard_normal((2, len(mono)))
    both: NDArray[np.float32] = (mono + air).astype(np.float32)
    return both

"""The demo's instruments: single notes and drum strokes as mono sound."""

from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Timbre = Literal["guitar", "flute", "organ", "bells", "strings", "synth"]
Stroke = Literal["kick", "snare", "hat", "shaker"]
Sound = npt.NDArray[np.floating[Any]]
"""Samples, float32; a note peaks at about 1."""


@lru_cache(maxsize=512)
def note(timbre: Timbre | Literal["bass"], midi: int, seconds: float, rate: int) -> Sound:
    """One note. Plucked and struck ones ring on after `seconds`, the others stop there.

    Args:
        timbre: which instrument.
        midi: pitch, 69 is A4 = 440 Hz.
        seconds: how long it is held.
        rate: samples a second.
    """
    pitch = 440.0 * 2.0 ** ((midi - 69) / 12)
    if timbre == "guitar":
        return _struck(pitch, rate, 1.1 + 0.4 * seconds, _PLUCKED, fall=3.2)
    if timbre == "bells":
        return _bell(pitch, _times(1.6, rate), rate)
    held = _times(seconds + 0.08, rate)
    if timbre == "flute":
        vibrato = 0.004 * np.sin(2 * np.pi * 5.2 * held) * np.minimum(held * 2, 1)
        breath = 0.02 * _noise(len(held))
        tone = _partials(pitch, held + vibrato / 5.2, rate, (1, 0.28, 0.10, 0.03))
        return _voiced(tone + breath, _swell(held, seconds, 0.06), 0.8)
    if timbre == "organ":
        pipes = (1, 0.7, 0.45, 0.5, 0.0, 0.25, 0.0, 0.35)
        tone = _partials(pitch, held, rate, pipes)
        return _voiced(tone, _swell(held, seconds, 0.015), 0.4)
    if timbre == "strings":
        bowed = tuple(1 / k**1.15 for k in range(1, 13))
        parts = [_partials(pitch * detune, held, rate, bowed) for detune in (0.9965, 1.0038)]
        return _voiced(parts[0] + parts[1], _swell(held, seconds, 0.14), 0.3)
    if timbre == "synth":
        square = tuple(1 / k if k % 2 else 0.12 for k in range(1, 18))
        tone = _partials(pitch, held, rate, square, fall=0.5)
        return _voiced(tone, _swell(held, seconds, 0.004), 0.6)
    low = _partials(pitch, held, rate, (1, 0.5, 0.2, 0.1))
    return _voiced(low, _swell(held, seconds, 0.008), 0.7)


@lru_cache(maxsize=16)
def drum(stroke: Stroke, rate: int) -> Sound:
    """One stroke on a drum."""
    if stroke == "kick":
        t = _times(0.28, rate)
        sweep = np.cumsum(46 + 110 * np.exp(-t * 38)) / rate
        return (np.sin(2 * np.pi * sweep) * np.exp(-t * 13)).astype(np.float32)
    t = _times(0.22 if stroke == "snare" else 0.09, rate)
    hiss = _noise(len(t))
    bright = np.diff(hiss, prepend=hiss[:1]) * np.float32(0.6)
    if stroke == "snare":
        body = 0.5 * np.sin(2 * np.pi * 188 * t) * np.exp(-t * 28)
        return np.asarray(body + 0.5 * hiss * np.exp(-t * 20), np.float32)
    rise, fall = (900, 62) if stroke == "hat" else (45, 38)
    return _voiced(bright, np.minimum(t * rise, 1) * np.exp(-t * fall), 1.0)


_PLUCKED = tuple(1 / k**1.05 * abs(np.sin(0.23 * np.pi * k)) * 1.5 for k in range(1, 19))
"""A string plucked at 0.23 of its length: partials with a node there are missing."""


def _struck(
    pitch: float, rate: int, seconds: float, levels: tuple[float, ...], fall: float
) -> Sound:
    """Partials of which the higher fade faster, slightly sharp as on stiff strings."""
    t = _times(seconds, rate)
    sound = np.zeros(len(t), np.float32)
    for k, level in enumerate(levels, start=1):
        frequency = pitch * k * (1 + 4e-5 * k * k)
        if frequency < 0.45 * rate:
            sound += level * np.exp(-t * np.float32(fall * (0.6 + 0.34 * k))) * _sine(frequency, t)
    sound *= np.minimum(t * 900, 1) * _release(t, seconds)
    return sound


def _bell(pitch: float, t: Sound, rate: int) -> Sound:
    """Frequency modulation at an irrational ratio gives a bell's inharmonic partials (Chowning,
    The Synthesis of Complex Audio Spectra by Means of Frequency Modulation, 1973)."""
    ratio = 3.51 if pitch * 3.51 * 3 < 0.45 * rate else 1.41
    index = np.float32(2.4) * np.exp(-t * 4.5)
    wobble = index * _sine(pitch * ratio, t)
    tone = np.sin(np.float32(2 * np.pi * pitch) * t + wobble) * np.exp(-t * 3.4)
    sound: Sound = tone * np.minimum(t * 1200, 1) * _release(t, float(t[-1])) * np.float32(0.8)
    return sound


def _partials(
    pitch: float, t: Sound, rate: int, levels: tuple[float, ...], fall: float = 0.0
) -> Sound:
    """Harmonics at these levels; with `fall`, the higher ones fade."""
    sound = np.zeros(len(t), np.float32)
    for k, level in enumerate(levels, start=1):
        if level and pitch * k < 0.45 * rate:
            fading = np.exp(-t * np.float32(fall * k)) if fall else np.float32(1)
            sound += np.float32(level) * fading * _sine(pitch * k, t)
    return sound


def _sine(frequency: float, t: Sound) -> Sound:
    # Whole turns are taken off in double precision, or float32 would lose the phase.
    turns = frequency * t.astype(np.float64)
    wave: Sound = np.sin(np.float32(2 * np.pi) * (turns - np.floor(turns)).astype(np.float32))
    return wave


def _swell(t: Sound, seconds: float, attack: float) -> Sound:
    """Rise over `attack` seconds, hold for `seconds`, and stop softly."""
    shape: Sound = np.minimum(t / np.float32(attack), 1) * _release(t, seconds + 0.08)
    return shape


def _release(t: Sound, seconds: float) -> Sound:
    """Silence from `seconds` on, without a click."""
    fade: Sound = np.clip((np.float32(seconds) - t) / np.float32(0.08), 0, 1)
    return fade


def _voiced(tone: Sound, envelope: Sound, level: float) -> Sound:
    return np.asarray(tone * envelope * np.float32(level), np.float32)


def _times(seconds: float, rate: int) -> Sound:
    return (np.arange(round(seconds * rate)) / rate).astype(np.float32)


@lru_cache(maxsize=16)
def _noise(samples: int) -> Sound:
    return np.random.default_rng(17).standard_normal(samples, dtype=np.float32) * np.float32(0.5)

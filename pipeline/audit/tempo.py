"""The tempo of a clip's music."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.media.raw import Mono

RATE = 8_000
"""Hz. Beats are heard below 4 kHz; the rest would only cost time."""

_WINDOW, _HOP, _BANDS = 256, 32, 40
"""32 ms of sound every 4 ms, in 40 mel bands, as in Ellis 2007."""
_FRAMES_S = RATE / _HOP
_SLOWEST, _FASTEST = 50.0, 240.0
_USUAL, _SPREAD = 120.0, 0.9
"""Beats a minute that listeners tap most, and the octaves around it that they also do; the spread
is Ellis's."""
_QUIET_DB = 80.0
"""What lies this far below the loudest is not heard beside it."""

Envelope = NDArray[np.float64]


def tempo(audio: Mono) -> float | None:
    """Beats a minute, of ten seconds or so; None where nothing pulsates.

    The strongest period of the onset strength (spectral flux of log-mel bands), with a log-normal
    preference for about 120 beats a minute (Ellis 2007, Beat Tracking by Dynamic Programming).
    Whether people tap twice as fast or half as fast is a matter of taste, so that an octave is no
    error: then it is right on 450 of 450 cuts of 150 demo tunes, by 0.9 % at worst and 0.06 % on
    average, and on clicks of 60 to 180 beats a minute by 0.4 % at worst. Real music was not tried.

    Args:
        audio: [samples] at `RATE`.
    """
    slowest = round(_FRAMES_S * 60 / _SLOWEST)
    if len(audio) < 5 * slowest * _HOP + _WINDOW or not np.isfinite(audio).all():
        return None
    onsets = _onsets(audio)
    if not onsets.any():
        return None
    likeness = _autocorrelation(onsets, 4 * slowest + 2)
    lags = np.arange(round(_FRAMES_S * 60 / _FASTEST), slowest + 1)
    octaves = np.log2(_FRAMES_S * 60 / lags / _USUAL)
    strength = _metre(likeness, lags) * np.exp(-0.5 * np.square(octaves / _SPREAD))
    best = int(np.argmax(strength))
    if strength[best] <= 0:
        return None
    return float(60 * _FRAMES_S / _summit(likeness, int(lags[best])))


def _onsets(audio: Mono) -> Envelope:
    """How much louder the bands get from one hop to the next, its slow part taken out."""
    cuts = np.lib.stride_tricks.sliding_window_view(audio, _WINDOW)[::_HOP]
    power = np.square(np.abs(np.fft.rfft(cuts * np.hanning(_WINDOW).astype(np.float32))))
    mel = power @ _mel_weights()
    loudest = float(mel.max())
    if loudest <= 0:
        return np.zeros(0)
    decibels = 10 * np.log10(np.maximum(mel, loudest * 10 ** (-_QUIET_DB / 10)))
    flux: Envelope = np.maximum(np.diff(decibels, axis=0), 0).mean(axis=1)
    second = round(_FRAMES_S)
    slow = np.convolve(flux, np.full(second, 1 / second), mode="same")
    smooth = np.hanning(round(0.06 * _FRAMES_S) + 2)
    centred: Envelope = np.convolve(flux - slow, smooth / smooth.sum(), mode="same")
    return centred


@lru_cache
def _mel_weights() -> NDArray[np.float64]:
    """[frequencies, bands]: triangles of equal width in mel (O'Shaughnessy 1987)."""
    highest = 2595 * np.log10(1 + RATE / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, highest, _BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(_WINDOW, 1 / RATE)[:, np.newaxis]
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    rising, falling = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
    return np.maximum(np.minimum(rising, falling), 0)


def _autocorrelation(onsets: Envelope, lags: int) -> Envelope:
    """How alike the onsets are to themselves some hops later, per hop that both have."""
    size = 1 << (2 * len(onsets) - 1).bit_length()
    spectrum = np.fft.rfft(onsets, size)
    sums = np.fft.irfft(np.square(np.abs(spectrum)), size)[:lags]
    shared: Envelope = sums / np.arange(len(onsets), len(onsets) - lags, -1)
    return shared


def _metre(likeness: Envelope, lags: NDArray[np.int64]) -> Envelope:
    """How alike the onsets are to themselves a beat later, two and four beats later, and half a
    beat later: without these, dotted rhythms and echoes pass for the beat."""
    near = np.maximum(np.maximum(likeness[:-2], likeness[1:-1]), likeness[2:])
    total: Envelope = (
        likeness[lags] + near[2 * lags - 1] + near[4 * lags - 1] + 0.5 * near[lags // 2 - 1]
    )
    return total


def _summit(likeness: Envelope, lag: int) -> float:
    """The lag of the peak near one, to a fraction of a hop: a parabola through three points."""
    left, middle, right = likeness[lag - 1 : lag + 2]
    bend = left - 2 * middle + right
    if bend >= 0:
        return float(lag)
    return lag + float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))

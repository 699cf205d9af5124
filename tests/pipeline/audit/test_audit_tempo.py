"""Tempo: within four percent, or an octave away, of what is known of the music."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.audit.tempo import RATE, tempo
from pipeline.demo.tunes import draw_tune, synthesise


def clicks(bpm: float, seconds: float = 10.0) -> NDArray[np.float32]:
    """A burst on each beat, the first after 0.3 s, in a little noise."""
    audio = np.random.default_rng(0).normal(0, 1e-3, round(seconds * RATE))
    times = np.arange(200)
    burst = np.exp(-times / 40) * np.sin(0.9 * times)
    for beat in np.arange(0.3, seconds - 0.05, 60 / bpm):
        start = round(beat * RATE)
        audio[start : start + len(burst)] += burst
    return audio.astype(np.float32)


def octave_error(found: float | None, bpm: float) -> float:
    """How far off, as a share, from the tempo, its double or its half."""
    assert found is not None
    return min(abs(found / (bpm * times) - 1) for times in (0.5, 1, 2))


@pytest.mark.parametrize("bpm", [60, 66.6, 75, 90, 100, 117.3, 120, 128, 140, 155.5, 180])
def test_the_tempo_of_clicks_is_found(bpm: float) -> None:
    assert octave_error(tempo(clicks(bpm)), bpm) < 0.005


def test_a_usual_tempo_is_not_doubled_or_halved() -> None:
    assert tempo(clicks(120)) == pytest.approx(120, rel=0.005)


@pytest.mark.parametrize("seed", [2000, 2001, 2002, 2025, 2036, 2050, 2060, 2071, 2105])
def test_the_tempo_of_a_tune_is_found(seed: int) -> None:
    tune = draw_tune(seed)
    audio = synthesise(tune, 14.0, RATE).mean(axis=1)

    assert octave_error(tempo(audio[2 * RATE : 12 * RATE]), tune.tempo) < 0.02


def test_the_level_does_not_matter() -> None:
    audio = clicks(100)

    assert tempo(audio * np.float32(1e-3)) == pytest.approx(tempo(audio), rel=1e-3)


def test_six_seconds_are_enough() -> None:
    assert tempo(clicks(120, 6.1)) == pytest.approx(120, rel=0.01)


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros(10 * RATE, np.float32),
        np.full(10 * RATE, 0.5, np.float32),
        np.zeros(0, np.float32),
        clicks(120, 0.1),
        clicks(120, 0.9),
        clicks(120, 5.9),
        np.full(10 * RATE, np.nan, np.float32),
        np.full(10 * RATE, np.inf, np.float32),
    ],
    ids=[
        *("silence", "constant", "nothing", "a moment", "a second", "a few seconds"),
        *("no numbers", "infinite"),
    ],
)
def test_what_does_not_pulsate_has_no_tempo(audio: NDArray[np.float32]) -> None:
    assert tempo(audio) is None

from dataclasses import replace
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.demo.instruments import Timbre, note
from pipeline.demo.tunes import SCALES, TEMPOS, Density, Drums, Tune, draw_tune, synthesise

RATE = 16_000
PLAIN = Tune(
    tempo=100, mode="major", tonic=60, timbre="flute", density="sparse", drums="none", seed=4
)


def spectrum(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return np.abs(np.fft.rfft(sound.mean(axis=-1) if sound.ndim == 2 else sound)).astype(float)


def test_the_same_seed_gives_the_same_sound_and_another_seed_another() -> None:
    assert np.array_equal(synthesise(draw_tune(3), 4, RATE), synthesise(draw_tune(3), 4, RATE))
    assert draw_tune(3) != draw_tune(4)


@pytest.mark.parametrize("timbre", get_args(Timbre))
def test_a_tune_is_stereo_within_full_scale_and_never_silent(timbre: Timbre) -> None:
    sound = synthesise(replace(PLAIN, timbre=timbre), 12.0, RATE)
    assert sound.shape == (12 * RATE, 2)
    assert sound.dtype == np.float32
    assert 0.7 < np.abs(sound).max() < 0.85
    seconds = np.sqrt((sound[: 10 * RATE].reshape(10, RATE, 2) ** 2).mean(axis=(1, 2)))
    assert seconds.min() > 0.02
    assert np.abs(sound[:, 0] - sound[:, 1]).max() > 0.01
    assert np.corrcoef(sound.T)[0, 1] > 0.5  # the mono sum cancels nothing


@pytest.mark.parametrize("timbre", get_args(Timbre))
@pytest.mark.parametrize("midi", [48, 69, 80])
def test_a_note_has_its_pitch(timbre: Timbre, midi: int) -> None:
    sound = note(timbre, midi, 1.0, RATE)[: RATE // 2]
    pitch = 440 * 2 ** ((midi - 69) / 12)
    size = 1 << 17
    strength = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    bins = np.fft.rfftfreq(size, 1 / RATE)
    here = (bins > pitch * 0.7) & (bins < pitch * 1.4)
    assert bins[here][strength[here].argmax()] == pytest.approx(pitch, rel=0.01)


def test_a_minor_tune_has_the_minor_third_and_a_major_tune_the_major_one() -> None:
    heard = {}
    for mode in ("major", "minor"):
        strength = spectrum(synthesise(replace(PLAIN, mode=mode, timbre="organ"), 20, RATE))
        bins = np.fft.rfftfreq(20 * RATE, 1 / RATE)

        def of(midi: int, strength=strength, bins=bins) -> float:
            pitches = [440 * 2 ** ((midi + 12 * octave - 69) / 12) for octave in (-1, 0, 1)]
            return sum(
                strength[(bins > pitch * 0.99) & (bins < pitch * 1.01)].max() for pitch in pitches
            )

        heard[mode] = of(PLAIN.tonic + 4) / of(PLAIN.tonic + 3)
    assert heard["major"] > 2
    assert heard["minor"] < 0.5


def test_the_beat_can_be_measured() -> None:
    for tempo in (70, 110, 150):
        sound = synthesise(replace(PLAIN, tempo=tempo, drums="driving"), 20, RATE).mean(axis=1)
        kick = np.abs(np.convolve(sound, np.ones(80) / 80, mode="same"))  # low frequencies
        strength = np.diff(kick.reshape(-1, RATE // 100).max(axis=1)).clip(0)
        lags = range(30, 130)
        like = [float((strength[lag:] * strength[:-lag]).sum()) for lag in lags]
        period = lags[int(np.argmax(like))] / 100
        beats = period * tempo / 60
        assert beats == pytest.approx(round(beats * 2) / 2, abs=0.03)
        assert round(beats * 2) >= 1


def test_driving_drums_are_heard_above_soft_ones_and_those_above_none() -> None:
    kinds: tuple[Drums, ...] = get_args(Drums)
    loud = []
    for drums in kinds:
        strength = spectrum(synthesise(replace(PLAIN, drums=drums, timbre="organ"), 12, RATE)) ** 2
        loud.append(strength[len(strength) * 3 // 4 :].sum() / strength.sum())
    assert kinds == ("none", "soft", "driving")
    assert loud == sorted(loud)
    assert loud[2] > 2 * loud[1] > 4 * loud[0]


def test_a_busier_melody_has_more_notes() -> None:
    """A note's start is where the spectrum gains much at once."""
    starts = []
    for density in get_args(Density):
        sound = synthesise(replace(PLAIN, density=density, timbre="organ"), 20, RATE).mean(axis=1)
        pieces = sound[: len(sound) // 800 * 800].reshape(-1, 800) * np.hanning(800)
        gains = np.diff(np.abs(np.fft.rfft(pieces)), axis=0).clip(0).sum(axis=1)
        starts.append(int((gains > 0.35 * np.quantile(gains, 0.99)).sum()))
    assert 1.3 * starts[0] < starts[1]
    assert 1.3 * starts[1] < starts[2]


def test_every_tempo_drawn_is_of_a_class() -> None:
    tunes = [draw_tune(seed) for seed in range(200)]
    assert {tune.pace for tune in tunes} == set(TEMPOS)
    assert {tune.timbre for tune in tunes} == set(get_args(Timbre))
    assert {tune.mode for tune in tunes} == set(SCALES)
    assert {draw_tune(seed, "bells").timbre for seed in range(9)} == {"bells"}

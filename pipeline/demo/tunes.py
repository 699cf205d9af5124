"""Synthetic tunes: a melody, chords, a bass and drums, in one of several timbres.

A `Tune` is both the score of a recording and its ground truth: whatever its fields say can be
heard in any ten seconds of it, so captions can be checked against them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from pipeline.demo.instruments import Sound, Timbre, drum, note

Pace = Literal["slow", "medium", "fast"]
Mode = Literal["major", "minor"]
Density = Literal["sparse", "flowing", "busy"]
Drums = Literal["none", "soft", "driving"]
T = TypeVar("T")

TEMPOS: dict[Pace, tuple[int, int]] = {"slow": (60, 78), "medium": (96, 116), "fast": (140, 168)}
"""Beats a minute, with gaps between the classes so that nobody need argue about the border."""
SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}
PROGRESSIONS: dict[Mode, tuple[tuple[int, ...], ...]] = {
    "major": ((0, 4, 5, 3), (0, 3, 0, 4), (0, 5, 3, 4), (0, 3, 5, 4)),
    "minor": ((0, 5, 2, 6), (0, 3, 0, 4), (0, 6, 5, 6), (0, 5, 3, 4)),
}
"""One chord a bar, as steps of the scale; each starts on the tonic, so the mode is plain."""
RHYTHMS: dict[Density, tuple[tuple[float, ...], ...]] = {
    "sparse": ((2, 2), (3, 1), (4,), (2, 2)),
    "flowing": ((1, 1, 1, 1), (1.5, 0.5, 1, 1), (1, 1, 2), (1, 0.5, 0.5, 2)),
    "busy": ((0.5,) * 8, (0.5, 0.5, 1, 0.5, 0.5, 1), (0.5, 0.5, 0.5, 0.5, 1, 1)),
}
"""Lengths of the melody's notes in beats; each fills a bar of four."""
BEATS = 4
"""In a bar."""
PHRASE = 8
"""Bars until the melody repeats."""
AIR = 0.0015
"""Hiss beneath the music, as in any room. Without it there would be nothing at all above a few
kilohertz, and a bandwidth check would take the tune for a blown-up telephone recording."""


@dataclass(frozen=True)
class Tune:
    """One piece of music, in 4/4."""

    tempo: int
    """Beats a minute, within `TEMPOS`."""
    mode: Mode
    tonic: int
    """MIDI number of the melody's key note, 55 to 66."""
    timbre: Timbre
    """Of the melody and the chords."""
    density: Density
    """How many notes the melody has."""
    drums: Drums
    seed: int
    """Decides only the melody's notes and which chords accompany them."""

    @property
    def pace(self) -> Pace:
        """The tempo's class."""
        return next(pace for pace, (low, high) in TEMPOS.items() if low <= self.tempo <= high)


def draw_tune(seed: int, timbre: Timbre | None = None) -> Tune:
    """A random tune; the same seed gives the same one.

    Args:
        seed: any integer from 0.
        timbre: one to keep to; by default it is drawn too.
    """
    rng = np.random.default_rng(seed)
    paces: tuple[Pace, ...] = get_args(Pace)
    drawn: Timbre = _pick(rng, get_args(Timbre))
    low, high = TEMPOS[_pick(rng, paces)]
    return Tune(
        tempo=int(rng.integers(low, high + 1)),
        mode=_pick(rng, get_args(Mode)),
        tonic=int(rng.integers(55, 67)),
        timbre=timbre or drawn,
        density=_pick(rng, get_args(Density)),
        drums=_pick(rng, get_args(Drums)),
        seed=int(rng.integers(2**31)),
    )


def _pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    return options[int(rng.integers(len(options)))]


@dataclass(frozen=True)
class Hit:
    """One sound in the mix."""

    beat: float
    sound: Sound
    level: float
    pan: float = 0.0
    """-1 left, 1 right."""


def synthesise(tune: Tune, seconds: float, rate: int = 48_000) -> npt.NDArray[np.float32]:
    """The tune as stereo sound, [samples, 2], peak 0.8. It starts at once and fades out at the end.

    Args:
        tune: what to play.
        seconds: how long; the tune is repeated or cut off.
        rate: samples a second.
    """
    samples = round(seconds * rate)
    beat = 60 / tune.tempo
    bars = int(np.ceil(seconds / (BEATS * beat)))
    band = np.zeros((2, samples), np.float32)
    _mix(band, [*_accompaniment(tune, bars, rate), *_drumming(tune, bars, rate)], beat * rate)
    lead = np.zeros((2, samples), np.float32)
    _mix(lead, _melody(tune, bars, rate), beat * rate)
    dry = lead.mean(axis=0)
    for tap in (1, 2, 3):  # an echo on the off-beat, from side to side
        late = min(round(0.75 * tap * beat * rate), samples)
        lead[tap % 2, late:] += np.float32(0.3**tap) * dry[: samples - late]
    whole = band + lead
    whole *= np.float32(1 / max(float(np.abs(whole).max()), 1e-9))
    air = np.random.default_rng(tune.seed).standard_normal((2, samples), dtype=np.float32)
    whole += np.float32(AIR) * air
    fade = min(1.5, seconds / 4)
    whole *= np.clip(np.arange(samples, 0, -1, dtype=np.float32) / np.float32(fade * rate), 0, 1)
    return np.ascontiguousarray(np.float32(0.8) * whole.T)


def _mix(bus: npt.NDArray[np.float32], hits: Iterable[Hit], beat_samples: float) -> None:
    samples = bus.shape[1]
    for hit in hits:
        start = round(hit.beat * beat_samples)
        if start < samples:
            sound = hit.sound[: samples - start] * np.float32(hit.level)
            for channel, gain in enumerate((1 - hit.pan, 1 + hit.pan)):
                bus[channel, start : start + len(sound)] += np.float32(min(gain, 1.0)) * sound


def _pitch(tune: Tune, step: int) -> int:
    """MIDI number of a step of the scale, 0 being the tonic; steps go on beyond the octave."""
    octave, degree = divmod(step, 7)
    return tune.tonic + 12 * octave + SCALES[tune.mode][degree]


def _chords(tune: Tune) -> tuple[int, ...]:
    return _pick(np.random.default_rng(tune.seed), PROGRESSIONS[tune.mode])


def _melody(tune: Tune, bars: int, rate: int) -> Iterator[Hit]:
    phrase = list(_phrase(tune))
    beat = 60 / tune.tempo
    for first in range(0, bars, PHRASE):
        for start, length, step in phrase:
            held = round(min(length * beat * 0.94, 2.5), 3)
            sound = note(tune.timbre, _pitch(tune, step), held, rate)
            yield Hit(first * BEATS + start, sound, 0.5 if start % BEATS else 0.58, pan=0.12)


def _phrase(tune: Tune) -> Iterator[tuple[float, float, int]]:
    """Eight bars of melody: beat, length in beats and step of each note.

    Bars 3 and 4 answer bars 1 and 2, then both come again: on the beat the melody takes notes of
    the chord, in between it walks along the scale.
    """
    rng = np.random.default_rng(tune.seed + 1)
    chords = _chords(tune)
    motifs = [_pick(rng, RHYTHMS[tune.density]) for _ in range(2)]
    step = int(rng.integers(3, 8))
    for bar in range(PHRASE):
        start = 0.0
        for length in motifs[bar % 2]:
            step += int(rng.choice((-2, -1, -1, 1, 1, 2)))
            step = min(max(step, 0), 11)
            if start in (0.0, 2.0):
                step = min(_chord_steps(chords[bar % 4]), key=lambda near: abs(near - step))
            yield bar * BEATS + start, length, step
            start += length


def _chord_steps(root: int) -> list[int]:
    return [step for step in range(12) if (step - root) % 7 in (0, 2, 4)]


def _accompaniment(tune: Tune, bars: int, rate: int) -> Iterator[Hit]:
    beat = 60 / tune.tempo
    chords = _chords(tune)
    for bar in range(bars):
        root = chords[bar % 4]
        low = _pitch(tune, root) - 24
        for at in (0, 2):
            yield Hit(bar * BEATS + at, note("bass", low, round(1.8 * beat, 3), rate), 0.42)
        steps = [(root + third) % 7 for third in (0, 2, 4)]
        if tune.timbre in ("guitar", "bells", "synth"):
            for i, half in enumerate((0, 1, 2, 1, 0, 1, 2, 1)):
                sound = note(
                    tune.timbre, _pitch(tune, steps[half]) - 12, round(0.5 * beat, 3), rate
                )
                yield Hit(bar * BEATS + 0.5 * i, sound, 0.16, pan=0.5 * half - 0.5)
        else:
            for i, step in enumerate(steps):
                sound = note(tune.timbre, _pitch(tune, step) - 12, round(3.9 * beat, 3), rate)
                yield Hit(bar * BEATS, sound, 0.14, pan=0.45 * i - 0.45)


def _drumming(tune: Tune, bars: int, rate: int) -> Iterator[Hit]:
    if tune.drums == "none":
        return
    for bar in range(bars):
        for half in range(2 * BEATS):
            at = bar * BEATS + half / 2
            if tune.drums == "soft":
                yield Hit(at, drum("shaker", rate), 0.16 if half % 2 else 0.24, pan=0.3)
                if half == 0:
                    yield Hit(at, drum("kick", rate), 0.4)
                continue
            yield Hit(at, drum("hat", rate), 0.34 if half % 2 else 0.24, pan=0.25)
            if half % 2 == 0:
                yield Hit(at, drum("kick", rate), 0.75)
            if half in (2, 6):
                yield Hit(at, drum("snare", rate), 0.5)

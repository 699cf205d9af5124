"""Checks of the sound tell each fault from its nearest harmless neighbours."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.screen import CHECKS
from pipeline.screen.bandwidth import bandwidth_of
from pipeline.screen.settings import Screen
from pipeline.screen.verdict import Verdict
from tests import screening_media as made
from tests.pipeline.screen.screened import evidence_of

SHAPE = made.Shape(64, 64, 5, 12.0)
MUSIC = made.music(SHAPE.seconds)
AAC, OPUS = ("libx264", "aac"), ("libx264", "libopus")


def judged(
    check: str,
    folder: Path,
    sound: made.Sound,
    codecs: tuple[str, str] = AAC,
    bit_rate: int = 128_000,
) -> Verdict:
    path = made.write(folder / "a.mp4", SHAPE, made.motion(SHAPE), sound, codecs, bit_rate)
    found = CHECKS[check](evidence_of(path), Screen())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rate", "codecs"), [(8_000, AAC), (16_000, AAC), (22_050, AAC), (22_050, OPUS)]
)
def test_sound_from_a_lower_rate_is_told_by_where_it_ends(
    rate: int, codecs: tuple[str, str], tmp_path: Path
) -> None:
    found = judged("bandwidth", tmp_path, made.upsampled(MUSIC, rate), codecs)
    assert found.value == pytest.approx(0.49 * rate, rel=0.05)
    assert not found.passed


def test_sound_of_a_low_bit_rate_is_told_by_where_it_ends(tmp_path: Path) -> None:
    found = judged("bandwidth", tmp_path, MUSIC, AAC, 64_000)
    assert found.value == pytest.approx(12_500, abs=800)
    assert not found.passed


@pytest.mark.parametrize("codecs", [AAC, OPUS])
def test_music_as_it_is_uploaded_has_all_of_its_highs(
    codecs: tuple[str, str], tmp_path: Path
) -> None:
    found = judged("bandwidth", tmp_path, MUSIC, codecs)
    assert found.value > 17_000
    assert found.passed


def test_music_with_few_highs_is_not_low_fidelity(tmp_path: Path) -> None:
    found = judged("bandwidth", tmp_path, made.dark(MUSIC))
    assert found.passed


def test_a_roll_off_would_call_it_so() -> None:
    """Why the check looks for an edge."""
    power = np.square(np.abs(np.fft.rfft(made.dark(MUSIC)[0])))
    share = np.cumsum(power) / power.sum()
    assert np.searchsorted(share, 0.9999) / len(power) * made.RATE / 2 < 14_000


def test_a_pure_tone_is_not_low_fidelity() -> None:
    spectrum = np.full(2049, 1e-9)
    spectrum[30:33] = 1.0
    assert bandwidth_of(spectrum, 48_000) == 24_000


def test_one_side_inverted_is_told_from_stereo(tmp_path: Path) -> None:
    turned = judged("inverted", tmp_path, made.phase_inverted(MUSIC))
    assert turned.value < -0.98
    assert not turned.passed
    assert judged("inverted", tmp_path, MUSIC).value > 0.9


def test_wide_stereo_is_not_inverted(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, MUSIC.shape).astype(np.float32)
    found = judged("inverted", tmp_path, noise)
    assert abs(found.value) < 0.1
    assert found.passed


def test_sound_on_one_side_only_is_not_judged_by_both(tmp_path: Path) -> None:
    one = np.stack([MUSIC[0], np.zeros_like(MUSIC[0])])
    found = judged("inverted", tmp_path, one, ("libx264", "flac"))
    assert found.passed
    assert found.detail == "one side is silent: not measured"


@pytest.mark.parametrize("codecs", [AAC, OPUS])
def test_distortion_is_told_from_a_loud_master(codecs: tuple[str, str], tmp_path: Path) -> None:
    over = judged("clipped", tmp_path, made.clipped(MUSIC, 18), codecs)
    assert not over.passed
    loud = judged("clipped", tmp_path, made.limited(MUSIC), codecs)
    assert loud.value < loud.threshold / 5
    assert loud.passed


@pytest.mark.parametrize(
    ("share", "passed"), [(0.0, False), (0.25, False), (0.75, True), (1, True)]
)
def test_silence_is_measured_over_all_of_the_video(
    share: float, passed: bool, tmp_path: Path
) -> None:
    found = judged("silence", tmp_path, made.silent_after(MUSIC, share))
    assert found.value == pytest.approx(1 - share, abs=0.06)
    assert found.passed == passed


def test_a_silent_video_has_no_bandwidth(tmp_path: Path) -> None:
    found = judged("bandwidth", tmp_path, made.silent_after(MUSIC, 0.0))
    assert found.passed
    assert found.detail == "silent: not measured"

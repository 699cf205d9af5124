"""Mono, gaps and the resampler."""

from fractions import Fraction

import numpy as np
import pytest
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.media.audio import assemble, mono_of, resample
from pipeline.media.raw import Piece
from tests.pipeline.media.footage import noise, samples_off


def frame_of(channels: list[float], layout: str, kind: str = "fltp") -> AudioFrame:
    values = np.repeat(np.array(channels, np.float32)[:, np.newaxis], 64, axis=1)
    if kind == "s16":
        values = np.rint(values * 32768).astype(np.int16).T.reshape(1, -1)
    return AudioFrame.from_ndarray(values, format=kind, layout=layout)


@pytest.mark.parametrize("kind", ["fltp", "s16"])
def test_mono_is_the_mean_of_left_and_right(kind: str) -> None:
    mono = mono_of(frame_of([0.5, 0.25], "stereo", kind))
    assert mono.shape == (64,)
    assert mono == pytest.approx(0.375)


def test_mono_stays_as_it_is() -> None:
    assert mono_of(frame_of([0.5], "mono")) == pytest.approx(0.5)


def test_equal_channels_keep_their_level_in_any_layout() -> None:
    for layout, count in [("3.0", 3), ("quad", 4), ("5.0", 5), ("5.1", 6)]:
        level = [0.5] * count
        assert mono_of(frame_of(level, layout)) == pytest.approx(0.5), layout


def test_the_low_frequency_channel_is_left_out() -> None:
    assert mono_of(frame_of([0, 0, 0, 1.0, 0, 0], "5.1")) == pytest.approx(0)
    centre = mono_of(frame_of([0, 0, 1.0, 0, 0, 0], "5.1"))[0]
    left = mono_of(frame_of([1.0, 0, 0, 0, 0, 0], "5.1"))[0]
    assert centre / left == pytest.approx(2**0.5)


def pieces(signal: NDArray[np.float32], rate: int, begins_s: float = 0.0) -> list[Piece]:
    return [
        Piece(begins_s + at / rate, rate, signal[at : at + 1000])
        for at in range(0, len(signal), 1000)
    ]


def assembled(given: list[Piece], rate: int = 48_000) -> NDArray[np.float32]:
    return assemble(given, Fraction(2), Fraction(4), rate)


def test_a_whole_window_is_the_signal() -> None:
    audio = assembled(pieces(noise(), 48_000))
    assert np.array_equal(audio, noise()[96_000:192_000])


def test_another_rate_is_resampled_once_without_delay() -> None:
    for rate in (8_000, 11_025, 16_000, 22_050, 44_100, 96_000):
        source = resample(noise(), 48_000, rate)
        audio = assembled(pieces(source, rate))
        assert audio.shape == (96_000,)
        assert samples_off(audio, noise(), 96_000) == 0, rate


def test_timestamps_rounded_to_milliseconds_lose_nothing() -> None:
    given = [Piece(round(p.start_s, 3), p.rate, p.mono) for p in pieces(noise(), 48_000)]
    assert samples_off(assembled(given), noise(), 96_000) == 0


def reason_of(given: list[Piece]) -> str:
    with pytest.raises(MediaError) as caught:
        assembled(given)
    return caught.value.reason


def test_a_lost_packet_is_a_failure() -> None:
    given = pieces(noise(), 48_000)
    assert reason_of(given[:130] + given[131:]) == "audio_partly_missing"


def test_a_lost_packet_outside_the_window_is_not() -> None:
    given = pieces(noise(), 48_000)
    assert assembled(given[:50] + given[51:]).shape == (96_000,)


def test_audio_that_ends_in_the_window_is_a_failure() -> None:
    assert reason_of(pieces(noise(3.5), 48_000)) == "audio_partly_missing"


def test_audio_that_begins_in_the_window_is_a_failure() -> None:
    assert reason_of(pieces(noise(), 48_000, begins_s=2.1)) == "audio_partly_missing"


def test_a_clock_that_goes_back_is_a_failure() -> None:
    given = pieces(noise(), 48_000)
    again = [Piece(p.start_s - 0.2, p.rate, p.mono) for p in given[140:]]
    assert reason_of(given[:140] + again) == "audio_partly_missing"


def test_no_audio_is_a_failure() -> None:
    assert reason_of([]) == "audio_missing"
    assert reason_of(pieces(noise(1.0), 48_000)) == "audio_missing"


def test_a_changing_rate_is_a_failure() -> None:
    given = pieces(noise(), 48_000)
    assert reason_of([*given[:120], Piece(2.5, 44_100, given[0].mono)]) == "audio_changes"

"""Clips to bytes and back."""

import io
import random
import struct
import wave

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import MediaError, RecipeError
from pipeline.media.decode import decode_audio, decode_frame
from pipeline.media.encode import encode_audio, encode_frame, normalise
from pipeline.media.settings import Cutting
from tests.pipeline.media.footage import noise, number_of, samples_off, stamped


def test_the_peak_is_brought_to_its_level_by_one_gain() -> None:
    quiet = noise() * np.float32(0.02)
    found = normalise(quiet, Cutting(peak_dbfs=-1.0))
    assert np.abs(found.audio).max() == pytest.approx(10 ** (-1 / 20), rel=1e-5)
    assert np.allclose(found.audio, quiet * 10 ** (found.gain_db / 20), rtol=1e-5)
    assert found.rms == pytest.approx(float(np.sqrt((quiet**2).mean())), rel=1e-5)


def test_full_scale_does_not_clip() -> None:
    found = normalise(-noise(), Cutting(peak_dbfs=0.0))
    decoded = decode_audio(encode_audio(found.audio, 48_000, "flac"), 48_000)
    assert np.abs(decoded - found.audio).max() <= 0.5 / 32768


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_is_refused(level: float) -> None:
    with pytest.raises(MediaError) as caught:
        normalise(noise() * np.float32(level), Cutting())
    assert caught.value.reason == "silent"


def test_digital_silence_is_refused_even_without_a_floor() -> None:
    with pytest.raises(MediaError):
        normalise(np.zeros(480, np.float32), Cutting(silence_rms=0))


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(MediaError) as caught:
        normalise(np.full(480, np.nan, np.float32), Cutting())
    assert caught.value.reason == "undecodable"


@pytest.mark.parametrize("audio_format", ["flac", "wav"])
def test_lossless_formats_keep_sixteen_bits(audio_format: str) -> None:
    data = encode_audio(noise(), 48_000, audio_format)
    decoded = decode_audio(data, 48_000)
    assert decoded.shape == noise().shape
    assert np.abs(decoded - noise()).max() <= 0.5 / 32768 + 1e-9


def test_wav_is_plain() -> None:
    with wave.open(io.BytesIO(encode_audio(noise(), 44_100, "wav"))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        assert file.getnframes() == len(noise())


def test_opus_keeps_length_and_place() -> None:
    decoded = decode_audio(encode_audio(noise(), 48_000, "opus"), 48_000)
    assert decoded.shape == noise().shape
    assert samples_off(decoded, noise(), 0) == 0


def test_opus_refuses_other_rates_in_one_line() -> None:
    with pytest.raises(RecipeError, match="24000, 48000"):
        encode_audio(noise(), 44_100, "opus")


@pytest.mark.parametrize("audio_format", ["flac", "wav", "opus"])
def test_equal_audio_gives_equal_bytes(audio_format: str) -> None:
    once, again = (encode_audio(noise(), 48_000, audio_format) for _ in range(2))
    assert once == again


def test_decoding_resamples() -> None:
    decoded = decode_audio(encode_audio(noise(), 48_000, "flac"), 16_000)
    assert decoded.shape == (len(noise()) // 3,)
    assert decoded.dtype == np.float32


def test_a_frame_survives_jpeg() -> None:
    data = encode_frame(stamped(333), 95)
    assert data == encode_frame(stamped(333), 95)
    picture = decode_frame(data)
    assert (picture.mode, picture.size) == ("RGB", (320, 180))
    assert number_of(np.asarray(picture)) == 333


def test_damaged_media_say_so() -> None:
    for data in (b"", b"fLaC", b"<html>" * 100):
        with pytest.raises(MediaError):
            decode_audio(data, 48_000)
        with pytest.raises(MediaError):
            decode_frame(data)


def test_only_jpeg_is_opened_as_a_frame() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    with pytest.raises(MediaError):
        decode_frame(file.getvalue())


@pytest.mark.parametrize(
    ("at", "form", "value"),
    [
        pytest.param(24, "<I", 150_994_944, id="151 MHz"),
        pytest.param(24, "<I", 1, id="1 Hz"),
        pytest.param(34, "<H", 64, id="64 bits"),
        pytest.param(22, "<H", 0, id="no channels"),
        pytest.param(20, "<H", 3, id="floats of 16 bits"),
    ],
)
def test_a_header_that_states_what_cannot_be_is_a_damaged_file(
    at: int, form: str, value: int
) -> None:
    data = bytearray(encode_audio(noise()[:800], 8_000, "wav"))
    struct.pack_into(form, data, at, value)
    with pytest.raises(MediaError) as caught:
        decode_audio(bytes(data), 16_000)
    assert caught.value.reason == "undecodable"


@pytest.mark.parametrize("audio_format", ["flac", "wav"])
def test_whatever_bytes_are_damaged_nothing_but_that_is_said(audio_format: str) -> None:
    whole, draw = encode_audio(noise()[:800], 8_000, audio_format), random.Random(1)
    refused = 0
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(64)] = draw.randrange(256)
        try:
            decode_audio(bytes(data), 16_000)
        except MediaError as error:
            refused += error.reason == "undecodable"
    assert 50 < refused < 500

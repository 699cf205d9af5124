"""Stage `alm` against a real HTTP server: what it is played, and what becomes of its answers."""

import io
import wave
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import RecipeError
from pipeline.media.decode import decode_audio
from pipeline.media.encode import encode_audio
from pipeline.stage import Failure, Sample
from pipeline.stages.alm import Alm
from schemas.captions import MusicCaption
from tests.chat_server import ChatServer, Reply, chat_server, fails, says
from tests.inputs import sample, shard_of

RATE = 48_000


def noise(number: int, rate: int = RATE) -> NDArray[np.int16]:
    """Ten seconds that no codec can shorten: each sample counts."""
    random = np.random.default_rng(number)
    return random.integers(-32768, 32768, 10 * rate, dtype=np.int16)


def clip(number: int, audio_format: str, rate: int = RATE) -> Sample:
    """A clip of noise as a shard holds it."""
    audio = encode_audio(noise(number, rate).astype(np.float32) / 32768, rate, audio_format)
    plain = sample(number, audio=audio)
    meta = plain.meta | {"sample_rate": rate}
    return replace(plain, audio_format=audio_format, meta=meta)


def stage(server: ChatServer, **options: Any) -> Alm:
    return Alm(**({"model": "tiny", "base_url": server.url, "retries": 1} | options))


def played(body: dict[str, Any]) -> bytes:
    part = body["messages"][0]["content"][0]
    assert (part["type"], part["input_audio"]["format"]) == ("input_audio", "wav")
    return b64decode(part["input_audio"]["data"], validate=True)


def pcm(file: bytes) -> tuple[int, NDArray[np.int16]]:
    """Rate and samples of a 16-bit mono WAV file, as Python's own reader sees it."""
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth()) == (1, 2)
        data = opened.readframes(opened.getnframes())
        return opened.getframerate(), np.frombuffer(data, "<i2")


@pytest.mark.parametrize("rate", [16_000, RATE])
@pytest.mark.parametrize("audio_format", ["flac", "wav"])
def test_the_server_is_played_every_sample_of_the_clip_at_its_own_rate(
    audio_format: str, rate: int
) -> None:
    with chat_server(lambda body, _: says("noise")) as server:
        list(stage(server).run(shard_of([clip(3, audio_format, rate)])))
    (body,) = server.asked
    got, samples = pcm(played(body))
    assert got == rate
    assert np.array_equal(samples, noise(3, rate))


def test_a_wav_file_is_sent_as_it_is() -> None:
    media = clip(1, "wav")
    with chat_server(lambda body, _: says("noise")) as server:
        list(stage(server).run(shard_of([media])))
    assert played(server.asked[0]) == media.audio


def test_opus_is_sent_as_what_it_decodes_to() -> None:
    media = clip(1, "opus")
    with chat_server(lambda body, _: says("noise")) as server:
        list(stage(server).run(shard_of([media])))
    rate, samples = pcm(played(server.asked[0]))
    decoded = decode_audio(media.audio, RATE)
    assert rate == RATE
    assert len(samples) == len(decoded) == 10 * RATE
    assert np.abs(samples / 32768 - np.clip(decoded, -1, 1)).max() <= 1 / 32768


def test_each_clip_becomes_one_caption() -> None:
    media = [clip(number, "flac") for number in range(3)]
    sums = {int(noise(n).astype(np.int64).sum()): media[n].clip_id for n in range(3)}

    def answer(body: dict[str, Any], before: int) -> Reply:
        _, samples = pcm(played(body))
        return says(f" about {sums[int(samples.astype(np.int64).sum())]}\n")

    with chat_server(answer) as server:
        made = stage(server, instruction="What do you hear?", max_tokens=50)
        rows = list(made.run(shard_of(media)))
    assert rows == [
        MusicCaption(
            clip_id=each.clip_id, text=f"about {each.clip_id}", model="tiny", revision="endpoint"
        )
        for each in media
    ]
    for body in server.asked:
        assert body["messages"][0]["content"][1] == {"type": "text", "text": "What do you hear?"}
        assert body["max_tokens"] == 50


def test_what_goes_wrong_is_a_failure_of_its_clip_alone() -> None:
    bad = sample(1, audio=b"RIFF no sound")
    empty, refused, good = clip(2, "wav"), clip(3, "wav"), clip(4, "wav")

    def answer(body: dict[str, Any], before: int) -> Reply:
        replies = {empty.audio: says(None), refused.audio: fails(400), good.audio: says("noise")}
        return replies[played(body)]

    inputs = shard_of([bad, empty, refused, good, sample(5)])
    inputs.media.pop()
    with chat_server(answer) as server:
        outcomes = list(stage(server).run(inputs))
    reasons = {each.clip_id: each.reason for each in outcomes if isinstance(each, Failure)}
    assert reasons == {
        bad.clip_id: "undecodable",
        empty.clip_id: "empty_answer",
        refused.clip_id: "endpoint_http_400",
        sample(5).clip_id: "no_media",
    }
    assert [row.clip_id for row in outcomes if isinstance(row, MusicCaption)] == [good.clip_id]


def test_the_model_is_named_as_the_servers() -> None:
    (record,) = Alm(model="tiny").models().values()
    assert (record.model, record.revision, record.digest) == ("tiny", "endpoint", None)


@pytest.mark.parametrize(
    "options", [{"instruction": " \n"}, {"temperature": -1.0}, {"concurrency": 0}]
)
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(RecipeError, match=f"`{name}`"):
        Alm(**options)

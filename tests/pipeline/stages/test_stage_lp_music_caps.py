"""Stage `lp_music_caps` on clips with real audio files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import MissingCheckpoint, RecipeError
from pipeline.media.decode import decode_audio
from pipeline.models.lp_music_caps import chunks
from pipeline.models.lp_music_caps_weights import load
from pipeline.stage import Failure, Sample, fingerprint
from pipeline.stages.lp_music_caps import LpMusicCaps
from schemas.captions import MusicCaption
from tests.inputs import MemoryInputs, sample, shard_of, wav

DATA = Path(__file__).parents[2] / "data" / "lp_music_caps"
STAGE = LpMusicCaps(model=str(DATA), num_beams=2, max_length=24)


def run(stage: LpMusicCaps, inputs: MemoryInputs) -> tuple[list[MusicCaption], list[Failure]]:
    outcomes = list(stage.run(inputs))
    rows = [outcome for outcome in outcomes if isinstance(outcome, MusicCaption)]
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    assert len(outcomes) == len({outcome.clip_id for outcome in [*rows, *failures]})
    return rows, failures


def flac(number: int) -> Sample:
    audio = (DATA / f"clip{number}.flac").read_bytes()
    return replace(sample(number, audio=audio), audio_format="flac")


def test_each_clip_gets_a_caption_whatever_the_batch_size() -> None:
    samples = [flac(number) for number in range(3)]
    rows, failures = run(STAGE, shard_of(samples))
    assert not failures
    assert [row.clip_id for row in rows] == [one.clip_id for one in samples]
    assert len({row.text for row in rows}) == 3
    for batch_size in (1, 2):
        assert run(replace(STAGE, batch_size=batch_size), shard_of(samples))[0] == rows


def test_a_row_names_the_model_and_its_digest() -> None:
    ((row,), _) = run(STAGE, shard_of([flac(0)]))
    used = STAGE.models()["model"]
    assert (row.model, row.revision) == ("lp_music_caps", used.revision)
    assert used.digest is not None
    assert used.revision == f"local:{used.digest[:12]}"


def test_longer_clips_have_their_chunks_captions_joined() -> None:
    long = sample(5, audio=wav(330.0, seconds=24.0, rate=16_000))
    ((row,), _) = run(STAGE, shard_of([long]))
    parts = chunks(decode_audio(long.audio, 16_000))
    assert len(parts) == 2
    captioner = load(DATA / "tiny.pth", DATA / "bart", "cpu")
    assert row.text == " ".join(text.strip() for text in captioner.captions(parts, 2, 24))


def test_a_clip_that_cannot_be_decoded_fails_alone() -> None:
    samples = [flac(0), sample(1, audio=b"not audio"), flac(2)]
    rows, failures = run(STAGE, shard_of(samples))
    assert [row.clip_id for row in rows] == [samples[0].clip_id, samples[2].clip_id]
    assert [failure.clip_id for failure in failures] == [samples[1].clip_id]
    assert failures[0].reason


def test_a_clip_that_its_shard_lacks_is_a_failure() -> None:
    inputs = shard_of([flac(0), flac(1)])
    inputs.media.pop()
    rows, failures = run(STAGE, inputs)
    assert len(rows) == 1
    assert [(failure.clip_id, failure.reason) for failure in failures] == [
        (flac(1).clip_id, "no_media")
    ]


def test_a_missing_checkpoint_says_what_to_download() -> None:
    with pytest.raises(MissingCheckpoint, match=r"1\.78 GB.*hf download .* pretrain\.pth"):
        LpMusicCaps(model="seungheondoh/lp-music-caps", checkpoint="pretrain").models()


def test_the_batch_size_is_no_part_of_the_fingerprint() -> None:
    assert fingerprint(replace(STAGE, batch_size=1), {}) == fingerprint(STAGE, {})
    assert fingerprint(replace(STAGE, num_beams=1), {}) != fingerprint(STAGE, {})


@pytest.mark.parametrize("options", [{"num_beams": 0}, {"max_length": 2}, {"batch_size": 0}])
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(RecipeError, match=f"`{name}`"):
        LpMusicCaps(**options)

"""Each text about a clip's music gets its cosine, or the clip a failure that says why."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import ClapModel, ClapProcessor

from pipeline.errors import MissingCheckpoint, RecipeError
from pipeline.media.decode import decode_audio
from pipeline.stage import Failure, Sample, fingerprint
from pipeline.stages.clap_score import ClapScore
from schemas import MUSIC_CAPTIONS, PROMPTS
from schemas.captions import MusicCaption
from schemas.prompt import Prompt
from schemas.score import Score, is_shuffled
from tests.inputs import RATE, MemoryInputs, sample, shard_of, wav
from tests.tiny_checkpoints import make_clap


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "clap"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_clap(path)
    return path


@pytest.fixture
def stage(folder: Path) -> ClapScore:
    return ClapScore(model=str(folder))


def prompt(clip: Sample, text: str) -> Prompt:
    words = len(text.split())
    return Prompt(
        clip_id=clip.clip_id, text=text, first_answer=text, words=words, model="m", revision="r"
    )


def caption(clip: Sample, text: str) -> MusicCaption:
    return MusicCaption(clip_id=clip.clip_id, text=text, model="m", revision="r")


def shard(media: list[Sample], prompts: list[Prompt], captions: list[MusicCaption]) -> MemoryInputs:
    return shard_of(media, (PROMPTS, list(prompts)), (MUSIC_CAPTIONS, list(captions)))


def run(
    stage: ClapScore, inputs: MemoryInputs
) -> tuple[dict[tuple[str, str], Score], list[Failure]]:
    """The scores of the clips' own texts, and the failures."""
    out = list(stage.run(inputs))
    scores = [row for row in out if isinstance(row, Score) and not is_shuffled(row.subject)]
    return {(row.clip_id, row.subject): row for row in scores}, [
        row for row in out if isinstance(row, Failure)
    ]


def plain_cosine(folder: Path, audio: bytes, text: str) -> float:
    model = ClapModel.from_pretrained(folder).eval()
    processor = ClapProcessor.from_pretrained(folder)
    samples = decode_audio(audio, RATE)
    given = processor(text=[text], audio=[samples], sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        plain = model(**given)
    return float(plain.audio_embeds @ plain.text_embeds.T)


def test_caption_and_prompt_are_scored_against_the_clips_own_music(
    stage: ClapScore, folder: Path
) -> None:
    one, two = sample(1), sample(2)
    inputs = shard(
        [one, two], [prompt(one, "a red star")], [caption(one, "slow piano"), caption(two, "choir")]
    )
    scores, failures = run(stage, inputs)
    assert failures == []
    for clip, subject, text in (
        (one, "prompt", "a red star"),
        (one, "music_caption", "slow piano"),
        (two, "music_caption", "choir"),
    ):
        score = scores.pop((clip.clip_id, subject))
        assert score.metric == "clap_cosine"
        assert score.value == pytest.approx(plain_cosine(folder, clip.audio, text), abs=1e-5)
        assert not score.truncated
    assert scores == {}


def test_rows_name_the_checkpoint_that_made_them(stage: ClapScore) -> None:
    clip, record = sample(1), stage.models()["model"]
    scores, _ = run(stage, shard([clip], [], [caption(clip, "choir")]))
    assert {(row.model, row.revision) for row in scores.values()} == {("clap", record.revision)}


def test_a_text_that_is_cut_says_so(stage: ClapScore) -> None:
    clip = sample(1)
    scores, _ = run(stage, shard([clip], [prompt(clip, "choir")], [caption(clip, "drum " * 90)]))
    assert scores[clip.clip_id, "music_caption"].truncated
    assert not scores[clip.clip_id, "prompt"].truncated


def test_a_clip_without_text_is_a_failure(stage: ClapScore) -> None:
    media = [sample(n) for n in range(3)]
    inputs = shard(media, [prompt(media[0], "a star")], [caption(media[1], " ")])
    scores, failures = run(stage, inputs)
    assert list(scores) == [(media[0].clip_id, "prompt")]
    assert [(failure.clip_id, failure.reason) for failure in failures] == [
        (media[1].clip_id, "empty_text"),
        (media[2].clip_id, "no_text"),
    ]
    assert inputs.notes[0] == "1 empty text(s) were not scored."


def test_audio_that_cannot_be_decoded_or_is_not_there_is_a_failure(stage: ClapScore) -> None:
    media = [sample(0), sample(1, audio=b"no audio"), sample(2)]
    inputs = shard(media, [prompt(clip, "a star") for clip in media], [])
    inputs.media.pop()
    scores, failures = run(stage, inputs)
    assert list(scores) == [(media[0].clip_id, "prompt")]
    assert [(failure.clip_id, failure.reason) for failure in failures] == [
        (sample(1).clip_id, "undecodable"),
        (sample(2).clip_id, "no_media"),
    ]


def test_the_batch_size_changes_no_score(stage: ClapScore) -> None:
    seconds = (10.0, 4.0, 21.0, 10.0)
    media = [sample(n, audio=wav(200.0 * (n + 1), long)) for n, long in enumerate(seconds)]
    prompts = [prompt(clip, "a quiet river " * (1 + n)) for n, clip in enumerate(media)]
    one, _ = run(replace(stage, batch_size=1), shard(media, prompts, []))
    all_at_once, _ = run(stage, shard(media, prompts, []))
    assert list(one) == list(all_at_once)
    for key, score in one.items():
        assert score.value == pytest.approx(all_at_once[key].value, abs=1e-6)


def test_music_of_another_rate_is_resampled(stage: ClapScore) -> None:
    low, high = sample(1, audio=wav(440.0, rate=24_000)), sample(2, audio=wav(440.0))
    captions = [caption(clip, "choir") for clip in (low, high)]
    scores, _ = run(stage, shard([low, high], [], captions))
    values = [row.value for row in scores.values()]
    assert values[0] == pytest.approx(values[1], abs=0.02)


def test_a_clip_that_does_not_fit_is_a_failure(
    stage: ClapScore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.models.clap import Clap

    def embed(*args: object) -> object:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Clap, "embed_audio", embed)
    _, failures = run(stage, shard([sample(0)], [prompt(sample(0), "a star")], []))
    assert [failure.reason for failure in failures] == ["out_of_memory"]


def test_a_missing_checkpoint_is_known_before_any_media_is_opened(tmp_path: Path) -> None:
    inputs = shard([sample(0)], [], [])
    with pytest.raises(MissingCheckpoint):
        list(ClapScore(model=str(tmp_path / "none")).run(inputs))
    assert inputs.opened == 0


def test_the_batch_size_is_no_part_of_the_fingerprint(stage: ClapScore) -> None:
    assert fingerprint(replace(stage, batch_size=1), {}) == fingerprint(stage, {})
    with pytest.raises(RecipeError, match="`batch_size`"):
        ClapScore(batch_size=0)

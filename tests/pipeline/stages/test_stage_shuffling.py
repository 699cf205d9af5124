"""Shuffled pairs: each text once more, against the frame or music of another video."""

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

from pipeline.models import clip as model_module
from pipeline.stage import Failure, Sample, Stage, fingerprint
from pipeline.stages.clap_score import ClapScore
from pipeline.stages.clip_score import ClipScore
from pipeline.stages.shuffling import partners
from schemas import FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS
from schemas.captions import FrameCaption, MusicCaption
from schemas.prompt import Prompt
from schemas.score import Score, is_shuffled
from schemas.table import Row
from tests.inputs import MemoryInputs, sample, shard_of
from tests.random_checkpoints import make_clip
from tests.tiny_checkpoints import make_clap

BY = {"model": "m", "revision": "r"}
VIDEOS = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(
    lambda videos: {f"clip{n}": f"v{video}" for n, video in enumerate(videos)}
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_clip(folder / "clip")
        make_clap(folder / "clap")
    return folder


@pytest.fixture
def clip_stage(models: Path) -> ClipScore:
    return ClipScore(model=str(models / "clip"))


def text_of(clip: Sample) -> str:
    return "a quiet river " * (1 + int(clip.clip_id[-5]))


def shard(media: list[Sample], answered: int = 0) -> MemoryInputs:
    """A prompt and a music caption for each clip, and answers about the first few frames."""
    prompts: list[Row] = [
        Prompt(clip_id=each.clip_id, text=text_of(each), first_answer="", words=1, **BY)
        for each in media
    ]
    answers: list[Row] = [
        FrameCaption(clip_id=each.clip_id, question="style", prompt="?", answer="neon", **BY)
        for each in media[:answered]
    ]
    music: list[Row] = [MusicCaption(clip_id=each.clip_id, text="choir", **BY) for each in media]
    return shard_of(media, (PROMPTS, prompts), (FRAME_CAPTIONS, answers), (MUSIC_CAPTIONS, music))


def floor(stage: Stage, inputs: MemoryInputs) -> dict[tuple[str, str], float]:
    rows = [row for row in stage.run(inputs) if isinstance(row, Score)]
    return {(row.clip_id, row.subject): row.value for row in rows if is_shuffled(row.subject)}


def of_one_video(samples: list[Sample]) -> list[Sample]:
    return [replace(each, meta={**each.meta, "video_id": "local-one"}) for each in samples]


@given(VIDEOS)
def test_partners_are_of_other_videos(videos: dict[str, str]) -> None:
    found = partners(videos)

    assert found.keys() == (videos.keys() if len(set(videos.values())) > 1 else set())
    assert all(videos[clip] != videos[partner] for clip, partner in found.items())


@given(VIDEOS)
def test_each_text_is_used_once_where_no_video_has_more_than_half(videos: dict[str, str]) -> None:
    if 2 * max(Counter(videos.values()).values()) <= len(videos):
        assert sorted(partners(videos).values()) == sorted(videos)


@given(VIDEOS)
def test_the_order_of_the_clips_changes_no_pair(videos: dict[str, str]) -> None:
    turned = dict(reversed(videos.items()))

    assert partners(turned) == partners(videos)


def test_partners_are_mixed() -> None:
    """Not a neighbour in time, nor one video's clips all with one other video."""
    videos = {f"v{n // 5}-{n % 5}": f"v{n // 5}" for n in range(200)}
    found = partners(videos)

    met = {(videos[clip], videos[partner]) for clip, partner in found.items()}
    assert len(met) > 150


def test_a_frame_is_held_against_the_text_of_another_video(
    clip_stage: ClipScore, models: Path
) -> None:
    media = [sample(n) for n in range(6)]
    found = floor(clip_stage, shard(media))
    pairs = partners({each.clip_id: str(each.meta["video_id"]) for each in media})

    model = CLIPModel.from_pretrained(models / "clip").eval()
    processor = CLIPProcessor.from_pretrained(models / "clip")
    by_id = {each.clip_id: each for each in media}
    assert found.keys() == {(each.clip_id, "shuffled:prompt") for each in media}
    for clip_id, partner in pairs.items():
        image = Image.open(io.BytesIO(by_id[clip_id].frame))
        given = processor(text=[text_of(by_id[partner])], images=image, return_tensors="pt")
        with torch.no_grad():
            expected = float(model(**given).logits_per_image / model.logit_scale.exp())
        assert found[clip_id, "shuffled:prompt"] == pytest.approx(expected, abs=1e-5)


def test_music_is_held_against_the_text_of_another_video(models: Path) -> None:
    media = [sample(n) for n in range(3)]
    found = floor(ClapScore(model=str(models / "clap")), shard(media))

    assert {subject for _, subject in found} == {"shuffled:prompt", "shuffled:music_caption"}
    assert len(found) == 6


def test_neither_batches_nor_the_order_of_the_tar_change_a_pair(clip_stage: ClipScore) -> None:
    media = [sample(n) for n in range(6)]
    whole = floor(clip_stage, shard(media))

    for other in (
        floor(replace(clip_stage, batch_size=1), shard(media)),
        floor(clip_stage, shard(media[::-1])),
    ):
        assert other == {pair: pytest.approx(value, abs=1e-6) for pair, value in whole.items()}


def test_a_subject_is_paired_among_the_clips_that_have_it(clip_stage: ClipScore) -> None:
    media = [sample(n) for n in range(5)]
    found = floor(clip_stage, shard(media, answered=3))

    answered = {clip_id for clip_id, subject in found if subject == "shuffled:answer:style"}
    assert answered == {each.clip_id for each in media[:3]}


def test_no_model_runs_twice(clip_stage: ClipScore, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[int] = []
    whole = model_module.ClipModel.embed_texts

    def embed(self: model_module.ClipModel, given: list[str]) -> tuple[torch.Tensor, list[bool]]:
        texts.append(len(given))
        return whole(self, given)

    monkeypatch.setattr(model_module.ClipModel, "embed_texts", embed)
    floor(clip_stage, shard([sample(n) for n in range(4)], answered=4))
    assert sum(texts) == 8


def test_one_video_alone_has_no_shuffled_pairs_and_says_so(clip_stage: ClipScore) -> None:
    inputs = shard(of_one_video([sample(n) for n in range(3)]), answered=3)

    assert floor(clip_stage, inputs) == {}
    assert inputs.notes == ["One video alone has texts: no shuffled pairs of answer:style, prompt."]


def test_a_frame_that_cannot_be_read_is_in_no_pair(clip_stage: ClipScore) -> None:
    media = [sample(n) for n in range(3)] + [sample(3, frame=b"no picture")]
    out = list(clip_stage.run(shard(media)))

    assert [each.clip_id for each in out if isinstance(each, Failure)] == [media[3].clip_id]
    paired = {row.clip_id for row in out if isinstance(row, Score) and is_shuffled(row.subject)}
    assert paired == {each.clip_id for each in media[:3]}


def test_shuffled_pairs_can_be_left_out(clip_stage: ClipScore) -> None:
    own = replace(clip_stage, shuffled=False)
    inputs = shard([sample(n) for n in range(3)])

    assert floor(own, inputs) == {}
    assert inputs.notes == []
    assert fingerprint(own, {}) != fingerprint(clip_stage, {})

"""Each text of each clip gets its cosine, or the clip a failure that says why."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

from pipeline.models import clip as model_module
from pipeline.stage import Failure, Sample
from pipeline.stages.clip_score import ClipScore
from schemas import FRAME_CAPTIONS, PROMPTS
from schemas.captions import FrameCaption
from schemas.prompt import Prompt
from schemas.score import Score, is_shuffled
from tests.inputs import MemoryInputs, sample, shard_of
from tests.random_checkpoints import make_clip
from tests.tiny_checkpoints import make_siglip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "clip"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_clip(path)
    return path


@pytest.fixture
def stage(folder: Path) -> ClipScore:
    return ClipScore(model=str(folder))


def prompt(clip: Sample, text: str) -> Prompt:
    return Prompt(
        clip_id=clip.clip_id,
        text=text,
        first_answer=text,
        words=len(text.split()),
        model="m",
        revision="r",
    )


def answer(clip: Sample, question: str, text: str) -> FrameCaption:
    return FrameCaption(
        clip_id=clip.clip_id, question=question, prompt="?", answer=text, model="m", revision="r"
    )


def shard(media: list[Sample], prompts: list[Prompt], answers: list[FrameCaption]) -> MemoryInputs:
    return shard_of(media, (PROMPTS, list(prompts)), (FRAME_CAPTIONS, list(answers)))


def run(
    stage: ClipScore, inputs: MemoryInputs
) -> tuple[dict[tuple[str, str], Score], list[Failure]]:
    """The scores of the clips' own texts, and the failures."""
    out = list(stage.run(inputs))
    scores = [row for row in out if isinstance(row, Score) and not is_shuffled(row.subject)]
    return {(row.clip_id, row.subject): row for row in scores}, [
        row for row in out if isinstance(row, Failure)
    ]


def plain_cosine(folder: Path, frame: bytes, text: str) -> float:
    model = CLIPModel.from_pretrained(folder).eval()
    processor = CLIPProcessor.from_pretrained(folder)
    given = processor(text=[text], images=Image.open(io.BytesIO(frame)), return_tensors="pt")
    with torch.no_grad():
        return float(model(**given).logits_per_image / model.logit_scale.exp())


def test_the_prompt_and_every_answer_are_scored_against_the_clips_own_frame(
    stage: ClipScore, folder: Path
) -> None:
    one, two = sample(1), sample(2)
    inputs = shard(
        [one, two],
        [prompt(one, "a red star"), prompt(two, "a quiet river")],
        [answer(one, "style", "neon"), answer(one, "description", "a star")],
    )
    scores, failures = run(stage, inputs)
    assert failures == []
    for clip, subject, text in (
        (one, "prompt", "a red star"),
        (one, "answer:style", "neon"),
        (one, "answer:description", "a star"),
        (two, "prompt", "a quiet river"),
    ):
        score = scores.pop((clip.clip_id, subject))
        assert score.metric == "clip_cosine"
        assert score.value == pytest.approx(plain_cosine(folder, clip.frame, text), abs=1e-5)
    assert scores == {}


def test_the_prefix_is_part_of_the_scored_text(stage: ClipScore, folder: Path) -> None:
    clip = sample(1)
    prefixed = replace(stage, text_prefix="A photo depicts ")
    scores, _ = run(prefixed, shard([clip], [prompt(clip, "a red star")], []))
    expected = plain_cosine(folder, clip.frame, "A photo depicts a red star")
    assert scores[clip.clip_id, "prompt"].value == pytest.approx(expected, abs=1e-5)


def test_each_frame_is_embedded_once_for_all_its_texts(
    stage: ClipScore, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = [sample(n) for n in range(3)]
    frames: list[int] = []
    whole = model_module.ClipModel.embed_images

    def embed(self: model_module.ClipModel, images: list[Image.Image]) -> torch.Tensor:
        frames.append(len(images))
        return whole(self, images)

    monkeypatch.setattr(model_module.ClipModel, "embed_images", embed)
    answers = [answer(clip, question, "neon") for clip in media for question in ("a", "b")]
    scores, _ = run(stage, shard(media, [prompt(clip, "a star") for clip in media], answers))
    assert len(scores) == 9
    assert frames == [3]


def test_a_text_that_is_cut_says_so(stage: ClipScore) -> None:
    clip = sample(1)
    long = " ".join(["star"] * 100)
    scores, _ = run(stage, shard([clip], [prompt(clip, long)], [answer(clip, "a", "star")]))
    assert scores[clip.clip_id, "prompt"].truncated
    assert not scores[clip.clip_id, "answer:a"].truncated


def test_a_clip_without_any_text_is_a_failure(stage: ClipScore) -> None:
    one, two = sample(1), sample(2)
    scores, failures = run(stage, shard([one, two], [prompt(one, "a star")], []))
    assert [(failure.clip_id, failure.reason) for failure in failures] == [(two.clip_id, "no_text")]
    assert list(scores) == [(one.clip_id, "prompt")]


def test_an_empty_text_is_not_scored_and_is_counted(stage: ClipScore) -> None:
    clip = sample(1)
    inputs = shard([clip], [prompt(clip, "a star")], [answer(clip, "a", " ")])
    scores, failures = run(stage, inputs)
    assert list(scores) == [(clip.clip_id, "prompt")]
    assert failures == []
    assert inputs.notes[0] == "1 empty text(s) were not scored."


def test_a_clip_with_nothing_but_empty_texts_is_a_failure(stage: ClipScore) -> None:
    clip = sample(1)
    scores, failures = run(stage, shard([clip], [], [answer(clip, "a", "")]))
    assert scores == {}
    assert [failure.reason for failure in failures] == ["empty_text"]


def test_a_corrupt_frame_is_a_failure_and_the_others_are_scored(stage: ClipScore) -> None:
    good, bad = sample(1), sample(2, frame=sample(2).frame[:100])
    prompts = [prompt(clip, "a star") for clip in (good, bad)]
    scores, failures = run(stage, shard([good, bad], prompts, []))
    assert list(scores) == [(good.clip_id, "prompt")]
    assert [failure.clip_id for failure in failures] == [bad.clip_id]


def test_the_batch_size_changes_no_score(stage: ClipScore) -> None:
    media = [sample(n) for n in range(5)]
    prompts = [prompt(clip, "a quiet river " * (1 + n)) for n, clip in enumerate(media)]
    one, _ = run(replace(stage, batch_size=1), shard(media, prompts, []))
    all_at_once, _ = run(stage, shard(media, prompts, []))
    assert list(one) == list(all_at_once)
    for key, score in one.items():
        assert score.value == pytest.approx(all_at_once[key].value, abs=1e-6)


def test_siglip_scores_are_another_metric(tmp_path: Path) -> None:
    make_siglip(tmp_path / "siglip")
    clip = sample(1)
    long = " ".join(["star"] * 70)
    inputs = shard([clip], [prompt(clip, long)], [answer(clip, "style", "neon")])
    scores, failures = run(ClipScore(model=str(tmp_path / "siglip")), inputs)
    assert failures == []
    assert {(row.subject, row.metric, row.truncated) for row in scores.values()} == {
        ("prompt", "siglip_cosine", True),
        ("answer:style", "siglip_cosine", False),
    }

"""Every clip ends as one row per question or as one failure."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.errors import MissingCheckpoint, RecipeError
from pipeline.models import blip2 as model_module
from pipeline.stage import Failure
from pipeline.stages.blip2 import Blip2
from schemas.captions import FrameCaption
from tests.inputs import MemoryInputs, sample, shard_of
from tests.random_checkpoints import make_blip2_t5
from tests.tiny_checkpoints import make_instructblip_t5


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Blip2:
    path = tmp_path_factory.mktemp("models") / "blip2"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_blip2_t5(path)
    return Blip2(model=str(path), max_new_tokens=12)


def captions(stage: Blip2, inputs: MemoryInputs) -> list[FrameCaption]:
    return [row for row in stage.run(inputs) if isinstance(row, FrameCaption)]


def test_each_clip_gets_one_row_per_question(stage: Blip2) -> None:
    inputs = shard_of([sample(n) for n in range(5)])
    rows = captions(stage, inputs)
    assert sorted((row.clip_id, row.question) for row in rows) == sorted(
        (clip.clip_id, question) for clip in inputs.media for question in stage.questions
    )
    assert {row.prompt for row in rows} == {
        f"Question: {question} Answer:" for question in stage.questions.values()
    }


def test_the_form_may_be_the_users_own(stage: Blip2) -> None:
    own = replace(stage, questions={"place": "Where is {x}?"}, form="{question} Be brief:")
    (row,) = captions(own, shard_of([sample(0)]))
    assert (row.question, row.prompt) == ("place", "Where is {x}? Be brief:")


def test_instructblip_is_asked_with_the_plain_question(tmp_path: Path) -> None:
    make_instructblip_t5(tmp_path)
    stage = Blip2(model=str(tmp_path), max_new_tokens=4)
    rows = captions(stage, shard_of([sample(0)]))
    assert [row.prompt for row in rows] == list(stage.questions.values())


def test_a_form_without_a_place_for_the_question_is_refused() -> None:
    with pytest.raises(RecipeError, match="`form` needs"):
        Blip2(form="Question: Answer:")


def test_rows_name_the_checkpoint_that_made_them(stage: Blip2) -> None:
    record = stage.models()["model"]
    row = captions(stage, shard_of([sample(0)]))[0]
    assert (row.model, row.revision) == (record.model, record.revision)
    assert row.model == "blip2"


def test_the_batch_size_does_not_change_a_row(stage: Blip2) -> None:
    inputs = shard_of([sample(n) for n in range(5)])
    one = captions(replace(stage, batch_size=1), inputs)
    assert captions(replace(stage, batch_size=3), inputs) == one


def test_batches_are_full_across_videos_and_across_frames_that_fail(
    stage: Blip2, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    whole = model_module.Blip2Model.ask

    def ask(self: object, images: list[object], *args: object, **options: object) -> object:
        sizes.append(len(images))
        return whole(self, images, *args, **options)

    monkeypatch.setattr(model_module.Blip2Model, "ask", ask)
    media = [sample(n, frame=b"" if n == 1 else None) for n in range(6)]
    assert len({clip.meta["video_id"] for clip in media}) == 6
    captions(replace(stage, batch_size=2), shard_of(media))
    assert sizes == [2, 2, 1]


def test_a_frame_that_cannot_be_decoded_is_a_failure_and_the_others_go_on(stage: Blip2) -> None:
    media = [sample(0), sample(1, frame=b"\xff\xd8\xff no picture"), sample(2, frame=b"")]
    out = list(stage.run(shard_of(media)))
    failed = [row for row in out if isinstance(row, Failure)]
    assert [failure.clip_id for failure in failed] == [media[1].clip_id, media[2].clip_id]
    assert all(failure.reason and failure.detail for failure in failed)
    assert {row.clip_id for row in out if isinstance(row, FrameCaption)} == {media[0].clip_id}


def test_a_clip_that_the_shard_lacks_is_a_failure(stage: Blip2) -> None:
    inputs = shard_of([sample(0), sample(1)])
    inputs.media.pop()
    failed = [row for row in stage.run(inputs) if isinstance(row, Failure)]
    assert [(failure.clip_id, failure.reason) for failure in failed] == [
        (sample(1).clip_id, "no_media")
    ]


def test_a_shard_without_clips_gives_nothing(stage: Blip2) -> None:
    assert list(stage.run(shard_of([]))) == []


def test_a_batch_that_does_not_fit_is_halved_with_a_note(
    stage: Blip2, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = shard_of([sample(n) for n in range(5)])
    expected = captions(stage, inputs)
    whole = model_module.Blip2Model.ask

    def ask(self: object, images: list[object], *args: object, **options: object) -> object:
        if len(images) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, images, *args, **options)

    monkeypatch.setattr(model_module.Blip2Model, "ask", ask)
    assert captions(replace(stage, batch_size=4), inputs) == expected
    assert inputs.notes == ["A batch of 4 did not fit in memory; went on with batches of 2."]


def test_a_frame_that_does_not_fit_alone_is_a_failure(
    stage: Blip2, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*args: object, **options: object) -> object:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model_module.Blip2Model, "ask", ask)
    assert [row.reason for row in stage.run(shard_of([sample(0)])) if isinstance(row, Failure)] == [
        "out_of_memory"
    ]


def test_a_missing_checkpoint_is_known_before_any_media_is_opened(tmp_path: Path) -> None:
    inputs = shard_of([sample(0)])
    with pytest.raises(MissingCheckpoint):
        list(Blip2(model=str(tmp_path / "none")).run(inputs))
    assert inputs.opened == 0


def test_a_stage_without_questions_is_refused() -> None:
    with pytest.raises(RecipeError, match="`questions`"):
        Blip2(questions={})


@pytest.mark.parametrize("option", ["max_new_tokens", "num_beams", "batch_size"])
def test_a_number_below_one_is_refused(option: str) -> None:
    with pytest.raises(RecipeError, match=option):
        Blip2(**{option: 0})

"""The demo's checkpoints see and hear: on scenes and tunes that they never saw, and not when the
pipeline gives them something else than it should."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from infra.demo_models.evaluate import Evaluation, all_cosines
from infra.demo_models.faults import DECIDES, FAULTS, rates_with
from pipeline.demo.held_out import scene_held_out, tune_held_out
from pipeline.demo.judging import BARS, PROMPT, Rates, below
from pipeline.stage import Stage
from pipeline.stages.clip_score import ClipScore
from schemas import SCORES
from tests.pipeline.export.export_data import digests

pytestmark = pytest.mark.timeout(900)


@contextmanager
def no_fault(stage: Stage, scratch: Path) -> Iterator[Stage]:
    yield stage


def test_all_that_is_evaluated_was_held_out(held_out: Evaluation) -> None:
    clips = held_out.told()
    assert len(clips) == len(held_out.made)
    assert all(scene_held_out(clip.scene) for clip in clips)
    assert all(clip.tune is not None and tune_held_out(clip.tune) for clip in clips)
    assert len({clip.scene for clip in clips}) == len({clip.tune for clip in clips}) == len(clips)


@pytest.mark.parametrize("name", BARS)
def test_what_is_said_of_the_unseen_is_true_as_often_as_it_must_be(
    held_out_rates: Rates, name: str
) -> None:
    rate = held_out_rates[name]
    assert rate.share >= BARS[name], f"{rate.hits} of {rate.out_of}"


@pytest.mark.parametrize(("step", "name"), FAULTS, ids=[" ".join(fault) for fault in FAULTS])
def test_a_fault_shows(held_out: Evaluation, step: str, name: str) -> None:
    rates = rates_with(held_out, step, FAULTS[step, name])
    assert set(rates) == set(DECIDES[step])
    assert below(rates) != []


@pytest.mark.parametrize("step", [step for step in DECIDES if step != "clip_score"])
def test_a_step_that_runs_again_without_a_fault_gives_the_same_rates(
    held_out: Evaluation, held_out_rates: Rates, step: str
) -> None:
    """So it is the faults that lower them, and not the second run."""
    rates = rates_with(held_out, step, no_fault)
    assert rates == {name: held_out_rates[name] for name in DECIDES[step]}


def test_the_stored_scores_are_those_of_each_clip_with_its_own_prompt(held_out: Evaluation) -> None:
    step = held_out.recipe.step("clip_score")
    stage = cast(ClipScore, held_out.recipe.runnable(step.stage))
    clips = held_out.told()
    own = all_cosines(held_out.dataset, step, stage, clips).diagonal()
    variant = dict(held_out.recipe.tables())[SCORES]
    rows = held_out.dataset.read_all(SCORES, variant)
    stored = {row.clip_id: row.value for row in rows if row.subject == PROMPT}
    names = [clip.clip_id for clip in clips]
    assert stored == pytest.approx(dict(zip(names, own, strict=True)), abs=1e-4)


def test_a_fault_leaves_the_dataset_as_it_is(held_out: Evaluation) -> None:
    before = digests(held_out.dataset.root)
    rates_with(held_out, "summarise", FAULTS["summarise", "prompts shifted by one row"])
    assert digests(held_out.dataset.root) == before

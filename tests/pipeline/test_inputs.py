"""The next shard's tar is read ahead, and nothing else touches it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.inputs import ShardInputs, read_ahead
from pipeline.recipe import Recipe, load
from pipeline.run import AnnotateJob
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas import CLIPS, FRAME_CAPTIONS
from tests.page_cache import drop, resident
from tests.small_datasets import SHARDS, make_dataset

NOW, NEXT = SHARDS
CLIPS_PER_SHARD = 300

pytestmark = pytest.mark.skipif(
    not hasattr(os, "posix_fadvise"), reason="pages cannot be dropped from memory here"
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Two shards whose tars are on disk alone."""
    made = make_dataset(tmp_path / "data", CLIPS_PER_SHARD)
    for shard in SHARDS:
        drop(made.tar(shard))
    if resident(made.tar(NEXT)):
        pytest.skip("this file system keeps its files in memory")
    return made


@pytest.fixture
def recipe(write_recipe: Callable[[str], Path], light: None) -> Recipe:
    return load(write_recipe('[dataset]\npath = "data"\n[stage.look]\n[stage.write]\n'))


@pytest.fixture
def step(recipe: Recipe) -> Step:
    return recipe.step("look")


def comes_into_memory(path: Path) -> bool:
    for _ in range(3000):
        if resident(path) > 0.9:  # the system may take pages back at any time
            return True
        time.sleep(0.01)
    return False


def test_the_next_tar_is_in_memory_while_the_first_one_is_worked_on(
    dataset: Dataset, step: Step
) -> None:
    samples = ShardInputs(dataset, step, NOW, coming=NEXT).samples()
    next(samples)
    assert comes_into_memory(dataset.tar(NEXT))
    assert len(list(samples)) == CLIPS_PER_SHARD - 1


def test_a_stage_that_reads_no_media_touches_no_tar(dataset: Dataset, step: Step) -> None:
    inputs = ShardInputs(dataset, step, NOW, coming=NEXT)
    assert len(inputs.rows(CLIPS)) == len(inputs.clip_ids) == CLIPS_PER_SHARD
    time.sleep(0.2)
    assert resident(dataset.tar(NOW)) == resident(dataset.tar(NEXT)) == 0


def test_after_the_last_shard_nothing_is_read(dataset: Dataset, step: Step) -> None:
    list(ShardInputs(dataset, step, NOW).samples())
    time.sleep(0.2)
    assert resident(dataset.tar(NEXT)) == 0


@pytest.mark.parametrize(("name", "read"), [("look", True), ("write", False)])
def test_a_job_reads_the_next_tar_ahead_if_its_stage_reads_media(
    dataset: Dataset, recipe: Recipe, name: str, read: bool
) -> None:
    step = recipe.step(name)
    dataset.write(FRAME_CAPTIONS, NOW, [], recipe.step("look").variant)
    job = AnnotateJob(dataset.root, step, step.stage, coming={NOW: NEXT})
    job(NOW, "cpu", lambda text: None)
    if read:
        assert comes_into_memory(dataset.tar(NEXT))
    else:
        time.sleep(0.2)
        assert resident(dataset.tar(NEXT)) == 0


def test_a_next_tar_that_is_gone_does_not_disturb_this_shard(dataset: Dataset, step: Step) -> None:
    dataset.tar(NEXT).unlink()
    samples = ShardInputs(dataset, step, NOW, coming=NEXT).samples()
    assert len(list(samples)) == CLIPS_PER_SHARD


def test_a_file_that_cannot_be_read_ends_the_thread_quietly(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    read_ahead(tmp_path).join(30)
    assert capfd.readouterr().err == ""

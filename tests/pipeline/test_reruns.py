"""What runs again after a change, and what does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.plan import Choice, plan
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas import FRAME_CAPTIONS, PROMPTS
from tests.light_stages import POISON, RUNS, TARS_OPENED, Write
from tests.small_datasets import SHARDS, add_shard, annotate, make_dataset

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

HEAD = '[dataset]\npath = "data"\n'
STAGES = HEAD + "[stage.look]\n[stage.write]\n"
BOTH = [(name, shard) for name in ("look", "write") for shard in SHARDS]


@pytest.fixture
def dataset(tmp_path: Path, light: None) -> Dataset:
    return make_dataset(tmp_path / "data")


@pytest.fixture
def built(dataset: Dataset, write_recipe: Writer) -> Recipe:
    """A dataset whose two steps have run; the record of runs is empty again."""
    recipe = load(write_recipe(STAGES))
    annotate(dataset, recipe)
    assert RUNS == BOTH
    RUNS.clear()
    TARS_OPENED.clear()
    return recipe


def test_a_second_run_does_nothing(dataset: Dataset, built: Recipe) -> None:
    annotate(dataset, built)
    assert RUNS == []
    assert all(step.todo == [] for step in plan(dataset, built, Choice()))


@pytest.mark.usefixtures("built")
def test_a_changed_question_reruns_the_looking_and_what_follows(
    dataset: Dataset, write_recipe: Writer
) -> None:
    annotate(dataset, load(write_recipe(STAGES.replace("look]", 'look]\nquestion = "who?"'))))
    assert RUNS == BOTH


@pytest.mark.usefixtures("built")
def test_a_changed_instruction_leaves_the_looking_alone_and_opens_no_tar(
    dataset: Dataset, write_recipe: Writer
) -> None:
    annotate(dataset, load(write_recipe(STAGES + 'instruction = "sing"')))
    assert RUNS == [("write", shard) for shard in SHARDS]
    assert TARS_OPENED == []


@pytest.mark.usefixtures("built")
def test_a_changed_batch_size_reruns_nothing(dataset: Dataset, write_recipe: Writer) -> None:
    annotate(dataset, load(write_recipe(STAGES.replace("look]", "look]\nbatch_size = 2"))))
    assert RUNS == []


def test_changed_rows_upstream_rerun_what_reads_them(dataset: Dataset, built: Recipe) -> None:
    look = built.step("look")
    shard = SHARDS[1]
    rows = dataset.read(FRAME_CAPTIONS, shard, look.variant)
    manifest = dataset.manifest(FRAME_CAPTIONS, shard, look.variant)
    assert manifest is not None
    other = [row.model_copy(update={"answer": "something else"}) for row in rows]
    dataset.write(FRAME_CAPTIONS, shard, other, look.variant, inputs=manifest.inputs)
    annotate(dataset, built)
    assert RUNS == [("write", shard)]
    texts = [row.text for row in dataset.read(PROMPTS, shard, built.step("write").variant)]
    assert all("something else" in text for text in texts)


def test_a_forced_run_with_equal_rows_leaves_what_follows_alone(
    dataset: Dataset, built: Recipe
) -> None:
    annotate(dataset, built, Choice(only=("look",), force=True))
    assert RUNS == [("look", shard) for shard in SHARDS]
    RUNS.clear()
    annotate(dataset, built)
    assert RUNS == []


def test_force_runs_only_the_shards_that_are_named(dataset: Dataset, built: Recipe) -> None:
    annotate(dataset, built, Choice(shards="train-*", force=True))
    assert RUNS == [("look", "train-000000"), ("write", "train-000000")]


def test_a_crash_in_the_middle_keeps_what_was_finished(
    dataset: Dataset, write_recipe: Writer
) -> None:
    recipe = load(write_recipe(STAGES))
    Write.crash_on.add(SHARDS[1])
    with pytest.raises(KeyError):
        annotate(dataset, recipe)
    RUNS.clear()
    Write.crash_on.clear()
    annotate(dataset, recipe)
    assert RUNS == [("write", SHARDS[1])]


@pytest.mark.usefixtures("built")
def test_an_added_stage_runs_with_what_reads_it_and_nothing_else(
    dataset: Dataset, write_recipe: Writer
) -> None:
    annotate(dataset, load(write_recipe(STAGES + "[stage.listen]\n")))
    assert RUNS == [(name, shard) for name in ("listen", "write") for shard in SHARDS]


@pytest.mark.usefixtures("built")
def test_a_removed_stage_brings_the_old_variant_back_without_a_run(
    dataset: Dataset, write_recipe: Writer
) -> None:
    annotate(dataset, load(write_recipe(STAGES + "[stage.listen]\n")))
    RUNS.clear()
    annotate(dataset, load(write_recipe(STAGES)))
    assert RUNS == []


@pytest.mark.usefixtures("built")
def test_two_instances_of_one_kind_are_two_variants(dataset: Dataset, write_recipe: Writer) -> None:
    text = STAGES + 'from = ["look"]\n[stage.stare]\nkind = "look"\nquestion = "who?"\n'
    recipe = load(write_recipe(text))
    annotate(dataset, recipe)
    assert RUNS == [("look", shard) for shard in SHARDS]
    assert len(dataset.variants(FRAME_CAPTIONS)) == 2
    assert recipe.step("stare").variant != recipe.step("look").variant


def test_a_new_shard_runs_alone(dataset: Dataset, built: Recipe) -> None:
    add_shard(dataset, "train-000001")
    annotate(dataset, built)
    assert RUNS == [("look", "train-000001"), ("write", "train-000001")]


def test_only_failed_clips_are_tried_again(dataset: Dataset, write_recipe: Writer) -> None:
    recipe = load(write_recipe(STAGES))
    poisoned = "test-train000000-00010000"
    POISON.add(poisoned)
    annotate(dataset, recipe)
    look = recipe.step("look")
    manifest = dataset.manifest(FRAME_CAPTIONS, "train-000000", look.variant)
    assert manifest is not None
    assert [failure.clip_id for failure in manifest.failures] == [poisoned]
    assert (manifest.rows, manifest.clips) == (2, 3)
    POISON.clear()
    RUNS.clear()
    annotate(dataset, recipe)
    assert RUNS == []
    annotate(dataset, recipe, Choice(retry_failed=True))
    assert RUNS == [("look", "train-000000"), ("write", "train-000000")]
    assert len(dataset.read(FRAME_CAPTIONS, "train-000000", look.variant)) == 3
    prompts = dataset.manifest(PROMPTS, "train-000000", recipe.step("write").variant)
    assert prompts is not None
    assert (prompts.rows, prompts.failures) == (3, [])


def test_what_a_step_reads_must_be_there(dataset: Dataset, write_recipe: Writer) -> None:
    recipe = load(write_recipe(STAGES))
    (write,) = plan(dataset, recipe, Choice(only=("write",)))
    assert write.blocked == list(SHARDS)
    assert write.todo == []
    annotate(dataset, recipe, Choice(only=("write",)))
    assert RUNS == []


def test_changed_weights_rerun_the_step(
    dataset: Dataset, write_recipe: Writer, tmp_path: Path
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model.bin").write_bytes(b"old")
    recipe = load(write_recipe(HEAD + '[stage.look]\nmodel = "weights"'))
    annotate(dataset, recipe)
    annotate(dataset, recipe)
    assert len(RUNS) == 2
    (tmp_path / "weights" / "model.bin").write_bytes(b"new")
    annotate(dataset, recipe)
    assert len(RUNS) == 4

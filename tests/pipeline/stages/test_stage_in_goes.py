"""Scores with shuffled pairs do not tell in how many goes they were made."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from pipeline import steps
from pipeline.plan import Choice
from pipeline.recipe import Recipe, load
from pipeline.stages.clap_score import ClapScore
from pipeline.stages.clip_score import ClipScore
from pipeline.store import Dataset
from pipeline.verify import verify
from schemas import CLIPS, SCORES
from schemas.score import Score, is_shuffled
from tests.light_stages import LIGHT, POISON
from tests.pipeline.export.export_data import SHARDS, make
from tests.random_checkpoints import make_clip
from tests.small_datasets import annotate
from tests.tiny_checkpoints import make_clap

SHARD = SHARDS[1]
RECIPE = """
[dataset]
path = "data"
[stage.look]
[stage.listen]
[stage.write]
[stage.clip_score]
model = "{models}/clip"
[stage.clap_score]
model = "{models}/clap"
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_clip(folder / "clip")
        make_clap(folder / "clap")
    return folder


@pytest.fixture(scope="module")
def unscored(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shards of two videos with two clips each, and a recipe of which no step has run."""
    folder = tmp_path_factory.mktemp("unscored")
    make(folder, clips=2)
    (folder / "my.toml").write_text(RECIPE.format(models=models), encoding="utf-8")
    return folder


@pytest.fixture
def new(
    unscored: Path, tmp_path: Path, light: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Recipe]:
    """Another copy of it."""
    monkeypatch.setattr(steps, "STAGES", LIGHT | {"clip_score": ClipScore, "clap_score": ClapScore})
    return lambda name: load(shutil.copytree(unscored, tmp_path / name) / "my.toml")


def run(recipe: Recipe, *clips: str, retry_failed: bool = False) -> None:
    annotate(
        Dataset(recipe.root), recipe, Choice(clips=frozenset(clips), retry_failed=retry_failed)
    )


def clips_of(recipe: Recipe) -> list[str]:
    return [clip.clip_id for clip in Dataset(recipe.root).read(CLIPS, SHARD)]


def parts(recipe: Recipe) -> list[object]:
    """What the scoring steps left of the shard, and the digest of the whole dataset."""
    dataset, found = Dataset(recipe.root), list[object]()
    for name in ("clip_score", "clap_score"):
        variant = recipe.step(name).variant
        part = dataset.manifest(SCORES, SHARD, variant)
        assert part
        paired = {row.clip_id for row in dataset.read(SCORES, SHARD, variant) if is_of_pair(row)}
        assert paired == set(clips_of(recipe))
        found.append((part.sha256, part.failures, part.not_asked, part.inputs))
    return [*found, verify(dataset, recipe, print).digest]


def is_of_pair(row: Score) -> bool:
    return is_shuffled(row.subject)


def test_chosen_clips_and_then_the_others_equal_all_at_once(new: Callable[[str], Recipe]) -> None:
    once, twice = new("once"), new("twice")
    run(once)
    run(twice, clips_of(twice)[0])
    run(twice)
    assert parts(twice) == parts(once)


def test_a_chosen_clip_that_runs_again_keeps_its_pair(new: Callable[[str], Recipe]) -> None:
    recipe = new("again")
    run(recipe)
    before = parts(recipe)
    run(recipe, clips_of(recipe)[0])
    assert parts(recipe) == before


@pytest.mark.parametrize("chosen", [True, False])
def test_what_failed_at_first_is_paired_as_if_it_had_not(
    chosen: bool, new: Callable[[str], Recipe]
) -> None:
    once, twice = new("once"), new("twice")
    run(once)
    ids = clips_of(twice)
    POISON.add(ids[1])
    run(twice, *(ids[:2] if chosen else ()))
    POISON.clear()
    run(twice, retry_failed=True)
    run(twice)
    assert parts(twice) == parts(once)

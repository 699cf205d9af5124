"""A removal reaches the exports that were made before it."""

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.export.export import export
from pipeline.export.request import ExportRequest
from pipeline.recipe import Recipe, load
from pipeline.removal.remove import planned, remove
from pipeline.store import Dataset
from tests.pipeline.removal.filled import SHARDS, clip, make_filled, video
from tests.small_datasets import annotate

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

RECIPE = '[dataset]\npath = "data"\n[stage.look]\n[stage.write]\n'
VIDEO = video(SHARDS[1], 0)


@pytest.fixture
def recipe(write_recipe: Writer, light: None) -> Recipe:
    return load(write_recipe(RECIPE))


@pytest.fixture
def dataset(recipe: Recipe) -> Dataset:
    dataset = make_filled(recipe.root)
    annotate(dataset, recipe)
    return dataset


def exported(dataset: Dataset, recipe: Recipe, name: str) -> Path:
    out = dataset.root.parent / name
    request = ExportRequest(out, "webdataset", clips_per_shard=3)
    export(dataset, recipe, request, lambda clips: None)
    return out


def members(out: Path) -> dict[str, set[str]]:
    found = {}
    for path in out.glob("*.tar"):
        with tarfile.open(path) as tar:
            found[path.name] = {name.partition(".")[0] for name in tar.getnames()}
    return found


def test_exports_lose_it_and_the_changed_files_are_named(dataset: Dataset, recipe: Recipe) -> None:
    out = exported(dataset, recipe, "out")
    before = members(out)
    gone = {clip(SHARDS[1], 0, start) for start in range(2)}
    holding = sorted(name for name, clips in before.items() if clips & gone)
    (changed,) = remove(dataset, [VIDEO]).exports
    assert (changed.path, changed.files) == (str(out), holding)
    assert not gone & set().union(*members(out).values())


def test_an_export_that_was_moved_is_named_and_found_again_later(
    dataset: Dataset, recipe: Recipe
) -> None:
    out = exported(dataset, recipe, "out")
    elsewhere = out.rename(out.with_name("elsewhere"))
    assert planned(dataset, [VIDEO]).exports_not_found == [str(out)]
    found = remove(dataset, [VIDEO])
    assert (found.exports, found.exports_not_found) == ([], [str(out)])
    shutil.move(elsewhere, out)
    (changed,) = remove(dataset, [VIDEO]).exports
    assert changed.files
    assert remove(dataset, [VIDEO]).exports == []

"""Whether a report is of what the dataset holds now, and made as the recipe says now."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.audit.load import is_current, load_audit
from pipeline.audit.write import write_report
from pipeline.plan import Choice
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from tests.small_datasets import SHARDS, annotate, make_dataset

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

HEAD = '[dataset]\npath = "data"\n[stage.look]\n'


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "data")


@pytest.fixture
def recipe(dataset: Dataset, write_recipe: Writer, light: None) -> Recipe:
    """Of a dataset that has a report."""
    recipe = load(write_recipe(HEAD + "[audit]\ngallery = 3\n"))
    annotate(dataset, recipe, Choice(shards=SHARDS[0]))
    write_report(load_audit(dataset, recipe), dataset.report_folder)
    return recipe


def test_a_report_is_current_until_the_dataset_changes(dataset: Dataset, recipe: Recipe) -> None:
    assert is_current(dataset, recipe)
    annotate(dataset, recipe)
    assert not is_current(dataset, recipe)


def test_a_report_is_not_current_where_the_recipe_asks_for_another(
    dataset: Dataset, recipe: Recipe, write_recipe: Writer
) -> None:
    assert not is_current(dataset, load(write_recipe(HEAD + "[audit]\ngallery = 4\n")))
    assert not is_current(dataset, load(write_recipe(HEAD)))
    assert is_current(dataset, load(write_recipe(HEAD + "[audit]\ngallery = 3\nsample = 1000\n")))


@pytest.mark.parametrize("content", ["", "[]", "{}", "{"])
def test_what_is_no_report_is_not_current(content: str, dataset: Dataset, recipe: Recipe) -> None:
    (dataset.report_folder / "report.json").write_text(content)
    assert not is_current(dataset, recipe)


def test_a_report_names_files_as_the_recipe_does(dataset: Dataset, write_recipe: Writer) -> None:
    file = write_recipe(HEAD + '[audit]\nbert_score_model = "scorer"\n')
    (file.parent / "scorer").mkdir()
    recipe = load(file)
    data = load_audit(dataset, recipe)
    assert data.settings.bert_score_model == str(file.parent / "scorer")
    assert data.stated.bert_score_model == "scorer"

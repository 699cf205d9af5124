"""A removal that is killed, at whatever moment, is finished by the next one."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline import journal
from pipeline.errors import DatasetError
from pipeline.plan import Choice, plan
from pipeline.recipe import Recipe, load
from pipeline.removal.remove import finish, remove
from pipeline.removal.tombstones import pending
from pipeline.status import status
from pipeline.store import Dataset
from pipeline.verify import verify
from tests.light_stages import RUNS
from tests.pipeline.removal.filled import SHARDS, clip, contents, make_filled, surroundings, video
from tests.small_datasets import annotate

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

RECIPE = '[dataset]\npath = "data"\n[stage.look]\n[stage.write]\n'
IDS = [video(SHARDS[1], 0), clip(SHARDS[1], 1, 0)]
ACTS = ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (shutil, "rmtree"))
"""What changes files, or makes sure that they are."""


@pytest.fixture
def recipe(write_recipe: Writer, light: None) -> Recipe:
    return load(write_recipe(RECIPE))


@pytest.fixture
def dataset(recipe: Recipe) -> Dataset:
    dataset = make_filled(recipe.root)
    annotate(dataset, recipe)
    surroundings(dataset)
    RUNS.clear()
    return dataset


class Killed(BaseException):
    """Nothing is done after it, as after SIGKILL."""


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The end of everything before act number `step`. Gives the acts that were done."""
    done: list[str] = []

    def dying(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def do(*args: Any, **options: Any) -> Any:
            if len(done) == step:
                raise Killed
            done.append(name)
            return act(*args, **options)

        return do

    with monkeypatch.context() as patch:
        for owner, name in ACTS:
            patch.setattr(owner, name, dying(name, getattr(owner, name)))
        yield done


def whole(dataset: Dataset, recipe: Recipe) -> None:
    """Nothing is left of what was removed, nothing else is missing, and no step would run."""
    assert verify(dataset, recipe, lambda shard: None).problems == ()
    assert all(step.todo == [] for step in plan(dataset, recipe, Choice()))
    assert RUNS == []


def test_whenever_a_removal_is_killed_the_next_one_finishes_it(
    dataset: Dataset, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    untouched = tmp_path / "untouched"
    dataset.root.rename(untouched)
    shutil.copytree(untouched, dataset.root)
    with dataset.lock():
        undisturbed = remove(dataset, IDS)
    expected = contents(dataset)
    step, finished = 0, False
    while not finished:
        shutil.rmtree(dataset.root)
        shutil.copytree(untouched, dataset.root, copy_function=os.link)
        with killed_at(step, monkeypatch) as done:
            try:
                with dataset.lock():
                    remove(dataset, IDS)
                finished = True
            except Killed:
                pass
        status(dataset, recipe)
        asked = dataset.removals_file.exists()
        assert finished or asked or len(done) < 3
        with dataset.lock():
            again = finish(dataset)
            assert pending(dataset) == []
        if asked:
            assert contents(dataset) == expected, f"killed before act {step}, after {done[-3:]}"
            assert again is None or again.shards == undisturbed.shards
            assert again is None or again.finished == [
                *sorted({*undisturbed.videos, *undisturbed.clips})
            ]
        step += 1 if step < 10 else 4
    assert step > 40
    whole(dataset, recipe)


def test_a_killed_removal_is_named_and_the_next_command_that_locks_goes_on(
    dataset: Dataset, recipe: Recipe
) -> None:
    code = (
        "import os, sys, pathlib; from pipeline import journal\n"
        "from pipeline.store import Dataset\n"
        "from pipeline.removal.remove import remove\n"
        "journal.sync_folder = lambda folder: os.kill(os.getpid(), 9)\n"
        "dataset = Dataset(pathlib.Path(sys.argv[1]))\n"
        "with dataset.lock(): remove(dataset, sys.argv[2:])"
    )
    command = [sys.executable, "-c", code, str(dataset.root), *IDS]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    found = status(dataset, recipe)
    assert set(IDS) < set(found.unfinished_removal)
    assert any("was interrupted" in each for each in verify(dataset, recipe, print).problems)
    with dataset.lock():
        assert not (dataset.root / journal.NAME).exists()
        annotate(dataset, recipe)
        assert RUNS == []
        finish(dataset)
    whole(dataset, recipe)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "removed.json", "shards/../../x"])
def test_a_journal_that_names_other_files_is_refused(dataset: Dataset, name: str) -> None:
    victim = dataset.root.parent / "outside"
    victim.write_text("precious")
    (dataset.root / journal.NAME).write_text(f'{{"replaced": [], "deleted": ["{name}"]}}')
    with pytest.raises(DatasetError, match="no file of a dataset"), dataset.lock():
        pass
    assert victim.read_text() == "precious"


def test_a_full_disk_leaves_a_shard_as_it_was(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(dataset)

    def full(path: Path, samples: object) -> None:
        raise DatasetError("no room")

    monkeypatch.setattr("pipeline.removal.rewriting.write_shard", full)
    with pytest.raises(DatasetError, match="no room"):
        remove(dataset, IDS)
    assert contents(dataset) == before
    assert not list(dataset.root.rglob(".*.next"))
    assert len(pending(dataset)) == 4

"""What is not in the dataset, why, and what is worth another try."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.failures import dropped, losses, worth_another_try
from pipeline.listing import relist_failed
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas import MATCHES, MEDIA, SCREENING, VIDEOS
from schemas.match import Match
from schemas.media import Media, Screening
from tests.small_datasets import add_shard

Writer = Callable[[str], Path]

SHARD = "train-000000"
FAILED = {"gone": "permanent", "late": "transient", "asked": "session", "bad": "broken"}


@pytest.fixture
def recipe(write_recipe: Writer) -> Recipe:
    return load(write_recipe('[dataset]\npath = "data"\n'))


@pytest.fixture
def dataset(recipe: Recipe) -> Dataset:
    """A committed shard: one video gave clips, four failed, two were dropped by a check, one of
    them before it was fetched, and one is a copy."""
    dataset = Dataset(recipe.root)
    add_shard(dataset, SHARD)
    (kept,), (got,) = dataset.read(VIDEOS, SHARD), dataset.read(MEDIA, SHARD)
    outcomes = [Media(video_id=name, status=status, reason="r") for name, status in FAILED.items()]
    outcomes += [Media(video_id=name, status="ok") for name in ("still", "copy")]
    outcomes.append(Media(video_id="live", status="dropped", reason="live"))
    videos = [kept.model_copy(update={"video_id": row.video_id}) for row in outcomes]
    dataset.write(VIDEOS, SHARD, [kept, *videos])
    dataset.write(MEDIA, SHARD, [got, *outcomes])
    verdicts = [
        Screening(video_id="still", check="still", value=17, threshold=100, passed=False),
        Screening(video_id="live", check="live", value=1, threshold=0, passed=False),
    ]
    dataset.write(SCREENING, SHARD, verdicts, config=recipe.screen.model_dump(mode="json"))
    config = recipe.duplicates.model_dump(mode="json")
    dataset.write(MATCHES, SHARD, [copy_of(kept.video_id)], config=config)
    return dataset


def copy_of(other: str, by: str = "file", score: float = 1.0) -> Match:
    return Match.model_validate(
        {
            "video_id": "copy",
            "other_id": other,
            "by": by,
            "score": score,
            "threshold": 0.8,
            "consequence": "reupload",
            "song_id": "song",
        }
    )


def again(dataset: Dataset, recipe: Recipe) -> set[str]:
    return {video.video_id for video in worth_another_try(dataset, recipe)}


def test_every_video_is_in_or_lost_once(dataset: Dataset, recipe: Recipe) -> None:
    lost = [loss.subject for loss in losses(dataset, recipe)]
    listed = {video.video_id for video in dataset.read_all(VIDEOS)}
    assert len(set(lost)) == len(lost)
    assert len(listed - set(lost)) == 1
    where = {loss.subject: loss.where for loss in losses(dataset, recipe)}
    assert where == dict.fromkeys(FAILED, "fetch") | dict.fromkeys(
        ("still", "copy", "live"), "screen"
    )


def test_with_the_same_thresholds_only_what_failed_in_passing_is_tried_again(
    dataset: Dataset, recipe: Recipe
) -> None:
    assert again(dataset, recipe) == {"late", "asked"}


def test_another_threshold_brings_back_what_its_section_dropped(
    dataset: Dataset, recipe: Recipe
) -> None:
    screen = recipe.screen.model_copy(update={"min_motion": 0.0})
    duplicates = recipe.duplicates.model_copy(update={"audio_similarity": 0.0})
    in_passing = {"late", "asked"}
    assert again(dataset, replace(recipe, screen=screen)) == in_passing | {"still", "live"}
    assert again(dataset, replace(recipe, duplicates=duplicates)) == in_passing | {"copy"}


def test_a_shard_that_is_not_cut_needs_no_new_one_for_another_threshold(
    dataset: Dataset, recipe: Recipe
) -> None:
    dataset.tar(SHARD).with_suffix(".json").unlink()
    screen = recipe.screen.model_copy(update={"min_motion": 0.0})
    assert again(dataset, replace(recipe, screen=screen)) == {"late", "asked"}


def test_what_waits_for_its_next_try_is_not_listed_twice(dataset: Dataset, recipe: Recipe) -> None:
    assert [video.shard for video in relist_failed(dataset, recipe)] == ["train-000001"] * 2
    assert relist_failed(dataset, recipe) == []
    assert dataset.uncut() == ["train-000001"]


def test_all_that_speaks_against_a_video_is_said_and_the_first_check_counts() -> None:
    verdicts = [
        Screening(video_id="a", check=check, value=0.5, threshold=1, passed=check == "fine")
        for check in ("still", "fine", "moving")
    ]
    assert dropped(verdicts, []) == {"a": ("moving", "0.5, allowed 1; 0.5, allowed 1")}


def test_a_copy_says_of_what_and_how_that_is_known() -> None:
    rows = [copy_of("first"), copy_of("first", "frames", 0.98765), copy_of("second")]
    detail = "a copy of first (file 1, frames 0.9877); a copy of second (file 1)"
    assert dropped([], rows) == {"copy": ("reupload", detail)}


def test_versions_of_a_song_are_no_loss() -> None:
    row = copy_of("first").model_copy(update={"consequence": "same_song"})
    assert dropped([], [row]) == {}

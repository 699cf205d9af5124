"""Which fetched videos are cut, in which order, and when that is to be found out again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.choose import Matcher, accepted, in_turn, is_matched, is_screened
from pipeline.recipe import Recipe, load
from pipeline.removal.remove import remove
from pipeline.store import Dataset
from schemas import MATCHES, MEDIA, SCREENING, VIDEOS
from schemas.match import Match
from schemas.media import Media
from schemas.video import Video

Writer = Callable[[str], Path]

SHARDS = ["train-000000", "train-000001"]


@pytest.fixture
def recipe(write_recipe: Writer) -> Recipe:
    return load(write_recipe('[dataset]\npath = "data"\n'))


def listed(dataset: Dataset, shard: str) -> str:
    video_id = f"site-{shard.replace('-', '')}"
    facts = {"video_id": video_id, "source": "s", "url": video_id, "song_id": video_id}
    row = Video.model_validate({**facts, "split": shard.split("-")[0], "shard": shard})
    dataset.write(VIDEOS, shard, [row])
    dataset.write(MATCHES, shard, [])
    return video_id


def fetched(dataset: Dataset, recipe: Recipe, shard: str, content: str) -> None:
    """A shard of one video, which passed its checks."""
    media = Media(video_id=listed(dataset, shard), status="ok", sha256=content * 64)
    inputs = {MEDIA.name: dataset.write(MEDIA, shard, [media]).digest}
    config = recipe.screen.model_dump(mode="json")
    dataset.write(SCREENING, shard, [], inputs=inputs, config=config)


def copies(root: Path, recipe: Recipe) -> Dataset:
    """Two shards with the same video under two ids."""
    dataset = Dataset(root)
    for shard in SHARDS:
        fetched(dataset, recipe, shard, "a")
    return dataset


def match_of(dataset: Dataset) -> list[Match]:
    """That the second shard's video is a copy of the first one's."""
    first, second = (dataset.read(VIDEOS, shard)[0].video_id for shard in SHARDS)
    facts = {"by": "file", "score": 1, "threshold": 1, "consequence": "reupload"}
    return [
        Match.model_validate({"video_id": second, "other_id": first, "song_id": first, **facts})
    ]


def match(dataset: Dataset, recipe: Recipe) -> list[str]:
    matcher = Matcher(dataset, recipe, SHARDS)
    for shard in SHARDS:
        matcher.match(shard)
    parts = (dataset.manifest(table, shard) for table in (VIDEOS, MATCHES) for shard in SHARDS)
    return [part.digest for part in parts if part]


def test_what_is_fetched_comes_before_what_sorts_before_it(tmp_path: Path, recipe: Recipe) -> None:
    dataset = copies(tmp_path / "data", recipe)
    listed(dataset, "eval-000000")
    assert in_turn(dataset) == [*SHARDS, "eval-000000"]


def test_of_copies_in_two_shards_the_earlier_is_cut(tmp_path: Path, recipe: Recipe) -> None:
    dataset = copies(tmp_path / "data", recipe)
    match(dataset, recipe)
    assert [len(accepted(dataset, shard)) for shard in SHARDS] == [1, 0]
    assert len({video.song_id for video in dataset.read_all(VIDEOS)}) == 1


def test_a_kill_between_videos_and_matches_changes_nothing(tmp_path: Path, recipe: Recipe) -> None:
    undisturbed = copies(tmp_path / "undisturbed", recipe)
    digests = match(undisturbed, recipe)
    killed = copies(tmp_path / "killed", recipe)
    renamed = undisturbed.read(VIDEOS, SHARDS[1])
    assert killed.read(VIDEOS, SHARDS[1]) != renamed
    killed.write(VIDEOS, SHARDS[1], renamed)
    assert match(killed, recipe) == digests


def test_matching_again_changes_nothing(tmp_path: Path, recipe: Recipe) -> None:
    dataset = copies(tmp_path / "data", recipe)
    first = match(dataset, recipe)
    when = dataset.part(MATCHES, SHARDS[1]).stat().st_mtime_ns
    assert match(dataset, recipe) == first
    assert dataset.part(MATCHES, SHARDS[1]).stat().st_mtime_ns == when


def test_another_threshold_asks_for_screening_or_matching_again(
    tmp_path: Path, recipe: Recipe
) -> None:
    dataset = copies(tmp_path / "data", recipe)
    match(dataset, recipe)
    stricter = recipe.screen.model_copy(update={"max_duration_s": 60.0})
    looser = recipe.duplicates.model_copy(update={"frame_similarity": 0.0})
    assert is_screened(dataset, recipe, SHARDS[0])
    assert is_matched(dataset, recipe, SHARDS[0])
    assert not is_screened(dataset, replace(recipe, screen=stricter), SHARDS[0])
    assert not is_matched(dataset, replace(recipe, screen=stricter), SHARDS[0])
    assert is_screened(dataset, replace(recipe, duplicates=looser), SHARDS[0])
    assert not is_matched(dataset, replace(recipe, duplicates=looser), SHARDS[0])


def test_a_copy_of_a_removed_video_stays_out_under_other_thresholds(
    tmp_path: Path, recipe: Recipe
) -> None:
    dataset = copies(tmp_path / "data", recipe)
    match(dataset, recipe)
    remove(dataset, [video.video_id for video in dataset.read(VIDEOS, SHARDS[0])])
    for similarity in (0.0, 0.5):
        settings = recipe.duplicates.model_copy(update={"frame_similarity": similarity})
        match(dataset, replace(recipe, duplicates=settings))
        assert is_matched(dataset, replace(recipe, duplicates=settings), SHARDS[1])
        assert accepted(dataset, SHARDS[1]) == []


def test_what_stays_is_not_kept_out_by_what_was_decided_before(
    tmp_path: Path, recipe: Recipe
) -> None:
    dataset = copies(tmp_path / "data", recipe)
    match(dataset, recipe)
    fetched(dataset, recipe, SHARDS[1], "b")
    dataset.write(MATCHES, SHARDS[1], match_of(dataset))
    match(dataset, recipe)
    assert len(accepted(dataset, SHARDS[1])) == 1


def test_other_media_ask_for_screening_again(tmp_path: Path, recipe: Recipe) -> None:
    dataset = copies(tmp_path / "data", recipe)
    (media,) = dataset.read(MEDIA, SHARDS[0])
    dataset.write(MEDIA, SHARDS[0], [media.model_copy(update={"sha256": "b" * 64})])
    assert not is_screened(dataset, recipe, SHARDS[0])
    assert is_screened(dataset, recipe, SHARDS[1])

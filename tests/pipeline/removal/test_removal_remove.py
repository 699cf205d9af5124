"""What `remove` takes out, and what it leaves as it was."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import DatasetError
from pipeline.failures import losses, worth_another_try
from pipeline.media.shard import read_shard
from pipeline.plan import Choice, plan
from pipeline.recipe import Recipe, load
from pipeline.removal.remove import planned, remove
from pipeline.removal.tombstones import gone, pending, read_removals
from pipeline.status import status
from pipeline.store import Dataset
from pipeline.verify import verify
from schemas import CLIPS, MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from tests.light_stages import POISON, RUNS
from tests.pipeline.removal.filled import (
    COPY,
    SHARDS,
    clip,
    contents,
    make_filled,
    surroundings,
    video,
)
from tests.small_datasets import annotate

Writer = Callable[[str], Path]

pytestmark = pytest.mark.usefixtures("light")

RECIPE = '[dataset]\npath = "data"\n[stage.look]\n[stage.write]\n'
FIRST, OTHER, LAST = SHARDS
VIDEO = video(OTHER, 0)
CLIP = clip(FIRST, 1, 0)
CLIPS_OF_VIDEO = [clip(OTHER, 0, 0), clip(OTHER, 0, 1)]


@pytest.fixture
def recipe(write_recipe: Writer, light: None) -> Recipe:
    return load(write_recipe(RECIPE))


@pytest.fixture
def dataset(recipe: Recipe) -> Dataset:
    """Annotated by two variants of each step; of one variant, two clips failed."""
    dataset = make_filled(recipe.root)
    POISON.update((CLIPS_OF_VIDEO[0], clip(OTHER, 1, 0)))
    annotate(dataset, recipe)
    POISON.clear()
    RUNS.clear()
    return dataset


def problems(dataset: Dataset, recipe: Recipe) -> tuple[str, ...]:
    return verify(dataset, recipe, lambda shard: None).problems


def test_the_dataset_of_these_tests_is_whole(dataset: Dataset, recipe: Recipe) -> None:
    assert problems(dataset, recipe) == ()


def test_a_video_goes_from_tar_and_tables(dataset: Dataset, recipe: Recipe) -> None:
    found = remove(dataset, [VIDEO])
    assert (found.videos, found.clips, found.shards) == ([VIDEO], CLIPS_OF_VIDEO, [OTHER])
    left = [sample.clip_id for sample in read_shard(dataset.tar(OTHER))]
    assert left == [clip(OTHER, 1, 0), clip(OTHER, 1, 1)]
    for table in (VIDEOS, MEDIA, SCREENING, MEASURES, CLIPS):
        assert {getattr(row, "video_id") for row in dataset.read(table, OTHER)} == {video(OTHER, 1)}  # noqa: B009
    assert problems(dataset, recipe) == ()


def test_a_clip_goes_and_its_video_stays(dataset: Dataset, recipe: Recipe) -> None:
    found = remove(dataset, [CLIP])
    assert (found.videos, found.clips, found.shards) == ([], [CLIP], [FIRST])
    assert len(dataset.read(VIDEOS, FIRST)) == 2
    assert len(dataset.read(CLIPS, FIRST)) == 3
    assert len(list(read_shard(dataset.tar(FIRST)))) == 3
    assert problems(dataset, recipe) == ()


def test_no_step_becomes_stale_and_none_runs_again(dataset: Dataset, recipe: Recipe) -> None:
    remove(dataset, [VIDEO, CLIP])
    assert all(step.todo == [] for step in plan(dataset, recipe, Choice()))
    annotate(dataset, recipe)
    assert RUNS == []


def test_what_was_stale_stays_stale(dataset: Dataset, recipe: Recipe) -> None:
    look = recipe.step("look")
    rows = dataset.read(look.table, OTHER, look.variant)
    manifest = dataset.manifest(look.table, OTHER, look.variant)
    assert manifest
    other = [row.model_copy(update={"answer": "else"}) for row in rows]
    facts = {"inputs": manifest.inputs, "clips": 4, "failures": manifest.failures}
    dataset.write(look.table, OTHER, other, look.variant, **facts)
    remove(dataset, [VIDEO])
    _, write = plan(dataset, recipe, Choice())
    assert write.stale == [OTHER]


def test_manifests_account_for_the_clips_that_stay(dataset: Dataset, recipe: Recipe) -> None:
    look = recipe.step("look")
    before = dataset.manifest(look.table, OTHER, look.variant)
    remove(dataset, [VIDEO])
    part = dataset.manifest(look.table, OTHER, look.variant)
    assert before
    assert part
    assert (before.clips, before.rows, len(before.failures)) == (4, 2, 2)
    assert (part.clips, part.rows) == (2, 1)
    assert [failure.clip_id for failure in part.failures] == [clip(OTHER, 1, 0)]
    assert (part.created_at, part.config) == (before.created_at, before.config)
    cut = dataset.manifest(CLIPS, OTHER)
    assert cut
    assert (cut.clips, cut.rows, cut.failures) == (2, 2, [])
    tar = dataset.shard_manifest(OTHER)
    assert tar
    assert (tar.clips, tar.videos) == (2, 1)


def test_what_stays_is_byte_for_byte_what_a_build_without_it_gives(
    dataset: Dataset, recipe: Recipe
) -> None:
    before = {sample.clip_id: sample for sample in read_shard(dataset.tar(OTHER))}
    remove(dataset, CLIPS_OF_VIDEO)
    once = dataset.tar(OTHER).read_bytes()
    assert {s.clip_id: s for s in read_shard(dataset.tar(OTHER))}.items() <= before.items()
    other = make_filled(dataset.root.with_name("other"))
    remove(other, CLIPS_OF_VIDEO[:1])
    remove(other, CLIPS_OF_VIDEO[1:])
    assert other.tar(OTHER).read_bytes() == once


def test_other_shards_are_not_touched(dataset: Dataset) -> None:
    before = contents(dataset)
    remove(dataset, [VIDEO])
    after = contents(dataset)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed
    assert all(OTHER in name for name in changed)


def test_an_unused_variant_loses_it_too(
    dataset: Dataset, recipe: Recipe, write_recipe: Writer
) -> None:
    newer = load(write_recipe(RECIPE.replace("look]", 'look]\nquestion = "who?"')))
    annotate(dataset, newer)
    remove(dataset, [VIDEO])
    for each in (recipe, newer):
        for step in each.steps:
            rows = dataset.read(step.table, OTHER, step.variant)
            assert not {getattr(row, "clip_id") for row in rows} & set(CLIPS_OF_VIDEO)  # noqa: B009
    assert problems(dataset, newer) == ()


def test_an_undeclared_part_of_the_shard_goes_as_nobody_knows_what_is_in_it(
    dataset: Dataset, recipe: Recipe
) -> None:
    write = recipe.step("write")
    part = dataset.part(write.table, OTHER, write.variant)
    part.with_suffix(".json").unlink()
    remove(dataset, [VIDEO])
    assert not part.exists()


def test_removing_all_of_a_shard_leaves_an_empty_tar_that_everything_can_live_with(
    dataset: Dataset, recipe: Recipe, write_recipe: Writer
) -> None:
    found = remove(dataset, [video(OTHER, 0), video(OTHER, 1)])
    assert found.emptied == [OTHER]
    assert list(read_shard(dataset.tar(OTHER))) == []
    assert problems(dataset, recipe) == ()
    assert status(dataset, recipe).clips == 8
    annotate(dataset, load(write_recipe(RECIPE.replace("look]", 'look]\nquestion = "who?"'))))
    assert problems(dataset, load(write_recipe(RECIPE))) == ()


def test_an_unknown_id_is_refused_before_anything_is_done(dataset: Dataset) -> None:
    before = contents(dataset)
    with pytest.raises(DatasetError, match=f"no video or clip `{VIDEO}x` .* mean `{VIDEO}`"):
        remove(dataset, [CLIP, f"{VIDEO}x"])
    assert contents(dataset) == before
    assert not dataset.removals_file.exists()


def test_removing_again_is_fine_and_says_so(dataset: Dataset) -> None:
    remove(dataset, [VIDEO, CLIP])
    before = contents(dataset)
    again = remove(dataset, [VIDEO, CLIP, CLIPS_OF_VIDEO[0]])
    assert again.already == [VIDEO, CLIP, CLIPS_OF_VIDEO[0]]
    assert (again.videos, again.clips, again.shards) == ([], [], [])
    assert contents(dataset) == before


def test_a_tombstone_holds_an_id_and_the_reason(dataset: Dataset) -> None:
    remove(dataset, [VIDEO, CLIP], "asked by its owner")
    removed = read_removals(dataset).removed
    assert [(each.id, each.kind, each.reason) for each in removed] == [
        (VIDEO, "video", "asked by its owner"),
        (CLIP, "clip", "asked by its owner"),
    ]
    assert b"https" not in dataset.removals_file.read_bytes()
    assert pending(dataset) == []
    assert gone(dataset).clip(CLIPS_OF_VIDEO[1])


def test_a_dry_run_says_what_a_removal_does_and_does_nothing(dataset: Dataset) -> None:
    surroundings(dataset)
    before = contents(dataset)
    told = planned(dataset, [VIDEO, CLIP])
    assert contents(dataset) == before
    assert not dataset.removals_file.exists()
    assert told == remove(dataset, [VIDEO, CLIP])


def test_downloads_of_a_video_are_deleted_and_no_others(dataset: Dataset) -> None:
    surroundings(dataset)
    found = remove(dataset, [VIDEO, CLIP])
    assert found.downloads == [
        f"media/{OTHER}/{VIDEO}.{ending}" for ending in ("0.mp4", "json", "mp4.part")
    ]
    assert len(list(dataset.media_folder(OTHER).iterdir())) == 3


def test_comparisons_that_show_it_are_deleted(dataset: Dataset) -> None:
    surroundings(dataset)
    assert remove(dataset, [VIDEO]).comparisons == [f"comparisons/a--{OTHER}"]
    assert len(list(dataset.comparisons_folder.iterdir())) == 2


def test_the_report_goes_but_for_thumbnails_of_other_shards(dataset: Dataset) -> None:
    surroundings(dataset)
    assert remove(dataset, [VIDEO]).report
    left = {
        str(path.relative_to(dataset.report_folder)) for path in dataset.report_folder.rglob("*")
    }
    assert left == {
        "report.json",
        "media",
        f"media/{FIRST}",
        f"media/{FIRST}/a.jpg",
        f"media/{LAST}",
        f"media/{LAST}/a.jpg",
    }
    assert (dataset.report_folder / "report.json").read_text() == "{}\n"


def test_copies_of_a_removed_video_stay_out(dataset: Dataset, recipe: Recipe) -> None:
    assert remove(dataset, [VIDEO]).copies == [COPY]
    assert [row.video_id for row in dataset.read_all(MATCHES)] == [COPY]
    assert COPY in {loss.subject for loss in losses(dataset, recipe)}
    looser = recipe.duplicates.model_copy(update={"audio_similarity": 0.0})
    assert worth_another_try(dataset, replace(recipe, duplicates=looser)) == []


def test_other_videos_keep_their_song_and_side(dataset: Dataset) -> None:
    before = {row.video_id: row for row in dataset.read_all(VIDEOS)}
    remove(dataset, [VIDEO])
    after = {row.video_id: row for row in dataset.read_all(VIDEOS)}
    assert after == {key: row for key, row in before.items() if key != VIDEO}


def test_without_its_tar_a_shard_is_left_alone(dataset: Dataset) -> None:
    dataset.tar(OTHER).rename(dataset.root / "elsewhere.tar")
    before = contents(dataset)
    with pytest.raises(DatasetError, match="is gone, so nothing can be taken out"):
        remove(dataset, [VIDEO])
    assert contents(dataset) == before
    assert pending(dataset) == [VIDEO, *CLIPS_OF_VIDEO]
    (dataset.root / "elsewhere.tar").rename(dataset.tar(OTHER))
    assert remove(dataset, []).finished == sorted([VIDEO, *CLIPS_OF_VIDEO])
    assert pending(dataset) == []

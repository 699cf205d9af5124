"""What was removed never comes back: not by listing, not by retrying, not by cutting."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.acquire.governor import Governor
from pipeline.errors import DatasetError
from pipeline.failures import worth_another_try
from pipeline.listing import list_videos, relist_failed
from pipeline.recipe import Recipe, load
from pipeline.removal.remove import remove
from pipeline.removal.tombstones import Gone, gone, read_removals, staying, write_removals
from pipeline.sources.listing import Listing
from pipeline.stage import Failure, Sample
from pipeline.store import Dataset
from schemas import CLIPS, MEDIA, VIDEOS
from schemas.media import Media
from schemas.removal import Removals, Removed
from tests.pipeline.removal.filled import COPY, SHARDS, clip, make_filled, video

Writer = Callable[[str], Path]

RECIPE = """
[dataset]
path = "data"
eval_fraction = 0.0
videos_per_shard = 2
[source.web]
kind = "urls"
path = "web.txt"
"""
ADDRESSES = [f"https://example.org/{number}.mp4" for number in range(5)]


@pytest.fixture
def recipe(write_recipe: Writer) -> Recipe:
    file = write_recipe(RECIPE)
    (file.parent / "web.txt").write_text("\n".join(ADDRESSES), encoding="utf-8")
    return load(file)


def listing(recipe: Recipe, told: Callable[[str], None] = print) -> Listing:
    dataset = Dataset(recipe.root)
    governor = Governor(recipe.fetch, dataset.governor_state)
    return list_videos(dataset, recipe, governor, told)


def ids(dataset: Dataset) -> dict[str, str]:
    """Each video with its shard."""
    return {row.video_id: row.shard for row in dataset.read_all(VIDEOS)}


def test_a_removed_video_is_not_listed_again_and_is_counted(recipe: Recipe) -> None:
    dataset = Dataset(recipe.root)
    listing(recipe)
    first = min(ids(dataset))
    remove(dataset, [first])
    told: list[str] = []
    found = listing(recipe, told.append)
    assert (len(found.videos), found.known, found.removed) == (0, 4, 1)
    assert first not in ids(dataset)
    assert "Removed from this dataset, and kept out: 1 of the listed videos." in told


def test_nor_is_it_under_another_id(recipe: Recipe) -> None:
    dataset = Dataset(recipe.root)
    listing(recipe)
    row = next(iter(dataset.read_all(VIDEOS)))
    remove(dataset, [row.video_id])
    tombstone = read_removals(dataset).removed[0]
    assert tombstone.url_sha256 == hashlib.sha256(row.url.encode()).hexdigest()
    renamed = tombstone.model_copy(update={"id": "other-id"})
    write_removals(dataset, Removals(removed=[renamed]))
    assert listing(recipe).removed == 1


def test_a_shard_of_which_everything_was_removed_keeps_its_name(recipe: Recipe) -> None:
    dataset = Dataset(recipe.root)
    listing(recipe)
    assert dataset.shards() == ["train-000000", "train-000001", "train-000002"]
    remove(dataset, [each for each, shard in ids(dataset).items() if shard == "train-000002"])
    more = [*ADDRESSES, "https://example.org/new.mp4"]
    (recipe.base / "web.txt").write_text("\n".join(more), encoding="utf-8")
    (new,) = listing(recipe).videos
    assert new.shard == "train-000003"
    assert dataset.read(VIDEOS, "train-000002") == []


def test_a_video_that_waits_to_be_fetched_is_not(recipe: Recipe) -> None:
    dataset = Dataset(recipe.root)
    listing(recipe)
    first = min(ids(dataset))
    found = remove(dataset, [first])
    assert (found.videos, found.clips, found.shards, found.emptied) == ([first], [], [], [])
    assert first not in ids(dataset)


def test_a_removed_video_is_not_tried_again(recipe: Recipe) -> None:
    dataset = make_filled(recipe.root)
    late = video(SHARDS[0], 0)
    rows = dataset.read(MEDIA, SHARDS[0])
    failed = [Media(video_id=late, status="transient", reason="timeout"), *rows[1:]]
    dataset.write(MEDIA, SHARDS[0], failed)
    assert [row.video_id for row in worth_another_try(dataset, recipe)] == [late, COPY]
    tombstone = Removed(id=late, kind="video", removed_at="2024-01-01T00:00:00Z")
    write_removals(dataset, Removals(removed=[tombstone]))
    assert [row.video_id for row in relist_failed(dataset, recipe)] == [COPY]


def test_a_removed_clip_is_not_cut_again(tmp_path: Path) -> None:
    dataset = make_filled(tmp_path / "data")
    first, second = dataset.read(CLIPS, SHARDS[0])[:2]
    samples = [Sample(row.clip_id, b"", "flac", b"", {}) for row in (first, second)]
    failures = [Failure(clip(SHARDS[0], 0, 2), "silent"), Failure(video(SHARDS[0], 1), "broken")]
    outcomes = [(first, samples[0]), (second, samples[1]), *failures]
    out = Gone(frozenset(), frozenset((first.clip_id, failures[0].clip_id)))
    assert list(staying(outcomes, out)) == [(second, samples[1]), failures[1]]


def test_ids_that_begin_alike_are_not_confused() -> None:
    out = Gone(frozenset(("site-a", "site-b-00010000")), frozenset(("site-c-00020000",)))
    assert out.clip("site-a-00000000")
    assert out.clip("site-b-00010000-00000000")
    assert out.clip("site-c-00020000")
    for other in ("site-a-b-00000000", "site-ab-00000000", "site-a-b", "site-a", "site-c-00000000"):
        assert not out.clip(other)
    assert out.video("site-a")
    assert not out.video("site-c")
    assert not out.video("site-a-00000000")


def test_damaged_tombstones_stop_listing_instead_of_bringing_things_back(recipe: Recipe) -> None:
    dataset = Dataset(recipe.root)
    listing(recipe)
    dataset.removals_file.write_text('{"removed": 1}')
    for act in (listing, lambda recipe: gone(dataset), lambda recipe: remove(dataset, ["x"])):
        with pytest.raises(DatasetError, match=r"removed\.json cannot be read .* Mend it"):
            act(recipe)

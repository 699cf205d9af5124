"""`framesong verify` finds whatever is not as it was written; `prune` deletes only what the recipe
does not name."""

from pathlib import Path

import pytest

from pipeline.prune import unused
from pipeline.recipe import load
from pipeline.store import Dataset
from pipeline.verify import verify
from schemas import CLIPS, FRAME_CAPTIONS, MEDIA, SCORES, SCREENING, VIDEOS
from tests.flows.conftest import Built, Call

pytestmark = pytest.mark.timeout(900)

SHARD = "train-000001"


@pytest.fixture
def copy(built: Built, request: pytest.FixtureRequest) -> Dataset:
    """A copy of the built dataset, to be damaged."""
    return built.world.copy("built", request.node.name.replace("[", "-").replace("]", ""))


def problems(dataset: Dataset) -> tuple[str, ...]:
    return verify(dataset, load(dataset.root), lambda shard: None).problems


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_an_untouched_dataset_has_no_problems_and_one_digest(built: Built) -> None:
    verdict = verify(built.dataset, load(built.dataset.root), lambda shard: None)
    assert verdict.problems == ()
    assert (verdict.shards, verdict.clips, verdict.parts) == (4, 7, 4 * 8)
    assert verdict.digest == built.digest


def test_a_flipped_bit_in_a_tar_is_found(copy: Dataset) -> None:
    flip(copy.tar(SHARD))
    assert problems(copy) == (f"{SHARD}.tar: its bytes are not those that were written",)


@pytest.mark.parametrize(
    "table", ["videos", "media", "screening", "measures", "matches", "clips", "scores"]
)
def test_a_flipped_bit_in_a_table_is_found(copy: Dataset, table: str) -> None:
    (path,) = (copy.root / "tables" / table).rglob(f"{SHARD}.parquet")
    flip(path)
    found = problems(copy)
    assert any(line.startswith(f"{table}/") and "its bytes are not" in line for line in found)


@pytest.mark.parametrize(
    "table", ["media", "screening", "measures", "matches", "clips", "frame_captions"]
)
def test_a_part_without_its_manifest_is_found(copy: Dataset, table: str) -> None:
    (path,) = (copy.root / "tables" / table).rglob(f"{SHARD}.json")
    path.unlink()
    found = problems(copy)
    assert any(line.startswith(f"{table}/") and "its manifest is gone" in line for line in found)


def test_a_tar_without_its_manifest_is_found(copy: Dataset) -> None:
    copy.tar(SHARD).with_suffix(".json").unlink()
    assert any(line.startswith(f"{SHARD}.tar: not finished") for line in problems(copy))


def test_a_shard_that_no_list_of_videos_has_is_found(copy: Dataset) -> None:
    copy.part(VIDEOS, SHARD).with_suffix(".json").unlink()
    assert any(line.startswith(f"{SHARD}: no list of videos") for line in problems(copy))


def test_a_missing_tar_and_a_missing_table_are_found(copy: Dataset) -> None:
    copy.tar(SHARD).unlink()
    copy.part(MEDIA, SHARD).unlink()
    copy.part(SCREENING, "train-000002").unlink()
    assert [line.split(":")[0] for line in problems(copy)] == [
        f"{SHARD}.tar is gone",
        f"media/{SHARD}",
        "screening/train-000002",
    ]


def test_a_caption_of_a_clip_that_does_not_exist_is_found(copy: Dataset) -> None:
    variant = load(copy.root).step("blip2").variant
    manifest = copy.manifest(FRAME_CAPTIONS, SHARD, variant)
    assert manifest is not None
    rows = copy.read(FRAME_CAPTIONS, SHARD, variant)
    alien = rows[0].model_copy(update={"clip_id": "zz-nobody-00000000"})
    copy.write(FRAME_CAPTIONS, SHARD, [*rows, alien], variant, inputs=manifest.inputs)
    found = problems(copy)
    assert any("clips that do not exist, such as zz-nobody-00000000" in line for line in found)


def test_a_clip_without_caption_or_failure_is_found(copy: Dataset) -> None:
    variant = load(copy.root).step("blip2").variant
    rows = copy.read(FRAME_CAPTIONS, SHARD, variant)
    copy.write(FRAME_CAPTIONS, SHARD, rows[1:], variant)
    clips = len(copy.read(CLIPS, SHARD))
    assert any(f"accounts for {clips - 1} clips of {clips}" in line for line in problems(copy))


def test_prune_deletes_what_the_recipe_does_not_name_and_nothing_else(
    copy: Dataset, call: Call
) -> None:
    recipe = load(copy.root)
    old, score = recipe.step("blip2").variant, recipe.step("clip_score").variant
    rows = copy.read(FRAME_CAPTIONS, SHARD, old)
    copy.write(FRAME_CAPTIONS, SHARD, rows, "blip2-0123456789ab")
    assert [each.variant for each in unused(copy, recipe)] == ["blip2-0123456789ab"]
    call("prune", copy.root, "--dry-run")
    assert copy.variants(FRAME_CAPTIONS) == sorted([old, "blip2-0123456789ab"])
    call("prune", copy.root)
    assert copy.variants(FRAME_CAPTIONS) == [old]
    assert copy.variants(SCORES) == [score]
    assert problems(copy) == ()

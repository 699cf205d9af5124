"""What a metadata export tells of where videos lie."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import VIDEOS
from tests.pipeline.export.export_data import SHARDS, export_all, make


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return make(tmp_path / "dataset", clips=3)


def urls(recipe: Recipe, url: str) -> dict[str, set[str | None]]:
    """The addresses of a video in each file of an export, where it has this one in the dataset."""
    dataset = Dataset(recipe.root)
    *others, video = dataset.read(VIDEOS, SHARDS[1])
    dataset.write(VIDEOS, SHARDS[1], [*others, video.model_copy(update={"url": url})])
    export_all(recipe, recipe.base / "out", "metadata")
    files = {name: recipe.base / "out" / f"{name}.parquet" for name in ("clips", "videos")}
    return {
        name: {
            row["url"]
            for row in pq.read_table(path).to_pylist()
            if row["video_id"] == video.video_id
        }
        for name, path in files.items()
    }


def test_an_address_is_told_without_user_name_and_password(recipe: Recipe) -> None:
    found = urls(recipe, "https://me:secret@example.org:8443/v?id=1")
    assert found["clips"] == found["videos"] == {"https://example.org:8443/v?id=1"}
    for path in (recipe.base / "out").iterdir():
        assert b"secret" not in path.read_bytes()


@pytest.mark.parametrize("url", ["/home/me/a.mp4", "file:///home/me/a.mp4", "videos/a.mp4"])
def test_a_path_is_told_nowhere(url: str, recipe: Recipe) -> None:
    found = urls(recipe, url)
    assert found["clips"] == found["videos"] == {None}
    assert all(
        "home" not in str(pq.read_table(path).to_pylist())
        for path in (recipe.base / "out").glob("*.parquet")
    )

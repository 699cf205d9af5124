import shutil

import pytest

from pipeline.acquire.fetch import fetch_videos
from pipeline.acquire.room import scarce, shortage, too_far_ahead, waiting_bytes
from pipeline.acquire.settings import Fetching
from pipeline.errors import DiskFull
from pipeline.store import Dataset
from schemas import MEDIA, VIDEOS
from schemas.video import Video
from tests.sites import Site

ENOUGH = Fetching(keep_free_gb=0.0)


@pytest.fixture
def dataset(tmp_path):
    """Three uncut shards: two fetched, with 1,500 and 300 bytes, and one half fetched."""
    dataset = Dataset(tmp_path / "songs")
    for number, size in enumerate((1500, 300, 9000)):
        shard = f"train-{number:06}"
        video = Video(
            video_id=f"a-{number}", source="s", url="u", song_id="x", split="train", shard=shard
        )
        dataset.write(VIDEOS, shard, [video], software={})
        dataset.media_folder(shard).mkdir(parents=True)
        (dataset.media_folder(shard) / "a.mp4").write_bytes(b"x" * size)
        if number < 2:
            dataset.write(MEDIA, shard, [], software={})
    return dataset


def test_only_what_waits_to_be_cut_counts(dataset):
    assert waiting_bytes(dataset) == 1800
    shutil.rmtree(dataset.media_folder("train-000000"))
    assert waiting_bytes(dataset) == 300


def test_the_budget_holds_fetching_back(dataset):
    assert shortage(dataset, ENOUGH) is None
    small = ENOUGH.model_copy(update={"disk_budget_gb": 1.8e-6})
    assert shortage(dataset, small).startswith("Downloads that wait to be cut take 1.8e-06 GB")
    assert too_far_ahead(1799, small) is None


def test_a_disk_that_is_nearly_full_is_named(tmp_path):
    free = shutil.disk_usage(tmp_path).free / 1e9
    greedy = Fetching(keep_free_gb=free + 50)
    line = scarce(tmp_path / "not" / "there" / "yet", greedy)
    assert "GB free, less than keep_free_gb = " in line
    assert scarce(tmp_path, ENOUGH) is None


def test_nothing_is_asked_while_the_disk_is_nearly_full(tmp_path):
    greedy = Fetching(keep_free_gb=1e6)
    with Site({"/x.mp4": b"x"}) as site:
        video = Video(
            video_id="a-1",
            source="s",
            url=site.url("/x.mp4"),
            song_id="x",
            split="train",
            shard="t",
        )
        with pytest.raises(DiskFull, match="make room there"):
            fetch_videos([video], tmp_path / "media" / "t", greedy, lambda _: None)
        assert site.requests == []

"""Parquet that `datasets`, pandas and DuckDB read, with sound and pictures."""

import io
import os
from pathlib import Path
from typing import Any

import av
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipeline.export.parquet import media_schema, media_writer
from pipeline.media.shard import read_shard
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from tests.pipeline.export.export_data import HOSTILE, RATE, SHARDS, digests, export_all, make


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return make(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def out(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "export"
    export_all(recipe, folder, "parquet", clips_per_shard=5)
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`datasets`, without a network and with a cache of its own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    return datasets


def media(recipe: Recipe) -> dict[str, tuple[bytes, bytes]]:
    return {
        sample.clip_id: (sample.audio, sample.frame)
        for shard in SHARDS
        for sample in read_shard(Dataset(recipe.root).tar(shard))
    }


def test_datasets_loads_the_folder_with_audio_and_image_features(
    out: Path, recipe: Recipe, hub: Any
) -> None:
    loaded = hub.load_dataset(str(out))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 12, "eval": 6}
    train = loaded["train"]
    assert train.features["audio"] == hub.Audio(sampling_rate=RATE)
    assert train.features["image"] == hub.Image()
    assert train.features["violations"] == hub.List(hub.Value("string"))
    original = media(recipe)
    for row in train.cast_column("audio", hub.Audio(decode=False)):
        assert row["audio"]["bytes"] == original[row["clip_id"]][0]
        with av.open(io.BytesIO(row["audio"]["bytes"])) as file:
            assert sum(frame.samples for frame in file.decode(audio=0)) == RATE // 2
        assert row["audio"]["path"] == f"{row['clip_id']}.flac"
        assert row["image"].size == (96, 64)


def test_datasets_loads_the_files_as_plain_parquet_too(out: Path, hub: Any) -> None:
    files = {"train": str(out / "data" / "train-*.parquet")}
    loaded = hub.load_dataset("parquet", data_files=files, split="train")
    assert loaded.features["image"] == hub.Image()
    assert len(loaded) == 12


def test_datasets_streams_it(out: Path, hub: Any) -> None:
    stream = hub.load_dataset(str(out), split="eval", streaming=True)
    rows = list(stream.cast_column("audio", hub.Audio(decode=False)))
    assert {row["split"] for row in rows} == {"eval"}
    assert len(rows) == 6


def test_pandas_and_duckdb_read_the_same(out: Path, recipe: Recipe) -> None:
    original = media(recipe)
    frame = pd.concat(map(pd.read_parquet, sorted((out / "data").glob("*.parquet"))))
    assert len(frame) == 18
    for clip_id, audio, image in zip(frame["clip_id"], frame["audio"], frame["image"], strict=True):
        assert (audio["bytes"], image["bytes"]) == original[clip_id]
        assert Image.open(io.BytesIO(image["bytes"])).size == (96, 64)
    clips = duckdb.read_parquet(str(out / "data" / "*.parquet"))
    found = clips.aggregate("split, count(*), max(clipscore)").order("split").fetchall()
    assert found == [("eval", 6, 0.1), ("train", 12, 0.1)]


def test_titles_come_through_as_they_are(out: Path) -> None:
    titles = pq.read_table(out / "data" / "eval-00000-of-00002.parquet")["title"].to_pylist()
    assert set(titles) == {HOSTILE}


def test_files_are_numbered_and_declared(out: Path) -> None:
    names = sorted(path.name for path in (out / "data").iterdir())
    assert names == [
        "eval-00000-of-00002.parquet",
        "eval-00001-of-00002.parquet",
        "train-00000-of-00003.parquet",
        "train-00001-of-00003.parquet",
        "train-00002-of-00003.parquet",
    ]


def test_row_groups_and_pages_are_small_enough_to_stream(tmp_path: Path) -> None:
    recipe = make(tmp_path, clips=60)
    export_all(recipe, tmp_path / "o", "parquet", clips_per_shard=1000, splits=("train",))
    file = pq.ParquetFile(tmp_path / "o" / "data" / "train-00000-of-00001.parquet")
    groups = [file.metadata.row_group(n) for n in range(file.num_row_groups)]
    assert [group.num_rows for group in groups] == [100, 100, 36]
    columns = [groups[0].column(n) for n in range(groups[0].num_columns)]
    assert all(column.has_offset_index for column in columns)
    sound = next(column for column in columns if column.path_in_schema == "audio.bytes")
    assert sound.compression == "UNCOMPRESSED"
    assert not sound.is_stats_set


class Counting(io.FileIO):
    """A file that counts what is read of it."""

    seen = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size) or b""
        self.seen += len(data)
        return data


def test_the_first_clip_needs_one_page_of_sound(tmp_path: Path) -> None:
    clips = pa.table({"clip_id": [str(n) for n in range(50)], "sample_rate": [RATE] * 50})
    schema = media_schema(clips)
    sounds = [{"bytes": os.urandom(300_000), "path": "a"} for _ in range(50)]
    frames = [{"bytes": b"", "path": "b"}] * 50
    struct = schema.field("audio").type
    with media_writer(tmp_path / "a.parquet", schema) as writer:
        media = [pa.array(sounds, struct), pa.array(frames, struct)]
        writer.write_table(pa.table([*media, *clips.columns], schema))
    with Counting(tmp_path / "a.parquet") as file:
        reader = pq.ParquetFile(file, pre_buffer=False, buffer_size=65_536)
        first = next(reader.iter_batches(batch_size=1, columns=["audio"], use_threads=False))
        assert first["audio"][0].as_py() == sounds[0]
        assert file.seen < 3_000_000  # of 15 MB


def test_an_export_is_the_same_again(recipe: Recipe, out: Path, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o", "parquet", clips_per_shard=5)
    assert digests(tmp_path / "o") == digests(out)

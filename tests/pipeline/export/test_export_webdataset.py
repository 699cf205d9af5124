"""Tars that trainers read: by plain webdataset, in workers, and byte by byte the same again."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import webdataset
from PIL import Image
from torch.utils.data import DataLoader

from pipeline.columns import clip_columns
from pipeline.errors import DatasetError
from pipeline.media.shard import read_shard, write_shard
from pipeline.recipe import Recipe, load
from pipeline.store import Dataset
from schemas import CLIPS
from schemas.export import ExportManifest
from tests.pipeline.export.export_data import RATE, SHARDS, digests, export_all, make


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return make(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def out(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "export"
    export_all(recipe, folder)
    return folder


def tars(folder: Path, split: str = "*") -> list[str]:
    return [str(path) for path in sorted(folder.glob(f"demo-{split}-*.tar"))]


def decode(sample: dict[str, Any]) -> tuple[str, int, tuple[int, int], str, float]:
    with av.open(io.BytesIO(sample["flac"])) as file:
        samples = sum(frame.samples for frame in file.decode(audio=0))
    size = Image.open(io.BytesIO(sample["jpg"])).convert("RGB").size
    clip = json.loads(sample["json"])
    assert clip["clip_id"] == sample["__key__"]
    assert clip["prompt"] == sample["txt"].decode()
    return sample["__key__"], samples, size, sample["txt"].decode(), clip["words"]


def test_two_workers_of_a_data_loader_read_every_clip_once(out: Path, recipe: Recipe) -> None:
    shards = webdataset.WebDataset(tars(out), shardshuffle=False).map(decode)
    loader = DataLoader(shards, batch_size=None, num_workers=2)
    found = list(loader)
    table = clip_columns(Dataset(recipe.root), recipe).to_pylist()
    wanted = {row["clip_id"]: row["prompt"] for row in table if row["prompt"]}
    assert {key: prompt for key, _, _, prompt, _ in found} == wanted
    assert len(found) == 18
    assert {(samples, tuple(size)) for _, samples, size, _, _ in found} == {(RATE // 2, (96, 64))}


def test_splits_never_share_a_tar(out: Path) -> None:
    for split in ("train", "eval"):
        for sample in webdataset.WebDataset(tars(out, split), shardshuffle=False):
            assert json.loads(sample["json"])["split"] == split


def test_media_are_those_of_the_shards(out: Path, recipe: Recipe) -> None:
    media = {
        sample.clip_id: (sample.audio, sample.frame)
        for shard in SHARDS
        for sample in read_shard(Dataset(recipe.root).tar(shard))
    }
    for sample in webdataset.WebDataset(tars(out), shardshuffle=False):
        assert media[sample["__key__"]] == (sample["flac"], sample["jpg"])


def test_tars_are_anonymous_and_as_large_as_asked(out: Path) -> None:
    counts = []
    for path in tars(out):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
        facts = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members}
        assert facts == {(0, 0, 0, "", "", 0o644)}
        assert [m.name.rpartition(".")[2] for m in members[:4]] == ["flac", "jpg", "json", "txt"]
        counts.append(len(members) // 4)
    assert counts == [3, 3, 3, 3, 3, 3]


def test_indexes_say_what_lies_in_the_tars(out: Path) -> None:
    sizes = json.loads((out / "sizes.json").read_text())
    index = json.loads((out / "demo-train.json").read_text())
    assert index["__kind__"] == "wids-shard-index-v1"
    assert sum(sizes.values()) == 18
    for shard in index["shardlist"]:
        assert (out / shard["url"]).stat().st_size == shard["filesize"]
        with tarfile.open(out / shard["url"]) as tar:
            assert len(tar.getnames()) == 4 * shard["nsamples"] == 4 * sizes[shard["url"]]


def test_webdataset_reads_the_index_as_a_list_of_shards(out: Path) -> None:
    index = json.loads((out / "demo-eval.json").read_text())
    urls = [str(out / shard["url"]) for shard in index["shardlist"]]
    assert len(list(webdataset.WebDataset(urls, shardshuffle=False))) == 6


def test_the_manifest_has_every_file_with_its_digest(out: Path) -> None:
    manifest = ExportManifest.model_validate_json((out / "export.json").read_bytes())
    assert manifest.clips == 18
    assert manifest.left_out == {"no prompt": 6}
    for file in manifest.files:
        data = (out / file.file).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert [Path(path).name for path in tars(out)] == sorted(f.file for f in manifest.files)


def test_a_condition_reaches_the_tars(recipe: Recipe, tmp_path: Path) -> None:
    made = export_all(recipe, tmp_path / "o", where="clipscore >= 0.1", splits=("train",))
    clips = list(webdataset.WebDataset(tars(tmp_path / "o"), shardshuffle=False))
    assert {json.loads(clip["json"])["clipscore"] for clip in clips} == {0.1}
    assert len(clips) == made.clips == 4
    assert made.left_out == {"other split": 8, "no prompt": 4, "no value": 4, "condition": 4}
    assert not (tmp_path / "o" / "demo-eval.json").exists()


def test_an_export_is_the_same_again_in_another_process_place_and_language(
    recipe: Recipe, out: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.recipe import load;"
        "from tests.pipeline.export.export_data import export_all;"
        "export_all(load(Path(sys.argv[1])), Path('again'))"
    )
    language = {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"}
    root = str(Path(__file__).parents[3])
    subprocess.run(
        [sys.executable, "-c", code, str(recipe.file)],
        cwd=tmp_path,
        env={**os.environ, **language, "PYTHONPATH": root},
        check=True,
    )
    assert digests(tmp_path / "again") == digests(out)


def test_another_seed_gives_another_order_of_the_same_clips(
    recipe: Recipe, out: Path, tmp_path: Path
) -> None:
    export_all(recipe, tmp_path / "o", seed=1)

    def keys(folder: Path) -> Iterator[str]:
        for sample in webdataset.WebDataset(tars(folder), shardshuffle=False):
            yield sample["__key__"]

    assert list(keys(out)) != list(keys(tmp_path / "o"))
    assert sorted(keys(out)) == sorted(keys(tmp_path / "o"))


@pytest.mark.parametrize("audio_format", ["wav", "opus"])
def test_other_audio_formats_keep_their_extension(audio_format: str, tmp_path: Path) -> None:
    recipe = make(tmp_path, f'[cut]\naudio_format = "{audio_format}"', audio_format, clips=2)
    export_all(recipe, tmp_path / "o")
    samples = list(webdataset.WebDataset(tars(tmp_path / "o"), shardshuffle=False))
    assert len(samples) == 6
    assert all(audio_format in sample and "flac" not in sample for sample in samples)


@pytest.mark.parametrize("part", ["audio", "frame"])
def test_media_that_are_not_as_they_were_cut_stop_the_export(part: str, tmp_path: Path) -> None:
    recipe = make(tmp_path, clips=3)
    dataset = Dataset(recipe.root)
    samples = list(read_shard(dataset.tar("train-000001")))
    index = next(n for n, one in enumerate(samples) if one.clip_id.endswith("a-00000000"))
    fields = {**vars_of(samples[index]), part: b"other"}
    samples[index] = type(samples[index])(**fields)
    write_shard(dataset.tar("train-000001"), samples)
    with pytest.raises(DatasetError, match=r"`train-000001` is damaged.*framesong verify"):
        export_all(recipe, tmp_path / "o")
    assert not (tmp_path / "o").exists()
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def vars_of(sample: Any) -> dict[str, Any]:
    return {name: getattr(sample, name) for name in sample.__dataclass_fields__}


def test_a_clip_that_its_shard_lacks_stops_the_export(tmp_path: Path) -> None:
    recipe = make(tmp_path, clips=3)
    dataset = Dataset(recipe.root)
    samples = list(read_shard(dataset.tar("eval-000000")))
    write_shard(dataset.tar("eval-000000"), samples[1:])
    with pytest.raises(DatasetError, match="is not in it with sound and frame"):
        export_all(recipe, tmp_path / "o")


def test_a_shard_that_is_gone_stops_the_export(tmp_path: Path) -> None:
    recipe = make(tmp_path, clips=3)
    Dataset(recipe.root).tar("eval-000000").unlink()
    with pytest.raises(DatasetError, match="There is no shard"):
        export_all(recipe, tmp_path / "o")


def test_where_videos_lie_on_their_makers_disk_stays_there(tmp_path: Path) -> None:
    from schemas import VIDEOS

    recipe = make(tmp_path, clips=3)
    dataset = Dataset(recipe.root)
    for shard in SHARDS:
        private = [
            video.model_copy(update={"url": f"/home/me/{video.video_id}.mp4"})
            for video in dataset.read(VIDEOS, shard)
        ]
        dataset.write(VIDEOS, shard, private)
    export_all(recipe, tmp_path / "o")
    for path in (tmp_path / "o").iterdir():
        assert b"/home/me" not in path.read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()


def test_a_dataset_with_one_clip_is_exported(tmp_path: Path) -> None:
    recipe = make(tmp_path)
    (clip, *_) = Dataset(recipe.root).read(CLIPS, "train-000000")
    made = export_all(load(recipe.file), tmp_path / "o", clips=frozenset({clip.clip_id}))
    assert made.clips == 1
    assert [Path(path).name for path in tars(tmp_path / "o")] == ["demo-train-000000.tar"]

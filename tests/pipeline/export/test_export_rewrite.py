"""Clips are taken out of exports, for good, and nothing else changes."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import webdataset

from pipeline.errors import DatasetError
from pipeline.export.rewrite import take_out
from pipeline.recipe import Recipe
from schemas.export import ExportManifest
from tests.pipeline.export.export_data import digests, export_all, make

FORMATS = ("webdataset", "parquet")
ALL = (*FORMATS, "metadata")
ONE = "site-train000000a-00000000"
VIDEO = "site-train000001b"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return make(tmp_path_factory.mktemp("dataset"))


def holding(folder: Path, text: str) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    )


def manifest(folder: Path) -> ExportManifest:
    return ExportManifest.model_validate_json((folder / "export.json").read_bytes())


def records(folder: Path) -> dict[str, dict[str, Any]]:
    if manifest(folder).format == "parquet":
        tables = [pq.read_table(path) for path in sorted((folder / "data").iterdir())]
        return {row["clip_id"]: row for table in tables for row in table.to_pylist()}
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    return {one["__key__"]: one for one in webdataset.WebDataset(urls, shardshuffle=False)}


@pytest.mark.parametrize("format", FORMATS)
def test_a_clip_and_a_video_are_nowhere_afterwards(
    format: str, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    export_all(recipe, out, format)
    before, digests_before = records(out), digests(out)
    expected = holding(out, ONE) + holding(out, VIDEO)
    changed = take_out(out, {ONE, VIDEO, "unknown"})
    assert changed == sorted(set(expected))
    assert holding(out, ONE) == holding(out, VIDEO) == []
    after = records(out)
    assert len(before) - len(after) == 4
    for clip_id, record in after.items():
        same = ("flac", "jpg", "txt", "json") if format == "webdataset" else tuple(record)
        assert {name: record[name] for name in same} == {
            name: before[clip_id][name] for name in same
        }
    for name, digest in digests(out).items():
        if name.endswith((".tar", ".parquet")) and name not in changed:
            assert digests_before[name] == digest


@pytest.mark.parametrize("format", FORMATS)
def test_what_describes_the_export_says_so(format: str, recipe: Recipe, tmp_path: Path) -> None:
    out = tmp_path / "o"
    export_all(recipe, out, format)
    take_out(out, {ONE, VIDEO})
    made = manifest(out)
    assert (made.clips, made.left_out) == (14, {"no prompt": 6, "removed": 4})
    for file in made.files:
        data = (out / file.file).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert sum(file.clips for file in made.files) == 14
    card = (out / "README.md").read_text()
    assert "| train | 8 | 3 | 3 | 0.00 |" in card
    assert "removed 4" in card
    node = json.loads((out / "croissant.json").read_text())
    objects = {one["@id"]: one.get("sha256") for one in node["distribution"]}
    assert {file.file: file.sha256 for file in made.files}.items() <= objects.items()
    assert node["recordSet"]
    if format == "webdataset":
        sizes = json.loads((out / "sizes.json").read_text())
        assert sizes == {file.file: file.clips for file in made.files}
        index = json.loads((out / "demo-train.json").read_text())
        assert sum(shard["nsamples"] for shard in index["shardlist"]) == 8


def test_croissant_still_validates(recipe: Recipe, tmp_path: Path) -> None:
    import mlcroissant

    for format in FORMATS:
        export_all(recipe, tmp_path / "o", format)
        take_out(tmp_path / "o", {VIDEO})
        loaded = mlcroissant.Dataset(jsonld=tmp_path / "o" / "croissant.json")
        assert loaded.metadata.ctx.issues.errors == set()


@pytest.mark.parametrize("format", FORMATS)
def test_once_more_changes_nothing(format: str, recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o", format)
    take_out(tmp_path / "o", {ONE})
    before = digests(tmp_path / "o")
    assert take_out(tmp_path / "o", {ONE}) == []
    assert take_out(tmp_path / "o", set()) == []
    assert digests(tmp_path / "o") == before


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_has_nothing_left_goes(format: str, recipe: Recipe, tmp_path: Path) -> None:
    out = tmp_path / "o"
    export_all(recipe, out, format, clips_per_shard=1)
    (name,) = take_out(out, {ONE})
    assert not (out / name).exists()
    assert len(manifest(out).files) == 17


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_may_lose_everything(format: str, recipe: Recipe, tmp_path: Path) -> None:
    out = tmp_path / "o"
    export_all(recipe, out, format)
    everything = {clip_id.rpartition("-")[0] for clip_id in records(out)}
    assert take_out(out, everything)
    assert manifest(out).clips == 0
    assert manifest(out).files == []
    assert holding(out, "site-") == []
    assert take_out(out, everything) == []


def test_what_somebody_put_into_the_folder_stays(recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o")
    (tmp_path / "o" / "mine").mkdir()
    (tmp_path / "o" / "mine" / "notes.txt").write_text("mine")
    take_out(tmp_path / "o", {ONE})
    assert (tmp_path / "o" / "mine" / "notes.txt").read_text() == "mine"


def test_unaffected_files_are_not_copied(recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o")
    inodes = {path.name: path.stat().st_ino for path in (tmp_path / "o").glob("*.tar")}
    changed = take_out(tmp_path / "o", {ONE})
    for path in (tmp_path / "o").glob("*.tar"):
        assert (path.stat().st_ino == inodes[path.name]) == (path.name not in changed)


@pytest.mark.parametrize("damage", ["export.json", "card.json", "croissant.json", "tar"])
def test_a_damaged_export_is_named(damage: str, recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o")
    name = "demo-train-000000.tar" if damage == "tar" else damage
    (tmp_path / "o" / name).write_bytes(b"{}" if damage != "tar" else b"no tar" * 500)
    before = digests(tmp_path / "o")
    with pytest.raises(DatasetError, match=name):
        take_out(tmp_path / "o", {ONE})
    assert digests(tmp_path / "o") == before


def test_a_folder_that_is_no_export_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(ONE)
    with pytest.raises(DatasetError, match="no export"):
        take_out(tmp_path, {ONE})


DYING = """
import os, sys
from pathlib import Path
from pipeline import folders
from pipeline.export import rewrite
def die(*args):
    os.kill(os.getpid(), 9)
setattr(folders if sys.argv[2] == "sync_folder" else rewrite, sys.argv[2], die)
rewrite.take_out(Path(sys.argv[1]), {sys.argv[3]})
"""


@pytest.mark.parametrize("moment", ["write_tar", "write_indexes", "describe", "sync_folder"])
def test_a_kill_leaves_the_old_export_and_the_next_call_mends(
    moment: str, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    export_all(recipe, out)
    before = digests(out)
    dying = [sys.executable, "-c", DYING, str(out), moment, ONE]
    root = str(Path(__file__).parents[3])
    assert subprocess.run(dying, env={**os.environ, "PYTHONPATH": root}).returncode == -9
    assert digests(out) == before
    assert len(take_out(out, {ONE})) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["o"]


def test_metadata_loses_clips_videos_and_what_steps_said_of_them(
    recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "o"
    export_all(recipe, out, "metadata")
    changed = take_out(out, {ONE, VIDEO})
    assert {"clips.parquet", "videos.parquet", "step-blip2.parquet"} <= set(changed)
    clips = pq.read_table(out / "clips.parquet")
    assert len(clips) == manifest(out).clips == 24 - 5
    assert VIDEO not in pq.read_table(out / "videos.parquet")["video_id"].to_pylist()
    for path in out.glob("*.parquet"):
        table = pq.read_table(path)
        if "clip_id" in table.column_names:
            ids = set(table["clip_id"].to_pylist())
            assert ids <= set(clips["clip_id"].to_pylist())
            (declared,) = [file for file in manifest(out).files if file.file == path.name]
            assert declared.clips == len(ids)
    (videos,) = [file for file in manifest(out).files if file.file == "videos.parquet"]
    assert videos.clips == 19
    assert take_out(out, {ONE, VIDEO}) == []
    for file in manifest(out).files:
        data = (out / file.file).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_metadata_may_lose_everything(recipe: Recipe, tmp_path: Path) -> None:
    import mlcroissant

    export_all(recipe, tmp_path / "o", "metadata")
    videos = pq.read_table(tmp_path / "o" / "videos.parquet")["video_id"].to_pylist()
    take_out(tmp_path / "o", set(videos))
    assert manifest(tmp_path / "o").clips == 0
    assert holding(tmp_path / "o", "site-t") == []
    loaded = mlcroissant.Dataset(jsonld=tmp_path / "o" / "croissant.json")
    assert loaded.metadata.ctx.issues.errors == set()

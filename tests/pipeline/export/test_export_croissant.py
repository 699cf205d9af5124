"""Croissant metadata, as the reference implementation reads it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.recipe import Recipe
from tests.pipeline.export.export_data import HOSTILE, export_all, make
from tests.pipeline.export.test_export_card import CARD

FORMATS = ("webdataset", "parquet", "metadata")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return make(tmp_path_factory.mktemp("dataset"))


@pytest.fixture(autouse=True)
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives are unpacked once for each name, whatever is in them: here, for each test."""
    from mlcroissant._src.operation_graph.operations import extract

    monkeypatch.setattr(extract, "EXTRACT_PATH", type(extract.EXTRACT_PATH)(tmp_path / "cache"))


def load(folder: Path) -> Any:
    import mlcroissant

    return mlcroissant.Dataset(jsonld=folder / "croissant.json")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("card", ["", CARD])
def test_it_validates_without_errors_or_warnings(format: str, card: str, tmp_path: Path) -> None:
    recipe = make(tmp_path, card, clips=3)
    export_all(recipe, tmp_path / "o", format)
    issues = load(tmp_path / "o").metadata.ctx.issues
    assert issues.errors == set()
    assert issues.warnings == set()


def test_records_of_parquet_load_with_media(recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o", "parquet")
    records = list(load(tmp_path / "o").records("clips"))
    assert len(records) == 18
    for record in records:
        audio = hashlib.sha256(record["clips/audio"]).hexdigest()
        assert audio == record["clips/audio_sha256"].decode()
        assert record["clips/image"].size == (96, 64)
        assert record["clips/title"].decode() == HOSTILE
    assert {tuple(record["clips/violations"] or ()) for record in records} == {(), (b"too_long",)}


def test_records_of_metadata_load(recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o", "metadata")
    loaded = load(tmp_path / "o")
    clips = list(loaded.records("clips"))
    videos = {record["videos/video_id"] for record in loaded.records("videos")}
    assert len(clips) == 24
    assert {record["clips/video_id"] for record in clips} <= videos
    assert {record["clips/clipscore"] for record in clips} == {None, 0.0, 0.1}
    assert len(list(loaded.records("step-blip2"))) == 24


def test_records_of_tars_load(recipe: Recipe, tmp_path: Path) -> None:
    export_all(recipe, tmp_path / "o")
    loaded = load(tmp_path / "o")
    prompts = {
        record["prompts/clip_id"]: record["prompts/prompt"] for record in loaded.records("prompts")
    }
    assert len(prompts) == 18
    for record in loaded.records("records"):
        columns = json.loads(record["records/record"])
        assert prompts[columns["clip_id"].encode()].decode() == columns["prompt"]
    assert {record["frames/frame"].size for record in loaded.records("frames")} == {(96, 64)}
    assert all(record["sounds/sound"][:4] == b"fLaC" for record in loaded.records("sounds"))


@pytest.mark.parametrize("format", FORMATS)
def test_every_file_is_named_with_its_digest(format: str, recipe: Recipe, tmp_path: Path) -> None:
    made = export_all(recipe, tmp_path / "o", format)
    node = json.loads((tmp_path / "o" / "croissant.json").read_text())
    objects = [one for one in node["distribution"] if one["@type"] == "cr:FileObject"]
    assert {one["contentUrl"]: one["sha256"] for one in objects} == {
        file.file: file.sha256 for file in made.files
    }


def test_it_says_who_made_it_and_under_which_licence(tmp_path: Path) -> None:
    export_all(make(tmp_path, CARD, clips=3), tmp_path / "o")
    node = json.loads((tmp_path / "o" / "croissant.json").read_text())
    assert node["name"] == "A: test --- # of {cards}"
    assert node["license"] == "https://spdx.org/licenses/CC-BY-4.0"
    assert [one["name"] for one in node["creator"]] == ["Ada <script>", "Grace"]
    assert (node["url"], node["version"]) == ("https://example.org/data", "1.2.0")
    assert node["datePublished"] == "2026-03-04"
    assert "author = {Ada <script> and Grace}" in node["citeAs"]


def test_a_licence_that_is_no_identifier_stays_one_line(tmp_path: Path) -> None:
    card = '[card]\nlicence = "Mine\\nlicense: \\u001b[31mother"\n'
    export_all(make(tmp_path, card, clips=3), tmp_path / "o")
    node = json.loads((tmp_path / "o" / "croissant.json").read_text())
    assert node["license"] == "Mine license: other"

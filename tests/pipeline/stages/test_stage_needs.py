"""What stages say they need is what their `models()` looks for."""

from pathlib import Path

import pytest
from huggingface_hub import constants

from pipeline.errors import MissingCheckpoint
from pipeline.stage import Stage, required_options
from pipeline.stages import STAGES
from pipeline.stages.alm import Alm
from pipeline.stages.lp_music_caps import LpMusicCaps
from pipeline.stages.needs import Needed, asks_for, needs
from pipeline.stages.summarise import Summarise
from pipeline.stages.vlm import Vlm
from tests.hub_cache import COMMIT, put

CONFIGURED = [
    *(kind() for kind in STAGES.values() if not required_options(kind)),
    Summarise(backend="transformers"),
    Summarise(clip_tokenizer="openai/clip-vit-base-patch32"),
    Summarise(examples="diffusiondb"),
    LpMusicCaps(checkpoint="pretrain"),
]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize("stage", CONFIGURED, ids=lambda stage: stage.name)
def test_a_stage_looks_for_what_it_says_it_needs(cache: Path, stage: Stage) -> None:
    if not needs(stage):
        assert {record.revision for record in stage.models().values()} == {"endpoint"}
        return
    first = needs(stage)[0]
    with pytest.raises(MissingCheckpoint) as caught:
        stage.models()
    assert str(caught.value).endswith(f": {first.command()}")
    with pytest.raises(MissingCheckpoint):
        first.path()


@pytest.mark.parametrize("stage", CONFIGURED, ids=lambda stage: stage.name)
def test_a_stage_has_all_when_its_needs_are_met(cache: Path, tmp_path: Path, stage: Stage) -> None:
    for needed in needs(stage):
        names = needed.files or ("config.json", "model.safetensors")
        files = [tmp_path / name for name in names]
        for file in files:
            file.touch()
        put(cache, needed.model, *files, kind=needed.kind.replace("tokenizer", "model"))
        assert needed.path().exists()
    for record in stage.models().values():
        assert record.revision in (COMMIT, "endpoint")


def test_a_folder_with_bart_in_it_needs_no_other(tmp_path: Path) -> None:
    assert len(needs(LpMusicCaps())) == 2
    (tmp_path / "bart").mkdir()
    assert needs(LpMusicCaps(model=str(tmp_path))) == [Needed(str(tmp_path))]


def test_a_folder_has_no_command(tmp_path: Path) -> None:
    assert Needed(str(tmp_path)).command() is None
    assert Needed("nonsense").command() is None


def test_only_stages_that_ask_a_server_name_a_model_to_it() -> None:
    assert asks_for(Vlm(model="a")) == asks_for(Alm(model="a")) == "a"
    assert asks_for(Summarise(model="a")) == "a"
    assert asks_for(Summarise(model="a", backend="transformers")) is None
    assert asks_for(LpMusicCaps()) is None

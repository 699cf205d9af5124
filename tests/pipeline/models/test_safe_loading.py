"""Every way to load a model: no code of a checkpoint is run, and nothing missing is made up."""

import ast
import contextlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.errors import FramesongError
from pipeline.models import blip2, clap, clip, lp_music_caps_weights, pretrained
from pipeline.models.language import local, tokens
from pipeline.models.pretrained import TOKENIZER_FILES
from tests.random_checkpoints import (
    make_blip2_t5,
    make_clip,
    make_lp_music_caps,
    make_mistral,
)
from tests.tiny_checkpoints import make_clap, make_instructblip_vicuna, make_siglip

MODELS = Path(pretrained.__file__).parent
Loader = Callable[[Path], Any]


def load_lp_music_caps(path: Path) -> Any:
    (weights,) = path.glob("*.pth")
    return lp_music_caps_weights.load(weights, path / "bart", "cpu")


CHECKPOINTS: dict[str, tuple[Callable[[Path], None], Loader]] = {
    "blip2": (make_blip2_t5, lambda path: blip2.load(path, "cpu")),
    "instructblip": (make_instructblip_vicuna, lambda path: blip2.load(path, "cpu")),
    "clip": (make_clip, lambda path: clip.load(path, "cpu")),
    "siglip": (make_siglip, lambda path: clip.load(path, "cpu")),
    "clap": (make_clap, lambda path: clap.load(path, "cpu")),
    "lp_music_caps": (make_lp_music_caps, load_lp_music_caps),
    "language": (make_mistral, lambda path: local.load(path, "cpu")),
    "clip_tokens": (make_clip, lambda path: tokens.clip_tokens(path, "a star")),
}
TRANSFORMERS = sorted(set(CHECKPOINTS) - {"lp_music_caps", "clip_tokens"})
"""Those whose weights transformers reads."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def checkpoint(request: pytest.FixtureRequest, originals: Path, tmp_path: Path) -> Path:
    """A copy that the test may spoil."""
    name = request.param
    if not (originals / name).exists():
        with torch.random.fork_rng():
            torch.manual_seed(0)
            CHECKPOINTS[name][0](originals / name)
    shutil.copytree(originals / name, tmp_path / name)
    return tmp_path / name


def every(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("checkpoint", names, indirect=True)


def load(checkpoint: Path) -> Any:
    return CHECKPOINTS[checkpoint.name][1](checkpoint)


class Trap:
    """Whoever unpickles it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_the_trap_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))  # noqa: S301
    assert (tmp_path / "sprung").is_dir()


@every(sorted(CHECKPOINTS))
def test_a_whole_checkpoint_is_loaded(checkpoint: Path) -> None:
    assert load(checkpoint) is not None


@every(sorted(CHECKPOINTS))
def test_a_missing_tokenizer_is_not_made_up(checkpoint: Path) -> None:
    for path in [*checkpoint.rglob("*")]:
        if path.name in {*TOKENIZER_FILES, "merges.txt"}:
            path.unlink()
    with pytest.raises(FramesongError, match=r"tokenizer|vocab\.json") as caught:
        load(checkpoint)
    assert "\n" not in str(caught.value)


@every(sorted(set(CHECKPOINTS) - {"lp_music_caps"}))
def test_a_damaged_tokenizer_is_one_line(checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").write_text('{"version": "1.0", "mod', encoding="utf-8")
    with pytest.raises(FramesongError, match="damaged") as caught:
        load(checkpoint)
    assert "\n" not in str(caught.value)


@every(TRANSFORMERS)
def test_a_pickle_that_runs_something_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "model.safetensors").unlink()
    torch.save({"weight": Trap(tmp_path / "sprung")}, checkpoint / "pytorch_model.bin")
    with pytest.raises(FramesongError, match="damaged"):
        load(checkpoint)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("form", ["zip", "plain"])
@every(["lp_music_caps"])
def test_a_pth_file_that_runs_something_is_refused(
    checkpoint: Path, form: str, tmp_path: Path
) -> None:
    (weights,) = checkpoint.glob("*.pth")
    state = {"state_dict": Trap(tmp_path / "sprung")}
    if form == "zip":
        torch.save(state, weights)
    else:
        weights.write_bytes(pickle.dumps(state))
    with pytest.raises(FramesongError, match="damaged, or holds more than tensors"):
        load(checkpoint)
    assert not (tmp_path / "sprung").exists()


@every(sorted(CHECKPOINTS))
def test_code_that_comes_with_a_checkpoint_is_not_run(checkpoint: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    code = f"import os\nos.mkdir({str(sprung)!r})\nclass Mine: pass\n"
    names = {
        "config.json": ("AutoConfig", "AutoModel", "AutoModelForCausalLM"),
        "tokenizer_config.json": ("AutoTokenizer",),
        "processor_config.json": ("AutoProcessor", "AutoImageProcessor", "AutoFeatureExtractor"),
    }
    for path in [*checkpoint.rglob("*.json")]:
        if path.name in names:
            config = json.loads(path.read_text(encoding="utf-8"))
            mine = {
                name: ["mine.Mine"] * 2 if name == "AutoTokenizer" else "mine.Mine"
                for name in names[path.name]
            }
            path.write_text(json.dumps(config | {"auto_map": mine}), encoding="utf-8")
            (path.parent / "mine.py").write_text(code, encoding="utf-8")
    with contextlib.suppress(FramesongError):
        load(checkpoint)
    assert not sprung.exists()


def calls(name: str) -> list[tuple[str, ast.Call]]:
    """Each call of a method `name` in pipeline/models, with the file that it is in."""
    return [
        (path.name, node)
        for path in sorted(MODELS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    ]


def test_nothing_is_loaded_but_with_the_safe_options() -> None:
    found = calls("from_pretrained")
    assert found
    for file, call in found:
        given = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None]
        assert "LOCAL" in given, f"{file}:{call.lineno}"
    assert pretrained.LOCAL == {"local_files_only": True, "trust_remote_code": False}


def test_transformers_models_and_tokenizers_are_loaded_in_one_place() -> None:
    others = {
        (file, ast.unparse(call.func))
        for file, call in calls("from_pretrained")
        if file != "pretrained.py"
    }
    assert others == {("lp_music_caps_weights.py", "BartConfig.from_pretrained")}


def test_torch_reads_pickles_of_tensors_alone() -> None:
    loads = [call for _, call in calls("load") if ast.unparse(call.func) == "torch.load"]
    assert loads
    for call in loads:
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert options.get("weights_only") == "True"
    for name in ("pickle", "joblib"):
        for path in MODELS.rglob("*.py"):
            assert f"import {name}" not in path.read_text(encoding="utf-8")

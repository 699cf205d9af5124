"""How large a model is, without loading it."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import BartConfig, CLIPConfig, CLIPModel

from pipeline.errors import MissingCheckpoint
from pipeline.models.footprint import BFLOAT16, FLOAT32, WORKER, Weights, weights
from pipeline.models.known import KNOWN, licence, size
from pipeline.models.lp_music_caps import LpMusicCapsModel


def write(file: Path, parameters: int, dtype: torch.dtype = torch.float32) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({"half": torch.zeros(2, parameters // 2, dtype=dtype)}, file)
    return file


def count(model: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize(("dtype", "width"), [(torch.float32, 4), (torch.bfloat16, 2)])
def test_parameters_are_counted_from_the_headers(
    tmp_path: Path, dtype: torch.dtype, width: int
) -> None:
    file = write(tmp_path / "model.safetensors", 100_000, dtype)
    for path in (tmp_path, file):
        found = weights(path)
        assert found is not None
        assert found.parameters == 100_000
        assert found.bytes_each == pytest.approx(width, rel=0.01)


def test_a_copy_of_the_weights_in_another_layout_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "consolidated.safetensors", 1000)
    write(tmp_path / "pytorch_model.bin", 1000)
    parts = [write(tmp_path / f"model-{n}.safetensors", 500).name for n in (1, 2)]
    index = {"weight_map": {"a": parts[0], "b": parts[1], "c": parts[1]}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    found = weights(tmp_path)
    assert found is not None
    assert found.parameters == 1000


def test_a_pickle_is_taken_to_hold_float32(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(100_000)}, tmp_path / "transfer.pth")
    found = weights(tmp_path)
    assert found is not None
    assert found.parameters == pytest.approx(100_000, rel=0.02)
    assert found.bytes_each >= FLOAT32


def test_a_folder_without_weights_has_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert weights(tmp_path) is None


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(MissingCheckpoint, match=r"model\.safetensors is damaged"):
        weights(tmp_path)


def test_workers_on_a_cpu_share_weights_that_are_stored_as_they_are_used() -> None:
    stored = Weights(1000, FLOAT32)
    assert stored.memory(FLOAT32, 3, on_cpu=True) == 4000 + 3 * WORKER
    assert stored.memory(FLOAT32, 3, on_cpu=False) == 3 * (4000 + WORKER)
    assert stored.memory(BFLOAT16, 1, on_cpu=False) == 2000 + WORKER
    assert Weights(1000, BFLOAT16).memory(FLOAT32, 3, on_cpu=True) == 3 * (4000 + WORKER)


def test_known_sizes_agree_with_models_of_the_released_shapes() -> None:
    bart = BartConfig(
        d_model=768,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=12,
        decoder_attention_heads=12,
        encoder_ffn_dim=3072,
        decoder_ffn_dim=3072,
    )
    with torch.device("meta"):
        made = {
            "seungheondoh/lp-music-caps": LpMusicCapsModel(bart),
            "openai/clip-vit-base-patch32": CLIPModel(CLIPConfig()),
        }
    for name, model in made.items():
        assert KNOWN[name].parameters == pytest.approx(count(model), rel=0.02)


def test_sizes_are_for_people() -> None:
    assert [size(gb) for gb in (15.8, 1.78, 0.195, 0.0014)] == [
        "15.8 GB",
        "1.78 GB",
        "195 MB",
        "1.4 MB",
    ]


def test_an_unknown_licence_is_to_be_looked_up() -> None:
    assert licence("org/name") == "see https://huggingface.co/org/name"
    assert "CC BY-NC" in licence("seungheondoh/lp-music-caps")

"""A checkpoint is found on this machine or said, in one line, to be missing."""

import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from pipeline.errors import MissingCheckpoint
from pipeline.models import checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hugging Face cache in the layout that huggingface_hub writes, with one model."""
    root = tmp_path / "hub"
    repo = root / "models--org--name"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    snapshot = repo / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "transfer.pth").write_bytes(b"weights")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(root))
    return root


def a_folder(path: Path, weights: bytes = b"w" * 100) -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text("{}")
    (path / "model.safetensors").write_bytes(weights)
    return path


def test_a_folder_is_named_by_its_base_name_and_its_content(tmp_path: Path) -> None:
    record = checkpoint.resolve(str(a_folder(tmp_path / "tiny")), "main")
    assert record.model == "tiny"
    assert record.digest is not None
    assert record.revision == f"local:{record.digest[:12]}"


def test_the_same_files_elsewhere_are_the_same_model(tmp_path: Path) -> None:
    here = a_folder(tmp_path / "here" / "tiny")
    there = a_folder(tmp_path / "there" / "tiny")
    assert checkpoint.resolve(str(here), "main") == checkpoint.resolve(str(there), "main")


@pytest.mark.parametrize("place", [0, checkpoint.MIB - 1, -1])
def test_a_changed_byte_at_either_end_of_large_weights_is_noticed(
    tmp_path: Path, place: int
) -> None:
    weights = bytearray(3 * checkpoint.MIB)
    before = checkpoint.quick_digest(a_folder(tmp_path / "a", bytes(weights)))
    weights[place] = 1
    assert checkpoint.quick_digest(a_folder(tmp_path / "b", bytes(weights))) != before


def test_any_changed_byte_of_a_file_below_a_mebibyte_is_noticed(tmp_path: Path) -> None:
    before = checkpoint.quick_digest(a_folder(tmp_path / "a", b"w" * 1000))
    after = checkpoint.quick_digest(a_folder(tmp_path / "b", b"w" * 500 + b"x" + b"w" * 499))
    assert after != before


def test_hidden_bookkeeping_files_do_not_change_a_model(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "tiny")
    before = checkpoint.resolve(str(folder), "main")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "lock").write_text("today")
    assert checkpoint.resolve(str(folder), "main") == before


def test_a_single_file_is_a_model(tmp_path: Path) -> None:
    file = a_folder(tmp_path / "tiny") / "model.safetensors"
    assert checkpoint.resolve(str(file), "main").model == "model.safetensors"
    assert checkpoint.file(str(file), "main", "anything.pth") == file


def test_a_hub_model_in_the_cache_is_resolved_to_its_commit(cache: Path) -> None:
    record = checkpoint.resolve("org/name", "main")
    assert (record.model, record.revision, record.digest) == ("org/name", COMMIT, None)
    assert checkpoint.folder("org/name", "main").name == COMMIT


def test_a_single_file_of_a_hub_repository_is_found(cache: Path) -> None:
    assert checkpoint.file("org/name", "main", "transfer.pth").read_bytes() == b"weights"


def test_a_file_that_the_cached_repository_lacks_gives_its_own_command(cache: Path) -> None:
    with pytest.raises(MissingCheckpoint, match=r"hf download org/name other\.pth --revision v1"):
        checkpoint.file("org/name", "v1", "other.pth")


def test_a_missing_hub_model_says_its_size_and_the_command(cache: Path) -> None:
    with pytest.raises(MissingCheckpoint) as caught:
        checkpoint.resolve("Salesforce/blip2-flan-t5-xl", "main")
    line = str(caught.value)
    assert "about 15.8 GB" in line
    assert line.endswith("hf download Salesforce/blip2-flan-t5-xl --revision main")
    assert "\n" not in line


def test_a_missing_model_of_unknown_size_says_so(cache: Path) -> None:
    with pytest.raises(MissingCheckpoint, match="size unknown"):
        checkpoint.resolve("org/other", "main")


def test_the_command_is_safe_to_paste(cache: Path) -> None:
    with pytest.raises(MissingCheckpoint, match=r"--revision 'main; reboot'$"):
        checkpoint.resolve("org/other", "main; reboot")


@pytest.mark.parametrize("name", ["./nowhere", "../nowhere", "/nowhere/at/all", "~/nowhere"])
def test_a_path_that_does_not_exist_is_not_taken_for_a_hub_id(name: str) -> None:
    with pytest.raises(MissingCheckpoint, match="does not exist"):
        checkpoint.resolve(name, "main")


@pytest.mark.parametrize("name", ["", "nowhere", "a/b/c"])
def test_a_name_that_is_neither_a_folder_nor_a_hub_id_is_refused(name: str) -> None:
    with pytest.raises(MissingCheckpoint, match="neither a folder here nor a hub id"):
        checkpoint.resolve(name, "main")


def test_weights_that_the_index_names_and_that_are_absent_are_noticed(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "tiny")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(MissingCheckpoint, match=r"model-2\.safetensors is missing"):
        checkpoint.resolve(str(folder), "main")

"""Checkpoints with random weights load with the released classes and are the same every time."""

import hashlib
from pathlib import Path

import pytest
import torch
from jinja2.exceptions import TemplateError
from transformers import AutoModelForCausalLM, AutoTokenizer

from infra.demo_models.vocabulary import WORDS, clip_tokenizer
from tests.random_checkpoints import make_checkpoints


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints")
    make_checkpoints(path)
    return path


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    torch.rand(3)
    make_checkpoints(tmp_path)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_gives_other_weights(folder: Path, tmp_path: Path) -> None:
    make_checkpoints(tmp_path, seed=1)
    ours, theirs = digests(folder), digests(tmp_path)
    for file in ("blip2/model.safetensors", "lp_music_caps/transfer.pth"):
        assert ours[file] != theirs[file]


def test_making_them_leaves_the_random_state_alone(tmp_path: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    make_checkpoints(tmp_path)
    torch.testing.assert_close(torch.rand(2), expected, rtol=0, atol=0)


def test_the_mistral_speaks_english_words_under_the_chat_template_of_v02(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder / "mistral")
    model = AutoModelForCausalLM.from_pretrained(folder / "mistral")
    chat = [{"role": "user", "content": "Write a prompt for a quiet river."}]
    assert tokenizer.apply_chat_template(chat, tokenize=False) == (
        "<s>[INST] Write a prompt for a quiet river. [/INST]"
    )
    given = tokenizer.apply_chat_template(chat, return_tensors="pt", return_dict=True)
    assert given["input_ids"][0].tolist().count(tokenizer.bos_token_id) == 1
    ids = model.generate(**given, max_new_tokens=40, do_sample=False)
    text = tokenizer.decode(ids[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
    assert text
    assert set(text.split()) <= set(WORDS)


def test_a_system_message_is_refused_as_by_v02(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder / "mistral")
    with pytest.raises(TemplateError, match="must alternate"):
        tokenizer.apply_chat_template([{"role": "system", "content": "x"}], tokenize=False)


def test_lp_music_caps_is_a_pickle_of_tensors_alone(folder: Path) -> None:
    saved = torch.load(folder / "lp_music_caps" / "transfer.pth", weights_only=True)
    assert set(saved) == {"epoch", "state_dict", "optimizer"}
    assert saved["state_dict"]["audio_encoder.positional_embedding"].shape == (32, 64)
    names = {path.name for path in (folder / "lp_music_caps" / "bart").iterdir()}
    assert names == {"config.json", "vocab.json", "merges.txt", "tokenizer_config.json"}


def test_clip_reads_any_text_without_an_early_end_token() -> None:
    tokenizer = clip_tokenizer()
    ids = tokenizer("A red Star! \u65e5\u672c caf\u00e9 #42")["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert ids.count(tokenizer.eos_token_id) == 1
    assert ids[-1] == tokenizer.eos_token_id

"""The checkpoints that come with the package: small, safe to load, and in the released formats."""

import re
from pathlib import Path

import pytest
from safetensors import safe_open

from infra.demo_models.evaluate import SHIPPED
from pipeline.models import blip2, clip, lp_music_caps_weights
from pipeline.models.language import local
from pipeline.models.lp_music_caps_files import bart_folder, weights_file
from pipeline.stages.prompts.message import builtin_instruction

NAMES = ("blip2", "clip", "lp_music_caps", "mistral")
MOST_BYTES = 15_000_000


def files() -> list[Path]:
    return [path for path in SHIPPED.rglob("*") if path.is_file()]


def test_there_are_four_and_a_model_card() -> None:
    assert sorted(path.name for path in SHIPPED.iterdir()) == sorted(["README.md", *NAMES])


def test_together_they_are_small() -> None:
    assert sum(path.stat().st_size for path in files()) < MOST_BYTES


def test_the_card_names_each_of_them() -> None:
    card = (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert all(name in card for name in ("BLIP-2", "LP-MusicCaps", "Mistral", "CLIP"))


def test_no_file_can_hold_code() -> None:
    """No pickles, no Python: text and safetensors alone."""
    kinds = {path.suffix for path in files()}
    assert kinds <= {".safetensors", ".json", ".txt", ".jinja", ".md"}


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_half_precision_and_finite(name: str) -> None:
    (path,) = (SHIPPED / name).rglob("*.safetensors")
    with safe_open(path, "pt") as weights:
        for key in weights.keys():  # noqa: SIM118 (it is no mapping)
            tensor = weights.get_tensor(key)
            # Rounded, LP-MusicCaps's window would leak what is loud into what is silent.
            if tensor.is_floating_point() and not key.endswith(".window"):
                assert str(tensor.dtype) == "torch.float16", key
                assert tensor.isfinite().all(), key


def test_blip2_loads_with_its_released_form_of_questions() -> None:
    model = blip2.load(SHIPPED / "blip2", "cpu")
    assert model.model.config.text_config.model_type == "t5"
    assert model.form == "Question: {question} Answer:"


def test_clip_loads_and_reads_77_tokens() -> None:
    model = clip.load(SHIPPED / "clip", "cpu")
    assert (model.metric, model.context) == ("clip_cosine", 77)


def test_lp_music_caps_loads_from_its_folder_with_bart_beside_it() -> None:
    weights = weights_file(str(SHIPPED / "lp_music_caps"), "main", "transfer")
    captioner = lp_music_caps_weights.load(weights, bart_folder(weights), "cpu")
    assert {str(each.dtype) for each in captioner.model.parameters()} == {"torch.float32"}


def test_mistral_loads_with_the_chat_template_of_v02() -> None:
    loaded = local.load(SHIPPED / "mistral", "cpu")
    chat = [{"role": "user", "content": "Hello."}]
    said = loaded.tokenizer.apply_chat_template(chat, tokenize=False)
    assert said == "<s>[INST] Hello. [/INST]"


def test_mistral_reads_every_word_of_the_instruction_as_one_token() -> None:
    tokenizer = local.load(SHIPPED / "mistral", "cpu").tokenizer
    words = re.findall(r"[A-Za-z]+", builtin_instruction())
    assert [word for word in words if len(tokenizer.tokenize(word)) != 1] == []

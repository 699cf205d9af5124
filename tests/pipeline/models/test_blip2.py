"""Answers are those of plain `generate`, with the image seen once."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from pipeline.errors import FramesongError
from pipeline.models import blip2
from pipeline.models.devices import dtype_for
from pipeline.models.pretrained import load_model, model_type
from pipeline.stages.blip2 import thesis_questions
from tests.inputs import jpeg
from tests.random_checkpoints import make_blip2_opt, make_blip2_t5, make_clip
from tests.tiny_checkpoints import make_instructblip_t5, make_instructblip_vicuna

DECODING = {"max_new_tokens": 30, "num_beams": 1, "do_sample": False}
CHECKPOINTS: dict[str, Callable[[Path], None]] = {
    "blip2_opt": make_blip2_opt,
    "blip2_t5": make_blip2_t5,
    "instructblip_t5": make_instructblip_t5,
    "instructblip_vicuna": make_instructblip_vicuna,
}


@pytest.fixture(scope="module", params=sorted(CHECKPOINTS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(CHECKPOINTS[request.param], tmp_path_factory.mktemp("models") / request.param)


def made(make: Callable[[Path], None], path: Path) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        make(path)
    return path


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    return [Image.open(io.BytesIO(jpeg(n, (96, 64 + 8 * n)))) for n in range(8)]


@pytest.fixture(scope="module")
def prompts(folder: Path) -> dict[str, str]:
    """The questions in the form that the family's released examples have."""
    form = {"blip-2": "Question: {} Answer:", "instructblip": "{}"}[model_type(folder)]
    return {name: form.format(question) for name, question in thesis_questions().items()}


class Plain:
    """transformers' own path: its processor, and `generate` for one question about one image."""

    def __init__(self, folder: Path) -> None:
        _, kind, processor = blip2.FAMILIES[model_type(folder)]
        self.model = kind.from_pretrained(folder).eval()
        self.processor = processor.from_pretrained(folder)

    def answer(self, image: Image.Image, prompt: str, **decoding: Any) -> str:
        given = self.processor(images=image, text=prompt, return_tensors="pt")
        given = given.to(self.model.dtype)
        ids = self.model.generate(**given, **decoding)
        if not self.model.language_model.config.is_encoder_decoder:
            ids = ids[:, given["input_ids"].shape[1] :]
        text: str = self.processor.batch_decode(ids, skip_special_tokens=True)[0]
        return text.strip()


@pytest.fixture(scope="module")
def plain(folder: Path, images: list[Image.Image], prompts: dict[str, str]) -> list[dict[str, str]]:
    model = Plain(folder)
    return [
        {name: model.answer(image, prompt, **DECODING) for name, prompt in prompts.items()}
        for image in images
    ]


def ask(
    model: blip2.Blip2Model, images: list[Image.Image], prompts: dict[str, str], **decoding: Any
) -> list[dict[str, str]]:
    return model.ask([model.prepare(image) for image in images], prompts, **(DECODING | decoding))


def test_the_small_models_see_the_image_and_read_the_question(
    plain: list[dict[str, str]],
) -> None:
    for question in thesis_questions():
        assert len({answer[question] for answer in plain}) > 2
    assert any(len(set(answer.values())) > 1 for answer in plain)


def test_the_form_is_the_familys(folder: Path, prompts: dict[str, str]) -> None:
    form = blip2.load(folder, "cpu").form
    assert prompts == {
        name: form.replace("{question}", question) for name, question in thesis_questions().items()
    }


@pytest.mark.parametrize("size", [1, 3, 8])
def test_answers_equal_plain_generate_for_any_batch_size(
    folder: Path,
    images: list[Image.Image],
    prompts: dict[str, str],
    plain: list[dict[str, str]],
    size: int,
) -> None:
    model = blip2.load(folder, "cpu")
    answers = [
        answer
        for start in range(0, len(images), size)
        for answer in ask(model, images[start : start + size], prompts)
    ]
    assert answers == plain


def test_an_answer_does_not_depend_on_the_rest_of_the_batch(
    folder: Path, images: list[Image.Image], prompts: dict[str, str], plain: list[dict[str, str]]
) -> None:
    model = blip2.load(folder, "cpu")
    among_others = ask(model, [images[5], images[2], images[7]], prompts)
    assert among_others[1] == plain[2]


def test_an_answer_does_not_depend_on_the_other_questions(
    folder: Path, images: list[Image.Image], prompts: dict[str, str], plain: list[dict[str, str]]
) -> None:
    alone = ask(blip2.load(folder, "cpu"), images[:3], {"style": prompts["style"]})
    assert alone == [{"style": answer["style"]} for answer in plain[:3]]


@pytest.mark.parametrize("decoding", [{"repetition_penalty": 1.5}, {"num_beams": 3}])
def test_other_decoding_is_that_of_plain_generate(
    folder: Path, images: list[Image.Image], prompts: dict[str, str], decoding: dict[str, Any]
) -> None:
    """A repetition penalty sees the prompt, so it must be laid out as in plain `generate`."""
    prompt, model = prompts["description"], Plain(folder)
    expected = [model.answer(image, prompt, **(DECODING | decoding)) for image in images[:3]]
    answers = ask(blip2.load(folder, "cpu"), images[:3], {"d": prompt}, **decoding)
    assert [answer["d"] for answer in answers] == expected


def test_vision_runs_once_per_image_and_the_qformer_only_as_often_as_it_must(
    folder: Path, images: list[Image.Image], prompts: dict[str, str]
) -> None:
    model = blip2.load(folder, "cpu")
    seen: dict[str, int] = {"vision_model": 0, "qformer": 0}

    def counted(name: str) -> torch.utils.hooks.RemovableHandle:
        def hook(module: torch.nn.Module, args: Any, output: Any) -> None:
            seen[name] += len(output[0])

        return getattr(model.model, name).register_forward_hook(hook)

    handles = [counted(name) for name in seen]
    ask(model, images[:3], prompts)
    for handle in handles:
        handle.remove()
    reads_the_question = model_type(folder) == "instructblip"
    assert seen == {"vision_model": 3, "qformer": 9 if reads_the_question else 3}


def test_an_answer_of_vicuna_ends_where_its_tokenizer_says(
    tmp_path: Path, images: list[Image.Image]
) -> None:
    """The released configuration is that of a converted LLaMA: -1 for padding, 1 for the end."""
    right = made(make_instructblip_vicuna, tmp_path / "right")
    wrong = tmp_path / "wrong"
    shutil.copytree(right, wrong, ignore=shutil.ignore_patterns("generation_config.json"))
    config = json.loads((wrong / "config.json").read_text(encoding="utf-8"))
    config["text_config"] |= {"eos_token_id": 1, "pad_token_id": -1}
    (wrong / "config.json").write_text(json.dumps(config), encoding="utf-8")
    questions = thesis_questions()
    expected = ask(blip2.load(right, "cpu"), images, questions)
    assert len({len(answer["style"].split()) for answer in expected}) > 2
    assert ask(blip2.load(wrong, "cpu"), images, questions) == expected


def test_a_checkpoint_is_loaded_once(folder: Path) -> None:
    assert blip2.load(folder, "cpu") is blip2.load(folder, "cpu")


def test_another_kind_of_checkpoint_is_refused(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip")
    with pytest.raises(FramesongError, match="is a `clip` model; this stage needs `blip-2` or"):
        blip2.load(tmp_path / "clip", "cpu")


def test_a_checkpoint_without_some_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path / "cut")
    weights = load_file(folder / "model.safetensors")
    del weights["query_tokens"]
    save_file(weights, tmp_path / "cut" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(FramesongError, match="lacks 1 weights, such as `query_tokens`"):
        blip2.load(tmp_path / "cut", "cpu")


def test_truncated_weights_are_one_line(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(FramesongError, match=r"fully covered\. Fetch it again\.$") as caught:
        blip2.load(tmp_path / "cut", "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lost", ["tokenizer*", "processor_config.json"])
def test_a_checkpoint_without_all_its_files_is_one_line(
    folder: Path, tmp_path: Path, lost: str
) -> None:
    shutil.copytree(folder, tmp_path / "cut", ignore=shutil.ignore_patterns(lost))
    with pytest.raises(FramesongError, match="is incomplete") as caught:
        blip2.load(tmp_path / "cut", "cpu")
    assert "\n" not in str(caught.value)


def test_an_instructblip_without_the_qformers_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = made(make_instructblip_t5, tmp_path / "whole")
    shutil.rmtree(folder / "qformer_tokenizer")
    with pytest.raises(FramesongError, match=r"qformer_tokenizer.*no tokenizer"):
        blip2.load(folder, "cpu")


def test_answers_equal_plain_generate_in_the_number_format_of_a_gpu(
    folder: Path, images: list[Image.Image], prompts: dict[str, str]
) -> None:
    ours, kind, _ = blip2.FAMILIES[model_type(folder)]
    plain = Plain(folder)
    plain.model = load_model(kind, folder, dtype_for("cuda:0"), "cpu")
    prompt = prompts["description"]
    expected = [plain.answer(image, prompt, **DECODING) for image in images[:3]]
    model = ours(plain.model, plain.processor)
    for size in (1, 3):
        answers = [
            answer["d"]
            for start in range(0, 3, size)
            for answer in ask(model, images[start : start + size], {"d": prompt})
        ]
        assert answers == expected


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FramesongError, match=r"has no config\.json"):
        blip2.load(tmp_path, "cpu")

"""Cosines are those of transformers' own forward pass, and cut texts are known."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from pipeline.errors import FramesongError
from pipeline.models import clip
from pipeline.models.pretrained import model_type
from tests.inputs import jpeg
from tests.random_checkpoints import make_blip2_t5, make_clip
from tests.tiny_checkpoints import make_siglip, make_siglip2

TEXTS = ["a red star", "a quiet river in the morning, with a bridge", "neon"]
CHECKPOINTS: dict[str, Callable[[Path], None]] = {
    "clip": make_clip,
    "siglip": make_siglip,
    "siglip2": make_siglip2,
}
ROOM = {"clip": 75, "siglip": 63, "siglip2": 63}
"""Words of one token each that fit: CLIP has a start and an end, SigLIP an end."""


@pytest.fixture(scope="module", params=sorted(CHECKPOINTS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / str(request.param)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        CHECKPOINTS[request.param](path)
    return path


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    return [Image.open(io.BytesIO(jpeg(n, (96, 64 + 40 * n)))) for n in range(3)]


def embedded(model: clip.ClipModel, images: list[Image.Image]) -> torch.Tensor:
    return model.embed_images([model.prepare(image) for image in images])


def plain_cosines(folder: Path, images: list[Image.Image], texts: list[str]) -> torch.Tensor:
    """As the model cards show it, for [images, texts]."""
    kind = model_type(folder)
    _, model_class, processor_class = clip.FAMILIES[kind]
    model = model_class.from_pretrained(folder).eval()
    processor = processor_class.from_pretrained(folder)
    padding = {"padding": "longest" if kind == "clip" else "max_length", "padding_side": "right"}
    given = processor(
        text=texts, images=images, return_tensors="pt", truncation=True, max_length=64, **padding
    )
    if kind != "clip":
        given.pop("attention_mask")
    with torch.no_grad():
        plain = model(**given)
    return plain.image_embeds @ plain.text_embeds.T


def test_cosines_equal_those_of_a_plain_forward_pass(
    folder: Path, images: list[Image.Image]
) -> None:
    ours = clip.load(folder, "cpu")
    texts, _ = ours.embed_texts(TEXTS)
    expected = plain_cosines(folder, images, TEXTS)
    torch.testing.assert_close(embedded(ours, images) @ texts.T, expected)
    assert expected.std() > 0.01


def test_the_logits_are_scaled_cosines(folder: Path, images: list[Image.Image]) -> None:
    """So that `plain_cosines` compares with what the model says in the end."""
    ours = clip.load(folder, "cpu")
    given = ours.processor(
        text=TEXTS, images=images, return_tensors="pt", padding="max_length", max_length=64
    )
    with torch.no_grad():
        plain = ours.model(**given)
    cosines = plain.image_embeds @ plain.text_embeds.T
    bias = getattr(ours.model, "logit_bias", 0.0)
    scaled = cosines * ours.model.logit_scale.exp() + bias
    torch.testing.assert_close(plain.logits_per_image, scaled)


def test_the_metric_says_which_family_it_was(folder: Path) -> None:
    expected = "clip_cosine" if model_type(folder) == "clip" else "siglip_cosine"
    assert clip.load(folder, "cpu").metric == expected


def test_an_image_is_embedded_alike_alone_and_among_others(
    folder: Path, images: list[Image.Image]
) -> None:
    model = clip.load(folder, "cpu")
    alone = torch.cat([embedded(model, [image]) for image in images])
    torch.testing.assert_close(embedded(model, images), alone)


def test_a_text_is_embedded_alike_alone_and_among_longer_ones(folder: Path) -> None:
    model = clip.load(folder, "cpu")
    together, _ = model.embed_texts(TEXTS)
    alone = torch.cat([model.embed_texts([text])[0] for text in TEXTS])
    torch.testing.assert_close(together, alone)


def test_capitals_make_no_difference(folder: Path) -> None:
    """SigLIP 2 was trained on lower case, but Gemma's tokenizer, which it has, knows capitals."""
    vectors, _ = clip.load(folder, "cpu").embed_texts(["A Red STAR", "a red star"])
    torch.testing.assert_close(vectors[0], vectors[1], rtol=0, atol=0)


def test_texts_over_the_context_are_flagged_and_those_that_just_fit_are_not(folder: Path) -> None:
    model = clip.load(folder, "cpu")
    room = ROOM[model_type(folder)]
    fits, cut = " ".join(["star"] * room), " ".join(["star"] * (room + 1))
    # Without a space before it, Gemma's tokenizer spells the first word out.
    fits, cut = (f" {text}" for text in (fits, cut)) if room == 63 else (fits, cut)
    _, truncated = model.embed_texts([fits, cut, ""])
    assert truncated == [False, True, False]


def test_a_cut_text_keeps_its_end_token(folder: Path) -> None:
    model = clip.load(folder, "cpu")
    room = ROOM[model_type(folder)]
    vectors, _ = model.embed_texts([" star" * 200, " star" * room])
    torch.testing.assert_close(vectors[0], vectors[1])


def test_another_kind_of_checkpoint_is_refused(tmp_path: Path) -> None:
    make_blip2_t5(tmp_path)
    with pytest.raises(FramesongError, match="is a `blip-2` model; this stage needs `clip` or"):
        clip.load(tmp_path, "cpu")


@pytest.fixture
def siglip_1(tmp_path: Path) -> Path:
    """As `google/siglip-base-patch16-224`, with a SentencePiece tokenizer."""
    import sentencepiece
    from transformers import SiglipTokenizer

    from infra.demo_models.vocabulary import WORDS

    out = io.BytesIO()
    ids = {"unk_id": 2, "eos_id": 1, "pad_id": 0, "bos_id": -1, "pad_piece": "<pad>"}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(WORDS * 9), model_writer=out, vocab_size=150, **ids
    )
    (tmp_path / "spiece.model").write_bytes(out.getvalue())
    torch.manual_seed(1)
    make_siglip(tmp_path / "siglip", SiglipTokenizer(str(tmp_path / "spiece.model")))
    return tmp_path / "siglip"


def test_siglip_1_reads_texts_without_capitals_and_punctuation(
    siglip_1: Path, images: list[Image.Image]
) -> None:
    model = clip.load(siglip_1, "cpu")
    vectors, _ = model.embed_texts(["A Red, star!", "a red star"])
    torch.testing.assert_close(vectors[0], vectors[1], rtol=0, atol=0)
    expected = plain_cosines(siglip_1, images, TEXTS)
    torch.testing.assert_close(embedded(model, images) @ model.embed_texts(TEXTS)[0].T, expected)

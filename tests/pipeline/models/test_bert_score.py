"""BERTScore equals a computation word by word, from transformers' own forward pass."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from pipeline.errors import FramesongError, RecipeError
from pipeline.models import bert_score
from pipeline.models.bert_score import f1, load
from tests.bert_checkpoints import drop_weights, make_bert, make_roberta
from tests.random_checkpoints import make_blip2_t5, make_clip

LAYER = 3
TEXTS = [
    "a red bird over a dark city",
    "  dark city, and a bird  ",
    "slow piano",
    "a",
    "a a a bird",
    "neon \U0001f3b8 lights \u591c",
]


@pytest.fixture(scope="module", params=["roberta", "bert"])
def model_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / str(request.param)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        (make_roberta if request.param == "roberta" else make_bert)(path)
    return path


@torch.no_grad()
def hidden(path: Path, text: str, layer: int) -> list[tuple[bool, torch.Tensor]]:
    """Each token of a text: whether it is a word's, and its vector."""
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path).eval()
    trimmed = text.strip()
    if path.name == "roberta" and trimmed:
        trimmed = " " + trimmed
    given = tokenizer(trimmed, return_tensors="pt")
    states = model(**given, output_hidden_states=True).hidden_states[layer][0]
    ends = {tokenizer.cls_token_id, tokenizer.sep_token_id}
    ids = given["input_ids"][0].tolist()
    return [(token not in ends, state) for token, state in zip(ids, states, strict=True)]


def by_brute_force(path: Path, one: str, two: str, layer: int = LAYER) -> float:
    sides = hidden(path, one, layer), hidden(path, two, layer)

    def mean_best(ours: int) -> float:
        best = [
            max(float(torch.cosine_similarity(state, other, dim=0)) for _, other in sides[1 - ours])
            for counts, state in sides[ours]
            if counts
        ]
        return sum(best) / len(best)

    precision, recall = mean_best(0), mean_best(1)
    return 2 * precision * recall / (precision + recall)


def test_f1_is_that_of_comparing_every_token(model_folder: Path) -> None:
    model = load(model_folder, LAYER, "cpu")
    embedded = model.embed(TEXTS)
    for n, one in enumerate(TEXTS):
        for m, two in enumerate(TEXTS[:n]):
            expected = by_brute_force(model_folder, one, two)
            assert f1(embedded[n], embedded[m]) == pytest.approx(expected, abs=1e-5)


def test_equal_texts_have_an_f1_of_one_and_order_makes_no_difference(model_folder: Path) -> None:
    one, two, again = load(model_folder, LAYER, "cpu").embed([TEXTS[0], TEXTS[1], TEXTS[0] + " "])

    assert f1(one, again) == pytest.approx(1.0)
    assert f1(one, two) == pytest.approx(f1(two, one))
    assert f1(one, two) < 0.99


def test_a_text_is_embedded_alike_alone_and_among_others(model_folder: Path) -> None:
    model = load(model_folder, LAYER, "cpu")
    for text, among in zip(TEXTS, model.embed(TEXTS), strict=True):
        torch.testing.assert_close(model.embed([text])[0].vectors, among.vectors)


@pytest.mark.parametrize("layer", [0, 1, 4, -1, -2, -5])
def test_the_asked_layer_is_compared(model_folder: Path, layer: int) -> None:
    one, two = load(model_folder, layer, "cpu").embed(TEXTS[:2])

    expected = by_brute_force(model_folder, TEXTS[0], TEXTS[1], layer)
    assert f1(one, two) == pytest.approx(expected, abs=1e-5)


def test_layers_behind_the_asked_one_are_not_run(model_folder: Path) -> None:
    assert len(load(model_folder, 2, "cpu").model.encoder.layer) == 2


@pytest.mark.parametrize("empty", ["", "   \n"])
def test_a_text_without_words_is_like_nothing(model_folder: Path, empty: str) -> None:
    one, two = load(model_folder, LAYER, "cpu").embed([empty, "a bird"])

    assert f1(one, two) == f1(two, one) == f1(one, one) == 0.0


def test_hostile_and_huge_texts_are_read(model_folder: Path) -> None:
    texts = ["a\x00b", "\ud800 bird", "bird " * 200_000, "x" * 1_000_000, "\u202e\U0001f3b8"]
    embedded = load(model_folder, LAYER, "cpu").embed(texts)

    assert all(-1.0 <= f1(embedded[0], other) <= 1.0 for other in embedded)
    assert max(len(each.vectors) for each in embedded) <= 512


def test_a_context_is_never_overrun(tmp_path: Path) -> None:
    make_roberta(tmp_path / "roberta", places=18)
    (embedded,) = load(tmp_path / "roberta", LAYER, "cpu").embed(["bird " * 100])

    assert len(embedded.vectors) == 16


def test_a_missing_pooler_is_no_matter_but_other_weights_are(tmp_path: Path) -> None:
    make_bert(tmp_path / "bert")
    drop_weights(tmp_path / "bert", "pooler.")
    load(tmp_path / "bert", LAYER, "cpu")

    drop_weights(tmp_path / "bert", "layer.2.output")
    bert_score.load.cache_clear()
    with pytest.raises(FramesongError, match=r"lacks \d+ weights, such as `encoder\.layer\.2"):
        load(tmp_path / "bert", LAYER, "cpu")


@pytest.mark.parametrize("layer", [5, -6, 17])
def test_a_layer_that_is_not_there_is_one_line(model_folder: Path, layer: int) -> None:
    with pytest.raises(RecipeError, match=rf"`bert_score_layer` = {layer}, .* layers 0 to 4, or"):
        load(model_folder, layer, "cpu")


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    for make in (make_clip, make_blip2_t5):
        folder = tmp_path / make.__name__
        make(folder)
        with pytest.raises(FramesongError, match="holds no language encoder"):
            load(folder, LAYER, "cpu")


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FramesongError, match=r"it has no config\.json"):
        load(tmp_path, LAYER, "cpu")

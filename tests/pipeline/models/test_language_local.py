"""Language models in this process, on a small random Mistral in the released format."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.errors import FramesongError
from pipeline.models.language.chat import Answer, ChatRequest, Sampling
from pipeline.models.language.local import Loaded, LocalModel, load
from pipeline.models.language.sampling import SeededSampler
from pipeline.models.language.tokens import clip_tokens
from pipeline.stage import Failure
from tests.random_checkpoints import make_clip, make_mistral

SAMPLING = Sampling(temperature=1.0, top_p=0.95, max_tokens=12)
REQUESTS = [
    ChatRequest(f"clip-{n}", "a red barn in the snow, " * (n + 1), seed=40 + n) for n in range(5)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mistral")
    torch.manual_seed(0)
    make_mistral(path)
    return path


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Loaded:
    return load(folder, "cpu")


def ask(
    loaded: Loaded,
    requests: list[ChatRequest],
    sampling: Sampling = SAMPLING,
    batch_size: int = 8,
    note: Callable[[str], None] = print,
) -> list[Answer | Failure]:
    return LocalModel(loaded, sampling, batch_size, note).answer(requests)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_answers_do_not_depend_on_the_batch(loaded: Loaded, batch_size: int) -> None:
    together = ask(loaded, REQUESTS)
    assert ask(loaded, REQUESTS, batch_size=batch_size) == together
    assert ask(loaded, REQUESTS[::-1], batch_size=batch_size) == together[::-1]


def test_another_seed_gives_another_answer(loaded: Loaded) -> None:
    (request, *_) = REQUESTS
    answers = ask(loaded, [replace(request, seed=seed) for seed in range(6)])
    assert len({answer.text for answer in answers if isinstance(answer, Answer)}) > 3


def test_another_message_gives_another_answer(loaded: Loaded) -> None:
    one, two = ask(loaded, [replace(request, seed=1) for request in REQUESTS[:2]])
    assert one != two


def test_temperature_0_is_plain_greedy_search(loaded: Loaded) -> None:
    (request, *_) = REQUESTS
    ids = torch.tensor([loaded.prompt(request.text)])
    greedy = loaded.model.generate(ids, do_sample=False, max_new_tokens=12, pad_token_id=2)
    text = loaded.tokenizer.decode(greedy[0, ids.shape[1] :], skip_special_tokens=True)
    (answer,) = ask(loaded, [request], replace(SAMPLING, temperature=0.0))
    assert isinstance(answer, Answer)
    assert answer.text == text


def test_an_answer_says_whether_it_came_to_its_end(loaded: Loaded) -> None:
    (request, *_) = REQUESTS
    requests = [replace(request, seed=seed) for seed in range(8)]
    short = ask(loaded, requests, replace(SAMPLING, max_tokens=2))
    long = ask(loaded, requests, replace(SAMPLING, max_tokens=400))
    assert not all(answer.finished for answer in short if isinstance(answer, Answer))
    assert all(answer.finished for answer in long if isinstance(answer, Answer))


def test_a_message_is_wrapped_in_the_models_own_template(loaded: Loaded) -> None:
    text = loaded.tokenizer.decode(loaded.prompt("a red barn"))
    assert text.startswith("<s>")
    assert text.count("<s>") == 1
    assert "[INST]" in text
    assert text.index("[INST]") < text.index("red barn") < text.index("[/INST]")


def test_a_message_beyond_the_context_fails_alone(folder: Path) -> None:
    loaded = load(folder, "cpu")
    context = loaded.context
    loaded.model.config.max_position_embeddings = 60
    try:
        short, long = ask(loaded, [REQUESTS[0], ChatRequest("clip-9", "barn " * 200, 1)])
    finally:
        loaded.model.config.max_position_embeddings = context
    assert isinstance(short, Answer)
    assert isinstance(long, Failure)
    assert (long.clip_id, long.reason) == ("clip-9", "message_too_long")


def test_no_requests_are_no_answers(loaded: Loaded) -> None:
    assert ask(loaded, []) == []


def test_a_model_without_chat_template_is_one_line(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "base"
    shutil.copytree(folder, other)
    for file in other.glob("chat_template*"):
        file.unlink()
    config = other / "tokenizer_config.json"
    config.write_text(
        config.read_text(encoding="utf-8").replace('"chat_template"', '"unused"'), encoding="utf-8"
    )
    with pytest.raises(FramesongError, match="no chat template"):
        load(other, "cpu")


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FramesongError, match=r"has no config\.json"):
        load(tmp_path, "cpu")


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    make_clip(tmp_path)
    with pytest.raises(FramesongError, match="`clip` model, which is no causal language model"):
        load(tmp_path, "cpu")


def test_the_sampler_draws_as_often_as_the_probabilities_say() -> None:
    probabilities = torch.tensor([0.5, 0.3, 0.15, 0.05])
    rows = 4000
    sampler = SeededSampler(list(range(rows)), temperature=1.0, top_p=1.0)
    scores = sampler(torch.zeros(rows, 1), probabilities.log().expand(rows, 4))
    shares = torch.bincount(scores.argmax(-1), minlength=4) / rows
    torch.testing.assert_close(shares, probabilities, atol=0.03, rtol=0)
    assert (scores.exp().sum(-1) == 1).all()


def test_top_p_keeps_the_smallest_sufficient_set() -> None:
    rows = 2000
    scores = torch.tensor([0.05, 0.5, 0.15, 0.3]).log().expand(rows, 4)
    for top_p, kept in ((0.01, {1}), (0.5, {1}), (0.6, {1, 3}), (0.9, {1, 2, 3})):
        sampler = SeededSampler(list(range(rows)), 1.0, top_p)
        assert set(sampler(torch.zeros(rows, 1), scores).argmax(-1).tolist()) == kept


def test_a_low_temperature_prefers_the_likeliest() -> None:
    rows = 500
    scores = torch.tensor([0.4, 0.6]).log().expand(rows, 2)
    cold = SeededSampler(list(range(rows)), 0.05, 1.0)(torch.zeros(rows, 1), scores)
    assert (cold.argmax(-1) == 1).float().mean() > 0.99


def test_each_draw_of_a_row_is_another() -> None:
    sampler = SeededSampler([3], 1.0, 1.0)
    flat = torch.zeros(1, 1000)
    drawn = [int(sampler(torch.zeros(1, 1), flat).argmax()) for _ in range(20)]
    assert len(set(drawn)) > 15


def test_clip_tokens_count_start_and_end(tmp_path: Path) -> None:
    make_clip(tmp_path)
    assert clip_tokens(tmp_path, "") == 2
    assert clip_tokens(tmp_path, "a red barn " * 60) > 77


def test_a_folder_without_tokenizer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FramesongError, match="no tokenizer"):
        clip_tokens(tmp_path, "a red barn")

"""Cosines between texts and music are those of transformers' own forward pass."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import ClapModel, ClapProcessor

from pipeline.errors import FramesongError
from pipeline.models import clap
from tests.random_checkpoints import make_clip
from tests.tiny_checkpoints import make_clap

RATE = 48_000
TEXTS = ["a slow piano", "a loud drum and a bass, fast and happy", "choir"]


@pytest.fixture(scope="module", params=["unfused", "fused"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / str(request.param)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        make_clap(path, fusion=request.param == "fused")
    return path


def tone(hertz: float, seconds: float = 10.0) -> NDArray[np.float32]:
    times = np.arange(round(RATE * seconds)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * times * (1 + times / 20))).astype(np.float32)


def embedded(model: clap.Clap, *clips: NDArray[np.float32]) -> torch.Tensor:
    return model.embed_audio([model.prepare(samples) for samples in clips])


def test_cosines_equal_those_of_a_plain_forward_pass(folder: Path) -> None:
    music = [tone(110.0), tone(440.0), tone(1760.0)]
    model = ClapModel.from_pretrained(folder).eval()
    processor = ClapProcessor.from_pretrained(folder)
    given = processor(
        text=TEXTS, audio=music, sampling_rate=RATE, return_tensors="pt", padding=True
    )
    given["is_longer"] = torch.zeros_like(given["is_longer"])
    with torch.no_grad():
        plain = model(**given)
    expected = plain.audio_embeds @ plain.text_embeds.T

    ours = clap.load(folder, "cpu")
    cosines = embedded(ours, *music) @ ours.embed_texts(TEXTS)[0].T
    torch.testing.assert_close(cosines, expected, rtol=1e-4, atol=1e-5)
    assert expected.std(dim=0).min() > 0.001


def test_features_are_unit_vectors_already(folder: Path) -> None:
    ours = clap.load(folder, "cpu")
    tokens = ours.processor.tokenizer(["choir"], return_tensors="pt")
    length = ours.model.get_text_features(**tokens).pooler_output.norm(dim=-1)
    torch.testing.assert_close(length, torch.ones(1))


def test_music_is_embedded_alike_alone_and_among_others(folder: Path) -> None:
    ours = clap.load(folder, "cpu")
    clips = [tone(110.0), tone(440.0, seconds=4.0), tone(1760.0, seconds=25.0)]
    alone = torch.cat([embedded(ours, samples) for samples in clips])
    torch.testing.assert_close(embedded(ours, *clips), alone)


def test_a_longer_clip_is_heard_in_whole_ten_seconds_and_never_at_random(folder: Path) -> None:
    ours = clap.load(folder, "cpu")
    first, second = tone(110.0), tone(440.0)
    long = np.concatenate([first, second, tone(3000.0, seconds=3.0)])
    mean = embedded(ours, first, second).mean(0, keepdim=True)
    expected = torch.nn.functional.normalize(mean, dim=-1)
    for _ in range(3):
        torch.testing.assert_close(embedded(ours, long), expected)


def test_a_shorter_clip_is_repeated(folder: Path) -> None:
    ours = clap.load(folder, "cpu")
    short = tone(110.0, seconds=5.0)
    torch.testing.assert_close(
        embedded(ours, short), embedded(ours, np.concatenate([short, short]))
    )


def test_a_text_is_embedded_alike_alone_and_among_longer_ones(folder: Path) -> None:
    ours = clap.load(folder, "cpu")
    together, _ = ours.embed_texts(TEXTS)
    alone = torch.cat([ours.embed_texts([text])[0] for text in TEXTS])
    torch.testing.assert_close(together, alone)


def test_texts_over_77_tokens_are_cut_and_flagged(folder: Path) -> None:
    ours = clap.load(folder, "cpu")
    vectors, cut = ours.embed_texts([" drum" * 75, " drum" * 76, ""])
    assert cut == [False, True, False]
    torch.testing.assert_close(vectors[0], vectors[1])


def test_another_kind_of_checkpoint_is_refused(tmp_path: Path) -> None:
    make_clip(tmp_path)
    with pytest.raises(FramesongError, match="is a `clip` model; this stage needs `clap`"):
        clap.load(tmp_path, "cpu")

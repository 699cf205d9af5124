"""Train the demo's LP-MusicCaps from scratch on synthetic tunes.

    python -m infra.demo_models.lp_music_caps [--out FOLDER] [--seed 0]

What is trained: the released architecture at a width of 128, the audio encoder in front of a BART
with two encoder and two decoder layers, a million parameters in all.

On what: 16 seconds out of each of 2,400 tunes (seeds from 0, no held-out combination), sent through
a video file and the pipeline as `audio_data` says. Each step hears another ten seconds of them, and
each tune is worded anew by `music_caption`. The model learns to continue the caption word by word,
and, with four linear layers that are thrown away afterwards, to name the tune's tempo class,
timbre, density and drums from the mean of BART's encoder. Pitch and speed are never changed,
so that sound at a wrong sample rate is heard as what it is.

How long: 920 CPU seconds for the sound, in two processes, 360 for training in one thread and 100
for the test: some fifteen minutes on two cores. Three gigabytes of memory.

At the end the checkpoint is read back by the pipeline's own loader, and captions held-out tunes
(seeds from 10,000,000, combinations that were never trained on) by the released search.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import get_args

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import BartConfig, BartTokenizer

from infra.demo_models.audio_data import Heard, test_sound, training_sound
from infra.demo_models.learning import ATTENTION, Learning, linear_matrices
from infra.demo_models.lexicon import heard_words
from infra.demo_models.sentences import music_caption
from infra.demo_models.used import Used
from infra.demo_models.vocabulary import byte_level
from pipeline.demo.held_out import tune_held_out
from pipeline.demo.instruments import Timbre
from pipeline.demo.tunes import Density, Drums, Mode, Pace, Tune
from pipeline.demo.words import named
from pipeline.media.raw import Mono
from pipeline.models.lp_music_caps import CHUNK, HOP, LpMusicCapsModel, MelEncoder, MusicCaptioner
from pipeline.models.lp_music_caps_weights import load

FOLDER = Path("pipeline/demo/checkpoints/lp_music_caps")
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
"""In the order of bart-base, whose configuration names their ids."""
STRETCHES = 2400
SECONDS = 16.0
STEPS = 1600
BATCH = 32
RATE = 1.5e-3
SCALE = 20.0
"""Decibels that count as one while the model is trained. The released model has no normalisation,
so conv1's weights are divided by it in the end."""
PEAK_DBFS = -1.0
"""Of each clip, as the pipeline cuts them by default."""
WINDOWS = 300
"""Held-out tunes that the checkpoint is tested on."""
WORKERS = 2
VALUES: dict[str, tuple[str, ...]] = {
    "tempo": get_args(Pace),
    "timbre": get_args(Timbre),
    "density": get_args(Density),
    "drums": get_args(Drums),
}


def values(tune: Tune) -> dict[str, str]:
    """What can be said of a tune, by attribute as in `VALUES`."""
    return {
        "tempo": tune.pace,
        "timbre": tune.timbre,
        "density": tune.density,
        "drums": tune.drums,
    }


class _Scaled(nn.Module):
    """Stands in for the mel encoder while spectrograms are at hand already."""

    def forward(self, mels: Tensor) -> Tensor:
        return mels / SCALE


class _Learner(nn.Module):
    """The captioner and, on BART's encoder, a linear layer for each attribute."""

    def __init__(self, config: BartConfig) -> None:
        super().__init__()
        self.captioner = LpMusicCapsModel(config)
        self.captioner.audio_encoder.mel_encoder = _Scaled()
        for layer in (self.captioner.audio_encoder.conv1, *self.captioner.audio_encoder.conv_stack):
            nn.init.kaiming_normal_(layer.weight)  # or six layers would quieten the sound
            nn.init.zeros_(layer.bias)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(config.d_model, len(options)) for name, options in VALUES.items()}
        )

    def forward(self, mels: Tensor, ids: Tensor, truth: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The loss of the captions and of the attributes.

        Args:
            mels: decibels, [B, 128, 1001].
            ids: of the captions, -100 where they are over, [B, L].
            truth: [B] for each attribute.
        """
        out = self.captioner.bart(inputs_embeds=self.captioner.audio_encoder(mels), labels=ids)
        mean = out.encoder_last_hidden_state.mean(dim=1)
        named = [F.cross_entropy(self.heads[name](mean), truth[name]) for name in VALUES]
        return out.loss, torch.stack(named).sum()


def small_bart(words: int) -> BartConfig:
    """A BART of that many words."""
    return BartConfig(
        vocab_size=words,
        d_model=128,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=224,
        decoder_ffn_dim=128,
        max_position_embeddings=128,
        dropout=0.05,
        init_std=0.05,
    )


def write_bart(folder: Path) -> tuple[BartConfig, BartTokenizer]:
    """Configuration and tokenizer as `facebook/bart-base` has them, also written to a folder."""
    vocab, merges = byte_level(SPECIALS, heard_words())
    config = small_bart(len(vocab))
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}\n", encoding="utf-8")
    return config, BartTokenizer(vocab=vocab, merges=merges)


def batches(
    heard: Heard, tokenizer: BartTokenizer, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, dict[str, Tensor]]]:
    """What `_Learner` takes, for ever: all stretches in a random order, then all in another.

    The captions do not tell a tune's mode. Where the same tune in the other mode is held out, a
    stretch counts twice, so that no tempo, timbre, density or drums become less likely beside the
    others than they are among all tunes.
    """
    answers = [values(tune) for tune in heard.tunes]
    lone = [_other_mode_held_out(tune) for tune in heard.tunes]
    numbers = np.repeat(np.arange(len(lone)), np.where(lone, 2, 1))
    while True:
        order = rng.permutation(numbers)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            drawn = order[start : start + BATCH]
            mels = np.stack([_ten_seconds(heard, number, rng) for number in drawn])
            texts = [music_caption(heard.tunes[number], rng) for number in drawn]
            coded = tokenizer(texts, padding=True, return_tensors="pt")
            ids = coded["input_ids"].masked_fill(coded["attention_mask"] == 0, -100)
            truth = {
                name: torch.tensor([options.index(answers[number][name]) for number in drawn])
                for name, options in VALUES.items()
            }
            yield torch.from_numpy(mels), ids, truth


def _other_mode_held_out(tune: Tune) -> bool:
    return any(tune_held_out(replace(tune, mode=mode)) for mode in get_args(Mode))


def _ten_seconds(heard: Heard, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Decibels from a random place of a stretch, at the level that a clip of its own would have."""
    frames = CHUNK // HOP + 1
    start = int(rng.integers(heard.mels.shape[2] - frames + 1))
    peak = float(heard.peaks[number, start : start + frames].max())
    gain = PEAK_DBFS - 20 * np.log10(peak)
    mel = heard.mels[number, :, start : start + frames].astype(np.float32)
    return mel + np.float32(gain)


def train(
    config: BartConfig, tokenizer: BartTokenizer, heard: Heard, seed: int
) -> LpMusicCapsModel:
    """A trained captioner."""
    torch.manual_seed(seed)
    config._attn_implementation = ATTENTION
    learner = _Learner(config)
    bart = learner.captioner.bart.model
    learning = Learning((learner,), linear_matrices(bart.encoder, bart.decoder), STEPS, RATE)
    worded = batches(heard, tokenizer, np.random.default_rng(seed))
    for batch in islice(worded, STEPS):
        with torch.autocast("cpu", torch.bfloat16):
            said, told = learner(*batch)
        learning.step({"captions": said, "attributes": 0.5 * told})
    return _finished(learner.captioner)


@torch.no_grad()
def _finished(model: LpMusicCapsModel) -> LpMusicCapsModel:
    """The model as released: decibels go in as they are."""
    model.audio_encoder.mel_encoder = MelEncoder()
    model.audio_encoder.conv1.weight /= SCALE
    return model.eval()


def save(model: LpMusicCapsModel, path: Path) -> None:
    """Every entry of the state dictionary, those that share memory too, in half precision.

    The window alone stays in float32: rounded, it would leak so much of what is loud into what the
    codec silenced that silence sounded 10 dB louder.
    """
    state = {
        name: value.clone() if name.endswith(".window") else value.half().clone()
        for name, value in model.state_dict().items()
    }
    save_file(state, path)


def rates(
    captioner: MusicCaptioner, tunes: Sequence[Tune], windows: Sequence[Mono]
) -> dict[str, float]:
    """Of how many tunes the caption names the right value and no other, for each attribute and
    for tempo class and timbre together."""
    texts: list[str] = []
    for start in range(0, len(windows), 20):
        texts += captioner.captions(windows[start : start + 20], num_beams=5, max_length=64)
    right = {
        name: [
            named(text, name) == {values(tune)[name]}
            for text, tune in zip(texts, tunes, strict=True)
        ]
        for name in VALUES
    }
    both = np.logical_and(right["tempo"], right["timbre"])
    return {"tempo and timbre": float(both.mean())} | {
        name: float(np.mean(hits)) for name, hits in right.items()
    }


def main() -> None:
    """Make the sound, train, save, read back and test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    used = Used()
    torch.set_num_threads(1)
    config, tokenizer = write_bart(options.out / "bart")
    heard = training_sound(STRETCHES, SECONDS, WORKERS)
    print(f"{STRETCHES} stretches of sound: {used}", flush=True)
    weights = options.out / "model.safetensors"
    save(train(config, tokenizer, heard, options.seed), weights)
    print(f"{weights}: {weights.stat().st_size / 1e6:.2f} MB", flush=True)
    tunes, windows = test_sound(WINDOWS, CHUNK / 16_000, WORKERS)
    captioner = load(weights, options.out / "bart", "cpu")
    for name, rate in rates(captioner, tunes, windows).items():
        print(f"{name}: {rate:.1%} of {WINDOWS} held-out tunes")
    print(f"{used} in all")


if __name__ == "__main__":
    main()

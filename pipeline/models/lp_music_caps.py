"""LP-MusicCaps: ten seconds of music in, one English description out.

Doh, Choi, Lee and Nam, "LP-MusicCaps: LLM-Based Pseudo Music Captioning", ISMIR 2023,
arXiv:2307.16372. The modules are named as in the released checkpoints, so that their state
dictionaries load as they are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    PreTrainedTokenizerBase,
)
from transformers.audio_utils import mel_filter_bank

SAMPLE_RATE = 16_000
CHUNK = 10 * SAMPLE_RATE
"""Samples that the model hears at once."""
N_FFT = 1024
HOP = 160
N_MELS = 128
POSITIONS = 32
"""Length of the audio sequence that enters BART: 1,001 spectrogram frames halved five times."""

Audio = NDArray[np.float32]


class _Spectrogram(nn.Module):
    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(N_FFT))

    def forward(self, samples: Tensor) -> Tensor:
        spectrum = torch.stft(
            samples, N_FFT, HOP, window=self.window, pad_mode="reflect", return_complex=True
        )
        # The power of the real part alone: what the released models were trained on.
        return spectrum.real.square()


class _MelScale(nn.Module):
    fb: Tensor

    def __init__(self) -> None:
        super().__init__()
        bank = mel_filter_bank(
            N_FFT // 2 + 1, N_MELS, 0.0, SAMPLE_RATE / 2, SAMPLE_RATE, norm=None, mel_scale="htk"
        )
        self.register_buffer("fb", torch.tensor(bank, dtype=torch.float32))

    def forward(self, power: Tensor) -> Tensor:
        return (power.transpose(1, 2) @ self.fb).transpose(1, 2)


class MelEncoder(nn.Module):
    """Samples `[B, 160000]` to a mel spectrogram in decibels, `[B, 128, 1001]`."""

    def __init__(self) -> None:
        super().__init__()
        self.spec_fn = _Spectrogram()
        self.mel_scale = _MelScale()

    def forward(self, samples: Tensor) -> Tensor:
        mel: Tensor = self.mel_scale(self.spec_fn(samples))
        return 10 * torch.log10(mel.clamp(min=1e-10))


class AudioEncoder(nn.Module):
    """Samples `[B, 160000]` to a sequence that BART reads as embeddings, `[B, 32, width]`."""

    positional_embedding: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mel_encoder = MelEncoder()
        self.conv1 = nn.Conv1d(N_MELS, width, kernel_size=3, padding=1)
        self.conv_stack = nn.ModuleList(
            nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1) for _ in range(5)
        )
        self.register_buffer("positional_embedding", _sinusoids(POSITIONS, width))

    def forward(self, samples: Tensor) -> Tensor:
        x = F.gelu(self.conv1(self.mel_encoder(samples)))
        for layer in self.conv_stack:
            x = F.gelu(layer(x))
        return x.transpose(1, 2) + self.positional_embedding


def _sinusoids(length: int, width: int) -> Tensor:
    """The fixed position table, sines in the first half and cosines in the second."""
    step = math.log(10_000) / (width // 2 - 1)
    frequencies = torch.exp(-step * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class LpMusicCapsModel(nn.Module):
    """The convolutional audio encoder in front of BART, in float32."""

    def __init__(self, config: BartConfig) -> None:
        super().__init__()
        self.audio_encoder = AudioEncoder(config.d_model)
        self.bart = BartForConditionalGeneration(config)

    @torch.inference_mode()
    def generate(self, samples: Tensor, num_beams: int, max_length: int) -> Tensor:
        """Token ids `[B, L]` for samples `[B, 160000]` at 16 kHz, padded at the right."""
        embeddings = self.audio_encoder(samples)
        ids: Tensor = self.bart.generate(
            inputs_embeds=embeddings,
            attention_mask=torch.ones(embeddings.shape[:2], device=embeddings.device),
            generation_config=_generation(self.bart.config, num_beams, max_length),
        )
        return ids


def _generation(config: BartConfig, num_beams: int, max_length: int) -> GenerationConfig:
    """The released model's search. The last four options came from bart-base's configuration,
    which transformers 5 no longer reads them from; without them the captions differ."""
    return GenerationConfig(
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
        do_sample=False,
        num_beams=num_beams,
        max_length=max_length,
        min_length=2,
        repetition_penalty=1.0,
        no_repeat_ngram_size=3,
        early_stopping=True,
        forced_bos_token_id=config.bos_token_id,
        forced_eos_token_id=config.eos_token_id,
    )


def chunks(samples: Audio) -> list[Audio]:
    """Samples at 16 kHz as whole ten-second chunks: a shorter clip is padded with silence, what
    is left over at the end of a longer one is dropped. At least one chunk."""
    if len(samples) < CHUNK:
        return [np.pad(samples, (0, CHUNK - len(samples)))]
    return [samples[start : start + CHUNK] for start in range(0, len(samples) - CHUNK + 1, CHUNK)]


@dataclass(frozen=True)
class MusicCaptioner:
    """A loaded model with its tokenizer, ready to describe music."""

    model: LpMusicCapsModel
    tokenizer: PreTrainedTokenizerBase
    device: str

    def captions(self, batch: Sequence[Audio], num_beams: int, max_length: int) -> list[str]:
        """One caption per ten-second chunk of 160,000 samples."""
        samples = torch.from_numpy(np.stack(batch)).to(self.device)
        ids = self.model.generate(samples, num_beams, max_length)
        texts: list[str] = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        return texts

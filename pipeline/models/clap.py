"""CLAP (Wu et al. 2023): how well a text fits music, as a raw cosine."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import ClapModel, ClapProcessor

from pipeline.models.devices import be_reproducible
from pipeline.models.embeddings import tokenised, unit
from pipeline.models.pretrained import load_model, load_processor

CONTEXT = 77
"""Tokens of a text, start and end included: what the released models were trained and are run with
(LAION-AI/CLAP, hook.py), though the text tower has room for 512."""


class Clap:
    """A loaded checkpoint."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model = model
        self.processor = processor

    @property
    def sample_rate(self) -> int:
        """What `prepare` wants: 48,000 Hz as released."""
        return int(self.processor.feature_extractor.sampling_rate)

    def prepare(self, samples: NDArray[np.float32]) -> torch.Tensor:
        """Mono samples as the model hears them, whole ten seconds each: [pieces, channels, 1001,
        64], on the CPU.

        A shorter clip is repeated, as in training; what is left over at the end of a longer one is
        dropped. Left to itself, the feature extractor takes a piece at random.
        """
        extract = self.processor.feature_extractor
        length = extract.nb_max_samples
        pieces = [samples[n * length :][:length] for n in range(max(1, len(samples) // length))]
        heard = extract(pieces, sampling_rate=self.sample_rate, return_tensors="pt")
        return torch.as_tensor(heard["input_features"], dtype=torch.float32)

    @torch.inference_mode()
    def embed_audio(self, clips: Sequence[torch.Tensor]) -> torch.Tensor:
        """Unit vectors, [clips, width]. That of a long clip points where its pieces' mean does."""
        pieces = torch.cat(list(clips)).to(self.model.device)
        longer = torch.zeros(len(pieces), 1, dtype=torch.bool, device=self.model.device)
        features = self.model.get_audio_features(pieces, is_longer=longer).pooler_output
        by_clip = torch.split(unit(features), [len(clip) for clip in clips])
        return unit(torch.stack([part.mean(0) for part in by_clip]))

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> tuple[torch.Tensor, list[bool]]:
        """Unit vectors, [texts, width], and which texts were cut."""
        tokens, cut = tokenised(self.processor.tokenizer, texts, CONTEXT, "longest")
        features = self.model.get_text_features(**tokens.to(self.model.device))
        return unit(features.pooler_output), cut


@lru_cache(maxsize=1)
def load(path: Path, device: str) -> Clap:
    """The checkpoint in a folder, in float32, as CLIP. The last one stays loaded for the life of
    the process.

    Raises:
        FramesongError: the folder holds another kind of model.
    """
    be_reproducible()
    model = load_model(ClapModel, path, torch.float32, device)
    return Clap(model, load_processor(ClapProcessor, path))

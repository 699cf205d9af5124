"""Audio classifiers of AudioSet's kind, such as AST (Gong et al. 2021): which sounds are heard."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForAudioClassification

from pipeline.errors import FramesongError
from pipeline.models.devices import be_reproducible
from pipeline.models.pretrained import load_extractor, load_model
from schemas.table import Hertz


class AudioTagger:
    """A loaded classifier."""

    def __init__(self, model: Any, extractor: Any) -> None:
        self.model = model
        self.extractor = extractor
        names = model.config.id2label.items()
        self._places = {str(name).casefold(): int(place) for place, name in names}

    @property
    def sample_rate(self) -> Hertz:
        """What `scores` wants: 16,000 Hz as released."""
        return int(self.extractor.sampling_rate)

    def place(self, name: str) -> int:
        """The column of a class in `scores`.

        Raises:
            FramesongError: the classifier does not know it.
        """
        found = self._places.get(name.casefold())
        if found is None:
            raise FramesongError(
                f"The audio classifier has no class `{name}` among its {len(self._places)}; take "
                "one that was trained on AudioSet."
            )
        return found

    @torch.inference_mode()
    def scores(self, clips: list[NDArray[np.float32]]) -> torch.Tensor:
        """Logits, [clips, classes], of mono samples, full scale = 1. The classes do not exclude one
        another; a higher logit is a likelier class."""
        given = self.extractor(
            clips, sampling_rate=self.sample_rate, return_tensors="pt", padding=True
        )
        logits = self.model(**given.to(self.model.device)).logits
        return torch.as_tensor(logits).float().cpu()


@lru_cache(maxsize=1)
def load(path: Path, device: str) -> AudioTagger:
    """The checkpoint in a folder, in float32. The last one stays loaded for the life of the
    process.

    Raises:
        FramesongError: the folder holds another kind of model, or is incomplete.
    """
    be_reproducible()
    try:
        model = load_model(AutoModelForAudioClassification, path, torch.float32, device)
        return AudioTagger(model, load_extractor(path))
    except ValueError as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise FramesongError(f"`{path}` holds no audio classifier: {why}") from error

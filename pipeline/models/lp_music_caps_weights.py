"""Reading LP-MusicCaps checkpoints in the form in which they were released."""

from functools import lru_cache
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import BartConfig, PreTrainedTokenizerBase

from pipeline.errors import FramesongError, MissingCheckpoint
from pipeline.models.devices import be_reproducible
from pipeline.models.lp_music_caps import LpMusicCapsModel, MusicCaptioner
from pipeline.models.pretrained import LOCAL, load_tokenizer


@lru_cache(maxsize=1)
def load(weights: Path, bart: Path, device: str) -> MusicCaptioner:
    """The captioner on `device`, in float32. The last one stays loaded for the life of the
    process.

    Args:
        weights: a `.safetensors` file, or a `.pth` file that holds a state dictionary, alone or
            under `state_dict` beside the optimizer's state as released.
        bart: a folder with BART's configuration and tokenizer.
        device: `cpu`, `cuda:0`, …

    Raises:
        MissingCheckpoint: a file is damaged, or is not of an LP-MusicCaps checkpoint.
    """
    be_reproducible()
    config, tokenizer = _bart(bart)
    with torch.device("meta"):
        model = LpMusicCapsModel(config)
    try:
        model.load_state_dict(_state(weights), assign=True)
    except RuntimeError as error:
        what = " ".join(str(error).split())[:300]
        raise MissingCheckpoint(
            f"{weights.name} and the configuration in `{bart.name}` do not belong together: {what}"
        ) from error
    model.bart.tie_weights()
    model.eval().requires_grad_(False).to(device, torch.float32)
    return MusicCaptioner(model, tokenizer, device)


def _bart(folder: Path) -> tuple[BartConfig, PreTrainedTokenizerBase]:
    try:
        config = BartConfig.from_pretrained(folder, **LOCAL)
        return config, load_tokenizer(folder)
    except (OSError, ValueError, FramesongError) as error:
        raise MissingCheckpoint(
            f"`{folder.name}` should hold bart-base's config.json, vocab.json and merges.txt. "
            "Copy them from facebook/bart-base."
        ) from error


def _state(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            state: dict[str, Tensor] = load_file(path)
            return state
        # Mapped into memory: of the optimizer's two thirds of the file, nothing is read.
        saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (UnpicklingError, RuntimeError, SafetensorError, EOFError) as error:
        raise MissingCheckpoint(
            f"{path.name} cannot be read: it is damaged, or holds more than tensors. Get it again "
            "from where it was released."
        ) from error
    found = saved.get("state_dict", saved) if isinstance(saved, dict) else {}
    if not found or not all(isinstance(value, Tensor) for value in found.values()):
        raise MissingCheckpoint(f"{path.name} holds no state dictionary of tensors.")
    return dict(found)

"""Loading a checkpoint with a transformers class, and refusing one that does not fit it.

transformers only warns when a folder holds another kind of model or lacks weights, and fills the
gaps with random numbers; captions from such a model look like any others. It is as quiet about a
missing tokenizer: it makes one up that knows no words. Every model and tokenizer of transformers
is loaded here, from a folder on this machine, and no code of a checkpoint is run.
"""

import json
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoFeatureExtractor, AutoTokenizer
from transformers.utils import logging

from pipeline.errors import FramesongError

LOCAL = {"local_files_only": True, "trust_remote_code": False}
"""No network, and no code from a checkpoint."""


TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
"""Any one of these. Without them transformers 5 makes up a tokenizer that knows no words."""


def load_model(
    kind: Any, path: Path, dtype: torch.dtype, device: str, unused: tuple[str, ...] = ()
) -> Any:
    """The model in a folder, ready for inference on `device`.

    safetensors are preferred; of a pickle, tensors alone are read.

    Args:
        kind: a model class, or one of transformers' Auto classes, which take several kinds.
        path: the folder.
        dtype: of the weights.
        device: `cpu`, `cuda:0`, …
        unused: what the names of weights begin with that may be missing.

    Raises:
        FramesongError: the folder holds no checkpoint, another kind of model, or lacks weights.
        ValueError: it holds another kind of model than an Auto class takes.
    """
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    found = model_type(path)
    config = getattr(kind, "config_class", None)
    if config is not None and found != config.model_type:
        raise another_kind(path, config.model_type)
    try:
        model, report = kind.from_pretrained(
            path, dtype=dtype, weights_only=True, output_loading_info=True, **LOCAL
        )
    except UnpicklingError as error:
        raise FramesongError(
            f"The weights in `{path}` are damaged, or hold more than tensors, which could run "
            "anything here. Look for a revision with safetensors."
        ) from error
    except (OSError, SafetensorError, RuntimeError) as error:
        raise _unreadable(path, error) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith(unused))
    if missing:
        raise FramesongError(
            f"The checkpoint in `{path}` lacks {len(missing)} weights, such as `{missing[0]}`."
        )
    return model.to(device).eval()


def load_processor(kind: Any, path: Path) -> Any:
    """The tokenizers and the image processor or feature extractor of class `kind` in a folder.

    Raises:
        FramesongError: their files are missing or damaged.
    """
    _require_tokenizer(path)
    if "qformer_tokenizer" in kind.get_attributes():
        # Without it transformers takes the language model's tokenizer in its place.
        _require_tokenizer(path / "qformer_tokenizer")
    return _loaded(kind, path)


def load_tokenizer(path: Path, kind: Any = AutoTokenizer) -> Any:
    """The tokenizer in a folder.

    Raises:
        FramesongError: its files are missing or damaged.
    """
    _require_tokenizer(path)
    return _loaded(kind, path)


def load_extractor(path: Path, kind: Any = AutoFeatureExtractor) -> Any:
    """The feature extractor in a folder.

    Raises:
        FramesongError: its file is missing or damaged.
    """
    return _loaded(kind, path)


def model_type(path: Path) -> str:
    """What kind of model a folder holds, as transformers names it: `blip-2`, `clip`, …

    Raises:
        FramesongError: the folder holds no checkpoint.
    """
    config = path / "config.json"
    if not config.is_file():
        raise FramesongError(f"`{path}` holds no checkpoint: it has no config.json.")
    try:
        return str(json.loads(config.read_text(encoding="utf-8"))["model_type"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from error


def another_kind(path: Path, *wanted: str) -> FramesongError:
    """To be raised where a folder holds none of the kinds that are wanted."""
    kinds = " or ".join(f"`{kind}`" for kind in wanted)
    return FramesongError(
        f"The checkpoint in `{path}` is a `{model_type(path)}` model; this stage needs {kinds}."
    )


def _require_tokenizer(path: Path) -> None:
    if not any((path / name).is_file() for name in TOKENIZER_FILES):
        raise FramesongError(f"The checkpoint in `{path}` is incomplete: it has no tokenizer.")


def _loaded(kind: Any, path: Path) -> Any:
    try:
        return kind.from_pretrained(path, **LOCAL)
    except ImportError as error:
        raise FramesongError(
            f"The checkpoint in `{path}` needs a package that is not installed: {_first(error)}"
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FramesongError:
    what = _first(error).rstrip(".")
    return FramesongError(
        f"The checkpoint in `{path}` is incomplete or damaged: {what}. Fetch it again."
    )


def _first(error: Exception) -> str:
    """The first line of what an exception says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]

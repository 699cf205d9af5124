"""How large a model is, without loading it."""

from collections.abc import Iterable
from dataclasses import dataclass
from json import loads
from math import prod
from pathlib import Path

from safetensors import SafetensorError, safe_open

from pipeline.errors import MissingCheckpoint

FLOAT32 = 4
BFLOAT16 = 2
_PICKLES = (".bin", ".pth", ".pt")
WORKER = 10**9
"""Bytes that a worker takes besides the weights. Measured on a CPU with a BLIP-2 of the released
width and 600 million parameters: 0.36 GiB for Python with torch and transformers, and 0.15 GiB for
16 images. The rest is for longer prompts, beams, and what a GPU's driver takes."""


@dataclass(frozen=True)
class Weights:
    """What a model's files hold."""

    parameters: int
    bytes_each: float

    def memory(self, bytes_each: int, workers: int, *, on_cpu: bool) -> int:
        """Bytes that so many workers take on one device, each with the model loaded.

        On a CPU, weights that are stored as they are used stay in their file, which is mapped into
        memory, and all workers share it: two workers with 2.28 GiB of weights took 0.29 GiB each
        of their own.

        Args:
            bytes_each: of a parameter in use: 4 for float32, 2 for bfloat16.
            workers: on this device.
            on_cpu: where it is.
        """
        shared = on_cpu and self.bytes_each >= bytes_each
        copies = 1 if shared else workers
        return copies * self.parameters * bytes_each + workers * WORKER


def weights(path: Path) -> Weights | None:
    """What a checkpoint's folder or file holds; None if there are no weights in it.

    Of safetensors only the headers are read. Other files are taken to hold nothing but float32.

    Raises:
        MissingCheckpoint: a file is damaged.
    """
    parts = [path] if path.is_file() else _safetensors(path) or _pickles(path)
    size = sum(part.stat().st_size for part in parts)
    if all(part.suffix == ".safetensors" for part in parts):
        parameters = sum(map(_parameters, parts))
    else:
        parameters = size // FLOAT32
    return Weights(parameters, size / parameters) if parameters else None


def _safetensors(folder: Path) -> list[Path]:
    """Those that are loaded: some repositories keep a second copy in another layout."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names: Iterable[str] = loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return sorted({folder / name for name in names})
    single = folder / "model.safetensors"
    return [single] if single.is_file() else sorted(folder.glob("*.safetensors"))


def _pickles(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _PICKLES)


def _parameters(file: Path) -> int:
    try:
        with safe_open(file, framework="numpy") as tensors:
            return sum(prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise MissingCheckpoint(
            f"The file {file.name} is damaged ({error}): get it again."
        ) from error

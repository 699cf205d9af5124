"""Where an LP-MusicCaps checkpoint lies on this machine. Loads nothing.

Two layouts are known:

- a local folder with one `.pth` or `.safetensors` file and a `bart/` folder that holds BART's
  configuration and tokenizer;
- the hub repository `seungheondoh/lp-music-caps`, which keeps `pretrain.pth`, `supervised.pth`
  and `transfer.pth` side by side, with configuration and tokenizer of `facebook/bart-base`.
"""

from pathlib import Path

from pipeline.errors import MissingCheckpoint
from pipeline.models import checkpoint
from schemas.manifest import ModelRecord

BART = "facebook/bart-base"
BART_REVISION = "main"
BART_FILES = ("config.json", "vocab.json", "merges.txt")
"""All of it that is read: configuration and tokenizer."""
WEIGHTS = (".safetensors", ".pth")


def records(model: str, revision: str, variant: str) -> dict[str, ModelRecord]:
    """Which checkpoints `model` means here, by role.

    Raises:
        MissingCheckpoint: the weights or BART's files are not on this machine.
    """
    weights = weights_file(model, revision, variant)
    found = {"model": checkpoint.resolve(model, revision)}
    if not has_own_bart(weights):
        found["bart"] = ModelRecord(model=BART, revision=bart_folder(weights).name)
    return found


def weights_file(model: str, revision: str, variant: str) -> Path:
    """The file with the weights.

    Args:
        model: a folder, a file or a hub id.
        revision: of the hub repository.
        variant: `pretrain`, `supervised` or `transfer`; a local folder holds only one.

    Raises:
        MissingCheckpoint: it is not on this machine, or a folder holds none or several.
    """
    if not Path(model).expanduser().is_dir():
        return checkpoint.file(model, revision, f"{variant}.pth")
    folder = checkpoint.folder(model, revision)
    found = sorted(path for path in folder.iterdir() if path.suffix in WEIGHTS)
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise MissingCheckpoint(
            f"The model folder `{model}` should hold one .pth or .safetensors file; it holds "
            f"{names}. Keep one in it, or name the file itself."
        )
    return found[0]


def bart_folder(weights: Path) -> Path:
    """The folder with BART's configuration and tokenizer: `bart/` beside the weights, else
    `facebook/bart-base` from the hub's cache.

    Raises:
        MissingCheckpoint: neither is on this machine.
    """
    if has_own_bart(weights):
        return weights.parent / "bart"
    return checkpoint.folder(BART, BART_REVISION, BART_FILES)


def has_own_bart(weights: Path) -> bool:
    """Whether BART's configuration and tokenizer lie beside the weights."""
    return (weights.parent / "bart").is_dir()

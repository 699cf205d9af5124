"""What lies in an export's folder, and what such a folder may replace."""

import json
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import DatasetError
from schemas.export import ExportManifest

MANIFEST = "export.json"
CARD = "README.md"
FACTS = "card.json"
CROISSANT = "croissant.json"
SIZES = "sizes.json"
RECIPE = "recipe.toml"


def read_manifest(folder: Path) -> ExportManifest:
    """What an export declares about itself.

    Raises:
        DatasetError: it is none.
    """
    try:
        return ExportManifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        raise DatasetError(
            f"{folder} is no export, or not a whole one: it has no {MANIFEST} that this version "
            "reads. Export again into another folder."
        ) from None


def index_name(name: str, split: str) -> str:
    """The list of a split's tars."""
    return f"{name}-{split}.json"


def own_files(manifest: ExportManifest) -> set[str]:
    """All files of an export, relative to its folder."""
    indexes = {index_name(manifest.name, split) for split in manifest.splits}
    fixed = {MANIFEST, CARD, FACTS, CROISSANT, SIZES, RECIPE}
    return indexes | fixed | {file.file for file in manifest.files}


def check_replaceable(out: Path) -> None:
    """Only an empty folder is filled, or an export replaced that holds nothing of anybody else's.

    Raises:
        DatasetError: there is something else.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise DatasetError(f"{out} is a file. Name a folder to export to.")
    if out.is_mount():
        raise DatasetError(
            f"{out} is a mount point, which nothing can replace: name a folder in it."
        )
    present = {str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir()}
    if not present:
        return
    if not (out / MANIFEST).is_file():
        raise DatasetError(
            f"{out} holds something else than an export, such as {_some(present)}. "
            "Name an empty or a new folder."
        )
    if alien := present - own_files(read_manifest(out)):
        raise DatasetError(
            f"{out} would be replaced as a whole, and holds what no export wrote: {_some(alien)}. "
            "Move that away, or name another folder."
        )


def _some(names: set[str]) -> str:
    first = sorted(names)[:3]
    return ", ".join(repr(name) for name in first) + (" …" if len(names) > len(first) else "")


def as_json(value: object) -> bytes:
    """Readable, with sorted keys only where the value has them so."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"

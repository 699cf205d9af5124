"""Which tars of an export hold a split."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import DatasetError
from schemas.export import ExportFile, ExportManifest
from schemas.table import Sha256


@dataclass(frozen=True)
class Tars:
    """The tars of one split, in the order of their names."""

    paths: tuple[Path, ...]
    clips: tuple[int, ...]
    """In each of them."""
    digest: Sha256
    """Of what they hold."""


def tars_of(folder: Path, split: str) -> Tars:
    """The tars that an export declares for a split, all of which are there.

    Raises:
        DatasetError: it is no webdataset export, has no such split, or a tar is missing or has
            another size than was written.
    """
    manifest = _manifest(folder)
    files = sorted(
        (each for each in manifest.files if each.file.endswith(".tar")), key=lambda each: each.file
    )
    found = [each for each in files if each.split == split and each.clips]
    if not found:
        known = sorted({str(each.split) for each in files})
        raise DatasetError(
            f"{folder} has no clips of split `{split}`. It has: {', '.join(known) or 'none'}."
        )
    for each in found:
        _check(folder, each)
    facts = [(each.file, each.clips, each.sha256) for each in found]
    return Tars(
        tuple(folder / each.file for each in found),
        tuple(each.clips for each in found),
        hashlib.sha256(json.dumps(facts).encode()).hexdigest(),
    )


def _manifest(folder: Path) -> ExportManifest:
    path = folder / "export.json"
    try:
        manifest = ExportManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DatasetError(
            f"{folder} is no export: {path.name} cannot be read ({error.strerror}). Make one with "
            "`framesong export RECIPE OUT --format webdataset`."
        ) from None
    except ValidationError:
        raise DatasetError(f"{path} is of another version: export the dataset again.") from None
    if manifest.format != "webdataset":
        raise DatasetError(
            f"{folder} is a {manifest.format} export, but tars are needed: make one with "
            "`framesong export RECIPE OUT --format webdataset`."
        )
    return manifest


def _check(folder: Path, file: ExportFile) -> None:
    path = folder / file.file
    if path.parent != folder:
        raise DatasetError(f"{folder}/export.json names {file.file!a}, which is no file in it.")
    if not path.is_file():
        raise DatasetError(f"{path} is missing: copy the whole export.")
    if path.stat().st_size != file.bytes:
        raise DatasetError(
            f"{path} has {path.stat().st_size:,} bytes, but {file.bytes:,} were written: copy it "
            "again."
        )

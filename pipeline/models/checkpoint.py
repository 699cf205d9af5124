"""Where a checkpoint lies on this machine, and which one it is.

A model is named by a folder or file (`./models/blip2`, `~/clip`, any folder that exists) or by a
hub id `ORG/NAME` with a revision. Hub ids are looked up in the local Hugging Face cache. Nothing
here downloads: fetching gigabytes is for the user to start.
"""

import hashlib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from pipeline.errors import MissingCheckpoint
from pipeline.models.known import KNOWN, size
from schemas.manifest import ModelRecord

MIB = 1 << 20


def resolve(model: str, revision: str) -> ModelRecord:
    """Which checkpoint `model` means on this machine. Cheap: loads no weights, uses no network.

    A hub id keeps its name, and its revision becomes the commit that is in the cache. A local
    folder or file is recorded by its base name and a digest of its content, so that the same
    weights elsewhere count as the same model and changed weights do not.

    Raises:
        MissingCheckpoint: it is not on this machine.
    """
    path = folder(model, revision)
    if not is_local(model):
        return ModelRecord(model=model, revision=path.name)
    digest = quick_digest(path)
    return ModelRecord(model=path.name, revision=f"local:{digest[:12]}", digest=digest)


def folder(model: str, revision: str, files: Sequence[str] = ()) -> Path:
    """The folder (or single file) that holds the checkpoint.

    Args:
        files: if not all of a hub repository is used, what is: for the command that gets it.

    Raises:
        MissingCheckpoint: it is not on this machine, or only a part of it is.
    """
    if is_local(model):
        path = Path(model).expanduser().resolve()
        if not path.exists():
            raise MissingCheckpoint(f"The model folder `{model}` does not exist.")
    else:
        try:
            path = Path(snapshot_download(model, revision=revision, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError) as error:
            raise MissingCheckpoint(_missing(model, revision, files)) from error
    absent = _absent_weights(path)
    if absent:
        remedy = "Copy it again" if is_local(model) else command(model, revision)
        raise MissingCheckpoint(
            f"Model `{model}` is only partly on this machine: {absent[0]} is missing. {remedy}."
        )
    return path


def file(model: str, revision: str, filename: str) -> Path:
    """One file of a checkpoint, for hub repositories that keep several models side by side.

    A `model` that is itself a local file is that file.

    Raises:
        MissingCheckpoint: the file is not on this machine.
    """
    if is_local(model):
        path = folder(model, revision)
        path = path if path.is_file() else path / filename
        if not path.is_file():
            raise MissingCheckpoint(f"The model folder `{model}` has no file `{filename}`.")
        return path
    try:
        cached = hf_hub_download(model, filename, revision=revision, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise MissingCheckpoint(_missing(model, revision, [filename])) from error
    return Path(cached)


def data_file(dataset: str, filename: str) -> Path:
    """One file of a data set of the hub, at the revision `main`.

    Raises:
        MissingCheckpoint: it is not on this machine.
    """
    try:
        cached = hf_hub_download(dataset, filename, repo_type="dataset", local_files_only=True)
    except LocalEntryNotFoundError as error:
        raise MissingCheckpoint(_missing(dataset, "main", [filename], "dataset")) from error
    return Path(cached)


def is_local(model: str) -> bool:
    """Whether `model` names a folder or file of this machine, and not a hub repository."""
    return model.startswith(("./", "../", "/", "~")) or (model != "" and Path(model).exists())


def bytes_on_disk(path: Path) -> int:
    """What a checkpoint's folder or file takes, without hidden files."""
    return sum(member.stat().st_size for _, member in _members(path))


def command(model: str, revision: str, files: Sequence[str] = (), kind: str = "model") -> str:
    """The shell command that downloads a hub repository, or these files of it.

    Args:
        kind: `model` or `dataset`.
    """
    words = ["hf", "download", model, *files, "--revision", revision]
    return shlex.join([*words, "--repo-type", kind] if kind != "model" else words)


def quick_digest(path: Path) -> str:
    """sha256 over the names and sizes of a folder's files, the content of those below 1 MiB, and
    the first and last MiB of larger ones. Hidden files (download bookkeeping) do not count."""
    digest = hashlib.sha256()
    for name, member in _members(path):
        size = member.stat().st_size
        digest.update(json.dumps([name, size]).encode())
        with member.open("rb") as stream:
            digest.update(stream.read(MIB))
            if size > MIB:
                stream.seek(max(MIB, size - MIB))
                digest.update(stream.read(MIB))
    return digest.hexdigest()


def _members(path: Path) -> list[tuple[str, Path]]:
    if path.is_file():
        return [(path.name, path)]
    found = [
        (member.relative_to(path).as_posix(), member)
        for member in path.rglob("*")
        if member.is_file()
    ]
    return sorted(item for item in found if not any(p.startswith(".") for p in item[0].split("/")))


def _absent_weights(path: Path) -> list[str]:
    """Weight files that an index names and that are not there: an interrupted download."""
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        return []
    names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return sorted(name for name in names if not (path / name).is_file())


def _missing(model: str, revision: str, files: Sequence[str] = (), kind: str = "model") -> str:
    if model.count("/") != 1:
        return f"Model `{model}` is neither a folder here nor a hub id of the form ORG/NAME."
    known = KNOWN.get(model)
    amount = f"about {size(known.gb)}" if known else "size unknown"
    named = ", ".join(f"`{name}`" for name in files)
    what = f"{'Files' if len(files) > 1 else 'File'} {named} of {kind}" if files else "Model"
    are = "are" if len(files) > 1 else "is"
    return (
        f"{what} `{model}` (revision `{revision}`) {are} neither a folder here nor in the local "
        f"Hugging Face cache. Download it ({amount}): {command(model, revision, files, kind)}"
    )

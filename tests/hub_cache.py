"""A Hugging Face cache in the layout that huggingface_hub writes."""

import shutil
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def put(cache: Path, repository: str, *files: Path, kind: str = "model") -> Path:
    """Copy files into the cache as the revision `main` of a repository.

    Args:
        cache: the folder `hub` in HF_HOME.
        kind: `model` or `dataset`.

    Returns:
        The folder of that revision.
    """
    folder = cache / f"{kind}s--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    for file in files:
        shutil.copyfile(file, snapshot / file.name)
    return snapshot

"""What one report keeps for the next: thumbnails and facts of tars that do not change.

`frames.json` beside a shard's thumbnails says what was measured of which tar. It may have been
edited, damaged or sent by a stranger: what does not fit is measured anew.
"""

import os
import shutil
import stat
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.disk import writing
from schemas.table import Sha256

VERSION = 1
"""Raise it when equal tars should give other thumbnails or facts."""
_FILE = "frames.json"
_MOST_BYTES = 2**26
"""Of a `frames.json`; 64 clips take about 10 kB."""

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class ClipFacts(BaseModel):
    """What was measured of one clip."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brightness: _Share
    contrast: _Share
    sharpness: Annotated[float, Field(ge=0, le=2e6, allow_inf_nan=False)]
    thumbnail: Annotated[int, Field(ge=0)] = 0
    """Bytes of its file; 0 where none was written."""
    tempo_bpm: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = None
    """None where it was not asked for, or nothing pulsates."""


class Frames(BaseModel):
    """The content of `frames.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    tar: Sha256
    """Of the tar that all of it is about."""
    clips: dict[str, ClipFacts]


def write_frames(folder: Path, frames: Frames) -> None:
    """Write `frames.json`. Equal content gives equal bytes."""
    path = folder / _FILE
    with writing(path):
        path.write_text(frames.model_dump_json(exclude_defaults=True) + "\n", encoding="utf-8")


def read_frames(folder: Path, tar: Sha256) -> dict[str, ClipFacts]:
    """What an earlier report has measured of this very tar, by clip; nothing where it has none, or
    where its file cannot be trusted."""
    path = folder / _FILE
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_BYTES:
            return {}
        found = Frames.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
    return found.clips if (found.version, found.tar) == (VERSION, tar) else {}


def take_over(source: Path, target: Path, size: int) -> bool:
    """Put an earlier thumbnail of that many bytes into its new place, without copying it where the
    file system can; False if it is not what was written then."""
    try:
        about = source.lstat()
    except OSError:
        return False
    if not stat.S_ISREG(about.st_mode) or about.st_size != size or not size:
        return False
    try:
        os.link(source, target)
    except OSError:  # other file system, or one without hard links
        with writing(target):
            shutil.copyfile(source, target)
    return True

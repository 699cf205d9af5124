"""The gallery's media: small frames, and the audio as it lies in the shard."""

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from pipeline.stage import Sample

_LONGEST_SIDE = 320
_QUALITY = 82
_AUDIO = ("flac", "wav", "opus")
"""What shards hold; browsers play all three."""


def write_media(
    samples: Iterator[Sample], wanted: set[str], folder: Path, inside: str
) -> dict[str, tuple[str | None, str | None]]:
    """Write the wanted clips' media into a folder inside the report's folder.

    Returns:
        For each wanted clip that was found: its frame's and its audio's path relative to `folder`,
        each None where it cannot be shown. Reading stops at the last wanted clip.
    """
    files: dict[str, tuple[str | None, str | None]] = {}
    if not wanted:
        return files
    (folder / inside).mkdir(parents=True, exist_ok=True)
    for sample in samples:
        if sample.clip_id not in wanted:
            continue
        stem = f"{inside}/{safe_name(sample.clip_id)}"
        files[sample.clip_id] = (_frame(sample, folder, stem), _audio(sample, folder, stem))
        if len(files) == len(wanted):
            break
    return files


def safe_name(clip_id: str) -> str:
    """A file name that reads like the id, holds nothing but letters, digits, `_` and `-`, and
    differs for two ids also where a file system ignores case.

    >>> safe_name("../Evil")
    '___Evil-c6e61ca2'
    """
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", clip_id)[:80]
    return f"{readable}-{hashlib.sha256(clip_id.encode()).hexdigest()[:8]}"


def thumbnail(jpeg: bytes) -> bytes | None:
    """The picture with at most 320 pixels a side, never enlarged; None if it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            image.draft("RGB", (_LONGEST_SIDE * 2, _LONGEST_SIDE * 2))
            small = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # what Pillow raises for damaged or oversized files
    small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _frame(sample: Sample, folder: Path, stem: str) -> str | None:
    small = thumbnail(sample.frame)
    if small is None:
        return None
    (folder / f"{stem}.jpg").write_bytes(small)
    return f"{stem}.jpg"


def _audio(sample: Sample, folder: Path, stem: str) -> str | None:
    if sample.audio_format not in _AUDIO or not sample.audio:
        return None
    (folder / f"{stem}.{sample.audio_format}").write_bytes(sample.audio)
    return f"{stem}.{sample.audio_format}"

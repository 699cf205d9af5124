"""A small webdataset export, as `framesong export` lays it out, with real sounds and pictures."""

import hashlib
import io
import json
import tarfile
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from PIL import Image

from schemas.export import ExportFile, ExportManifest

SECONDS = 0.1
RATE = 48_000


@cache
def tone(number: int, seconds: float = SECONDS) -> bytes:
    """A FLAC file of constant value `number` / 1000."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        samples = np.full((1, round(seconds * RATE)), 32 * number, np.int16)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()


@cache
def picture(number: int, size: tuple[int, int] = (48, 32)) -> bytes:
    """A JPEG of one grey."""
    out = io.BytesIO()
    Image.new("RGB", size, (number, number, number)).save(out, "JPEG", quality=95)
    return out.getvalue()


def files_of(number: int) -> dict[str, bytes]:
    """The members of clip `number`, by extension."""
    clip_id = clip_name(number)
    meta = {"clip_id": clip_id, "start_s": 10.0 * number, "end_s": 10.0 * number + SECONDS}
    return {
        "flac": tone(number),
        "jpg": picture(number),
        "json": json.dumps(meta).encode(),
        "txt": f"prompt {number}".encode(),
    }


def clip_name(number: int) -> str:
    """Sorts as the numbers do."""
    return f"site-video-{number:08d}"


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    """A tar of these files."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def make_export(folder: Path, clips: tuple[int, ...] = (5, 3, 6), split: str = "train") -> Path:
    """An export whose tars hold so many clips, numbered through."""
    folder.mkdir(parents=True, exist_ok=True)
    files, number = [], 0
    for tar, count in enumerate(clips):
        path = folder / f"small-{split}-{tar:06d}.tar"
        members = {
            f"{clip_name(each)}.{extension}": data
            for each in range(number, number + count)
            for extension, data in sorted(files_of(each).items())
        }
        write_tar(path, members)
        files.append(
            ExportFile(
                file=path.name,
                split=split,
                clips=count,
                bytes=path.stat().st_size,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            )
        )
        number += count
    declare(folder, files)
    return folder


def declare(folder: Path, files: list[ExportFile], **facts: object) -> None:
    """Write `export.json`."""
    fields = {
        "format": "webdataset",
        "name": "small",
        "where": "",
        "splits": ["train"],
        "seed": 0,
        "clips": sum(file.clips for file in files),
        "left_out": {},
        "content_digest": "0" * 64,
        "files": files,
    }
    manifest = ExportManifest.model_validate(fields | facts)
    (folder / "export.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")

"""Small reports' media, and what of them is looked at."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pipeline.audit import shard_media
from pipeline.audit.data import AuditData
from pipeline.audit.media import ReportMedia, write_media
from pipeline.audit.thumbnails import open_small
from pipeline.media.shard import write_shard
from pipeline.stage import Sample
from tests.inputs import jpeg
from tests.pipeline.audit.audit_data import clip, dataset, video

A0, A1, B, C = "local-a-00000000", "local-a-00020000", "local-b-00010000", "local-c-00030000"
"""The clips of the small report."""
SHARD = "train-000000"


def write(
    data: AuditData, folder: Path, picks: set[str] | None = None, earlier: Path | None = None
) -> ReportMedia:
    """Write the media, with the sound of the picked clips, into a folder."""
    folder.mkdir(exist_ok=True)
    return write_media(data, picks or set(), folder, earlier)


def files(folder: Path) -> dict[str, bytes]:
    """What a folder holds, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def with_tar(folder: Path, samples: list[Sample]) -> AuditData:
    """A dataset of one shard, which holds these samples."""
    clips = [clip("local-a", 10.0 * number) for number in range(3)]
    tar = folder / "changed.tar"
    digest = write_shard(tar, samples).sha256
    data = dataset([video("local-a")], clips, [])
    return replace(data, tar=lambda shard: tar, tars={SHARD: digest})


def sample(number: int, frame: bytes | None = None, audio: bytes | None = None) -> Sample:
    """The clip of that number, from 0, every ten seconds."""
    name = f"local-a-{number * 10_000:08d}"
    frame = jpeg(number, (480, 320)) if frame is None else frame
    return Sample(name, audio or b"sound", "flac", frame, {"clip_id": name})


def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Frames that are decoded from now on."""
    seen: list[bytes] = []

    def counting(data: bytes) -> Image.Image | None:
        seen.append(data)
        return open_small(data)

    monkeypatch.setattr(shard_media, "open_small", counting)
    return seen

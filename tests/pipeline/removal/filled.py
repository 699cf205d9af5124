"""A dataset of several videos a shard, annotated by light stages, with all that lies around it."""

import hashlib
import json
from pathlib import Path

from pipeline.media.shard import write_shard
from pipeline.stage import Sample
from pipeline.store import Dataset, now
from schemas import CLIPS, MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ShardManifest
from schemas.match import Match
from schemas.measures import Measures
from schemas.media import Media, Screening
from schemas.table import Row, Table
from schemas.video import Video

SHARDS = ("eval-000000", "train-000000", "train-000001")
COPY = "test-copy"
"""A video of the last shard that was dropped as a copy of `video("train-000000", 0)`."""


def video(shard: str, number: int) -> str:
    return f"test-{shard.replace('-', '')}{'abc'[number]}"


def clip(shard: str, number: int, start: int) -> str:
    return f"{video(shard, number)}-{start * 10_000:08d}"


def make_filled(root: Path) -> Dataset:
    """Three shards of two videos with two clips each; one window of each first video failed."""
    dataset = Dataset(root)
    for shard in SHARDS:
        _add(dataset, shard)
    (dataset.report_folder / "media" / SHARDS[0]).mkdir(parents=True)
    return dataset


def _add(dataset: Dataset, shard: str) -> None:
    split = shard.split("-")[0]
    names = [video(shard, number) for number in range(2)]
    listed = [*names, COPY] if shard == SHARDS[2] else names
    facts = {"source": "test", "song_id": "song", "split": split, "shard": shard}
    videos = [
        Video.model_validate({**facts, "video_id": name, "url": f"https://test/{name}"})
        for name in listed
    ]
    media = [Media(video_id=name, status="ok", sha256="0" * 64) for name in listed]
    checks = [
        Screening(video_id=name, check="still", value=1, threshold=0, passed=True)
        for name in listed
    ]
    matches = [_copy()] if COPY in listed else []
    tables: list[tuple[Table[Row], list[Row]]] = [
        (VIDEOS, [*videos]),
        (MEDIA, [*media]),
        (SCREENING, [*checks]),
        (MEASURES, [Measures(video_id=name, audio=[1, 2]) for name in listed]),
        (MATCHES, [*matches]),
    ]
    inputs: dict[str, str] = {}
    for table, rows in tables:
        inputs[table.name] = dataset.write(table, shard, rows, inputs=dict(inputs)).digest
    clips, samples = [], []
    for name in names:
        for start in range(2):
            row, sample = _clip(name, shard, split, start)
            clips.append(row)
            samples.append(sample)
    failed = [FailureRecord(clip_id=f"{names[0]}-00020000", reason="silent")]
    dataset.write(CLIPS, shard, clips, clips=len(clips) + 1, failures=failed, inputs=inputs)
    tar = write_shard(dataset.tar(shard), samples)
    dataset.write_shard_manifest(
        ShardManifest(
            shard=shard,
            clips=tar.clips,
            videos=2,
            sha256=tar.sha256,
            bytes=tar.bytes,
            cut={},
            inputs=inputs,
            created_at=now(),
        )
    )


def _copy() -> Match:
    return Match(
        video_id=COPY,
        other_id=video(SHARDS[1], 0),
        by="audio",
        score=1,
        threshold=0.8,
        consequence="reupload",
        song_id="song",
    )


def _clip(name: str, shard: str, split: str, start: int) -> tuple[Clip, Sample]:
    clip_id = f"{name}-{start * 10_000:08d}"
    audio, frame = f"audio {clip_id}".encode(), f"frame {clip_id}".encode()
    fields = {
        "clip_id": clip_id,
        "video_id": name,
        "split": split,
        "shard": shard,
        "start_s": start * 10.0,
        "end_s": start * 10.0 + 10,
        "frame_s": start * 10.0 + 5,
        "frame_pts_s": start * 10.0 + 5.123456,
        "frame_width": 4,
        "frame_height": 3,
        "sample_rate": 48_000,
        "rms": 0.1 + 0.2,
        "gain_db": 1.0,
        "audio_sha256": hashlib.sha256(audio).hexdigest(),
        "frame_sha256": hashlib.sha256(frame).hexdigest(),
    }
    return Clip.model_validate(fields), Sample(clip_id, audio, "flac", frame, fields)


def surroundings(dataset: Dataset) -> None:
    """A report, a comparison that shows every clip, and downloads of every video."""
    for shard in SHARDS:
        folder = dataset.report_folder / "media" / shard
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.jpg").write_bytes(b"picture")
    (dataset.report_folder / "index.html").write_text("all clips")
    (dataset.report_folder / "report.json").write_text('{"content_digest": "x"}')
    (dataset.report_folder / "data").mkdir()
    (dataset.report_folder / "data" / "index.js").write_text("clips()")
    for shard in SHARDS:
        folder = dataset.comparisons_folder / f"a--{shard}"
        folder.mkdir(parents=True)
        ids = [clip(shard, number, start) for number in range(2) for start in range(2)]
        (folder / "report.json").write_text(json.dumps(ids))
        for number in range(2):
            for ending in ("json", "mp4.part", "0.mp4"):
                path = dataset.media_folder(shard) / f"{video(shard, number)}.{ending}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x")


def contents(dataset: Dataset) -> dict[str, bytes]:
    """Every file of shards and tables, without times."""
    found = {}
    for folder in ("shards", "tables"):
        for path in sorted((dataset.root / folder).rglob("*")):
            if path.is_file():
                found[str(path.relative_to(dataset.root))] = path.read_bytes()
    return found

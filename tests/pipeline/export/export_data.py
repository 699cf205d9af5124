"""A dataset with real sound and pictures, captioned and scored by hand, to export."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.export.export import export
from pipeline.export.request import ExportRequest
from pipeline.media.encode import encode_audio
from pipeline.media.shard import write_shard
from pipeline.recipe import Recipe, load
from pipeline.stage import Sample
from pipeline.store import Dataset
from schemas import CLIPS, FRAME_CAPTIONS, MEDIA, MUSIC_CAPTIONS, PROMPTS, SCORES, SCREENING, VIDEOS
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.export import ExportManifest
from schemas.manifest import FailureRecord, ModelRecord, ShardManifest
from schemas.media import Media, Screening
from schemas.prompt import Prompt
from schemas.score import Score
from schemas.table import Row, Table
from schemas.video import Video
from tests.inputs import jpeg

RATE = 8_000
SHARDS = ("eval-000000", "train-000000", "train-000001")
HOSTILE = (
    "</script><img src=x onerror=alert(1)>\n---\n# [x](http://evil.example) `|` \x1b[31m\u202e\"'"
)
RECIPE = """
[dataset]
path = "data"
[source.list]
kind = "urls"
path = "videos.csv"
[stage.blip2]
[stage.lp_music_caps]
[stage.summarise]
[stage.clip_score]
"""
MADE = {"model": "org/model", "revision": "abc"}


def make(folder: Path, card: str = "", audio_format: str = "flac", clips: int = 4) -> Recipe:
    """Three shards of two videos each; each has `clips` clips of half a second. Of every video the
    last clip has no prompt, and the one before it no score. Prompt `n` has a cosine of n/10."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "my.toml").write_text(RECIPE + card, encoding="utf-8")
    recipe = load(folder / "my.toml")
    for shard in SHARDS:
        _add_shard(Dataset(recipe.root), recipe, shard, audio_format, clips)
    return recipe


def export_all(
    recipe: Recipe, out: Path, format: str = "webdataset", **asked: Any
) -> ExportManifest:
    """Export, three clips a file."""
    facts = {"clips_per_shard": 3, "name": "demo", "format": format, **asked}
    return export(Dataset(recipe.root), recipe, ExportRequest(out=out, **facts), lambda done: None)


def digests(folder: Path) -> dict[str, str]:
    """All files below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _add_shard(dataset: Dataset, recipe: Recipe, shard: str, audio_format: str, count: int) -> None:
    split = shard.partition("-")[0]
    rows: dict[Table[Row], list[Any]] = {table: [] for table in (VIDEOS, MEDIA, CLIPS)}
    written: dict[str, list[Any]] = {step.name: [] for step in recipe.steps}
    samples = []
    for letter in "ab":
        video_id = f"site-{shard.replace('-', '')}{letter}"
        listed = {"source": "list", "url": f"https://example.org/{video_id}", "split": split}
        rows[VIDEOS].append(
            Video(video_id=video_id, song_id=video_id, shard=shard, title=HOSTILE, **listed)
        )
        fetched = {"fetched_at": "2026-03-04T05:06:07.000+00:00", "licence": HOSTILE}
        rows[MEDIA].append(Media(video_id=video_id, status="ok", **fetched))
        for number in range(count):
            clip, sample = _clip(video_id, shard, number, audio_format)
            rows[CLIPS].append(clip)
            samples.append(sample)
            for name, made in _annotations(clip.clip_id, number, count).items():
                written[name] += made
    dropped = Screening(video_id="site-dropped", check="still", value=0, threshold=1, passed=False)
    gone = Video(video_id="site-dropped", song_id="x", shard=shard, **listed)
    rows[VIDEOS].append(gone)
    rows[MEDIA].append(Media(video_id="site-dropped", status="ok"))
    dataset.write(SCREENING, shard, [dropped])
    for table, content in rows.items():
        dataset.write(table, shard, content, clips=len(content))
    tables = {"blip2": FRAME_CAPTIONS, "lp_music_caps": MUSIC_CAPTIONS, "summarise": PROMPTS}
    for name, content in written.items():
        done = {row.clip_id for row in content}
        lost = [one.clip_id for one in rows[CLIPS] if one.clip_id not in done]
        dataset.write(
            tables.get(name, SCORES),
            shard,
            content,
            recipe.step(name).variant,
            clips=2 * count,
            failures=[FailureRecord(clip_id=clip_id, reason="empty_answer") for clip_id in lost],
            models={"model": ModelRecord(model="org/model", revision="abc", digest="f" * 64)},
        )
    tar = write_shard(dataset.tar(shard), samples)
    facts = {"sha256": tar.sha256, "bytes": tar.bytes, "cut": {}, "inputs": {}, "created_at": "now"}
    dataset.write_shard_manifest(ShardManifest(shard=shard, clips=tar.clips, videos=2, **facts))


def _clip(video_id: str, shard: str, number: int, audio_format: str) -> tuple[Clip, Sample]:
    clip_id = f"{video_id}-{number * 10_000:08d}"
    seed = int(hashlib.sha256(clip_id.encode()).hexdigest()[:4], 16)
    rate = 48_000 if audio_format == "opus" else RATE
    tone = 0.5 * np.sin(np.arange(rate // 2) * (0.01 + seed / 1e6)).astype(np.float32)
    audio, frame = encode_audio(tone, rate, audio_format), jpeg(seed)
    clip = Clip(
        clip_id=clip_id,
        video_id=video_id,
        split="eval" if shard.startswith("eval") else "train",
        shard=shard,
        start_s=number * 10.0,
        end_s=number * 10.0 + 0.5,
        frame_s=number * 10.0,
        frame_pts_s=number * 10.0,
        frame_width=96,
        frame_height=64,
        sample_rate=rate,
        rms=0.25,
        gain_db=0.5,
        audio_sha256=hashlib.sha256(audio).hexdigest(),
        frame_sha256=hashlib.sha256(frame).hexdigest(),
    )
    return clip, Sample(clip_id, audio, audio_format, frame, clip.model_dump())


def _annotations(clip_id: str, number: int, count: int) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = {
        "blip2": [
            FrameCaption(clip_id=clip_id, question="mood", prompt="?", answer=HOSTILE, **MADE)
        ],
        "lp_music_caps": [MusicCaption(clip_id=clip_id, text="a tune", **MADE)],
        "summarise": [],
        "clip_score": [],
    }
    if number < count - 1:
        text = f"prompt {number} ünïcode 😀 {HOSTILE}"
        facts = {"words": number, "clip_tokens": 70 + number, "violations": ["too_long"][:number]}
        made["summarise"] = [Prompt(clip_id=clip_id, text=text, first_answer=text, **facts, **MADE)]
    if number < count - 2:
        made["clip_score"] = [
            Score(
                clip_id=clip_id,
                metric="clip_cosine",
                subject=subject,
                value=number / 10,
                truncated=False,
                **MADE,
            )
            for subject in ("prompt", "answer:mood")
        ]
    return made

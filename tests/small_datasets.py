"""A small dataset on disk, made without media: for tests of planning, running and verifying."""

import hashlib
from pathlib import Path

from pipeline.media.shard import write_shard
from pipeline.plan import Choice, plan
from pipeline.recipe import Recipe
from pipeline.run import AnnotateJob, due
from pipeline.stage import Sample
from pipeline.store import Dataset, now
from schemas import CLIPS, MEDIA, SCREENING, VIDEOS
from schemas.clip import Clip
from schemas.manifest import ShardManifest
from schemas.media import Media
from schemas.video import Video

SHARDS = ("eval-000000", "train-000000")


def make_dataset(root: Path, clips: int = 3) -> Dataset:
    """Two shards of one video each. The clips' audio and frames are bytes without meaning."""
    dataset = Dataset(root)
    for shard in SHARDS:
        add_shard(dataset, shard, clips)
    return dataset


def add_shard(dataset: Dataset, shard: str, clips: int = 3) -> None:
    """One more shard, committed."""
    split = "eval" if shard.startswith("eval") else "train"
    video_id = f"test-{shard.replace('-', '')}"
    rows, samples = [], []
    for number in range(clips):
        clip_id = f"{video_id}-{number * 10_000:08d}"
        audio, frame = f"audio {clip_id}".encode(), f"frame {clip_id}".encode()
        fields = {
            "clip_id": clip_id,
            "video_id": video_id,
            "split": split,
            "shard": shard,
            "start_s": number * 10.0,
            "end_s": number * 10.0 + 10,
            "frame_s": number * 10.0 + 5,
            "frame_pts_s": number * 10.0 + 5,
            "frame_width": 4,
            "frame_height": 3,
            "sample_rate": 48_000,
            "rms": 0.1,
            "gain_db": 1.0,
            "audio_sha256": hashlib.sha256(audio).hexdigest(),
            "frame_sha256": hashlib.sha256(frame).hexdigest(),
        }
        rows.append(Clip.model_validate(fields))
        samples.append(Sample(clip_id, audio, "flac", frame, fields))
    video = {"video_id": video_id, "source": "test", "url": "u", "song_id": video_id}
    dataset.write(VIDEOS, shard, [Video.model_validate({**video, "split": split, "shard": shard})])
    dataset.write(MEDIA, shard, [Media(video_id=video_id, status="ok", sha256="0" * 64)])
    dataset.write(SCREENING, shard, [])
    tar = write_shard(dataset.tar(shard), samples)
    dataset.write(CLIPS, shard, rows, clips=clips)
    dataset.write_shard_manifest(
        ShardManifest(
            shard=shard,
            clips=tar.clips,
            videos=1,
            sha256=tar.sha256,
            bytes=tar.bytes,
            cut={},
            inputs={},
            created_at=now(),
        )
    )


def annotate(dataset: Dataset, recipe: Recipe, choice: Choice | None = None) -> None:
    """Run what a plan says in this process, one shard after the other."""
    for planned in plan(dataset, recipe, choice or Choice()):
        work = due(dataset, recipe, planned)
        stage = recipe.runnable(planned.step.stage)
        job = AnnotateJob(dataset.root, planned.step, stage, work.asks)
        for shard in work.shards:
            job(shard, "cpu", lambda text: None)

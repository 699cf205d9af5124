"""Small datasets for tests of the audit, with figures that can be worked out by hand."""

import atexit
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.audit.data import AuditData, StepData
from pipeline.media.shard import write_shard
from pipeline.stage import Sample
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ModelRecord
from schemas.media import Media, Screening
from schemas.prompt import Prompt
from schemas.score import Score
from schemas.table import Row
from schemas.video import Split, Video
from tests.inputs import jpeg, wav

_TONE = wav(440.0, seconds=0.5, rate=16_000)
_FOLDER = Path(tempfile.mkdtemp(prefix="audit-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


def video(video_id: str, split: Split = "train", source: str = "folder", **facts: str) -> Video:
    return Video(
        video_id=video_id,
        source=source,
        split=split,
        shard=f"{split}-000000",
        **{"url": f"https://example.org/{video_id}.mp4", "song_id": video_id, **facts},
    )


def clip(video_id: str, start_s: float, split: Split = "train") -> Clip:
    return Clip(
        clip_id=f"{video_id}-{int(start_s * 1000):08d}",
        video_id=video_id,
        split=split,
        shard=f"{split}-000000",
        start_s=start_s,
        end_s=start_s + 10.0,
        frame_s=start_s + 1.0,
        frame_pts_s=start_s + 1.04,
        frame_width=96,
        frame_height=64,
        sample_rate=16_000,
        rms=0.2,
        gain_db=0.0,
        audio_sha256="0" * 64,
        frame_sha256="0" * 64,
    )


def prompt(clip_id: str, words: int = 10, tokens: int | None = 20, **facts: object) -> Prompt:
    values = {"text": f"a prompt for {clip_id}", "violations": [], "attempts": 1, **facts}
    return Prompt.model_validate(
        {"clip_id": clip_id, "words": words, "clip_tokens": tokens, "first_answer": ""}
        | {"model": "m", "revision": "r"}
        | values
    )


def score(
    clip_id: str,
    value: float,
    subject: str = "prompt",
    truncated: bool = False,
    metric: str = "clip_cosine",
) -> Score:
    return Score(
        clip_id=clip_id,
        metric=metric,
        subject=subject,
        value=value,
        truncated=truncated,
        model="m",
        revision="r",
    )


def answer(clip_id: str, text: str, question: str = "describe") -> FrameCaption:
    return FrameCaption(
        clip_id=clip_id, question=question, prompt="?", answer=text, model="m", revision="r"
    )


def music(clip_id: str, text: str) -> MusicCaption:
    return MusicCaption(clip_id=clip_id, text=text, model="m", revision="r")


def step(
    name: str, table: str, rows: list[Row], failures: dict[str, str] | None = None
) -> StepData:
    """A step; `failures` gives reasons by clip id."""
    return StepData(
        name=name,
        variant=f"{name}-0123456789ab",
        table=table,
        rows=rows,
        failures=[
            FailureRecord(clip_id=clip_id, reason=reason, detail=f"why {clip_id}")
            for clip_id, reason in (failures or {}).items()
        ],
        models={"model": ModelRecord(model="org/model", revision="abc")} if rows else {},
    )


def media_of(clips: list[Clip]) -> dict[str, list[Sample]]:
    """For each shard: a picture and a tone for each clip."""
    shards: dict[str, list[Sample]] = {}
    for number, each in enumerate(clips):
        sample = Sample(each.clip_id, _TONE, "wav", jpeg(number, (480, 320)), each.model_dump())
        shards.setdefault(each.shard, []).append(sample)
    return shards


def dataset(
    videos: list[Video], clips: list[Clip], steps: list[StepData], name: str = "small"
) -> AuditData:
    """A dataset in good order: every video was fetched and passed its checks."""
    shards = media_of(clips)
    folder = Path(tempfile.mkdtemp(dir=_FOLDER))
    files = {shard: write_shard(folder / f"{shard}.tar", shards[shard]) for shard in shards}

    def tar(shard: str) -> Path | None:
        return folder / f"{shard}.tar" if shard in files else None

    return AuditData(
        dataset=name,
        content_digest="0" * 64,
        videos=videos,
        media=[Media(video_id=each.video_id, status="ok") for each in videos],
        screening=[],
        matches=[],
        clips=clips,
        cut_failures=[],
        steps=steps,
        tar=tar,
        tars={shard: file.sha256 for shard, file in files.items()},
    )


def empty() -> AuditData:
    """A dataset in which nothing was listed."""
    return dataset([], [], [])


def small() -> AuditData:
    """Seven videos: three with four clips, one lost at each of fetch, screening and cutting, and
    one still waiting."""
    clips = [
        clip("local-a", 0.0),
        clip("local-a", 20.0),
        clip("local-b", 10.0),
        clip("local-c", 30.0, "eval"),
    ]
    a0, a1, b, c = (each.clip_id for each in clips)
    videos = [
        video("local-a", song_id="one", title="Song (Official Video)", artist="Band"),
        video("local-b", song_id="one"),
        video("local-c", "eval", "urls", url="https://www.youtube.com/watch?v=abc"),
        video("local-d", "eval", "urls"),
        video("local-e"),
        video("local-f"),
        video("local-g"),
    ]
    steps = [
        step("blip2", "frame_captions", [answer(each, "a cat") for each in (a0, a1, b, c)]),
        step("music", "music_captions", [music(a0, "slow")], {a1: "oom", b: "oom", c: "no_audio"}),
        step(
            "summarise",
            "prompts",
            [
                prompt(a0, 10, 77),
                prompt(a1, 20, 78, violations=["too_long", "music_word"]),
                prompt(b, 30, None, violations=["too_long"], attempts=3),
                prompt(c, 40, 20),
            ],
        ),
        step(
            "clip_score",
            "scores",
            [
                score(a0, 0.1),
                score(a1, 0.3, truncated=True),
                score(b, -0.1),
                score(c, 0.2),
                score(a0, 0.25, "answer:describe"),
            ],
        ),
        step("later", "scores", []),
    ]
    data = dataset(videos, clips, steps)
    media = [
        Media(video_id="local-a", status="ok"),
        Media(video_id="local-b", status="transient", reason="http_503"),
        Media(video_id="local-b", status="ok"),
        Media(video_id="local-c", status="ok"),
        Media(video_id="local-d", status="permanent", reason="http_404", detail="gone"),
        Media(video_id="local-e", status="ok"),
        Media(video_id="local-f", status="ok"),
    ]
    screening = [
        Screening(video_id="local-a", check="min_motion", value=900, threshold=100, passed=True),
        Screening(video_id="local-e", check="min_motion", value=17, threshold=100, passed=False),
        Screening(video_id="local-e", check="duplicates", value=1, threshold=0, passed=False),
    ]
    cut_failures = [
        FailureRecord(clip_id="local-b-00000000", reason="silent"),
        FailureRecord(clip_id="local-f-00000000", reason="silent"),
        FailureRecord(clip_id="local-f-00010000", reason="silent"),
    ]
    return replace(data, media=media, screening=screening, cut_failures=cut_failures)

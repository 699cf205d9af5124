"""A made-up dataset of any size, written as a build writes it, for `infra/bench/report.py`.

Titles, losses, captions, prompts and scores have the shapes of real ones: words have Zipf
frequencies, a few prompts are near-duplicates, a few titles are attacks. Frames and sounds are a
few hundred different ones, used again and again. Equal sizes and seeds give equal bytes, except for
times.
"""

import hashlib
import io
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from infra.bench.titles import Titled, Zipf, videos
from infra.demo_models.vocabulary import WORDS
from pipeline.media.encode import encode_audio
from pipeline.media.shard import write_shard
from pipeline.recipe import Recipe, load
from pipeline.stage import Sample
from pipeline.stages.shuffling import partners
from pipeline.store import Dataset, now
from schemas import CLIPS, MATCHES, MEDIA, SCREENING, VIDEOS
from schemas.captions import FrameCaption, MusicCaption
from schemas.clip import Clip
from schemas.manifest import FailureRecord, ModelRecord, ShardManifest
from schemas.media import Media, Screening
from schemas.prompt import Prompt
from schemas.score import Score, shuffled
from schemas.table import Row
from schemas.video import Split, Video

CLIPS_PER_VIDEO, VIDEOS_PER_SHARD, LISTED_PER_SHARD = 8, 8, 11
"""Three videos of eleven are lost."""
_RECIPE = """
[dataset]
path = "."

[source.amv]
kind = "urls"
path = "amv.csv"

[source.yt8m_mv]
kind = "urls"
path = "yt8m_mv.csv"

[stage.blip2]

[stage.lp_music_caps]

[stage.summarise]

[stage.clip_score]
"""
_QUESTIONS = ("description", "style", "prompt")
_LOSSES = (
    ("permanent", "http_404"),
    ("permanent", "private"),
    ("policy", "age_restricted"),
    ("transient", "time_out"),
)
_CHECKS = {"bandwidth": 14_000.0, "moving": 0.25, "silence": 0.5, "title": 0.0, "upscaled": 0.0}
_LOOKS = ("people", "a screenshot of a video game")
_HOSTILE = (
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 2">',
    "</script><script>window.owned = 3</script>",
    "{{ 7 * 7 }}{% for x in y %}",
    "left \u202eright to left override",
    "\u05e9\u05dc\u05d5\u05dd \u2067mixed \U0001f3b5\U0001f469\u200d\U0001f3a4",
    "W" * 3000,
    "\x1b[31mred\x07",
)
_TAGS = (
    *(
        "digital art",
        "highly detailed",
        "trending on artstation",
        "soft lighting",
        "8k",
        "whimsical",
    ),
    *("concept art", "sharp focus", "octane render", "cinematic", "vibrant colours", "dreamlike"),
)
_SOUND_S, _SOUND_RATE = 0.4, 16_000
_WRITERS = 8
"""Shards that are written at once: a disk syncs many files in hardly more time than one."""


@dataclass(frozen=True)
class _Pool:
    """What all shards draw from."""

    seed: int
    titled: list[Titled]
    frames: list[bytes]
    sounds: list[bytes]
    words: list[str]


def make(root: Path, clips: int, seed: int = 0) -> Recipe:
    """Write a dataset of `clips` clips (rounded up to whole shards) into an empty folder."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "recipe.toml").write_text(_RECIPE)
    recipe = load(root)
    shards = -(-clips // (CLIPS_PER_VIDEO * VIDEOS_PER_SHARD))
    rng = np.random.default_rng(seed)
    pool = _Pool(
        seed=seed,
        titled=videos(shards * LISTED_PER_SHARD, seed),
        frames=[_frame(rng) for _ in range(300)],
        sounds=[_sound(rng) for _ in range(40)],
        words=_vocabulary(seed),
    )
    with ThreadPoolExecutor(_WRITERS) as writers:
        write = partial(_write, Dataset(recipe.root), recipe, pool)
        for _ in writers.map(write, range(shards)):
            pass
    return recipe


def _vocabulary(seed: int) -> list[str]:
    """English words, the commonest first, and behind them made-up ones, which are rare."""
    draw = random.Random(seed)
    made = {"".join(draw.choices("aeioulnrstdmkp", k=draw.randint(5, 10))) for _ in range(4000)}
    return draw.sample(WORDS, len(WORDS)) + sorted(made)


def _frame(rng: np.random.Generator) -> bytes:
    """A JPEG of 512 by 288: soft colours, hard shapes, some grain; about 15 kB."""
    soft = Image.fromarray(rng.integers(0, 256, (9, 16, 3), dtype=np.uint8))
    image = soft.resize((512, 288), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = int(rng.integers(512)), int(rng.integers(288))
        colour = tuple(int(part) for part in rng.integers(0, 256, 3))
        draw.ellipse((x, y, x + int(rng.integers(5, 90)), y + int(rng.integers(5, 90))), colour)
    grain = rng.normal(0, 3, (288, 512, 1))
    noisy = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "JPEG", quality=85)
    return file.getvalue()


def _sound(rng: np.random.Generator) -> bytes:
    times = np.arange(round(_SOUND_S * _SOUND_RATE)) / _SOUND_RATE
    tone = 0.4 * np.sin(2 * np.pi * rng.uniform(100, 1000) * times) + rng.normal(
        0, 0.01, len(times)
    )
    return encode_audio(tone.astype(np.float32), _SOUND_RATE, "flac")


def _write(dataset: Dataset, recipe: Recipe, pool: _Pool, number: int) -> None:
    split: Split = "eval" if number % 10 == 9 else "train"
    shard = f"{split}-{number:06d}"
    draw = random.Random(f"{pool.seed} {number}")
    listed = [_video(pool, number, each, split, shard) for each in range(LISTED_PER_SHARD)]
    kept = draw.sample(listed, VIDEOS_PER_SHARD)
    lost = [video for video in listed if video not in kept]
    screened = lost[: len(lost) // 2]
    dataset.write(VIDEOS, shard, listed)
    dataset.write(
        MEDIA,
        shard,
        [_media(video, video in lost and video not in screened, draw) for video in listed],
    )
    dataset.write(
        SCREENING,
        shard,
        [row for video in kept + screened for row in _screening(video, video in kept, draw)],
    )
    dataset.write(MATCHES, shard, [])
    clips = [clip for video in kept for clip in _clips(video, draw)]
    tar = write_shard(dataset.tar(shard), (_sample(pool, clip, draw) for clip in clips))
    silent = [FailureRecord(clip_id=f"{kept[0].video_id}-99990000", reason="silent")]
    dataset.write(CLIPS, shard, clips, clips=len(clips) + 1, failures=silent)
    dataset.write_shard_manifest(
        ShardManifest(
            shard=shard,
            clips=tar.clips,
            videos=len(kept),
            sha256=tar.sha256,
            bytes=tar.bytes,
            cut={},
            inputs={},
            created_at=now(),
        )
    )
    _annotate(dataset, recipe, pool, shard, clips, draw)


def _video(pool: _Pool, number: int, place: int, split: Split, shard: str) -> Video:
    index = number * LISTED_PER_SHARD + place
    titled = pool.titled[index]
    hostile = index % 50 == 7
    return Video(
        video_id=f"youtube-{index:011d}",
        source="amv" if index % 4 else "yt8m_mv",
        url=f"https://www.youtube.com/watch?v={index:011d}",
        title=_HOSTILE[index // 50 % len(_HOSTILE)] if hostile else titled.title,
        artist=titled.artist,
        track=titled.track,
        channel=titled.channel,
        song_id=f"song-{titled.song}",
        split=split,
        shard=shard,
    )


def _media(video: Video, lost: bool, draw: random.Random) -> Media:
    if not lost:
        return Media(video_id=video.video_id, status="ok", duration_s=200.0, sha256="0" * 64)
    status, reason = draw.choice(_LOSSES)
    return Media.model_validate(
        {
            "video_id": video.video_id,
            "status": status,
            "reason": reason,
            "detail": "as the site says",
        }
    )


def _screening(video: Video, passes: bool, draw: random.Random) -> Iterator[Screening]:
    failing = None if passes else draw.choice(list(_CHECKS))
    for check, threshold in _CHECKS.items():
        yield Screening(
            video_id=video.video_id,
            check=check,
            value=draw.random(),
            threshold=threshold,
            passed=check != failing,
        )
    for text in _LOOKS:
        value = draw.randrange(9) / 8
        yield Screening(
            video_id=video.video_id, check=f"shown: {text}", value=value, threshold=1, passed=True
        )


def _clips(video: Video, draw: random.Random) -> Iterator[Clip]:
    for number in range(CLIPS_PER_VIDEO):
        start_s = 20.0 * number + draw.randrange(10)
        yield Clip(
            clip_id=f"{video.video_id}-{round(start_s * 1000):08d}",
            video_id=video.video_id,
            split=video.split,
            shard=video.shard,
            start_s=start_s,
            end_s=start_s + 10,
            frame_s=start_s + 4,
            frame_pts_s=start_s + 4.02,
            frame_width=512,
            frame_height=288,
            sample_rate=_SOUND_RATE,
            rms=min(0.9, draw.lognormvariate(-2, 0.5)),
            gain_db=draw.gauss(3, 2),
            audio_sha256=hashlib.sha256(video.video_id.encode()).hexdigest(),
            frame_sha256=hashlib.sha256(video.video_id.encode()).hexdigest(),
        )


def _sample(pool: _Pool, clip: Clip, draw: random.Random) -> Sample:
    sound, frame = draw.choice(pool.sounds), draw.choice(pool.frames)
    return Sample(clip.clip_id, sound, "flac", frame, clip.model_dump())


def _annotate(
    dataset: Dataset,
    recipe: Recipe,
    pool: _Pool,
    shard: str,
    clips: list[Clip],
    draw: random.Random,
) -> None:
    word = Zipf(pool.words, 20, draw)
    answers = {
        clip.clip_id: {name: _say(word, draw, 4, 14) for name in _QUESTIONS} for clip in clips
    }
    music = {clip.clip_id: _say(word, draw, 15, 40) for clip in clips if draw.random() > 0.01}
    rows: dict[str, list[Row]] = {
        "blip2": [
            FrameCaption(
                clip_id=at, question=name, prompt=f"Question: {name}? Answer:", answer=text, **_BY
            )
            for at, texts in answers.items()
            for name, text in texts.items()
        ],
        "lp_music_caps": [MusicCaption(clip_id=at, text=text, **_BY) for at, text in music.items()],
        "summarise": [_prompt(at, texts, music.get(at, ""), draw) for at, texts in answers.items()],
        "clip_score": list(_scores(clips, draw)),
    }
    mute = [at for at in answers if at not in music]
    for step in recipe.steps:
        failures = mute if step.name == "lp_music_caps" else []
        dataset.write(
            step.table,
            shard,
            rows[step.name],
            step.variant,
            clips=len(clips),
            failures=[FailureRecord(clip_id=at, reason="empty_answer") for at in failures],
            models={"model": ModelRecord(model="made/up", revision="main")},
        )


_BY = {"model": "made/up", "revision": "main"}


def _say(word: Zipf, draw: random.Random, least: int, most: int) -> str:
    return " ".join(word() for _ in range(draw.randint(least, most)))


def _prompt(clip_id: str, answers: dict[str, str], music: str, draw: random.Random) -> Prompt:
    """Words of the captions with the usual tags; three in a hundred say what many others say."""
    heard = music.split()
    parts = [answers["description"], " ".join(heard[: draw.randint(0, 15)]), answers["style"]]
    text = ", ".join([*filter(None, parts), *draw.sample(_TAGS, draw.randint(2, 6))])
    if draw.random() < 0.03:
        text = f"A whimsical scene of a singer in a neon city at night, {draw.choice(_TAGS)}"
    tokens = round(len(text.split()) * 1.4) + draw.randint(2, 12)
    broken = ["too_long"] * (tokens > 77) + ["music_word"] * (draw.random() < 0.05)
    return Prompt(
        clip_id=clip_id,
        text=text,
        first_answer=text,
        words=len(text.split()),
        clip_tokens=tokens,
        attempts=1 + (draw.random() < 0.1),
        violations=broken,
        model=_BY["model"],
        revision=_BY["revision"],
    )


def _scores(clips: list[Clip], draw: random.Random) -> Iterator[Score]:
    subjects = ("prompt", *(f"answer:{name}" for name in _QUESTIONS))
    pairs = partners({clip.clip_id: clip.video_id for clip in clips})
    for clip in clips:
        quality = draw.gauss(0.26, 0.03)
        for subject in subjects:
            yield _score(clip, subject, quality + draw.gauss(0, 0.02))
            if clip.clip_id in pairs:
                yield _score(clip, shuffled(subject), draw.gauss(0.15, 0.03))


def _score(clip: Clip, subject: str, value: float) -> Score:
    return Score(
        clip_id=clip.clip_id,
        metric="clip_cosine",
        subject=subject,
        value=value,
        truncated=False,
        **_BY,
    )

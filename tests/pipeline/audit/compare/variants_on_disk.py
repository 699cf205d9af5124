"""A small dataset with several variants of its tables, whose figures can be worked out by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.media.shard import write_shard
from pipeline.recipe import Recipe, load
from pipeline.stage import Sample
from pipeline.store import Dataset, now
from schemas import CLIPS, FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS, SCORES, VIDEOS
from schemas.captions import FrameCaption
from schemas.manifest import ModelRecord, ShardManifest
from schemas.table import Row, Table
from tests.inputs import jpeg, wav
from tests.pipeline.audit.audit_data import answer, clip, music, prompt, score, video

TRAIN, EVAL = "train-000000", "eval-000000"
A0, A1, B, C = "local-a-00000000", "local-a-00020000", "local-b-00010000", "local-c-00030000"
SHARD_OF = {A0: TRAIN, A1: TRAIN, B: TRAIN, C: EVAL}

Texts = Mapping[str, str]
"""By clip."""


def make(root: Path) -> Dataset:
    """Three videos and four clips in two shards, with frames and sound; no annotations."""
    dataset = Dataset(root)
    clips = [
        clip("local-a", 0.0),
        clip("local-a", 20.0),
        clip("local-b", 10.0),
        clip("local-c", 30.0, "eval"),
    ]
    videos = [
        video("local-a", title="First <b>song</b>"),
        video("local-b", title="Second song"),
        video("local-c", "eval", url="https://www.youtube.com/watch?v=abc"),
    ]
    for shard in (TRAIN, EVAL):
        here = [each for each in clips if each.shard == shard]
        dataset.write(VIDEOS, shard, [each for each in videos if each.shard == shard])
        samples = [
            Sample(each.clip_id, wav(440.0, 0.2, 8000), "wav", jpeg(n), each.model_dump())
            for n, each in enumerate(here)
        ]
        tar = write_shard(dataset.tar(shard), samples)
        dataset.write(CLIPS, shard, here, clips=len(here))
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
    return dataset


def empty_recipe(folder: Path) -> Recipe:
    """A recipe that names none of the variants."""
    file = folder / "my.toml"
    file.write_text('[dataset]\npath = "data"\n')
    return load(file)


def write(
    dataset: Dataset, table: Table[Row], variant: str, rows: Sequence[Row], **facts: Any
) -> None:
    """The parts of a variant."""
    for shard in (TRAIN, EVAL):
        here = [row for row in rows if SHARD_OF[str(getattr(row, "clip_id"))] == shard]  # noqa: B009
        dataset.write(table, shard, here, variant, clips=len(here), **facts)


def write_prompts(dataset: Dataset, variant: str, texts: Texts, **facts: Any) -> None:
    """Prompts; a text's length in words is its number of tokens too."""
    rows = [
        prompt(clip_id, len(text.split()), len(text.split()), text=text)
        for clip_id, text in texts.items()
    ]
    write(dataset, PROMPTS, variant, rows, **facts)


def write_answers(dataset: Dataset, variant: str, texts: Mapping[str, Texts], **facts: Any) -> None:
    """Frame captions, by question."""
    rows: list[FrameCaption] = [
        answer(clip_id, text, question)
        for question, answers in texts.items()
        for clip_id, text in answers.items()
    ]
    write(dataset, FRAME_CAPTIONS, variant, rows, **facts)


def write_music(dataset: Dataset, variant: str, texts: Texts, **facts: Any) -> None:
    """Music captions."""
    rows = [music(clip_id, text) for clip_id, text in texts.items()]
    write(dataset, MUSIC_CAPTIONS, variant, rows, **facts)


def write_scores(
    dataset: Dataset,
    variant: str,
    of: str,
    values: Mapping[str, Mapping[str, float]],
    *,
    metric: str = "clip_cosine",
    digest: str = "1" * 64,
    config: Mapping[str, Any] | None = None,
) -> None:
    """Scores, by subject and clip, that were made of the variant `of` (`<table>/<variant>`).

    Args:
        digest: of the scorer's weights.
    """
    tables = {table.name: table for table in (PROMPTS, FRAME_CAPTIONS, MUSIC_CAPTIONS)}
    table, _, name = of.partition("/")
    for shard in (TRAIN, EVAL):
        read = dataset.manifest(tables[table], shard, name)
        assert read
        rows = [
            score(clip_id, value, subject, metric=metric)
            for subject, by_clip in values.items()
            for clip_id, value in by_clip.items()
            if SHARD_OF[clip_id] == shard
        ]
        dataset.write(
            SCORES,
            shard,
            rows,
            variant,
            clips=len(rows),
            config=dict(config or {}) | {"model": "org/clip"},
            inputs={"clips": "0" * 64, of: read.digest},
            models={"model": ModelRecord(model="org/clip", revision="main", digest=digest)},
        )

"""What a dataset card says in figures: of the dataset, told once from its tables, and of an
export's clips, told again whenever some are taken out."""

import math
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from pipeline.audit.outcomes import count_reasons
from pipeline.export.settings import Card
from pipeline.failures import losses
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import CLIPS, MEDIA, VIDEOS
from schemas.manifest import ModelRecord

NOT_STATED = "not stated"
_NO_SCORES = ("start_s", "end_s", "frame_s", "frame_pts_s", "rms", "gain_db")


class Facts(BaseModel):
    """Immutable; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StepFacts(Facts):
    """One annotation step and what it used."""

    name: str
    kind: str
    models: list[ModelRecord]


class Drops(Facts):
    """Videos or clips that are not in the dataset, by place and reason."""

    where: str
    reason: str
    number: int


class DatasetFacts(Facts):
    """`card.json`: what the card says that no file of the export tells."""

    card: Card
    dataset: str
    sources: dict[str, str]
    """The recipe's sources with their kinds."""
    cut: dict[str, str]
    """The `[cut]` options."""
    split_by: str
    eval_fraction: float
    listed: int
    """Videos."""
    fetched: int
    clips: int
    drops: list[Drops]
    fetched_from: str | None
    """`YYYY-MM-DD`, UTC."""
    fetched_to: str | None
    steps: list[StepFacts]


class SplitFacts(Facts):
    """One split of an export."""

    clips: int
    videos: int
    songs: int
    hours: float


class Mean(Facts):
    """Of a column, over the clips that have a value."""

    mean: float
    clips: int


class ClipFacts(Facts):
    """What an export's own clips tell."""

    splits: dict[str, SplitFacts]
    sources: dict[str, int]
    """Clips by the recipe's name of the source."""
    licences: dict[str, int]
    """Videos by licence as their site states it."""
    means: dict[str, Mean]
    """Of every score, and of the prompt's words."""
    violations: dict[str, int]
    """Clips by rule that their prompt breaks."""


def dataset_facts(dataset: Dataset, recipe: Recipe) -> DatasetFacts:
    """What a dataset's tables tell."""
    media = [row for row in dataset.read_all(MEDIA) if row.status == "ok"]
    days = sorted(row.fetched_at[:10] for row in media if row.fetched_at)
    drops = Counter((loss.where, loss.reason) for loss in losses(dataset, recipe))
    parts = [dataset.manifest(CLIPS, shard) for shard in dataset.shards()]
    return DatasetFacts(
        card=recipe.card,
        dataset=dataset.root.name,
        sources={name: type(source).kind for name, source in recipe.sources.items()},
        cut={name: str(value) for name, value in recipe.cut.model_dump().items()},
        split_by=recipe.dataset.split_by,
        eval_fraction=recipe.dataset.eval_fraction,
        listed=len({row.video_id for row in dataset.read_all(VIDEOS)}),
        fetched=len({row.video_id for row in media}),
        clips=sum(part.rows for part in parts if part),
        drops=[
            Drops(where=where, reason=reason, number=number)
            for (where, reason), number in sorted(drops.items())
        ],
        fetched_from=days[0] if days else None,
        fetched_to=days[-1] if days else None,
        steps=_steps(dataset, recipe),
    )


def _steps(dataset: Dataset, recipe: Recipe) -> list[StepFacts]:
    steps = []
    for step in recipe.steps:
        used: dict[tuple[str, str, str], ModelRecord] = {}
        for shard in dataset.shards():
            part = dataset.manifest(step.table, shard, step.variant)
            for record in part.models.values() if part else ():
                public = record.model_copy(update={"model": _public_model(record.model)})
                used[public.model, public.revision, public.digest or ""] = public
        models = [used[key] for key in sorted(used)]
        steps.append(StepFacts(name=step.name, kind=step.stage.name, models=models))
    return steps


def _public_model(model: str) -> str:
    """A hub id; of a folder its name alone, as its place is nobody's business."""
    return f"{Path(model).name} (a local folder)" if Path(model).is_absolute() else model


def clip_facts(clips: pa.Table) -> ClipFacts:
    """What columns of clips tell, as `pipeline.columns` names them; those that are not there tell
    nothing."""
    rows = {name: clips[name].to_pylist() for name in clips.column_names if name in _COUNTED}
    nothing = [None] * len(clips)
    videos = dict(zip(rows["video_id"], rows.get("licence", nothing), strict=True))
    broken = Counter(
        rule for rules in rows.get("violations", nothing) for rule in sorted(set(rules or ()))
    )
    return ClipFacts(
        splits={split: _split(clips, split) for split in sorted(set(rows["split"]))},
        sources=count_reasons(source or NOT_STATED for source in rows.get("source", nothing)),
        licences=count_reasons(licence or NOT_STATED for licence in videos.values()),
        means=_means(clips),
        violations=dict(sorted(broken.items())),
    )


_COUNTED = ("video_id", "split", "source", "licence", "violations")


def _split(clips: pa.Table, split: str) -> SplitFacts:
    mine = clips.filter(pc.equal(clips["split"], split))
    seconds = zip(mine["start_s"].to_pylist(), mine["end_s"].to_pylist(), strict=True)
    songs = mine["song_id"].unique() if "song_id" in mine.column_names else ()
    return SplitFacts(
        clips=len(mine),
        videos=len(mine["video_id"].unique()),
        songs=len(songs),
        hours=round(math.fsum(end - start for start, end in seconds) / 3600, 4),
    )


def _means(clips: pa.Table) -> dict[str, Mean]:
    means = {}
    for field in clips.schema:
        if field.name == "words" or (
            pa.types.is_floating(field.type) and field.name not in _NO_SCORES
        ):
            values = [value for value in clips[field.name].to_pylist() if value is not None]
            if values:
                mean = math.fsum(values) / len(values)
                means[field.name] = Mean(mean=round(mean, 6), clips=len(values))
    return means

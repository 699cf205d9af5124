"""Scores of variants' texts, paired only where one and the same scorer gave them."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.audit.clipscores import ANSWER
from pipeline.audit.compare.texts import Values
from pipeline.audit.compare.variants import Variant, manifests
from pipeline.audit.scores import CLIPSCORE_METRIC
from pipeline.store import Dataset
from schemas import MUSIC_CAPTIONS, PROMPTS, SCORES
from schemas.manifest import PartManifest
from schemas.score import Score, is_shuffled

_METRICS = (CLIPSCORE_METRIC, "siglip_cosine", "clap_cosine")
"""In the order in which they are looked at: against the frame first."""
_SUBJECTS = {PROMPTS.name: "prompt", MUSIC_CAPTIONS.name: "music_caption"}


@dataclass(frozen=True)
class Scorer:
    """A scoring stage with its configuration and weights: values of two scorers do not compare."""

    stage: str
    config: str
    weights: str
    model: str = field(compare=False)
    """What people call it."""


@dataclass(frozen=True)
class Reading:
    """A variant of scores that was made of a variant's texts."""

    variant: Variant
    parts: dict[str, PartManifest]
    """By shard."""


@dataclass
class Scores:
    """What one scorer gave to one variant's texts."""

    values: Values = field(default_factory=lambda: defaultdict(dict))
    truncated: dict[str, bool] = field(default_factory=dict)
    """By clip, whether CLIP read a prompt to its end."""
    outdated: int = 0
    """Clips left out because their texts have changed since."""


def scorer_of(variant: Variant, part: PartManifest) -> Scorer:
    """Who made a part. Whether it also scored shuffled pairs makes no difference to its values."""
    left_out = ("shuffled", "revision", *part.models)
    config = {option: value for option, value in part.config.items() if option not in left_out}
    models = sorted(part.models.items())
    return Scorer(
        stage=variant.stage,
        config=json.dumps(config, sort_keys=True),
        weights=json.dumps([[option, m.digest or [m.model, m.revision]] for option, m in models]),
        model=", ".join(model.model for _, model in models) or variant.stage,
    )


def readings(dataset: Dataset, text: Variant) -> dict[Scorer, Reading]:
    """The scores on disk that were made of a variant's texts, by who made them. Of several by one
    scorer, the one with the most rows counts."""
    found: dict[Scorer, Reading] = {}
    for name in dataset.variants(SCORES):
        variant = Variant(SCORES, name)
        parts = manifests(dataset, variant)
        parts = {shard: part for shard, part in parts.items() if str(text) in part.inputs}
        if not parts:
            continue
        scorer = scorer_of(variant, max(parts.values(), key=lambda part: part.created_at))
        parts = {n: part for n, part in parts.items() if scorer_of(variant, part) == scorer}
        if scorer not in found or _rows(parts) > _rows(found[scorer].parts):
            found[scorer] = Reading(variant, parts)
    return found


def _rows(parts: dict[str, PartManifest]) -> int:
    return sum(part.rows for part in parts.values())


def scores_of(dataset: Dataset, text: Variant, reading: Reading) -> Scores:
    """The scores of a variant's texts, without those of texts that have changed since."""
    found = Scores()
    for shard, part in reading.parts.items():
        now = dataset.manifest(text.table, shard, text.name)
        read = part.inputs[str(text)]
        rows = [row for row in dataset.read(SCORES, shard, reading.variant.name) if _own(text, row)]
        if now and now.digest == read:
            gone: set[str] = set()
        elif now and read in now.changed_since:
            gone = set(now.changed_since[read])
        else:
            gone = {row.clip_id for row in rows}
        found.outdated += len(gone & {row.clip_id for row in rows})
        take(found, [row for row in rows if row.clip_id not in gone])
    return found


def _own(text: Variant, row: Score) -> bool:
    subject = _SUBJECTS.get(text.table.name)
    own = row.subject == subject if subject else row.subject.startswith(ANSWER)
    return own and math.isfinite(row.value)


def take(found: Scores, rows: Iterable[Score]) -> None:
    """Take in rows, the CLIPScores that are made of them, and means over a clip's answers."""
    answers: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        found.values[f"{row.metric} of {row.subject}"][row.clip_id] = row.value
        if row.metric == CLIPSCORE_METRIC:
            found.values[f"clipscore of {row.subject}"][row.clip_id] = max(row.value, 0.0)
        if row.subject.startswith(ANSWER):
            answers[row.metric, row.clip_id].append(row.value)
        elif row.metric == CLIPSCORE_METRIC:
            found.truncated[row.clip_id] = row.truncated
    for (metric, clip_id), values in answers.items():
        found.values[f"{metric} of answers"][clip_id] = math.fsum(values) / len(values)
        if metric == CLIPSCORE_METRIC:
            positive = [max(value, 0.0) for value in values]
            found.values["clipscore of answers"][clip_id] = math.fsum(positive) / len(values)


def scored_rows(dataset: Dataset, variant: Variant) -> Iterator[Score]:
    """A scores variant's own rows: finite, and of no shuffled pair."""
    for row in dataset.read_all(SCORES, variant.name):
        if not is_shuffled(row.subject) and math.isfinite(row.value):
            yield row


def in_order(measures: Sequence[str]) -> list[str]:
    """Measures of scores as they are looked at: by metric, then all answers together, then each
    text; cosines before the CLIPScores made of them."""

    def place(measure: str) -> tuple[int, bool, str, bool]:
        metric, _, subject = measure.partition(" of ")
        raw = CLIPSCORE_METRIC if metric == "clipscore" else metric
        known = _METRICS.index(raw) if raw in _METRICS else len(_METRICS)
        whole = subject.partition(" (")[0] in ("prompt", "answers")
        return (known, not whole, subject, metric == "clipscore")

    return sorted(measures, key=place)

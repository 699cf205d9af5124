"""Everything that is known of each clip, as columns: one row per clip, for conditions, exports and
comparisons. Parts go from Parquet to Arrow without becoming Python objects, so that 100,000 clips
take seconds.

Columns, always there (null where nothing is known):

    clip_id video_id song_id split shard source url
    title artist track channel licence     as the site states them, its page before its list
    start_s end_s frame_s frame_pts_s      seconds on the video's timeline
    frame_width frame_height               pixels
    sample_rate rms gain_db                hertz; full scale = 1; decibels
    audio_sha256 frame_sha256
    music_caption prompt
    words clip_tokens attempts             of the prompt
    truncated                              the prompt has more than the 77 tokens that CLIP reads
    violations violating                   rules that the prompt breaks; whether there are any

Columns where there are rows for them:

    answer_<question>                      of frame captions
    <metric>                               of the prompt: clip_cosine, siglip_cosine, clap_cosine
    <metric>_<subject>                     such as clip_cosine_answer_mood
    clipscore                              max(clip_cosine, 0): 0 to 1
    b_clipscore                            the mean of max(cosine, 0) over the frame's answers

Where several steps write one table, the recipe's first has these names, and the others have
theirs before them: `<step>_prompt`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import DatasetError
from pipeline.recipe import Recipe
from pipeline.steps import Step
from pipeline.store import Dataset
from schemas import CLIPS, FRAME_CAPTIONS, MEDIA, MUSIC_CAPTIONS, PROMPTS, SCORES, VIDEOS
from schemas.prompt import CLIP_CONTEXT
from schemas.table import Row, Table, arrow_schema

_LISTED = ("song_id", "source", "url")
_STATED = ("title", "artist", "track", "channel", "licence")
_FIRST = ("clip_id", "video_id", "song_id", "split", "shard", "source", "url", *_STATED)
_ANSWER = "answer:"


def clip_columns(dataset: Dataset, recipe: Recipe) -> pa.Table:
    """The clips of all committed shards, sorted by clip id.

    Raises:
        DatasetError: a part is damaged or from another version.
    """
    shards = [shard for shard in dataset.shards() if dataset.shard_manifest(shard)]
    clips = read_parts(dataset, CLIPS, shards).sort_by("clip_id")
    found = _Columns(clips["clip_id"])
    for name in clips.column_names:
        found.add(name, clips[name])
    _add_video(found, dataset, shards, clips)
    for step in recipe.steps:
        if step.table is FRAME_CAPTIONS:
            _add_answers(found, dataset, shards, step, _prefix(recipe, step))
    _add_music(found, dataset, shards, recipe)
    scores = {
        step.name: read_parts(dataset, SCORES, shards, step.variant)
        for step in recipe.steps
        if step.table is SCORES
    }
    _add_prompts(found, dataset, shards, recipe, scores)
    for step in recipe.steps:
        if step.table is SCORES:
            _add_scores(found, recipe, step, scores)
    return found.table()


def column_name(text: str) -> str:
    """A name that SQL takes as it is.

    >>> column_name("answer:What's the mood?")
    'answer_what_s_the_mood'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "unnamed"


def read_parts(
    dataset: Dataset,
    table: Table[Row],
    shards: Sequence[str],
    variant: str | None = None,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """The finished parts of a table as one, each row with its `shard`; columns that a part was
    written without have their defaults.

    Raises:
        DatasetError: a part is damaged or from another version.
    """
    schema = arrow_schema(table.row)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    if "shard" not in schema.names:
        schema = schema.append(pa.field("shard", pa.string()))
    parts = [
        _read_part(dataset, table, shard, variant, schema)
        for shard in shards
        if dataset.manifest(table, shard, variant)
    ]
    return pa.concat_tables(parts).combine_chunks() if parts else schema.empty_table()


def _read_part(
    dataset: Dataset, table: Table[Row], shard: str, variant: str | None, schema: pa.Schema
) -> pa.Table:
    path = dataset.part(table, shard, variant)
    try:
        file = pq.ParquetFile(path)
        if alien := set(file.schema_arrow.names) - set(table.row.model_fields):
            raise ValueError(f"unknown columns: {alien}")
        wanted = [name for name in schema.names if name in file.schema_arrow.names]
        data = file.read(wanted)
        values = {
            field.name: data[field.name].cast(field.type)
            if field.name in data.column_names
            else pa.array([_default(table, field.name, shard)] * len(data), field.type)
            for field in schema
        }
        return pa.table(values, schema)
    except (OSError, ValueError) as error:  # Arrow's own errors are among them
        raise DatasetError(
            f"{path.relative_to(dataset.root.parent)} cannot be read ({type(error).__name__}): it "
            "is damaged or from another version. Delete it and its .json to have it made again."
        ) from error


def _default(table: Table[Row], name: str, shard: str) -> object:
    if name == "shard":
        return shard
    option = table.row.model_fields[name]
    if option.is_required():
        raise ValueError(f"no column `{name}`")
    return option.get_default(call_default_factory=True)


@dataclass
class _Columns:
    """Columns in the making. All have the length and the order of `clip_ids`."""

    clip_ids: pa.ChunkedArray
    columns: dict[str, pa.ChunkedArray] = field(default_factory=dict)

    def add(self, name: str, values: pa.ChunkedArray) -> None:
        """Two questions may be told apart by what no column's name can hold."""
        number, free = 1, name
        while free in self.columns:
            number, free = number + 1, f"{name}_{number + 1}"
        self.columns[free] = values

    def of(self, rows: pa.Table, name: str) -> pa.ChunkedArray:
        """A column of other rows, put in the clips' order; null where a clip has no row."""
        return aligned(self.clip_ids, rows["clip_id"], rows[name])

    def table(self) -> pa.Table:
        others = [name for name in self.columns if name not in _FIRST]
        return pa.table(self.columns).select([*_FIRST, *others])


def aligned(keys: pa.ChunkedArray, theirs: pa.ChunkedArray, values: pa.ChunkedArray) -> pa.Array:
    """`values` of the rows that have the key; null where none has. The first of equals counts."""
    places = pc.index_in(keys, value_set=_whole(theirs))
    return _whole(values).take(_whole(places))


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _add_video(found: _Columns, dataset: Dataset, shards: Sequence[str], clips: pa.Table) -> None:
    listed = read_parts(dataset, VIDEOS, shards, None, ("shard", "video_id", *_LISTED, *_STATED))
    media = read_parts(dataset, MEDIA, shards, None, ("video_id", *_STATED))
    keys, listed_keys, media_keys = map(_video_key, (clips, listed, media))
    for name in _LISTED:
        found.add(name, aligned(keys, listed_keys, listed[name]))
    for name in _STATED:
        page = aligned(keys, media_keys, media[name])
        found.add(name, pc.coalesce(page, aligned(keys, listed_keys, listed[name])))


def _video_key(rows: pa.Table) -> pa.ChunkedArray:
    """A video that failed once is listed again in a later shard."""
    return pc.binary_join_element_wise(rows["shard"], rows["video_id"], "/")


def _writers(recipe: Recipe, table: Table[Row]) -> list[Step]:
    return [step for step in recipe.steps if step.table is table]


def _prefix(recipe: Recipe, step: Step) -> str:
    return "" if step is _writers(recipe, step.table)[0] else f"{column_name(step.name)}_"


def _add_answers(
    found: _Columns, dataset: Dataset, shards: Sequence[str], step: Step, prefix: str
) -> None:
    wanted = ("clip_id", "question", "answer")
    rows = read_parts(dataset, FRAME_CAPTIONS, shards, step.variant, wanted)
    for question, answers in _by(rows, "question"):
        found.add(f"{prefix}{column_name(_ANSWER + question)}", found.of(answers, "answer"))


def _add_music(found: _Columns, dataset: Dataset, shards: Sequence[str], recipe: Recipe) -> None:
    steps = _writers(recipe, MUSIC_CAPTIONS)
    if not steps:
        found.add("music_caption", pa.nulls(len(found.clip_ids), pa.string()))
    for step in steps:
        rows = read_parts(dataset, MUSIC_CAPTIONS, shards, step.variant, ("clip_id", "text"))
        found.add(f"{_prefix(recipe, step)}music_caption", found.of(rows, "text"))


def _add_prompts(
    found: _Columns,
    dataset: Dataset,
    shards: Sequence[str],
    recipe: Recipe,
    scores: dict[str, pa.Table],
) -> None:
    steps = _writers(recipe, PROMPTS)
    wanted = ("clip_id", "text", "words", "clip_tokens", "attempts", "violations")
    none = read_parts(dataset, PROMPTS, (), None, wanted)
    for step in steps or (None,):
        rows = read_parts(dataset, PROMPTS, shards, step.variant, wanted) if step else none
        prefix = _prefix(recipe, step) if step else ""
        found.add(f"{prefix}prompt", found.of(rows, "text"))
        tokens = found.of(rows, "clip_tokens")
        found.add(f"{prefix}words", found.of(rows, "words"))
        found.add(f"{prefix}clip_tokens", tokens)
        cut = [pc.greater(tokens, CLIP_CONTEXT)]
        for scorer in _writers(recipe, SCORES):
            if scorer.upstream.get(PROMPTS.name) is step:
                rows_of = _of_subject(scores[scorer.name], "clip_cosine", "prompt")
                cut.append(found.of(rows_of, "truncated"))
        found.add(f"{prefix}truncated", pc.coalesce(*cut))
        found.add(f"{prefix}attempts", found.of(rows, "attempts"))
        violations = found.of(rows, "violations")
        found.add(f"{prefix}violations", violations)
        found.add(f"{prefix}violating", pc.greater(pc.list_value_length(violations), 0))


def _add_scores(found: _Columns, recipe: Recipe, step: Step, scores: dict[str, pa.Table]) -> None:
    for metric, rows in _by(scores[step.name], "metric"):
        plain = _plain_scores(recipe, step, metric, scores)
        prefix = "" if plain else f"{column_name(step.name)}_"
        finite = rows.filter(pc.is_finite(rows["value"]))
        for subject, values in sorted(_by(finite, "subject"), key=lambda one: one[0] != "prompt"):
            name = metric if subject == "prompt" else f"{metric}_{subject}"
            found.add(f"{prefix}{column_name(name)}", found.of(values, "value"))
        if metric == "clip_cosine":
            _add_clipscores(found, finite, prefix)


def _plain_scores(recipe: Recipe, step: Step, metric: str, scores: dict[str, pa.Table]) -> bool:
    """Whether a step's scores have the plain names: they are of the first prompts, and no step
    before it gives, or may still give, the same metric."""
    prompts = step.upstream.get(PROMPTS.name)
    if prompts is not None and prompts is not _writers(recipe, PROMPTS)[0]:
        return False
    for other in _writers(recipe, SCORES):
        if other is step:
            return True
        rows = scores[other.name]
        unknown = not len(rows) and other.stage.name == step.stage.name
        if unknown or metric in pc.unique(rows["metric"]).to_pylist():
            return False
    return True


def _add_clipscores(found: _Columns, rows: pa.Table, prefix: str) -> None:
    rows = rows.set_column(
        rows.column_names.index("value"), "value", pc.max_element_wise(rows["value"], 0.0)
    )
    prompts = rows.filter(pc.equal(rows["subject"], "prompt"))
    if len(prompts):
        found.add(f"{prefix}clipscore", found.of(prompts, "value"))
    answers = rows.filter(pc.starts_with(rows["subject"], _ANSWER))
    if len(answers):
        means = answers.group_by("clip_id", use_threads=False).aggregate([("value", "mean")])
        found.add(f"{prefix}b_clipscore", found.of(means, "value_mean"))


def _of_subject(rows: pa.Table, metric: str, subject: str) -> pa.Table:
    return rows.filter(
        pc.and_(pc.equal(rows["metric"], metric), pc.equal(rows["subject"], subject))
    )


def _by(rows: pa.Table, column: str) -> Iterator[tuple[str, pa.Table]]:
    for value in sorted(pc.unique(rows[column]).to_pylist()):
        yield value, rows.filter(pc.equal(rows[column], value))

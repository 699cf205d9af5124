"""The recipe within a metadata export, which makes the same clips again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.export.request import file_name
from pipeline.media.settings import Cutting
from pipeline.recipe import Recipe
from pipeline.screen.settings import Screen
from pipeline.steps import Step
from pipeline.store import Dataset

_HEAD = """# Makes the clips of this export again: framesong build THIS_FILE
# Only videos that are fetched, or found in `videos`, can give clips; the build says which are gone
# or differ. Shards may have other names than in the original; clip ids and the split are the same.
"""
_OFF: dict[str, Any] = {
    **{"min_duration_s": 0.0, "max_duration_s": 0.0, "drop_live": [], "max_age_limit": 0},
    **{"drop_titles": [], "min_short_side": 0, "drop_upscaled": False, "min_motion": 0.0},
    **{"min_moving": 0.0, "max_border": 0.0, "max_combed": 0.0, "min_bandwidth_hz": 0.0},
    **{"min_correlation": 0.0, "max_clipped": 0.0, "max_silence": 0.0},
}
"""What was judged once is not judged again. 0 and nothing turn a check off."""


def recipe_text(dataset: Dataset, recipe: Recipe) -> str:
    """The recipe, with the original's steps as comments."""
    name = file_name(recipe.card.name or dataset.root.name)
    return "\n".join([_HEAD, *_lines(recipe, name)]) + "\n"


def _lines(recipe: Recipe, name: str) -> Iterator[str]:
    kept = recipe.dataset
    yield "[dataset]"
    yield f"path = {_value(f'../{name}-rebuilt')}  # the folder to fill, relative to this file"
    yield f"seed = {kept.seed}"
    yield f"videos_per_shard = {kept.videos_per_shard}"
    yield "\n[source.export]             # the videos, their split, and the windows of the clips"
    yield 'kind = "export"'
    yield 'path = "."'
    yield '# videos = "../my-copies"   # a folder with copies of your own, VIDEO_ID.mp4 or the like'
    yield "\n[fetch]                     # the same formats; politeness is yours to set"
    yield f"format = {_value(recipe.fetch.format)}"
    yield f"format_sort = {_value(recipe.fetch.format_sort)}"
    yield "\n[cut]"
    yield from _options(recipe.cut.model_dump(), Cutting().model_dump())
    yield "\n[screen]                    # all off: these videos passed the original's checks"
    yield from _options(_OFF, Screen().model_dump())
    yield "\n[duplicates]                # off as well"
    yield from (f"{each} = 0.0" for each in recipe.duplicates.model_dump())
    for step in recipe.steps:
        yield f"\n[stage.{step.name}]"
        yield 'kind = "given"'
        yield f"table = {_value(step.table.name)}"
        yield f"rows = {_value(f'step-{step.name}.parquet')}"
        yield from _origin(step)


def _options(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        f"{key} = {_value(value)}" for key, value in given.items() if value != defaults[key]
    )


def _origin(step: Step) -> Iterator[str]:
    """How the rows were made, as comments: texts with line breaks stay on their line."""
    yield f"# made by kind = {_value(step.stage.name)}"
    for key, value in step.stage.config().items():
        yield f"# {key} = {_value(value)}"


def _value(value: Any) -> str:
    """TOML. JSON's numbers, lists and texts are, but for its escapes beyond ASCII and for DEL."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(key))} = {_value(each)}" for key, each in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

"""The `[dataset]` and `[run]` options of a recipe."""

from typing import Literal

from pydantic import Field

from pipeline.settings import Settings
from pipeline.songs.sides import SplitBy


class DatasetSettings(Settings):
    """Where the dataset lies and how videos are spread over shards."""

    path: str
    """The dataset's folder, relative to the recipe."""
    seed: int = 0
    """Decides every draw: windows, frames, the split, example prompts."""
    eval_fraction: float = Field(default=0.1, ge=0, lt=1)
    """Share of songs that go to `eval`, never to `train`."""
    split_by: SplitBy = "song"
    """What is kept on one side: `song` with its versions; `artist` or `channel` with all their
    songs. A song is never on both sides, whatever else is kept together."""
    videos_per_shard: int = Field(default=64, ge=1)
    """Of new shards. A shard is the unit of all work: what is lost when a run is killed."""


class RunSettings(Settings):
    """What a run may use, and what counts as success. None of it changes a row."""

    engine: Literal["local"] = "local"
    """Who runs a step's shards: worker processes on this machine."""
    devices: list[str] | Literal["auto"] = "auto"
    """One worker process each: `cpu`, `cuda:0`, …; `auto` takes all GPUs, else one per two CPU
    cores."""
    cutters: int | None = Field(default=None, ge=1)
    """Processes that cut; one per CPU core by default."""
    retries: int = Field(default=1, ge=0)
    """How often a shard is tried again whose worker died or whose server failed; then it is set
    aside, and the run goes on without it."""
    min_yield: float = Field(default=0.5, ge=0, le=1)
    """Exit with 3 when a step gives less than this share of what it was given; videos that are gone
    for good or dropped on purpose do not count. Nothing at all is never a success."""

"""The annotation steps of a recipe: stages, wired to the tables they read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import validation
from pipeline.errors import RecipeError, unknown
from pipeline.stage import Stage, fingerprint
from pipeline.stages import STAGES
from schemas import CLIPS, MATCHES, MEASURES, MEDIA, SCREENING, VIDEOS
from schemas.table import Row, Table

BASE_TABLES = (VIDEOS, MEDIA, SCREENING, MEASURES, MATCHES, CLIPS)
"""Tables that the build itself writes; all others come from stages."""

_STEP_KEYS = ("kind", "from")


@dataclass(frozen=True)
class Step:
    """One `[stage.NAME]` of a recipe: a stage with its inputs."""

    name: str
    stage: Stage
    upstream: Mapping[str, "Step"]
    """By table name: the step whose rows it reads."""
    fingerprint: str

    @property
    def table(self) -> Table[Row]:
        """The table that it writes."""
        return self.stage.writes

    @property
    def variant(self) -> str:
        """The folder of its parts, `<stage>-<fingerprint>`."""
        return f"{self.stage.name}-{self.fingerprint}"

    def inputs(self) -> list[tuple[Table[Row], str | None]]:
        """The tables that it reads, each with the variant; base tables have none."""
        wanted = (*self.stage.reads, *self.stage.may_read)
        base = [(table, None) for table in wanted if table in BASE_TABLES]
        return [*base, *((step.table, step.variant) for step in self.upstream.values())]


def wire(file: Path, tables: dict[str, dict[str, Any]], seed: int) -> tuple[Step, ...]:
    """The steps that a recipe's `[stage.NAME]` tables describe, each after what it reads.

    Args:
        file: the recipe, for messages.
        seed: the dataset's, for stages that draw and state none of their own.

    Raises:
        RecipeError: a stage or option is unknown, or a table that one reads is not written.
    """
    stages = {name: _stage(file, name, options, seed) for name, options in tables.items()}
    done: dict[str, Step] = {}

    def make(name: str, path: tuple[str, ...]) -> Step:
        if name in path:
            raise RecipeError(f"{file.name}: stages read each other: {' -> '.join((*path, name))}.")
        if name not in done:
            wiring = _wiring(file, name, stages, tables[name].get("from"))
            upstream = {table: make(other, (*path, name)) for table, other in wiring.items()}
            prints = {table: step.fingerprint for table, step in upstream.items()}
            done[name] = Step(name, stages[name], upstream, fingerprint(stages[name], prints))
        return done[name]

    for name in stages:
        make(name, ())
    return tuple(done.values())


def _stage(file: Path, name: str, options: dict[str, Any], seed: int) -> Stage:
    kind = options.get("kind", name)
    if kind not in STAGES:
        raise RecipeError(f"{file.name}: {unknown('stage', str(kind), STAGES)}")
    given = {key: value for key, value in options.items() if key not in _STEP_KEYS}
    if "seed" in STAGES[kind].options():
        given.setdefault("seed", seed)
    return validation.stage(file, f"Stage `{name}`:", STAGES[kind], given)


def _wiring(file: Path, name: str, stages: dict[str, Stage], chosen: object) -> dict[str, str]:
    """Which step each table comes from that `name` reads: by table name."""
    if chosen is not None and not (
        isinstance(chosen, list) and all(isinstance(other, str) for other in chosen)
    ):
        raise RecipeError(f'{file.name}: Stage `{name}`: `from` is a list such as ["blip2"].')
    for other in chosen or ():
        if other not in stages:
            raise RecipeError(f"{file.name}: Stage `{name}`: {unknown('stage', other, stages)}")
    wired: dict[str, str] = {}
    stage = stages[name]
    for table in (*stage.reads, *stage.may_read):
        if table in BASE_TABLES:
            continue
        writers = [other for other, made in stages.items() if made.writes == table]
        if chosen is not None:
            writers = [other for other in writers if other in chosen]
        if len(writers) > 1:
            raise RecipeError(
                f"{file.name}: Stage `{name}` reads {table.name}, which {' and '.join(writers)} "
                f'write: say which with from = ["{writers[0]}", …].'
            )
        if writers:
            wired[table.name] = writers[0]
        elif table in stage.reads:
            makers = [kind for kind, made in STAGES.items() if made.writes == table]
            raise RecipeError(
                f"{file.name}: Stage `{name}` reads {table.name}, which no stage that it may read "
                f"from writes. These stages do: {', '.join(makers)}. Add one of them"
                f"{' to `from`' if chosen is not None else ''}."
            )
    for other in chosen or ():
        if other not in wired.values():
            raise RecipeError(
                f"{file.name}: Stage `{name}` does not read {stages[other].writes.name}, "
                f"which `{other}` writes: take it out of `from`."
            )
    return wired

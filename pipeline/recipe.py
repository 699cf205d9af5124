"""Recipes: the TOML file that says everything about a dataset, checked and typed."""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.acquire.settings import Fetching
from pipeline.audit.settings import Auditing
from pipeline.disk import write_atomically
from pipeline.errors import RecipeError, unknown
from pipeline.export.settings import Card
from pipeline.media.settings import Cutting
from pipeline.screen.settings import Screen
from pipeline.sections import DatasetSettings, RunSettings
from pipeline.settings import Settings
from pipeline.songs.settings import Duplicates
from pipeline.sources import SOURCES
from pipeline.sources.base import Source
from pipeline.stage import Stage
from pipeline.steps import BASE_TABLES, Step, wire
from pipeline.store import Dataset
from pipeline.validation import settings
from schemas.table import Row, Table

SECTIONS: dict[str, type[Settings]] = {
    "dataset": DatasetSettings,
    "fetch": Fetching,
    "screen": Screen,
    "duplicates": Duplicates,
    "cut": Cutting,
    "audit": Auditing,
    "card": Card,
    "run": RunSettings,
}


@dataclass(frozen=True)
class Recipe:
    """A checked recipe. `base` is the folder that its relative paths start from."""

    file: Path
    text: str
    """The file as it was read."""
    base: Path
    root: Path
    """The dataset's folder."""
    dataset: DatasetSettings
    fetch: Fetching
    screen: Screen
    duplicates: Duplicates
    cut: Cutting
    audit: Auditing
    card: Card
    run: RunSettings
    sources: Mapping[str, Source]
    steps: tuple[Step, ...]
    """In an order in which each comes after what it reads."""

    def step(self, name: str) -> Step:
        """A step by its name.

        Raises:
            RecipeError: there is none of that name.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise RecipeError(
            f"{self.file.name}: {unknown('stage', name, (step.name for step in self.steps))}"
        )

    def tables(self) -> list[tuple[Table[Row], str | None]]:
        """All that its dataset consists of: tables, each with its variant if it has some."""
        base: list[tuple[Table[Row], str | None]] = [(table, None) for table in BASE_TABLES]
        return [*base, *((step.table, step.variant) for step in self.steps)]

    def runnable(self, stage: Stage) -> Stage:
        """The stage with the local files and folders that it names made absolute."""
        found = {
            option: str((self.base / value).resolve())
            for option in stage.paths
            if (value := getattr(stage, option, "")) and (self.base / value).exists()
        }
        return replace(stage, **found) if found else stage


def load(path: Path) -> Recipe:
    """Read a recipe file, or the `recipe.toml` of a dataset folder.

    Raises:
        RecipeError: one line that names what is wrong and what is known.
    """
    file = path / "recipe.toml" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecipeError(
            f"There is no recipe {file}. Name a recipe file or a dataset folder; "
            "`framesong init folder > my.toml` writes one to start from."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file} cannot be read as a text file: {error}.") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{file.name} is not valid TOML: {error}.") from None
    return _recipe(file.absolute(), text, data, in_dataset=path.is_dir())


def _recipe(file: Path, text: str, data: dict[str, Any], in_dataset: bool) -> Recipe:
    known = ["base", *SECTIONS, "source", "stage"]
    for key in data:
        if key not in known:
            raise RecipeError(f"{file.name}: {unknown('section', key, known)}")
    base = (file.parent / _text(file, data.get("base", "."))).resolve()
    sections = {name: _section(file, name, data.get(name, {})) for name in SECTIONS}
    root = file.parent if in_dataset else base / str(sections["dataset"].path)
    sources = {
        name: _source(file, name, options)
        for name, options in _tables(file, "source", data.get("source", {}))
    }
    stages = dict(_tables(file, "stage", data.get("stage", {})))
    steps = wire(file, stages, sections["dataset"].seed)
    return Recipe(
        file=file,
        text=text,
        base=base,
        root=root.resolve(),
        sources=sources,
        steps=steps,
        **sections,
    )


def _text(file: Path, value: object) -> str:
    if not isinstance(value, str):
        raise RecipeError(f"{file.name}: `base` is a folder's path in quotes, not {value!r}.")
    return value


def _tables(file: Path, kind: str, value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(value, dict):
        raise RecipeError(f"{file.name}: write [{kind}.NAME], not {kind} = {value!r}.")
    for name, options in value.items():
        if not isinstance(options, dict):
            raise RecipeError(
                f"{file.name}: `{name}` stands in [{kind}] itself. Write [{kind}.NAME] above it."
            )
        if not name.replace("_", "").replace("-", "").isalnum():
            raise RecipeError(
                f"{file.name}: [{kind}.{name}]: a name has letters, digits, `_` and `-` only."
            )
        yield name, options


def _section(file: Path, name: str, options: object) -> Any:
    if not isinstance(options, dict):
        raise RecipeError(f"{file.name}: [{name}] is a table of options, not {options!r}.")
    return settings(file, f"[{name}]", SECTIONS[name], options)


def _source(file: Path, name: str, options: dict[str, Any]) -> Source:
    kind = options.get("kind", name)
    where = f"[source.{name}]"
    if kind not in SOURCES:
        raise RecipeError(f"{file.name}: {where} {unknown('source', str(kind), SOURCES)}")
    given = {key: value for key, value in options.items() if key != "kind"}
    return settings(file, where, SOURCES[kind], given)


def keep(recipe: Recipe) -> None:
    """Leave a copy of the recipe in its dataset, so that the folder alone says what it is."""
    target = Dataset(recipe.root).recipe_file
    if recipe.file == target:
        return
    head, bracket, tables = recipe.text.partition("[")
    others = [line for line in head.splitlines() if not line.replace(" ", "").startswith("base=")]
    base = os.path.relpath(recipe.base, recipe.root)
    comment = "# where relative paths start from: the folder of the recipe that was run"
    first = f"base = {json.dumps(base, ensure_ascii=False)}  {comment}"
    text = "\n".join([first, *others, ""]) + bracket + tables
    write_atomically(target, text.encode())

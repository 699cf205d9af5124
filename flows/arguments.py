"""What commands have in common: their arguments, and the dataset they speak of."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import RecipeError
from pipeline.recipe import Recipe
from pipeline.store import Dataset

RecipeArgument = Annotated[
    Path, typer.Argument(metavar="RECIPE", help="A recipe file, or a dataset folder.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Clips = Annotated[
    Path | None,
    typer.Option("--clips", metavar="FILE", help="Only these clips: a file with one id a line."),
]


def existing(recipe: Recipe) -> Dataset:
    """The recipe's dataset.

    Raises:
        RecipeError: there is none yet.
    """
    dataset = Dataset(recipe.root)
    if not dataset.shards():
        raise RecipeError(
            f"There is no dataset in {recipe.root} yet: `framesong build {recipe.file.name}` first."
        )
    return dataset

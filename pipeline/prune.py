"""Delete the variants that a recipe no longer names."""

from dataclasses import dataclass

from pipeline.recipe import Recipe
from pipeline.steps import BASE_TABLES
from pipeline.store import Dataset
from schemas import TABLES
from schemas.table import Row, Table


@dataclass(frozen=True)
class Unused:
    """A variant on disk that no step of the recipe makes."""

    table: Table[Row]
    variant: str


def unused(dataset: Dataset, recipe: Recipe) -> list[Unused]:
    """The variants that `prune` would delete."""
    named = {(step.table.name, step.variant) for step in recipe.steps}
    return [
        Unused(table, variant)
        for table in TABLES.values()
        if table not in BASE_TABLES
        for variant in dataset.variants(table)
        if (table.name, variant) not in named
    ]

"""Which variants are compared: those that lie on disk, whether or not a recipe still names them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import DatasetError, unknown
from pipeline.lines import clean_line
from pipeline.recipe import Recipe
from pipeline.store import Dataset
from schemas import FRAME_CAPTIONS, MUSIC_CAPTIONS, PROMPTS, SCORES
from schemas.manifest import PartManifest
from schemas.table import Row, Table

TABLES: tuple[Table[Row], ...] = (PROMPTS, FRAME_CAPTIONS, MUSIC_CAPTIONS, SCORES)
"""That can be compared."""
LETTERS = "ABCDEFGH"
"""By which variants are called. More columns are no longer side by side."""


@dataclass(frozen=True)
class Variant:
    """One variant of one table."""

    table: Table[Row]
    name: str
    """`<stage>-<fingerprint>`."""

    def __str__(self) -> str:
        return f"{self.table.name}/{self.name}"

    @property
    def stage(self) -> str:
        """The stage that made it."""
        return self.name.rpartition("-")[0]


def choose(dataset: Dataset, recipe: Recipe, names: Sequence[str]) -> list[Variant]:
    """The variants that a user means, in the order given.

    Args:
        names: `<table>/<stage>-<fingerprint>`, the name of a step of the recipe, or as much of
            either part of a variant's name as only one has.

    Raises:
        DatasetError: a name fits none or several, they are of different tables, too few, or too
            many.
    """
    known = [Variant(table, name) for table in TABLES for name in dataset.variants(table)]
    if not 2 <= len(names) <= len(LETTERS):
        raise DatasetError(
            f"A comparison is of two to {len(LETTERS)} variants, not {len(names)}. "
            f"Known: {', '.join(map(str, known)) or 'none'}."
        )
    chosen = [_find(name, known, recipe) for name in names]
    for number, variant in enumerate(chosen):
        if variant in chosen[:number]:
            raise DatasetError(f"{variant} is named twice: a variant does not differ from itself.")
        if variant.table != chosen[0].table:
            raise DatasetError(
                f"{chosen[0]} and {variant} are of different tables: only variants of one table "
                "say something about the same thing."
            )
    return chosen


def _find(name: str, known: list[Variant], recipe: Recipe) -> Variant:
    exact = [each for each in known if name in (str(each), each.name)]
    steps = {step.name: (step.table.name, step.variant) for step in recipe.steps}
    named = [each for each in known if steps.get(name) == (each.table.name, each.name)]
    begun = [each for each in known if str(each).startswith(name) or each.name.startswith(name)]
    found = exact or named or (begun if name else [])
    if len(found) == 1:
        return found[0]
    shown = clean_line(name, 100)
    if found:
        raise DatasetError(f"`{shown}` fits {', '.join(map(str, found))}: say which.")
    raise DatasetError(unknown("variant", shown, map(str, known)))


def manifests(dataset: Dataset, variant: Variant) -> dict[str, PartManifest]:
    """What a variant's finished parts declare, by shard."""
    found = {
        shard: dataset.manifest(variant.table, shard, variant.name) for shard in dataset.shards()
    }
    return {shard: manifest for shard, manifest in found.items() if manifest}

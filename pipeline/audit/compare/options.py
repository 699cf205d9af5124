"""What variants were made with, and in what they differ."""

from typing import Any

from pipeline.audit.compare.variants import Variant, manifests
from pipeline.store import Dataset
from schemas import TABLES


def options_of(dataset: Dataset, variant: Variant) -> dict[str, Any]:
    """A variant's options, and as `STAGE.OPTION` those of the variants that it was made of. Where
    one of these is gone from disk, its name stands for them."""
    found = _own(dataset, variant, "")
    return found if found is not None else {}


def changed(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each variant's options, those that are not the same in all. One that a variant does not
    have is None there."""
    names = dict.fromkeys(name for each in options for name in each)
    differ = [
        name for name in names if any(each.get(name) != options[0].get(name) for each in options)
    ]
    return [{name: each.get(name) for name in differ} for each in options]


def _own(dataset: Dataset, variant: Variant, prefix: str) -> dict[str, Any] | None:
    parts = manifests(dataset, variant).values()
    if not parts:
        return None
    newest = max(parts, key=lambda part: part.created_at)
    found = {f"{prefix}{option}": value for option, value in newest.config.items()}
    for option, model in newest.models.items():
        found[f"{prefix}{option} (weights)"] = (model.digest or model.revision)[:12]
    for read in newest.inputs:
        table, _, name = read.partition("/")
        if name and table in TABLES:
            before = Variant(TABLES[table], name)
            upstream = _own(dataset, before, f"{before.stage}.")
            found |= {f"reads {table}": name} if upstream is None else upstream
    return found

"""What `audit --compare` does."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows import show
from pipeline.lines import clean_line
from pipeline.recipe import Recipe
from pipeline.store import Dataset


def compare_variants(dataset: Dataset, recipe: Recipe, variants: list[str], json: bool) -> None:
    """Hold variants side by side on the clips that all of them have, and write it down."""
    from pipeline.audit.compare import compare, table_of, write_comparison

    with dataset.lock():
        found = compare(dataset, recipe, variants)
        page = write_comparison(found, dataset)
    if json:
        show.as_json(found.model_dump(mode="json"))
        return
    heads, *rows = table_of(found)
    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(clean_line(head), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(Text(clean_line(cell)) for cell in row))
    Console(highlight=False, width=show.WIDE).print(table)
    for remark in found.remarks:
        show.line(remark)
    show.line(f"Look at {page}")

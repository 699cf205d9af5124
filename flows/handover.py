"""Commands that hand a dataset over, and that take out of it."""

from pathlib import Path
from typing import Annotated

import typer

from flows import show, show_handover
from flows.arguments import Clips, DryRun, Json, RecipeArgument, existing
from flows.progress import Progress
from flows.reporting import make_report
from pipeline.errors import RecipeError
from pipeline.recipe import load
from schemas.export import Format
from schemas.video import Split

_ALL: tuple[Split, ...] = ("train", "eval")


def export(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to fill.")],
    format: Annotated[Format, typer.Option(help="What to write.")],
    where: Annotated[
        str, typer.Option(metavar="CONDITION", help="SQL over the columns of a clip.")
    ] = "",
    split: Annotated[Split | None, typer.Option(help="Only this one.")] = None,
    clips: Clips = None,
    seed: Annotated[int, typer.Option(help="Of the order of clips.")] = 0,
    name: Annotated[
        str, typer.Option(help="First part of file names; by default the dataset's name.")
    ] = "",
    clips_per_shard: Annotated[int, typer.Option(min=1, help="Clips in one file.")] = 1000,
    json: Json = False,
) -> None:
    """Write what trainers read: shards, Parquet with media, or metadata without any."""
    from pipeline.export.export import export as write
    from pipeline.export.request import ExportRequest
    from pipeline.removal.lists import read_ids

    loaded = load(recipe)
    dataset = existing(loaded)
    request = ExportRequest(
        out=out,
        format=format,
        name=name,
        where=where,
        splits=(split,) if split else _ALL,
        seed=seed,
        clips_per_shard=clips_per_shard,
        clips=frozenset(read_ids(clips)) if clips else None,
    )
    with dataset.lock(), Progress("export", None, "clips") as progress:
        made = write(dataset, loaded, request, progress.advance)
    show.as_json(made.model_dump(mode="json")) if json else show_handover.exported(made, out)


def remove(
    recipe: RecipeArgument,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="Of videos, or of clips.")
    ] = None,
    clips: Annotated[
        Path | None, typer.Option("--clips", metavar="FILE", help="More ids: one a line.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Kept with the tombstones.")] = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Take videos or clips out of shards, tables, report and exports, for good."""
    from pipeline.removal.lists import read_ids
    from pipeline.removal.remove import planned
    from pipeline.removal.remove import remove as take_out
    from pipeline.removal.tombstones import pending

    wanted = [*(ids or ()), *(read_ids(clips) if clips else ())]
    loaded = load(recipe)
    dataset = existing(loaded)
    if not wanted and not pending(dataset):
        raise RecipeError("Name the videos or clips to remove, or a list of them by --clips FILE.")
    with dataset.lock(), Progress("remove", None) as progress:
        if dry_run:
            found = planned(dataset, wanted)
        else:
            found = take_out(dataset, wanted, reason, lambda shard: progress.advance())
        if found.report and not dry_run:
            make_report(dataset, loaded)
    if json:
        show.as_json(found.model_dump(mode="json"))
    else:
        show_handover.removed(found, dry_run)

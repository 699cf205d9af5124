"""The command line. Commands plan first: with nothing to do they answer at once."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from flows import handover, ready, show, show_handover
from flows.arguments import Clips, DryRun, Json, RecipeArgument, existing
from flows.compare import compare_variants
from flows.outcome import StepOutcome, exit_code
from flows.reporting import make_report
from pipeline.errors import DiskFull, FramesongError, RecipeError, SessionBlocked, unknown
from pipeline.plan import Choice, plan
from pipeline.recipe import Recipe, keep, load
from pipeline.removal.lists import read_ids
from pipeline.removal.remove import finish
from pipeline.selection import select
from pipeline.status import Status, status
from pipeline.store import Dataset

app = typer.Typer(
    name="framesong",
    help="Build music-image datasets from music videos: clips, frames, captions, prompts, scores.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RECIPES = Path(__file__).parent / "recipes"


def main() -> None:
    """Run a command and turn what went wrong into one line and an exit code."""
    try:
        app()
    except FramesongError as error:
        show.error(str(error))
        sys.exit(1)
    except SystemExit as end:
        if end.code == 130:  # what typer makes of a KeyboardInterrupt
            show.error("Interrupted. Everything that was finished is kept; run it again to go on.")
        raise


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR")] = Path("framesong-demo"),
) -> None:
    """Build a small dataset offline, from synthetic music videos to the report."""
    from flows.demo import prepare, truths

    try:
        with prepare(folder) as recipe:
            build(recipe)
    except typer.Exit as done:
        if done.exit_code == 0 and (said := truths(folder)):
            show.line(f"The truth about these videos is known: {', '.join(said)}.")
        raise


@app.command()
def init(
    name: Annotated[str, typer.Argument(metavar="amv|yt8m-mv|folder|demo")],
) -> None:
    """Print a recipe to start from."""
    known = sorted(path.stem.replace("_", "-") for path in RECIPES.glob("*.toml"))
    if name.replace("_", "-") not in known:
        raise RecipeError(unknown("recipe", name, known))
    text = (RECIPES / f"{name.replace('-', '_')}.toml").read_text(encoding="utf-8")
    typer.echo(text, nl=False)


@app.command()
def doctor(
    recipe: Annotated[Path | None, typer.Argument(metavar="RECIPE")] = None,
    ask_site: Annotated[
        bool,
        typer.Option("--ask-site", help="Look one of the recipe's videos up; download nothing."),
    ] = False,
) -> None:
    """Say what is missing on this machine, and how to get it."""
    from flows.doctor import examine
    from flows.doctor_site import examine_site

    if ask_site and recipe is None:
        raise RecipeError("--ask-site needs a RECIPE: it looks up one of its videos.")
    loaded = load(recipe) if recipe else None
    found = show.findings(examine(loaded))
    if loaded and ask_site:
        found += show.findings(examine_site(loaded, show.line))
    raise typer.Exit(int(any(finding.mark == "MISSING" for finding in found)))


@app.command()
def build(
    recipe: RecipeArgument,
    dry_run: DryRun = False,
    screen_only: Annotated[
        bool, typer.Option("--screen-only", help="Stop before cutting; show what checks drop.")
    ] = False,
) -> None:
    """List, download, screen, cut, annotate and report: whatever of it is not done yet."""
    loaded = load(recipe)
    dataset = Dataset(loaded.root)
    if not loaded.sources:
        raise RecipeError(f"{loaded.file.name} has no [source.NAME]: there is nothing to build.")
    from pipeline.acquire.governor import Governor
    from pipeline.cutting import check_cut
    from pipeline.listing import ask_sources, list_videos

    ready.check_screen(loaded)
    ready.check_audit(loaded)
    governor = Governor(loaded.fetch, dataset.governor_state, show.line)
    if dry_run:
        show.listing(ask_sources(dataset, loaded, governor, show.line))
        show.plan(status(dataset, loaded))
        return
    with dataset.lock():
        show_handover.finished(finish(dataset))
        check_cut(dataset, loaded)
        keep(loaded)
        show.listing(list_videos(dataset, loaded, governor, show.line))
    if screen_only:
        _screen(recipe, dataset, loaded)
        return
    before = _checked(dataset, loaded)
    from pipeline.audit.load import is_current

    if not before.todo and is_current(dataset, loaded):
        show.nothing_to_do(before)
        show_handover.recreated(dataset, loaded)
        raise typer.Exit(_judge([], before))
    from flows.runtime import prefect_server

    try:
        with prefect_server(dataset.prefect_home):
            from flows.build import build as flow

            outcomes = flow(str(recipe), relist=False)
    except (SessionBlocked, DiskFull):
        show.where_things_are(dataset, loaded, status(dataset, loaded))
        raise
    _finish(dataset, loaded, outcomes)


def _screen(path: Path, dataset: Dataset, recipe: Recipe) -> None:
    from pipeline.choose import is_matched
    from pipeline.screened import summarise

    outcomes: list[StepOutcome] = []
    try:
        if not all(is_matched(dataset, recipe, shard) for shard in dataset.uncut()):
            from flows.runtime import prefect_server

            with prefect_server(dataset.prefect_home):
                from flows.build import build as flow

                outcomes = flow(str(path), relist=False, cut=False)
    except SessionBlocked:
        show.screened(summarise(dataset), dataset)
        raise
    except DiskFull as error:
        show.screened(summarise(dataset), dataset)
        raise DiskFull(f"{error} A build without --screen-only cuts it and makes room.") from error
    show.outcomes(outcomes)
    show.screened(summarise(dataset), dataset)
    raise typer.Exit(exit_code(outcomes, recipe.run.min_yield))


@app.command()
def annotate(
    recipe: RecipeArgument,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="STAGE", help="Only this step; repeatable."),
    ] = None,
    shards: Annotated[str, typer.Option(metavar="GLOB", help="Only shards so named.")] = "*",
    clips: Clips = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try clips again that failed.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Run also what is done.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Run the annotation steps that are missing or stale."""
    loaded = load(recipe)
    dataset = existing(loaded)
    asked = Choice(tuple(only or ()), shards, force, retry_failed)
    choice = replace(asked, clips=frozenset(read_ids(clips))) if clips else asked
    if not dry_run:
        with dataset.lock():  # say so now if another works on it, not when a server has started
            show_handover.finished(finish(dataset))
    plans = plan(dataset, loaded, choice)
    if choice.clips and (outside := select(dataset, choice).outside):
        show.line(
            f"{len(outside)} of {len(choice.clips)} clips are in shards that {shards!r} leaves out."
        )
    if dry_run:
        show.step_plans(plans)
        return
    if not any(planned.todo for planned in plans):
        show.blocked(plans)
        show.nothing_to_do(_checked(dataset, loaded))
        raise typer.Exit(1 if any(planned.blocked for planned in plans) else 0)
    with dataset.lock():
        keep(loaded)
    ready.check(loaded, [planned.step for planned in plans if planned.todo])
    from flows.runtime import prefect_server

    with prefect_server(dataset.prefect_home):
        from flows.annotate import annotate as flow

        outcomes = flow(str(recipe), asked, str(clips) if clips else None)
    _finish(dataset, loaded, outcomes)


@app.command(name="status")
def status_command(recipe: RecipeArgument, json: Json = False) -> None:
    """Say what is done, stale, missing and failed, and what a run would do."""
    loaded = load(recipe)
    found = status(existing(loaded), loaded)
    show.as_json(found.model_dump()) if json else show.status(found)


@app.command()
def failures(
    recipe: RecipeArgument,
    retry: Annotated[
        bool,
        typer.Option(
            "--retry",
            help="List again what failed in passing, or was dropped by other thresholds than "
            "today's; then build.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Say what failed or was dropped, by class and reason."""
    from dataclasses import asdict

    from pipeline.failures import losses
    from pipeline.listing import relist_failed

    loaded = load(recipe)
    dataset = existing(loaded)
    if retry:
        with dataset.lock():
            videos = relist_failed(dataset, loaded)
        show.relisted(videos, recipe)
        return
    found = list(losses(dataset, loaded))
    show.as_json([asdict(loss) for loss in found]) if json else show.losses(found)


@app.command()
def audit(
    recipe: RecipeArgument,
    variants: Annotated[
        list[str] | None, typer.Argument(metavar="VARIANT…", help="With --compare: which.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Hold variants of a step side by side instead.")
    ] = False,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Exit with 3 if a measure is less; repeatable."),
    ] = None,
    fail_over: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Exit with 3 if a measure is more; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Write the quality report: HTML for people, JSON for programs."""
    from pipeline.audit.gates import failed_gates, parse_gate

    loaded = load(recipe)
    dataset = existing(loaded)
    if compare and (fail_under or fail_over):
        raise RecipeError("--fail-under and --fail-over are for the report, not for --compare.")
    if compare:
        compare_variants(dataset, loaded, variants or [], json)
        return
    if variants:
        raise RecipeError(f"{variants[0]!r}: variants are for --compare; see --help.")
    under = [parse_gate(text) for text in fail_under or ()]
    over = [parse_gate(text) for text in fail_over or ()]
    ready.check_audit(loaded)
    with dataset.lock():
        report = make_report(dataset, loaded)
    show.as_json(report.model_dump(mode="json")) if json else show.report(report, dataset)
    if failed := failed_gates(report, under, over):
        for line in failed:
            show.error(line)
        raise typer.Exit(3)


@app.command()
def verify(recipe: RecipeArgument, json: Json = False) -> None:
    """Check every digest and reference; print the dataset's content digest."""
    from dataclasses import asdict

    from flows.progress import Progress
    from pipeline.verify import verify as check

    loaded = load(recipe)
    dataset = existing(loaded)
    with Progress("verify", len(dataset.shards())) as progress:
        verdict = check(dataset, loaded, lambda shard: progress.advance())
    if json:
        show.as_json(asdict(verdict))
    else:
        show.verdict(verdict)
        show_handover.recreated(dataset, loaded)
    raise typer.Exit(1 if verdict.problems else 0)


@app.command()
def prune(recipe: RecipeArgument, dry_run: DryRun = False) -> None:
    """Delete variants that the recipe no longer names."""
    from pipeline.prune import unused

    loaded = load(recipe)
    dataset = existing(loaded)
    with dataset.lock():
        found = unused(dataset, loaded)
        sizes = {
            f"{each.table.name}/{each.variant}": dataset.variant_bytes(each.table, each.variant)
            for each in found
        }
        if not dry_run:
            for each in found:
                dataset.delete_variant(each.table, each.variant)
    show.pruned(sizes, dry_run)


app.command()(handover.export)
app.command()(handover.remove)


def _checked(dataset: Dataset, recipe: Recipe) -> Status:
    """The status, after making sure that every step that has work also has its models."""
    found = status(dataset, recipe)
    working = [
        recipe.step(step.step)
        for step in found.steps
        if found.uncut_shards or step.missing or step.stale
    ]
    ready.check(recipe, working)
    return found


def _finish(dataset: Dataset, recipe: Recipe, outcomes: list[StepOutcome]) -> None:
    found = status(dataset, recipe)
    show.outcomes(outcomes)
    show.where_things_are(dataset, recipe, found)
    show_handover.recreated(dataset, recipe)
    raise typer.Exit(_judge(outcomes, found, recipe.run.min_yield))


def _judge(outcomes: list[StepOutcome], found: Status, min_yield: float = 0.0) -> int:
    code = exit_code(outcomes, min_yield)
    if code == 0 and found.clips == 0:
        show.error("No clip came out. `framesong failures` says why.")
        return 3
    if code == 3:
        show.error(f"Less came out than min_yield = {min_yield} allows: `framesong failures`.")
    return code

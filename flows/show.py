"""What the command line prints: results on standard output, everything else on standard error."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.figures import figures
from flows.outcome import StepOutcome
from pipeline.audit.load import is_current
from pipeline.failures import Loss
from pipeline.lines import clean_line
from pipeline.plan import StepPlan
from pipeline.recipe import Recipe
from pipeline.screened import CheckSummary
from pipeline.sources.listing import Listing
from pipeline.status import Status, StepStatus
from pipeline.store import Dataset
from pipeline.verify import Verdict
from schemas.report import Report
from schemas.video import Video

if TYPE_CHECKING:
    from flows.finding import Finding

_EXAMPLES = 3
WIDE = 160
"""Tables are never cut: a narrow terminal wraps their lines."""
_READABLE = 100
"""Characters of a line of prose."""
_INDENT = 20
_STYLES = {"ok": "green", "MISSING": "bold red"}


def _out() -> Console:
    return Console(highlight=False, soft_wrap=True)


def counted(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def line(text: str) -> None:
    """One line of information."""
    Console(stderr=True, highlight=False).print(Text(clean_line(text)), soft_wrap=True)


def error(text: str) -> None:
    """One line about what is wrong."""
    console = Console(stderr=True, highlight=False)
    console.print(Text(f"framesong: {clean_line(text)}", style="bold red"), soft_wrap=True)


def as_json(value: object) -> None:
    """JSON alone, on standard output."""
    print(json.dumps(value, indent=1, ensure_ascii=False))


def listing(found: Listing) -> None:
    """What the sources gave."""
    new, shards = len(found.videos), len({video.shard for video in found.videos})
    parts = [
        f"{counted(new, 'new video')} in {counted(shards, 'shard')}" if new else "no new videos"
    ]
    if found.known:
        parts.append(f"{found.known} known")
    if found.repeated:
        parts.append(f"{found.repeated} listed twice")
    line(f"Listed: {', '.join(parts)}.")


def nothing_to_do(found: Status) -> None:
    """A run would do nothing."""
    line(
        f"Nothing to do: {counted(found.clips, 'clip')} in {counted(found.shards, 'shard')}, "
        "up to date."
    )


def plan(found: Status) -> None:
    """What a build would do, besides what is newly listed."""
    console = _out()
    console.print(f"fetch, screen and cut: {_todo(found.uncut_shards, 0)}")
    for step in found.steps:
        text = _todo(step.missing + found.uncut_shards, step.stale, step.waiting)
        console.print(f"{step.step} ({step.variant}): {text}")


def _todo(missing: int, stale: int, waiting: int = 0) -> str:
    parts = [f"{counted(missing, 'shard')} to make"] * bool(missing) + [f"{stale} stale"] * bool(
        stale
    )
    parts += [f"{waiting} if what comes before changes"] * bool(waiting)
    return ", ".join(parts) or "nothing to do"


def step_plans(plans: Iterable[StepPlan]) -> None:
    """What an annotation run would do."""
    console = _out()
    for planned in plans:
        forced = len(planned.forced) + len(planned.retry)
        text = _todo(len(planned.missing) + forced, len(planned.stale), len(planned.waiting))
        if clips := sum(planned.clips.values()):
            text += f", {counted(clips, 'clip')}"
        blocked = f"; {len(planned.blocked)} blocked" if planned.blocked else ""
        console.print(f"{planned.step.name} ({planned.step.variant}): {text}{blocked}")


def blocked(plans: Iterable[StepPlan]) -> None:
    """Which steps cannot start."""
    for planned in plans:
        if planned.blocked:
            before = ", ".join(step.name for step in planned.step.upstream.values())
            error(
                f"Stage `{planned.step.name}` cannot run on "
                f"{counted(len(planned.blocked), 'shard')}: run {before or 'build'} first."
            )


def status(found: Status) -> None:
    """A dataset's state as a table."""
    console = _out()
    console.print(
        f"{found.dataset}: {counted(found.videos, 'video')} listed, {found.fetched} fetched, "
        f"{counted(found.clips, 'clip')} in {counted(found.shards, 'shard')}"
        + (f", {found.uncut_shards} not cut yet" if found.uncut_shards else "")
    )
    if found.steps:
        _steps(found.steps)
    for reason, count in found.losses.items():
        console.print(Text(f"lost: {count} at {reason}"))
    for step in found.steps:
        if step.not_asked:
            clips = counted(step.not_asked, "clip")
            console.print(f"{step.step} was asked for some clips only; {clips} to go")
    if found.removed:
        console.print(f"removed for good: {found.removed}")
    if found.unfinished_removal:
        console.print("A removal was interrupted: `framesong remove RECIPE` finishes it.")
    if found.unused_variants:
        names = ", ".join(found.unused_variants)
        console.print(f"no longer in the recipe: {names} (`framesong prune` deletes)")


def _steps(steps: list[StepStatus]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("step")
    for name in ("done", "missing", "stale", "waiting", "blocked", "rows", "failed"):
        table.add_column(name, justify="right")
    table.add_column("variant")
    for step in steps:
        counts = (step.done, step.missing, step.stale, step.waiting, step.blocked)
        figures = map(str, (*counts, step.rows, step.failed_clips))
        table.add_row(step.step, *figures, f"{step.table}/{step.variant}")
    Console(highlight=False, width=WIDE).print(table)


def losses(found: list[Loss]) -> None:
    """What failed, grouped by place and reason, with examples."""
    console = _out()
    if not found:
        console.print("Nothing failed and nothing was dropped.")
    groups = Counter((loss.where, loss.kind, loss.reason) for loss in found)
    for (where, kind, reason), count in groups.most_common():
        console.print(Text(f"{count:6} {where}: {kind}: {reason}"))
        group = (where, kind, reason)
        same = [loss for loss in found if (loss.where, loss.kind, loss.reason) == group]
        for loss in same[:_EXAMPLES]:
            console.print(Text(f"         {clean_line(f'{loss.subject}: {loss.detail}', 160)}"))
        if count > _EXAMPLES:
            console.print(Text(f"         and {count - _EXAMPLES} more: --json names all"))


def relisted(videos: list[Video], recipe: Path) -> None:
    """What `failures --retry` did."""
    if videos:
        line(
            f"Listed again: {counted(len(videos), 'video')}. "
            f"`framesong build {recipe}` fetches them."
        )
    else:
        line("No video failed in passing, or was dropped by a threshold that is another now.")


def verdict(found: Verdict) -> None:
    """What a verification found."""
    for problem in found.problems:
        error(problem)
    console = _out()
    shards, parts = counted(found.shards, "shard"), counted(found.parts, "part")
    console.print(f"Checked: {shards}, {parts}, {counted(found.clips, 'clip')}.")
    if not found.problems:
        console.print(f"All is as it was written. Content digest: {found.digest}")


def pruned(sizes: dict[str, int], dry_run: bool) -> None:
    """What `prune` deleted."""
    verb = "Would delete" if dry_run else "Deleted"
    for name, size in sizes.items():
        line(f"{verb} {name} ({size / 1e6:.1f} MB).")
    if not sizes:
        line("Every variant on disk is in the recipe.")


def findings(found: "Iterable[Finding]") -> "list[Finding]":
    """What `doctor` sees, as it sees it; returned when all is seen. Text is wrapped; commands are
    not, so that they can be pasted."""
    console = _out()
    width = max(60, min(console.width, _READABLE))
    step = ""
    seen = []
    for finding in found:
        seen.append(finding)
        if finding.step != step:
            step = finding.step
            console.print(Text(f"\n{clean_line(step)}", style="bold"))
        text = clean_line(finding.text)
        lines = wrap(text, width - _INDENT, break_long_words=False, break_on_hyphens=False) or [""]
        mark = (f"{finding.mark:8}", _STYLES.get(finding.mark, ""))
        console.print(Text.assemble(mark, f"{finding.subject:11} {lines[0]}"))
        for more in lines[1:]:
            console.print(Text(" " * _INDENT + more))
        for command in finding.commands:
            console.print(Text(f"{' ' * _INDENT}$ {clean_line(command)}"))
    return seen


def outcomes(found: Iterable[StepOutcome]) -> None:
    """What a run did, step by step."""
    for each in found:
        parts = [counted(len(each.made), "shard")] if each.made else []
        if not (each.made or each.errors or each.blocked):
            parts.append("nothing to do")
        if each.untouched:
            parts.append(f"{each.untouched} done before")
        if each.asked:
            parts.append(f"{each.given} of {each.asked} {each.unit}")
        if each.failures:
            reasons = (f"{count} {reason}" for reason, count in each.failures.most_common())
            parts.append(f"{each.loss}: {', '.join(reasons)}")
        if each.errors:
            parts.append(f"{counted(len(each.errors), 'shard')} FAILED: run it again to retry")
        if each.blocked:
            parts.append(f"{len(each.blocked)} blocked")
        line(f"{each.step}: {', '.join(parts)}.")


def screened(found: list[CheckSummary], dataset: Dataset) -> None:
    """What each check drops, and what it measured."""
    table = Table(box=None, pad_edge=False)
    table.add_column("check")
    columns = ("videos", "dropped", "threshold", "least", "5 %", "median", "95 %", "greatest")
    for name in columns:
        table.add_column(name, justify="right")
    table.add_column("drops, such as")
    for each in found:
        figures = (f"{value:.5g}" for value in (each.threshold, *each.values))
        counts = (str(each.videos), str(each.dropped))
        table.add_row(each.check, *counts, *figures, ", ".join(each.examples))
    Console(highlight=False, width=WIDE).print(table)
    waiting = len(dataset.uncut())
    if waiting:
        line(
            f"{counted(waiting, 'shard')} wait to be cut: change [screen] or [duplicates] and run "
            "this again, or build without --screen-only."
        )


def where_things_are(dataset: Dataset, recipe: Recipe, found: Status) -> None:
    """Where the results are and what to do next."""
    line(
        f"{counted(found.clips, 'clip')} of {counted(found.videos, 'listed video')} "
        f"in {dataset.root}"
    )
    if is_current(dataset, recipe):
        line(f"Look at {dataset.report_folder / 'index.html'}")
    else:
        line(f"For a report of it: framesong audit {dataset.root}")
    if found.losses:
        line(f"What is not in it, and why: framesong failures {dataset.root}")


def report(found: Report, dataset: Dataset) -> None:
    """What the report says in short, and where it is."""
    console = _out()
    for text in (*figures(found), *found.remarks):
        console.print(Text(clean_line(text)))
    line(f"Look at {dataset.report_folder / 'index.html'}")

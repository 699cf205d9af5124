"""Whether a build accounts for every video of a hostile site, killed or not.

    python infra/bench/hostile.py [--videos 500] [--kills 3] [--cache FOLDER]

Lists videos of a server of its own, of which nearly a third come with trouble
(`tests/hostile/faults.py`), and builds shards of them with the real command line: run A
undisturbed, run B killed at random moments (SIGKILL) and started again. Then the site recovers from
what was passing, and both runs retry what failed in passing. Prints tables in Markdown: what became
of each kind of video, whether every one is accounted for, whether A and B hold the same in the end,
and what it cost. Takes twelve minutes, two of them to make the videos, which `--cache` keeps.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.recipe import load
from tests.hostile.accounts import by_kind, fates, said, surprises
from tests.hostile.faults import Outcome
from tests.hostile.runs import Run, begun, kill_times
from tests.hostile.world import Size, World, make_world, shares

Fates = Mapping[str, Outcome]
_FAILED = ("session", "permanent", "policy", "transient", "broken")


@dataclass(frozen=True)
class Story:
    """One run to its end."""

    run: Run
    first: Fates
    """Once the first build was through."""
    first_digest: str
    again: int
    """Requests of videos that the same command made then."""
    last: Fates
    """Once what failed in passing was tried again."""
    last_digest: str
    problems: list[str]
    """That `verify` has, after both."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=500)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    size = Size(
        videos=options.videos,
        faults=shares(options.videos * 3 // 10),
        copies=options.videos // 50,
        in_playlist=options.videos // 5,
        per_shard=32,
        silence_s=2.0,
        patience_s=30.0,
    )
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder), size, options.cache, options.seed)
        one = _story(world, "a", [])
        asked = one.run.first_requests
        two = _story(world, "b", kill_times(asked, options.kills, options.seed))
        _print_kinds(world, one, two)
        _print_accounts(one, two)
        _print_sameness(world, one, two)
        _print_costs(one, two)


def _story(world: World, name: str, kills: list[int]) -> Story:
    with begun(world, name) as run:
        _expect(run.build(kills).code in (0, 3), run)
        first, first_digest, problems = fates(world.dataset(name), world), *_verified(run)
        before = run.site.asked_of().total()
        run.call("build")
        again = run.site.asked_of().total() - before
        _expect(run.recover().code in (0, 3), run)
        last, last_digest, more = fates(world.dataset(name), world), *_verified(run)
    return Story(run, first, first_digest, again, last, last_digest, problems + more)


def _expect(claim: bool, run: Run) -> None:
    if not claim:
        sys.exit(f"{run.name} ended with {run.said[-1].code}: {run.said[-1].err[-3000:]}")


def _verified(run: Run) -> tuple[str, list[str]]:
    verdict = json.loads(run.call("verify", "--json").out)
    return verdict["digest"], verdict["problems"]


def _print_kinds(world: World, one: Story, two: Story) -> None:
    _head("what is the matter", "videos", "first build", "after a retry", "most requests", "B")
    kinds = [by_kind(world, found) for found in (one.first, one.last, two.first, two.last)]
    asked = one.run.site.asked_of()
    for kind in sorted(kinds[0], key=lambda kind: (kind not in world.size.faults, kind)):
        first, last, *others = (each[kind] for each in kinds)
        most = max(asked[number] for number in world.numbers(kind))
        same = _yes([first, last] == others)
        _row(kind, first.total(), _counted(first), _counted(last), most, f"the same: {same}")
    for story in (one, two):
        wrong = surprises(world, story.first, False) + surprises(world, story.last, True)
        print(f"\nNot as meant in {_name(story)}: {', '.join(map(str, wrong)) or 'none'}.")


def _print_accounts(one: Story, two: Story) -> None:
    print()
    _head("run", "when", "listed", "kept", "dropped", "failed", "unaccounted")
    for story in (one, two):
        for when, found in (("first build", story.first), ("after a retry", story.last)):
            counts = Counter(found.values())
            groups = (("kept",), ("dropped",), _FAILED, ("unaccounted", "lost clips"))
            cells = (_summed(counts, group) for group in groups)
            _row(_name(story), when, len(found), *cells)


def _summed(counts: Counter[Outcome], group: tuple[str, ...]) -> str:
    mine = Counter({fate: count for fate, count in counts.items() if fate[0] in group})
    return f"{mine.total()}: {_counted(mine)}" if len(mine) > 1 else str(mine.total())


def _print_sameness(world: World, one: Story, two: Story) -> None:
    print()
    _head("", "first build", "after a retry")
    _row("A's content digest", one.first_digest[:16], one.last_digest[:16])
    _row("B's", two.first_digest[:16], two.last_digest[:16])
    firsts, lasts = (one.first_digest, two.first_digest), (one.last_digest, two.last_digest)
    _row("the same", _yes(len(set(firsts)) == 1), _yes(len(set(lasts)) == 1))
    print(f"\nParts that differ in the end: {', '.join(_different(world)) or 'none'}.")
    print(f"`verify` finds: {'; '.join(one.problems + two.problems) or 'nothing'}.")
    print(f"B was killed after {two.run.kills} requests.")
    print(
        "The same command once more, before the retry, asked for videos "
        f"{one.again} times in A, {two.again} in B."
    )


def _different(world: World) -> list[str]:
    one, two = world.dataset("a"), world.dataset("b")
    tables = load(world.recipe("a")).tables()
    found = [] if one.shards() == two.shards() else ["the list of shards"]
    for shard in one.shards():
        for table, variant in tables:
            parts = [each.manifest(table, shard, variant) for each in (one, two)]
            if len({part.digest if part else None for part in parts}) > 1:
                found.append(f"{table.name}/{shard}")
    return found


def _print_costs(one: Story, two: Story) -> None:
    print()
    _head("run", "wall min", "CPU s", "peak of media/ MB", "requests", "of one video, at most")
    for run in (one.run, two.run):
        ((number, most),) = run.site.asked_of().most_common(1)
        what = f"{most} ({run.world.kinds[number]})"
        minutes, requests = f"{run.wall_s / 60:.1f}", len(run.site.requests)
        _row(run.name.upper(), minutes, round(run.cpu_s), run.peak_media // 10**6, requests, what)
    print("\nCPU seconds of killed processes are not counted.")


def _head(*cells: str) -> None:
    _row(*cells)
    print("|---" * len(cells) + "|")


def _row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _counted(fates: Counter[Outcome]) -> str:
    parts = (f"{count} {said(fate)}" for fate, count in fates.most_common())
    return ", ".join(parts) or "0"


def _name(story: Story) -> str:
    return story.run.name.upper()


def _yes(claim: bool) -> str:
    return "yes" if claim else "NO"


if __name__ == "__main__":
    main()

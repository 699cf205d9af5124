"""What a killed build leaves, and whether the same command then gives the same dataset.

    python infra/bench/kill.py

Builds a small dataset of real files with the real command line, undisturbed. Then, for each of
several moments, builds it anew in another folder, ends the command at that moment (SIGKILL; at the
end also Ctrl-C), runs the same command again, and compares. Prints a table in Markdown. Takes some
minutes.
"""

import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.flows.commands import framesong
from tests.flows.points import ANNOTATING, POINTS, Killed, Point, finished, kill, unfinished
from tests.flows.world import World, make_world

HEAD = (
    "| ended by | while | seconds until all processes were gone | finished on disk | unfinished "
    "files | second run | equal digest | finished work kept | leftovers |"
)
ENDINGS = [(signal.SIGKILL, point) for point in POINTS] + [(signal.SIGINT, ANNOTATING)]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, make_world(Path(folder)) as world:
        first = framesong("build", world.recipe("undisturbed"))
        if first.code:
            sys.exit(first.err)
        print(HEAD)
        print("|---" * (HEAD.count("|") - 1) + "|")
        for number, (ending, point) in enumerate(ENDINGS):
            print(_row(world, f"ended{number}", ending, point), flush=True)


def _row(world: World, name: str, ending: signal.Signals, point: Point) -> str:
    world.recipe(name)
    world.copy_history("undisturbed", name)
    left = kill(world, name, point, ending)
    again = framesong("build", world.folder / f"{name}.toml")
    dataset = world.dataset(name)
    cells = (
        f"{ending.name} (exit {left.code})",
        point.name,
        f"{left.seconds:.1f}" if left.alone else "NEVER",
        _finished(left),
        _unfinished(left),
        f"exit {again.code}",
        _yes(world.digest(name) == world.digest("undisturbed")),
        _yes(left.finished.items() <= finished(dataset).items()),
        str(len(unfinished(dataset))),
    )
    return f"| {' | '.join(cells)} |"


def _finished(left: Killed) -> str:
    shards = sum(path.parent.name == "shards" for path in left.finished)
    return f"{shards} shards, {len(left.finished) - shards} parts"


def _unfinished(left: Killed) -> str:
    folders = Counter(name.partition("/")[0] for name in left.unfinished)
    return ", ".join(f"{count} in {folder}" for folder, count in folders.items()) or "none"


def _yes(claim: bool) -> str:
    return "yes" if claim else "NO"


if __name__ == "__main__":
    main()

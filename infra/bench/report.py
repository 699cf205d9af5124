"""What a report of a large dataset costs, how large it is, and how soon it opens.

    PYTHONPATH=. python infra/bench/report.py [--clips 100000] [--keep DIR] [--profile]

Makes a dataset (`infra/bench/synthetic.py`) and audits it twice, each time in a new process: the
second one takes over the thumbnails of the first. Then headless Chromium opens the page from disk.
Prints tables in Markdown. 100,000 clips take eight minutes of CPU and 6 GB; `--keep` makes them in
a folder of yours, where the next run finds them.
"""

import argparse
import cProfile
import inspect
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from infra.bench import synthetic
from pipeline.audit import summary, write
from pipeline.audit.load import load_audit
from pipeline.recipe import load
from pipeline.store import Dataset
from tests.pipeline.audit.browser import Page, chromium

_MB, _GIB = 10**6, 2**20
"""The latter of the KiB that Linux counts memory in."""
_CARDS = "[...document.querySelectorAll('#clips > *')].filter(card => card.checkVisibility())"
_PATIENCE_S = 60.0
_SHORTEST_S = 0.05
"""Phases that take less are not printed."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="a folder that is made, or used again")
    parser.add_argument("--profile", action="store_true", help="name the slowest functions")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        _audit(options.run, options.profile)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "dataset"
        print("| run | phase | CPU s | wall s |\n|---|---|---|---|")
        if not (root / "recipe.toml").exists():
            with _phase("made", f"{options.clips:,} clips"):
                synthetic.make(root, options.clips)
        command = [sys.executable, __file__, "--run", str(root)]
        for _ in range(2):
            subprocess.run([*command, *["--profile"] * options.profile], check=True)
        _print_sizes(Dataset(root).report_folder)
        _print_opening(Dataset(root).report_folder / "index.html")


def _audit(root: Path, profiled: bool) -> None:
    dataset, recipe = Dataset(root), load(root)
    run = "again" if dataset.report_folder.exists() else "first"
    _time_steps_of(write, run, "", profiled)
    _time_steps_of(summary, run, "… ", profiled=False)
    with _phase(run, "in all"):
        data = _timed(run, "load_audit", load_audit, profiled)(dataset, recipe)
        write.write_report(data, dataset.report_folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GIB
    print(f"| {run} | peak memory: {peak:.2f} GiB | | |", flush=True)


def _time_steps_of(module: ModuleType, run: str, mark: str, profiled: bool) -> None:
    """Time each function that a module has from elsewhere."""
    for name, call in list(vars(module).items()):
        if inspect.isfunction(call) and call.__module__ != module.__name__:
            setattr(module, name, _timed(run, f"{mark}{name}", call, profiled))


def _timed(run: str, name: str, call: Callable[..., Any], profiled: bool) -> Callable[..., Any]:
    def timed(*args: Any, **facts: Any) -> Any:
        profile = cProfile.Profile()
        with _phase(run, name):
            result = profile.runcall(call, *args, **facts) if profiled else call(*args, **facts)
        if profiled:
            pstats.Stats(profile).sort_stats("cumulative").print_stats("pipeline|schemas", 12)
        return result

    return timed


@contextmanager
def _phase(run: str, phase: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if wall >= _SHORTEST_S:
        print(f"| {run} | {phase} | {cpu:.1f} | {wall:.1f} |", flush=True)


def _print_sizes(folder: Path) -> None:
    groups = {
        "index.html": [folder / "index.html"],
        "report.json": [folder / "report.json"],
        "data/index.js": [folder / "data" / "index.js"],
        "the rest of data/": sorted((folder / "data").glob("clips-*.js")),
        "thumbnails": sorted(folder.glob("media/*/*.jpg")),
        "sound": sorted(folder.glob("media/*/*.flac")),
        "facts": sorted(folder.glob("media/*/frames.json")),
    }
    print("\n| in the report | files | MB |\n|---|---|---|")
    for name, files in groups.items():
        size = sum(file.stat().st_size for file in files)
        print(f"| {name} | {len(files):,} | {size / _MB:.2f} |")


def _print_opening(page: Path) -> None:
    print("\n| opened | load event s | first cards s | with frames s | CPU s of it | complaints |")
    print("|---|---|---|---|---|---|")
    for run in ("first", "again"):
        with chromium() as browser:
            browser.call("Performance.enable", timeDomain="threadTicks")
            start = time.perf_counter()
            browser.open(page)
            loaded = time.perf_counter() - start
            browser.js("document.getElementById('gallery').scrollIntoView()")
            cards = _until(browser, f"{_CARDS}.length > 0", start)
            shown = "[...document.querySelectorAll('#clips img')].slice(0, 2)"
            frames = _until(
                browser, f"{shown}.some(img => img.complete && img.naturalWidth)", start
            )
            row = (f"{loaded:.2f}", cards, frames, _cpu_s(browser), len(browser.problems))
            print(f"| {run} | {' | '.join(map(str, row))} |", flush=True)


def _cpu_s(browser: Page) -> str:
    """Of the page's main thread so far: a busy machine does not change it."""
    metrics = browser.call("Performance.getMetrics")["metrics"]
    return f"{next(each['value'] for each in metrics if each['name'] == 'TaskDuration'):.2f}"


def _until(browser: Page, condition: str, start: float) -> str:
    """Seconds since `start` until a JavaScript condition holds."""
    while not browser.js(condition):
        if time.perf_counter() - start > _PATIENCE_S:
            return "NEVER"
        time.sleep(0.01)
    return f"{time.perf_counter() - start:.2f}"


if __name__ == "__main__":
    main()

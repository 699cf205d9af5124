"""Moments of a build at which to kill it, each recognised from outside: by its files and its
processes."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.disk import PARTIAL
from pipeline.store import Dataset
from schemas import CLIPS, MATCHES, MEASURES, MEDIA, SCREENING
from tests.flows.commands import Running, running
from tests.flows.world import World


@dataclass
class Scene:
    """A build at work, as an onlooker sees it."""

    dataset: Dataset
    command: Running
    waits: set[Path] = field(default_factory=set)
    """Where its processes will wait, see `make_wait`."""

    def make_wait(self, path: Path, *processes: int) -> None:
        """Let each of the processes wait for ever when it is about to write `path`: the name of
        its unfinished file is taken by a pipe that nobody reads. By default, each worker."""
        for process in processes or [worker.pid for worker in self.command.children("worker")]:
            pipe = path.with_name(f"{PARTIAL}{process}-{path.name}")
            if pipe not in self.waits:
                pipe.parent.mkdir(parents=True, exist_ok=True)
                os.mkfifo(pipe)
                self.waits.add(pipe)


@dataclass(frozen=True)
class Point:
    """A moment of a build."""

    name: str
    reached: Callable[[Scene], object] = lambda scene: False
    hangs: str = ""
    """A path on the site that gives no answer until the build is dead; then it is reached when
    that is asked for."""


def _server_starts(scene: Scene) -> object:
    return scene.command.children("runtime")


def _screened_ahead(scene: Scene) -> object:
    """All is fetched, while the first shard's checks are not declared."""
    *_, last = uncut = scene.dataset.uncut()
    for shard in uncut:
        scene.make_wait(scene.dataset.part(SCREENING, shard))
    measured = any(scene.dataset.manifest(MEASURES, shard) for shard in uncut)
    return scene.waits and measured and scene.dataset.manifest(MEDIA, last)


def _screened_not_matched(scene: Scene) -> object:
    uncut = scene.dataset.uncut()
    if scene.command.children("worker"):  # then no sweeping of unfinished files is to come
        for shard in uncut:
            scene.make_wait(scene.dataset.part(MATCHES, shard), scene.command.process.pid)
    return scene.waits and any(scene.dataset.manifest(SCREENING, shard) for shard in uncut)


def _cutting(scene: Scene) -> object:
    """A tar is begun: nothing slower is looked at, for it takes a fraction of a second."""
    return list(scene.dataset.root.glob(f"shards/{PARTIAL}*"))


def _tar_without_clips(scene: Scene) -> object:
    uncut = scene.dataset.uncut()
    for shard in uncut:
        scene.make_wait(scene.dataset.part(CLIPS, shard))
    return scene.waits and any(scene.dataset.tar(shard).exists() for shard in uncut)


def _tar_without_manifest(scene: Scene) -> object:
    uncut = scene.dataset.uncut()
    for shard in uncut:
        scene.make_wait(scene.dataset.tar(shard).with_suffix(".json"))
    return scene.waits and any(scene.dataset.manifest(CLIPS, shard) for shard in uncut)


def _part_is_made(scene: Scene) -> object:
    return list((scene.dataset.root / "tables" / "frame_captions").rglob("train*.json"))


def _report(scene: Scene) -> object:
    return list(scene.dataset.root.glob(f"{PARTIAL}report-*/media/*/*"))


FETCHING = Point("fetching", hangs="/song3.mp4")
SCREENING_AHEAD = Point("screening, when all is fetched", _screened_ahead)
MATCHING = Point("between screening and matching", _screened_not_matched)
CUTTING = Point("cutting", _cutting)
AFTER_TAR = Point("between a tar and its manifest", _tar_without_manifest)
ANNOTATING = Point("in the middle of a step", _part_is_made)
REPORTING = Point("writing the report", _report)
POINTS = (
    Point("starting the server", _server_starts),
    FETCHING,
    SCREENING_AHEAD,
    MATCHING,
    CUTTING,
    Point("between a tar and its clips' table", _tar_without_clips),
    AFTER_TAR,
    ANNOTATING,
    REPORTING,
)


@dataclass(frozen=True)
class Killed:
    """What a killed build left."""

    finished: dict[Path, int]
    """Manifests, each with the time of its writing in nanoseconds."""
    unfinished: list[str]
    alone: bool
    """Whether its server and workers were gone soon after."""
    code: int
    seconds: float
    """How long it took until nothing of it was left."""


def kill(world: World, name: str, point: Point, number: signal.Signals = signal.SIGKILL) -> Killed:
    """Build the dataset of that name, and end the command when it gets to a point."""
    dataset, site = world.dataset(name), world.site
    if point.hangs:
        hidden, site.routes[point.hangs] = site.routes[point.hangs], "hang"
        asked = len(site.asked(point.hangs))
    with running("build", world.folder / f"{name}.toml") as command:
        scene = Scene(dataset, command)
        if point.hangs:
            command.until(lambda: len(site.asked(point.hangs)) > asked)
            site.routes[point.hangs] = hidden
        else:
            command.until(lambda: point.reached(scene))
        clock = time.monotonic()
        code = command.signal(number).code
        alone = command.is_alone()
        seconds = time.monotonic() - clock
    for pipe in scene.waits:
        pipe.unlink()
    return Killed(finished(dataset), unfinished(dataset), alone, code, seconds)


def finished(dataset: Dataset) -> dict[Path, int]:
    """The manifests of all finished work, each with the time of its writing in nanoseconds. What
    belongs to the step that makes a shard's last one is not finished before that."""
    folders = (dataset.root / "shards", dataset.root / "tables")
    files = (path for folder in folders for path in folder.rglob("[!.]*.json"))
    waiting = {dataset.part(CLIPS, shard).with_suffix(".json") for shard in dataset.uncut()}
    for shard in dataset.shards():
        if dataset.manifest(SCREENING, shard) is None:
            waiting.add(dataset.part(MEASURES, shard).with_suffix(".json"))
        matched = dataset.manifest(MATCHES, shard)
        if matched and not matched.inputs:  # listing's own
            waiting.add(dataset.part(MATCHES, shard).with_suffix(".json"))
    return {path: path.stat().st_mtime_ns for path in files if path not in waiting}


def unfinished(dataset: Dataset) -> list[str]:
    """What is of no use when nothing runs: partial files, downloads, and what has no manifest."""
    paths = [path for path in dataset.root.rglob("*") if not path.is_dir()]
    names = [str(path.relative_to(dataset.root)) for path in paths if _is_unfinished(path)]
    downloads = (path for path in (dataset.root / "media").rglob("*") if not path.is_dir())
    return sorted([*names, *(str(path.relative_to(dataset.root)) for path in downloads)])


def _is_unfinished(path: Path) -> bool:
    undeclared = path.suffix in (".tar", ".parquet") and not path.with_suffix(".json").exists()
    return undeclared or any(part.startswith(PARTIAL) for part in path.parts)

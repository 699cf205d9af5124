"""Moments of a build at which to kill it, each recognised from outside: by its files and its
processes."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline.disk import PARTIAL
from pipeline.store import Dataset
from schemas import CLIPS
from tests.flows.commands import Running, running
from tests.flows.world import World


@dataclass
class Scene:
    """A build at work, as an onlooker sees it."""

    dataset: Dataset
    command: Running
    waits: set[Path] = field(default_factory=set)
    """Where its workers will wait, see `make_wait`."""

    def make_wait(self, path: Path) -> None:
        """Let each worker wait for ever when it is about to write `path`: the name of its
        unfinished file is taken by a pipe that nobody reads."""
        for worker in self.command.children("worker"):
            pipe = path.with_name(f"{PARTIAL}{worker.pid}-{path.name}")
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


def _cutting(scene: Scene) -> object:
    workers = scene.command.children("worker")
    return any(path.endswith(".mp4") for worker in workers for path in _open_files(worker))


def _open_files(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return [file.path for file in process.open_files()]
    return []


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
    return list(scene.dataset.root.glob(f"{PARTIAL}report-*/gallery/*"))


FETCHING = Point("fetching", hangs="/song3.mp4")
CUTTING = Point("cutting", _cutting)
AFTER_TAR = Point("between a tar and its manifest", _tar_without_manifest)
ANNOTATING = Point("in the middle of a step", _part_is_made)
REPORTING = Point("writing the report", _report)
POINTS = (
    Point("starting the server", _server_starts),
    FETCHING,
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
    """The manifests of all finished work, each with the time of its writing in nanoseconds."""
    folders = (dataset.root / "shards", dataset.root / "tables")
    files = (path for folder in folders for path in folder.rglob("[!.]*.json"))
    uncut = {dataset.part(CLIPS, shard).with_suffix(".json") for shard in dataset.uncut()}
    return {path: path.stat().st_mtime_ns for path in files if path not in uncut}


def unfinished(dataset: Dataset) -> list[str]:
    """What is of no use when nothing runs: partial files, downloads, and what has no manifest."""
    paths = [path for path in dataset.root.rglob("*") if not path.is_dir()]
    names = [str(path.relative_to(dataset.root)) for path in paths if _is_unfinished(path)]
    downloads = (path for path in (dataset.root / "media").rglob("*") if not path.is_dir())
    return sorted([*names, *(str(path.relative_to(dataset.root)) for path in downloads)])


def _is_unfinished(path: Path) -> bool:
    undeclared = path.suffix in (".tar", ".parquet") and not path.with_suffix(".json").exists()
    return undeclared or any(part.startswith(PARTIAL) for part in path.parts)

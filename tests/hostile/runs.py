"""Builds of a hostile world by real processes: undisturbed, or killed now and then."""

import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from tests.flows.commands import PROGRAM, Done
from tests.hostile.world import HostileSite, World

PATIENCE_S = 1800.0
_LOOK_S = 0.05


@dataclass
class Run:
    """One dataset, and what it cost so far."""

    world: World
    name: str
    site: HostileSite
    said: list[Done] = field(default_factory=list)
    kills: list[int] = field(default_factory=list)
    """After how many requests the build was killed."""
    first_requests: int = 0
    """How many there were when the first build was through."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of all processes that ended by themselves."""
    peak_media: int = 0
    """Most bytes that downloads took at a time."""

    def call(self, *arguments: str, kill_after: int | None = None) -> Done:
        """Run `framesong ARGUMENTS RECIPE`. After so many requests of the site, all in all, the
        whole process group is killed, if it is still at work."""
        began, cpu = time.monotonic(), _children_cpu_s()
        out, err = (self.world.folder / f"{self.name}.{kind}" for kind in ("out", "err"))
        with out.open("w") as out_file, err.open("w") as err_file, self._watched():
            process = subprocess.Popen(
                [str(PROGRAM), *arguments, str(self.world.recipe(self.name))],
                env=_environment() | self.world.environment,
                stdout=out_file,
                stderr=err_file,
                start_new_session=True,
            )
            try:
                self._wait(process, kill_after)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.wall_s += time.monotonic() - began
        self.cpu_s += _children_cpu_s() - cpu
        done = Done(process.returncode, out.read_text(), err.read_text())
        self.said.append(done)
        return done

    def build(self, kills: Sequence[int] = ()) -> Done:
        """Build; killed after so many requests each time, and started again."""
        for after in kills:
            if self.call("build", kill_after=after).code == -signal.SIGKILL:
                self.kills.append(len(self.site.requests))
        done = self.call("build")
        self.first_requests = len(self.site.requests)
        return done

    def recover(self) -> Done:
        """The site recovers; what failed in passing is tried again."""
        self.site.recovered = True
        self.call("failures", "--retry")
        return self.call("build")

    def _wait(self, process: subprocess.Popen[bytes], kill_after: int | None) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            if kill_after is not None and len(self.site.requests) >= kill_after:
                return
            time.sleep(_LOOK_S)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        over = Event()
        media = self.world.folder / self.name / "media"

        def look() -> None:
            while not over.wait(5 * _LOOK_S):
                self.peak_media = max(self.peak_media, _bytes(media))

        thread = Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def begun(world: World, name: str) -> Iterator[Run]:
    """A run with a site of its own."""
    with world.site(name) as site:
        yield Run(world, name, site)


def kill_times(requests: int, kills: int, seed: int) -> list[int]:
    """Random moments of a build that makes so many requests, none near its ends."""
    return sorted(random.Random(seed).sample(range(requests // 10, requests * 9 // 10), kills))


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # deleted meanwhile
    return total


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}

"""A small world to build datasets from: video files in a folder, others on a web site."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.recipe import load
from pipeline.store import Dataset
from tests.random_checkpoints import make_checkpoints
from tests.sites import Site
from tests.videos import make_video

STEPS = """
[stage.blip2]
model = "checkpoints/blip2"
questions = { what = "Question: What is this? Answer:" }
max_new_tokens = 8
[stage.clip_score]
model = "checkpoints/clip"
"""
ONE_WORKER = 'cutters = 1\ndevices = ["cpu"]\nretries = 0\n'
TWO_WORKERS = 'cutters = 2\ndevices = ["cpu", "cpu"]\nretries = 0\n'

_RECIPE = """
[dataset]
path = "{name}"
videos_per_shard = 2
eval_fraction = 0  # ids hold the port, and decide the split
[source.songs]
kind = "folder"
path = "songs"
[source.web]
kind = "urls"
path = "web.txt"
[fetch]
gap_seconds = 0
[cut]
clips_per_video = 2
[run]
min_yield = 0.1
{run}
"""


@dataclass(frozen=True)
class World:
    """Recipes of one world differ in their dataset's folder, and in what a test changes."""

    folder: Path
    site: Site

    def recipe(self, name: str, run: str = ONE_WORKER, steps: str = STEPS) -> Path:
        """A recipe for a dataset of that name."""
        path = self.folder / f"{name}.toml"
        path.write_text(_RECIPE.format(name=name, run=run) + steps, encoding="utf-8")
        return path

    def dataset(self, name: str) -> Dataset:
        """The dataset of that name."""
        return Dataset(self.folder / name)

    def digest(self, name: str) -> str:
        """What a dataset of these recipes holds, as one number."""
        return self.dataset(name).content_digest(load(self.folder / f"{name}.toml").tables())

    def copy(self, old: str, new: str) -> Dataset:
        """A copy of a dataset, with its own recipe."""
        shutil.copytree(self.folder / old, self.folder / new)
        self.recipe(new)
        return self.dataset(new)

    def copy_history(self, old: str, new: str | Path) -> None:
        """Give a dataset to come another's history of runs: a new database takes seconds."""
        shutil.copytree(self.folder / old / ".prefect", self.folder / new / ".prefect")


@contextmanager
def make_world(folder: Path) -> Iterator[World]:
    """Three good files, a silent and a broken one; two good links and a dead one."""
    songs, web = folder / "songs", folder / "web"
    for number, seconds in enumerate((12, 15, 25)):
        make_video(songs / f"song{number}.mp4", seconds, seed=number)
    make_video(songs / "silent.mp4", 12, audio=None, seed=8)
    (songs / "broken.mp4").write_bytes(b"no video" * 500)
    routes = {}
    for number, seconds in enumerate((18, 21), start=3):
        video = make_video(web / f"song{number}.mp4", seconds, seed=number)
        routes[f"/song{number}.mp4"] = video.read_bytes()
    make_checkpoints(folder / "checkpoints")
    with Site(routes) as site:
        addresses = [site.url(path) for path in (*routes, "/dead.mp4")]
        (folder / "web.txt").write_text("\n".join(addresses), encoding="utf-8")
        yield World(folder, site)

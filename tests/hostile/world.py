"""A site with many videos, of which a third come with trouble, and a recipe for them."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.store import Dataset
from tests.hostile.faults import FAULTS, Item, Passing
from tests.hostile.items import GOOD, LYRICS, PAIRS, make_items
from tests.hostile.lists import PLAYLIST, add_playlist, write_file, write_plugin
from tests.sites import Site

RECIPE = """
[dataset]
path = "{name}"
videos_per_shard = {size.per_shard}
[source.list]
kind = "urls"
path = "{name}.csv"
[source.amv]
urls = ["{playlist}"]
[fetch]
workers = 4
gap_seconds = 0
per_hour = 36000
retries = 2
retry_pause_s = 0.05
socket_timeout = {size.silence_s}
max_seconds_per_video = {size.patience_s}
block_pauses_s = {pauses}
keep_free_gb = 0.1
[cut]
clips_per_video = 1
[run]
cutters = {size.cutters}
retries = 0
min_yield = 0.1
"""
_PAUSES = [0.2] * 50 + [5.0]
"""Each 429 goes on with the block before it: only the last pause would end the run."""


@dataclass(frozen=True)
class Size:
    """How large a world is."""

    videos: int
    """That are listed, all in all."""
    faults: dict[str, int]
    """How many videos have each trouble."""
    copies: int
    """Pairs of each kind in `PAIRS`, and videos whose title rules them out."""
    in_playlist: int
    """How many are listed by a playlist rather than by a file."""
    per_shard: int
    silence_s: float
    """How long a silent server is waited for."""
    patience_s: float
    """How long a video may take."""
    cutters: int = 2


class HostileSite(Site):
    """Behaves worse until it has recovered."""

    recovered = False

    def answer(self, path: str) -> object:
        """What a request gets."""
        found = super().answer(path)
        if isinstance(found, Passing):
            return found.then if self.recovered else found.first
        return found

    def asked_of(self) -> Counter[str]:
        """How many requests there were of each video, by its number."""
        paths = (re.search(r"\d{4}", path) for path, _ in list(self.requests))
        return Counter(found.group() for found in paths if found)


@dataclass(frozen=True)
class World:
    """The same videos each time, on as many sites as there are runs."""

    folder: Path
    size: Size
    kinds: dict[str, str]
    """What is the matter with each video: a fault, or a word of `tests.hostile.items`. By numbers
    of four digits, in the order of the list."""
    items: dict[str, Item]
    environment: dict[str, str]
    """What processes need to know the playlist."""

    @contextmanager
    def site(self, name: str) -> Iterator[HostileSite]:
        """A fresh site, and the recipe NAME.toml for it."""
        with HostileSite() as site:
            for number, item in self.items.items():
                site.routes |= {item.page: item.html, item.media: item.data}
                fault = FAULTS.get(self.kinds[number])
                site.routes |= fault.routes(item) if fault else {}
            items = list(self.items.values())
            titled = [self.items[number] for number in self.numbers(LYRICS)]
            add_playlist(site, items[: self.size.in_playlist])
            write_file(self.folder / f"{name}.csv", site, items[self.size.in_playlist :], titled)
            text = RECIPE.format(
                name=name, size=self.size, playlist=site.url(PLAYLIST), pauses=_PAUSES
            )
            self.recipe(name).write_text(text, encoding="utf-8")
            yield site

    def recipe(self, name: str) -> Path:
        """The recipe for a dataset of that name."""
        return self.folder / f"{name}.toml"

    def dataset(self, name: str) -> Dataset:
        """The dataset of that name."""
        return Dataset(self.folder / name)

    def numbers(self, kind: str) -> list[str]:
        """The videos of a kind."""
        return [number for number, each in self.kinds.items() if each == kind]

    def number_of(self, url: str) -> str:
        """The number of the video at an address."""
        found = re.search(r"\d{4}$", url)
        return found.group() if found else url


def make_world(folder: Path, size: Size, cache: Path | None = None, seed: int = 0) -> World:
    """
    Args:
        cache: where videos are kept from one world to the next.
        seed: decides which video has which fate.
    """
    kinds = [name for name, count in size.faults.items() for _ in range(count)]
    kinds += [kind for kind in (LYRICS, *PAIRS, *PAIRS) for _ in range(size.copies)]
    kinds += [GOOD] * (size.videos - len(kinds))
    random.Random(seed).shuffle(kinds)
    numbered = {f"{number:04d}": kind for number, kind in enumerate(kinds)}
    items = make_items(numbered, cache or folder / "songs")
    return World(folder, size, numbered, items, write_plugin(folder / "plugins"))


def shares(videos: int) -> dict[str, int]:
    """How many of so many videos have each fault; at least one each."""
    total = sum(fault.weight for fault in FAULTS.values())
    made = {name: max(1, round(videos * fault.weight / total)) for name, fault in FAULTS.items()}
    first = next(iter(made))
    made[first] = max(1, made[first] + videos - sum(made.values()))
    return made

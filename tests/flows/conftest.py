"""One small real dataset for all tests of flows; building it takes half a minute or so."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from flows.cli import main
from pipeline.store import Dataset
from tests.flows.commands import Done, framesong
from tests.flows.world import World, make_world

Call = Callable[..., Done]


@dataclass(frozen=True)
class Built:
    """The dataset `built` of the world, as one undisturbed command left it."""

    world: World
    said: Done

    @property
    def dataset(self) -> Dataset:
        return self.world.dataset("built")

    @property
    def digest(self) -> str:
        return self.world.digest("built")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with make_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="session")
def built(world: World) -> Built:
    """Tests read it; those that change a dataset take a copy."""
    return Built(world, framesong("build", world.recipe("built")))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process: for commands that start no other."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["framesong", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return Done(int(left.value.code or 0), printed.out, printed.err)

    return run

"""A build of a hostile site: every listed video is accounted for, and a kill changes nothing."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.recipe import load
from pipeline.verify import verify
from tests.hostile.accounts import Surprise, fates, surprises
from tests.hostile.faults import FAULTS, Outcome
from tests.hostile.items import COPY, LYRICS
from tests.hostile.runs import Run, begun
from tests.hostile.world import Size, World, make_world

pytestmark = pytest.mark.timeout(600)

SLOW = ("media trickle", "page without an end")
"""What takes many seconds; tests/pipeline/acquire/test_hostile_world.py has it."""
SIZE = Size(
    videos=40,
    faults={name: 1 for name in FAULTS if name not in SLOW},
    copies=2,
    in_playlist=12,
    per_shard=12,
    silence_s=1.0,
    patience_s=120.0,
    cutters=1,
)
KILLED_AFTER = 60
"""Requests, of about 120."""


@dataclass(frozen=True)
class Story:
    """Two builds of one world at a time; of the second, what happened later too."""

    world: World
    undisturbed: Run
    killed: Run
    first: dict[str, dict[str, Outcome]]
    """What became of each video in both."""
    digests: list[str]
    asked_again: int
    """Requests of videos when the same command ran once more."""
    last: dict[str, Outcome]
    """Once what had failed in passing was tried again, in the second."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    world = make_world(tmp_path_factory.mktemp("hostile"), SIZE)
    with ExitStack() as sites, ThreadPoolExecutor() as pool:
        undisturbed, killed = (sites.enter_context(begun(world, name)) for name in "ab")
        builds = pool.submit(undisturbed.build), pool.submit(killed.build, [KILLED_AFTER])
        for build in builds:
            assert build.result().code == 0, build.result().err
        runs = (undisturbed, killed)
        first = {run.name: fates(world.dataset(run.name), world) for run in runs}
        digests = [digest(world, run.name) for run in runs]
        before = undisturbed.site.asked_of().total()
        undisturbed.call("build")
        asked_again = undisturbed.site.asked_of().total() - before
        killed.recover()
        last = fates(world.dataset(killed.name), world)
        yield Story(world, undisturbed, killed, first, digests, asked_again, last)


def digest(world: World, name: str) -> str:
    found = verify(world.dataset(name), load(world.recipe(name)), lambda shard: None)
    assert found.problems == ()
    return found.digest


def meant(found: list[Surprise]) -> None:
    assert [str(each) for each in found] == []


def test_each_listed_video_has_the_outcome_that_its_trouble_has(story: Story) -> None:
    meant(surprises(story.world, story.first["a"], recovered=False))
    assert len(story.first["a"]) == SIZE.videos


def test_a_killed_build_that_goes_on_accounts_for_the_same(story: Story) -> None:
    assert story.killed.said[0].code == -signal.SIGKILL
    assert story.first["b"] == story.first["a"]


def test_both_hold_the_same(story: Story) -> None:
    assert story.digests[0] == story.digests[1]


def test_what_failed_in_passing_is_got_once_the_site_has_recovered(story: Story) -> None:
    meant(surprises(story.world, story.last, recovered=True))
    assert len(story.last) == SIZE.videos


def test_a_second_build_asks_for_no_video(story: Story) -> None:
    assert story.asked_again == 0
    assert story.undisturbed.said[-1].err.splitlines()[-1].startswith("Nothing to do")


def test_no_video_is_hammered(story: Story) -> None:
    asked = story.undisturbed.site.asked_of()
    for number, kind in story.world.kinds.items():
        fault = FAULTS.get(kind)
        assert asked[number] <= (fault.asked if fault else 2), kind


def test_what_its_title_rules_out_is_not_asked_for(story: Story) -> None:
    asked = story.undisturbed.site.asked_of()
    assert [asked[number] for number in story.world.numbers(LYRICS)] == [0, 0]


def test_of_a_file_that_is_there_twice_one_stays(story: Story) -> None:
    found = sorted(story.first["a"][number][0] for number in story.world.numbers(COPY))
    assert found == ["dropped", "dropped", "kept", "kept"]


def test_no_file_lies_outside_its_dataset(story: Story) -> None:
    folder: Path = story.world.folder
    assert not list(folder.parent.glob("x*"))
    assert not list((folder / "a" / "media").rglob("*.*"))

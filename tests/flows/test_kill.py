"""A build that is killed goes on where it was, and gives what an undisturbed one gives."""

import signal
from dataclasses import dataclass

import pytest

from pipeline.recipe import load
from pipeline.verify import verify
from schemas import MEDIA, SCREENING
from tests.flows import points
from tests.flows.commands import Done, framesong
from tests.flows.conftest import Built
from tests.flows.points import Killed, finished, kill, unfinished

pytestmark = pytest.mark.timeout(900)

SEVEN = (
    points.FETCHING,
    points.SCREENING_AHEAD,
    points.MATCHING,
    points.CUTTING,
    points.AFTER_TAR,
    points.ANNOTATING,
    points.REPORTING,
)


@dataclass(frozen=True)
class Story:
    """A build that was killed seven times, each time further on, and then left alone."""

    built: Built
    kills: dict[str, Killed]
    last: Done


@pytest.fixture(scope="module")
def story(built: Built) -> Story:
    world = built.world
    world.recipe("killed")
    world.copy_history("built", "killed")
    kills = {point.name: kill(world, "killed", point) for point in SEVEN}
    last = framesong("build", world.folder / "killed.toml")
    return Story(built, kills, last)


def test_after_kills_at_seven_points_the_same_command_finishes(story: Story) -> None:
    assert story.last.code == 0, story.last.err


def test_the_content_is_that_of_an_undisturbed_build(story: Story) -> None:
    world = story.built.world
    verdict = verify(
        world.dataset("killed"), load(world.folder / "killed.toml"), lambda shard: None
    )
    assert verdict.problems == ()
    assert verdict.digest == story.built.digest


def test_a_kill_leaves_the_command_no_time(story: Story) -> None:
    assert {killed.code for killed in story.kills.values()} == {-signal.SIGKILL}


def test_each_kill_came_later_than_the_one_before(story: Story) -> None:
    done = [len(killed.finished) for killed in story.kills.values()]
    assert done == sorted(done)
    assert done[0] > 0


def test_each_kill_came_where_it_was_meant_to(story: Story) -> None:
    left = {name: " ".join(killed.unfinished) for name, killed in story.kills.items()}
    assert "media/" in left[points.FETCHING.name]
    assert "media/" in left[points.CUTTING.name]
    assert ".tar" in left[points.AFTER_TAR.name]
    assert "report" in left[points.REPORTING.name]


def test_fetching_goes_on_while_a_shard_is_screened(story: Story) -> None:
    dataset = story.built.world.dataset("killed")
    done = story.kills[points.SCREENING_AHEAD.name].finished
    first, *_, last = dataset.shards()
    assert dataset.part(MEDIA, last).with_suffix(".json") in done
    assert dataset.part(SCREENING, first).with_suffix(".json") not in done


def test_finished_work_is_not_repeated(story: Story) -> None:
    now = finished(story.built.world.dataset("killed"))
    for name, killed in story.kills.items():
        assert killed.finished.items() <= now.items(), name


def test_nothing_unfinished_is_left_lying(story: Story) -> None:
    assert unfinished(story.built.world.dataset("killed")) == []


def test_ctrl_c_while_fetching_ends_at_once_and_keeps_what_is_there(built: Built) -> None:
    world = built.world
    world.recipe("stopped")
    world.copy_history("built", "stopped")
    stopped = kill(world, "stopped", points.FETCHING, signal.SIGINT)
    assert stopped.code == 130
    assert stopped.alone
    assert stopped.seconds < 20
    dataset = world.dataset("stopped")
    fetched = [shard for shard in dataset.shards() if dataset.manifest(MEDIA, shard)]
    assert fetched == dataset.shards()[:2]


def test_no_worker_and_no_server_outlives_a_killed_command(story: Story) -> None:
    assert {name: killed.alone for name, killed in story.kills.items()} == dict.fromkeys(
        story.kills, True
    )

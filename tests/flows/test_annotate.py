"""`framesong annotate`: disturbed in the middle of a step, it loses nothing that was finished."""

import signal
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from pipeline.recipe import load
from pipeline.store import Dataset
from schemas import FRAME_CAPTIONS
from tests.flows.commands import Done, Running, framesong, running
from tests.flows.conftest import Built
from tests.flows.points import Scene, finished
from tests.flows.world import ONE_WORKER, STEPS

pytestmark = pytest.mark.timeout(900)

HELD = "train-000001"
"""The shard at which the worker is held up while it is disturbed."""


@dataclass(frozen=True)
class Story:
    """One longer caption for every frame, asked for three times."""

    dataset: Dataset
    variant: str
    second: Done
    """A command that came while the first was at work."""
    interrupted: Done
    """The first, which got Ctrl-C."""
    alone: bool
    """Whether no process of its was left."""
    kept: dict[Path, int]
    """What was finished then, each with the time of its writing."""
    killed: Done
    """The same command again, whose worker was killed; nothing is tried twice."""
    kept_again: dict[Path, int]
    last: Done
    """The same, but with a second try for each shard."""


@pytest.fixture(scope="module")
def story(built: Built) -> Story:
    world = built.world
    dataset = world.copy("built", "disturbed")
    longer = STEPS.replace("max_new_tokens = 8", "max_new_tokens = 9")
    recipe = world.recipe("disturbed", steps=longer)
    variant = load(recipe).step("blip2").variant
    with running("annotate", recipe) as command:
        hold(Scene(dataset, command), variant)
        second = framesong("annotate", recipe)
        interrupted = command.signal(signal.SIGINT)
        alone, kept = command.is_alone(), finished(dataset)
    with running("annotate", recipe) as command:
        hold(Scene(dataset, command), variant)
        killed = kill_worker(command)
    kept_again = finished(dataset)
    recipe = world.recipe("disturbed", ONE_WORKER.replace("retries = 0", "retries = 1"), longer)
    with running("annotate", recipe) as command:
        hold(Scene(dataset, command), variant)
        last = kill_worker(command)
    return Story(dataset, variant, second, interrupted, alone, kept, killed, kept_again, last)


def hold(scene: Scene, variant: str) -> None:
    """Hold the worker up before it can finish one shard, once the shard before is finished."""

    def held() -> object:
        scene.make_wait(scene.dataset.part(FRAME_CAPTIONS, HELD, variant))
        workers = scene.command.children("worker")
        return made(scene.dataset, variant) and any(map(waits_at_a_pipe, workers))

    scene.command.until(held)


def waits_at_a_pipe(process: psutil.Process) -> bool:
    """Whether a thread of the process opens a pipe that nobody reads."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/wchan")
    try:
        return any(task.read_text() in ("wait_for_partner", "fifo_open") for task in tasks)
    except OSError:
        return False  # it has just ended


def kill_worker(command: Running) -> Done:
    """Kill the worker, and wait for the command's end."""
    for worker in command.children("worker"):
        worker.kill()
    return command.end()


def made(dataset: Dataset, variant: str) -> list[str]:
    """The shards for which the longer captions are finished."""
    shards = dataset.shards()
    return [shard for shard in shards if dataset.manifest(FRAME_CAPTIONS, shard, variant)]


def test_a_second_command_says_that_the_dataset_is_busy_and_stops(story: Story) -> None:
    assert story.second.code == 1
    assert story.second.out == ""
    (line,) = story.second.lines
    assert line.startswith(f"framesong: Another framesong works on {story.dataset.root} (pid ")
    assert line.endswith("nothing was changed.")


def test_ctrl_c_ends_it_with_130_and_one_line(story: Story) -> None:
    assert story.interrupted.code == 130
    assert "Traceback" not in story.interrupted.err
    told = [line for line in story.interrupted.lines if line.startswith("framesong: ")]
    assert told == [
        "framesong: Interrupted. Everything that was finished is kept; run it again to go on."
    ]
    assert told[0] == story.interrupted.lines[-1]


def test_ctrl_c_leaves_no_worker_and_no_server(story: Story) -> None:
    assert story.alone


def test_what_was_finished_before_ctrl_c_is_kept_and_not_done_again(story: Story) -> None:
    assert any(story.variant in str(path) for path in story.kept)
    assert story.kept.items() <= finished(story.dataset).items()


def test_a_killed_worker_fails_its_shard_with_a_clear_line_and_code_1(story: Story) -> None:
    assert story.killed.code == 1
    line = f"blip2/{HELD}: The worker for blip2 on {HELD} was killed by signal 9 (SIGKILL)"
    assert any(told.startswith(line) for told in story.killed.lines)
    assert "blip2: 2 shards" in story.killed.err
    assert "1 shard FAILED" in story.killed.err
    assert "Traceback" not in story.killed.err


def test_the_run_goes_on_with_a_new_worker(story: Story) -> None:
    done = {path.stem for path in story.kept_again if path.parent.name == story.variant}
    assert done == {*story.dataset.shards()} - {HELD}


def test_a_shard_is_tried_again_where_the_recipe_allows_it(story: Story) -> None:
    assert story.last.code == 0, story.last.err
    tries = [line for line in story.last.lines if line.startswith(f"blip2/{HELD}: ")]
    assert len(tries) == 1
    assert "(SIGKILL)" in tries[0]


def test_the_next_run_does_what_was_lost_and_nothing_else(story: Story) -> None:
    assert made(story.dataset, story.variant) == story.dataset.shards()
    assert story.kept_again.items() <= finished(story.dataset).items()


def test_the_history_tells_the_interrupted_run_and_the_lost_shard_but_not_the_busy_one(
    story: Story,
) -> None:
    with sqlite3.connect(story.dataset.prefect_home / "prefect.db") as history:
        flows = history.execute("select state_type from flow_run order by start_time").fetchall()
        runs = history.execute(
            "select state_type from task_run where name = ? order by start_time", (f"blip2/{HELD}",)
        ).fetchall()
    assert flows == [("COMPLETED",), ("CRASHED",), ("COMPLETED",), ("COMPLETED",)]
    assert runs[0] == ("COMPLETED",), "that of the first build"
    assert runs[-2:] == [("FAILED",), ("COMPLETED",)]
